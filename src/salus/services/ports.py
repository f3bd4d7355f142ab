"""The ports that services own: letters between parties, and members that carry a person's envelopes.

Here they are folders and objects in one process; over HTTP the same calls go to the other's gateway.
"""

from concurrent.futures import Future
from typing import NamedTuple, Protocol

from salus.client.batcher import Landed

KINDS = (  # of letters
    *("grant", "request", "delivery", "refusal", "session", "page-request", "page", "closing"),
    *("petition", "receipt", "notice", "told", "representation", "approval"),
    *("share", "share-receipt", "release-share"),
    *("custody", "custody-end"),
    *("emergency", "sealed-order", "sealed", "bulk"),
    *("look-up", "ticket", "tokens", "locator-key"),
)


class Letter(NamedTuple):
    """Something one party left for another. `kind` is one of `KINDS`; `body` is sealed or public."""

    name: str  # within the recipient's inbox
    kind: str
    body: bytes


class Carried(NamedTuple):
    """What a member signed of an envelope that it was handed (`client.submission`); empty where it gave no receipt."""

    envelope: bytes  # id
    member: bytes
    height: int  # of the block that the receipt names, 0 without one
    receipt: bytes


class Exchange(Protocol):
    """Letters between parties, by account id, and the public sealing keys of organisations.

    What `post` and `publish_key` were given is durable once they return. Letters stay until `done`, in
    the order they came; posting the same letter again changes nothing. Nobody is authenticated here:
    every body is signed, and sealed where it is not public.
    """

    def post(self, recipient: bytes, kind: str, body: bytes) -> None: ...

    def inbox(self, recipient: bytes) -> list[Letter]: ...

    def done(self, recipient: bytes, name: str) -> None:
        """Remove a letter; nothing if it is gone."""
        ...

    def publish_key(self, public: bytes) -> None:
        """Publish an HPKE public key of 1,216 bytes; the ledger holds its id."""
        ...

    def find_key(self, key: bytes) -> bytes:
        """Return the public key of the id `key`; raises UnknownSealKey."""
        ...


class Carriers(Protocol):
    """Members that carry a person's messages to the ledger, each under its own gateway key."""

    def carry(self, member: bytes, envelope: bytes) -> Future[Landed]:
        """Hand an envelope to a member; the future is that of `client.batcher.Carrier`. Raises NoSuchMember."""
        ...

    def carry_claim(self, member: bytes, claim: bytes) -> Future[Landed]:
        """Hand a signed claim to a member, which puts it into an envelope of its own. Raises NoSuchMember."""
        ...

    def carry_recovery(self, member: bytes, recovery: bytes, approval: bytes) -> Future[Landed]:
        """Hand an approved recovery to a member, in the same way. Raises NoSuchMember."""
        ...

    def carry_veto(self, member: bytes, veto: bytes) -> Future[Landed]:
        """Hand a signed veto to a member, in the same way. Raises NoSuchMember."""
        ...

    def members(self) -> tuple[bytes, ...]:
        """Return the members that can be reached, sorted."""
        ...

    def receipts(self, within_s: float) -> tuple["Carried", ...]:
        """Return what members signed of what they were handed, each once; who still carries is waited for so long."""
        ...
