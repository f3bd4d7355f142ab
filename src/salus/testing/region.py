"""A founded region of members with keys derived from their names, and signed envelopes of theirs."""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import count

from salus.client.envelopes import NUMBERS
from salus.contracts.accounts.messages import OpenAccounts
from salus.contracts.consent.messages import GrantConsent, RevokeConsent
from salus.core.encoding import encode
from salus.core.envelope import seal_batch, seal_envelope
from salus.core.genesis import (
    Founder,
    FounderKey,
    FounderValidator,
    Genesis,
    GenesisFile,
    Purpose,
    founder_id,
    listed_keys,
    network_id,
)
from salus.core.hashing import object_id
from salus.core.keys import Role, possession
from salus.core.signatures import ED25519, SigningKey
from salus.core.types import Message
from salus.policy.types import Capacity, Effect, GranteeKind, OrganisationRole

START_MS = 1_700_000_000_000
LIFE_MS = 300_000
TREATMENT = 1  # number of a purpose


def key(name: str) -> SigningKey:
    """Return the key of this name."""
    return SigningKey.from_seed(sha256(name.encode()).digest())


class Member:
    """A founder with one administration key and one gateway key."""

    def __init__(self, name: str, role: OrganisationRole) -> None:
        self.name = name
        self.administration = key(f"{name}: administration")
        self.gateway = key(f"{name}: gateway")
        self.founder = Founder(
            name,
            "test",
            (int(role),),
            1,
            (
                FounderKey(ED25519, int(Role.ADMINISTRATION), self.administration.public),
                FounderKey(ED25519, int(Role.GATEWAY), self.gateway.public),
            ),
            bytes(32),
        )
        self.id = founder_id(self.founder)


class Region:
    """Two hospitals, a clinic, and `more`; the node's key is the one validator. Nonces count up, so bytes repeat."""

    def __init__(
        self, name: str = "region", parameters: Sequence[tuple[int, int]] = (), more: Sequence[Member] = ()
    ) -> None:
        self.hospital = Member("Hospital One", OrganisationRole.HOSPITAL)
        self.other = Member("Hospital Two", OrganisationRole.HOSPITAL)
        self.clinic = Member("Clinic", OrganisationRole.CLINIC)
        self.members = (self.hospital, self.other, self.clinic, *more)
        self.node = key("node")
        self.genesis = Genesis(
            1,
            1,
            name,
            START_MS,
            tuple(member.founder for member in self.members),
            (FounderValidator(0, self.node.public, 1),),
            tuple(parameters),
            (),
            (Purpose(TREATMENT, "http://terminology.hl7.org/CodeSystem/v3-ActReason", "TREAT", ()),),
            (),
        )
        document = encode(self.genesis)
        self.network = network_id(document)
        keys = {k.public: k for m in self.members for k in (m.administration, m.gateway)} | {
            self.node.public: self.node
        }
        proofs = tuple(
            keys[public].sign(possession(self.network, account, role, public))
            for account, role, public in listed_keys(self.genesis)
        )
        self.genesis_file = encode(GenesisFile(document, proofs))
        self._nonces: Iterator[int] = count(1)

    def nonce(self) -> bytes:
        """Return the next nonce."""
        return next(self._nonces).to_bytes(16, "big")

    def skip_nonces(self, first: int) -> None:
        """Let the next nonce be `first`: for a second region that must not repeat the first."""
        self._nonces = count(first)

    def envelope(
        self,
        signers: Sequence[tuple[bytes, SigningKey]],
        *messages: Message,
        not_after: int = START_MS + LIFE_MS,
        nonce: bytes | None = None,
    ) -> bytes:
        """Return a signed envelope of `messages`."""
        numbered = [(NUMBERS[type(message)], message) for message in messages]
        return seal_envelope(self.network, nonce or self.nonce(), not_after, signers, numbered)

    def batch(self, *envelopes: bytes, not_after: int = START_MS + LIFE_MS, member: Member | None = None) -> bytes:
        """Return a batch carried by `member` (the first hospital)."""
        carrier = member or self.hospital
        return seal_batch(self.network, self.nonce(), not_after, carrier.id, carrier.gateway, envelopes)

    def open_accounts(self, number: int, not_after: int = START_MS + LIFE_MS) -> tuple[bytes, list[bytes]]:
        """Return (envelope, handles) that opens custodial accounts of the first hospital."""
        nonce = self.nonce()
        handles = [object_id("handle", self.network, self.hospital.id, nonce, 0, i) for i in range(number)]
        message = OpenAccounts(self.hospital.id, number)
        return self.envelope(self.by_hospital, message, not_after=not_after, nonce=nonce), handles

    @property
    def by_hospital(self) -> list[tuple[bytes, SigningKey]]:
        """The first hospital's gateway as signer."""
        return [(self.hospital.id, self.hospital.gateway)]

    def permit(self, relation: bytes, end: int = START_MS + 10**9) -> GrantConsent:
        """Return a permit for the clinic, to be signed by the custodian of a custodial account."""
        return GrantConsent(
            relation,
            int(Capacity.CUSTODIAN),
            None,
            (int(GranteeKind.ORGANISATION), self.clinic.id),
            int(Effect.PERMIT),
            (TREATMENT,),
            START_MS,
            end,
            5,
            0,
            (False, 0, False),
            sha256(relation).digest(),
        )

    def grant(self, relation: bytes, not_after: int = START_MS + LIFE_MS) -> tuple[bytes, bytes]:
        """Return (envelope, id of the directive) with a permit."""
        nonce = self.nonce()
        directive = object_id("directive", self.network, relation, nonce, 0, 0)
        return self.envelope(self.by_hospital, self.permit(relation), not_after=not_after, nonce=nonce), directive

    def revoke(self, relation: bytes, directive: bytes, not_after: int = START_MS + LIFE_MS) -> bytes:
        """Return an envelope that revokes a directive: protective."""
        message = RevokeConsent(relation, int(Capacity.CUSTODIAN), directive)
        return self.envelope(self.by_hospital, message, not_after=not_after)
