"""Build and sign envelopes, and say which objects they will create."""

import secrets
from collections.abc import Callable, Sequence
from typing import NamedTuple

from salus.contracts.access.messages import MESSAGES as ACCESS
from salus.contracts.access.messages import PushRelease
from salus.contracts.accounts.messages import MESSAGES as ACCOUNTS
from salus.contracts.accounts.messages import OpenAccounts, OpenOrganisation
from salus.contracts.consent.messages import MESSAGES as CONSENT
from salus.contracts.consent.messages import DenyTotally, GrantConsent
from salus.contracts.discovery.messages import MESSAGES as DISCOVERY
from salus.contracts.governance.messages import MESSAGES as GOVERNANCE
from salus.contracts.governance.messages import Propose
from salus.contracts.records.messages import MESSAGES as RECORDS
from salus.contracts.records.messages import Petition, PlaceHold
from salus.contracts.representation.messages import MESSAGES as REPRESENTATION
from salus.contracts.representation.messages import AttestRepresentation, NameDelegate, NameProxy
from salus.core.envelope import WINDOW_MS, parse_envelope, seal_envelope
from salus.core.hashing import object_id
from salus.core.signatures import SigningKey
from salus.core.types import Message

LIFETIME_MS = 120_000  # how long a fresh envelope stays valid
NUMBERS: dict[type[Message], int] = {
    shape: number
    for messages in (GOVERNANCE, ACCOUNTS, RECORDS, CONSENT, ACCESS, REPRESENTATION, DISCOVERY)
    for number, shape in messages.items()
}


class Built(NamedTuple):
    """A signed envelope and what it will create when it succeeds."""

    id: bytes
    raw: bytes
    not_after: int
    created: tuple[tuple[bytes, ...], ...]  # per message: ids of the objects it creates, in order


class EnvelopeBuilder:
    """Builds envelopes for one network. Safe to use from several threads.

    `now` gives the block time to count from (`Ledger.now`). `nonce` gives 16 bytes that never
    repeat: ids of created objects stand on it. `not_after` is rounded up to a multiple of `grain_ms`.
    """

    def __init__(
        self,
        network: bytes,
        now: Callable[[], int],
        lifetime_ms: int = LIFETIME_MS,
        nonce: Callable[[], bytes] = lambda: secrets.token_bytes(16),
        grain_ms: int = 1,
    ) -> None:
        if not 0 < lifetime_ms <= lifetime_ms + grain_ms - 1 <= WINDOW_MS:
            raise ValueError("lifetime_ms")
        self.network = network
        self._now = now
        self._lifetime_ms = lifetime_ms
        self._nonce = nonce
        self._grain_ms = grain_ms

    def build(self, signers: Sequence[tuple[bytes, SigningKey]], *messages: Message) -> Built:
        """Return an envelope of `messages`, executed together or not at all, signed by (account, key) pairs."""
        nonce = self._nonce()
        not_after = -(-(self._now() + self._lifetime_ms) // self._grain_ms) * self._grain_ms
        numbered = [(NUMBERS[type(message)], message) for message in messages]
        raw = seal_envelope(self.network, nonce, not_after, signers, numbered)
        created = tuple(created_ids(self.network, nonce, index, message) for index, message in enumerate(messages))
        return Built(parse_envelope(self.network, raw).id, raw, not_after, created)


def created_ids(network: bytes, nonce: bytes, index: int, message: Message) -> tuple[bytes, ...]:
    """Return the ids of the objects that `message` creates as number `index` of an envelope with `nonce`."""
    match message:
        case OpenOrganisation(sponsor=account):
            return (object_id("organisation", network, account, nonce, index, 0),)
        case OpenAccounts(custodian=account, count=count):
            return tuple(object_id("handle", network, account, nonce, index, entry) for entry in range(count))
        case GrantConsent(relation=account) | DenyTotally(relation=account):
            return (object_id("directive", network, account, nonce, index, 0),)
        case PushRelease(custodian=account):
            return (object_id("release", network, account, nonce, index, 0),)
        case Petition(relation=account):
            return (object_id("petition", network, account, nonce, index, 0),)
        case PlaceHold(custodian=account):
            return (object_id("hold", network, account, nonce, index, 0),)
        case AttestRepresentation(relation=account) | NameProxy(relation=account):
            return (object_id("representation", network, account, nonce, index, 0),)
        case NameDelegate(relation=account):
            return (object_id("delegation", network, account, nonce, index, 0),)
        case Propose(member=account):
            return (object_id("proposal", network, account, nonce, index, 0),)
        case _:
            return ()
