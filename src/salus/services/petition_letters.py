"""What a petition, its answer, and a notice to earlier recipients are off the ledger, to the byte."""

from enum import IntEnum
from typing import Annotated

from msgspec import Meta
from msgspec.structs import replace

from salus.contracts.records.types import Outcome, PetitionKind
from salus.core.encoding import decode, encode
from salus.core.hashing import T
from salus.core.record import RecordId
from salus.core.types import Digest, Id, Message, Salt, Small, Time
from salus.services.objects import Enc, SealPublic, Suite
from salus.vault.seals import ENC_BYTES, SealKey, seal

Words = Annotated[str, Meta(max_length=4096)]
Proposed = Annotated[bytes, Meta(max_length=32 * 1024)]  # with the rest it is one secret of a wallet


class Wish(Message, frozen=True):
    """What a person wishes; on the ledger stands T("wish", salt, wish)."""

    salt: Salt
    records: Annotated[tuple[RecordId, ...], Meta(max_length=512)]  # empty: all of the relation
    text: Words  # her statement
    proposed: Proposed | None  # of an amendment: how the record should read
    answer_key: SealPublic | None  # what the receipt is sealed to; null for a person without a wallet

    def commitment(self, network: bytes) -> bytes:
        """Return what the ledger holds of it."""
        return T("wish", network, encode(self))


class PetitionLetter(Message, frozen=True):
    """A petition on its way; `sealed` opens under info T("petition-letter", petition). The ledger binds it."""

    relation: Id
    petition: Id
    sealed: Annotated[bytes, Meta(max_length=128 * 1024)]


class Receipt(Message, frozen=True):
    """Payload of COSE kind `erasure` (an erasure that was done) or `receipt` (every other answer)."""

    custodian: Id
    relation: Id
    petition: Id
    kind: Small
    outcome: Small
    ground: Small
    records: tuple[tuple[RecordId, Digest], ...]  # (record, leaf of the version that was erased or amended)
    statement: RecordId | None  # the person's statement, filed beside a record that was not amended
    words: Words
    time: Time
    salt: Salt  # so that the commitment on the ledger can be guessed by nobody

    @property
    def cose(self) -> str:
        """The COSE kind that it is signed as."""
        return cose_kind(self.kind, self.outcome)


class ReceiptLetter(Message, frozen=True):
    """A signed receipt on its way to the person; `sealed` opens under info T("receipt-letter", petition)."""

    relation: Id
    petition: Id
    kind: Small
    outcome: Small
    sealed: Annotated[bytes, Meta(max_length=16 * 1024 * 1024)]  # 48 bytes for each record erased


class Change(IntEnum):
    """What became of a record that was released before."""

    AMENDED = 1
    ERASED = 2
    RESTRICTED = 3
    USED_AGAIN = 4
    MOVED = 5  # it is another person's: what was received of it is to be destroyed


class Notified(Message, frozen=True):
    """What a notice says, sealed to who received: of each record of the release, which leaf, and what became of it."""

    changes: tuple[tuple[RecordId, Digest, Small], ...]


class SealedNotice(Message, frozen=True):
    """Payload of COSE kind `notice`: from the custodian to an earlier recipient."""

    relation: Id
    release: Id
    sender: Id
    recipient: Id
    recipient_key: Digest
    suite: Suite
    time: Time
    enc: Enc
    ciphertext: Annotated[bytes, Meta(max_length=16 * 1024 * 1024)]

    def info(self, network: bytes) -> bytes:
        """Return what the seal is bound to."""
        return T("notice", network, *[getattr(self, name) for name in self.__struct_fields__[:-2]])


def cose_kind(kind: int, outcome: int) -> str:
    """Return the COSE kind of a receipt."""
    return "erasure" if kind == PetitionKind.ERASE and outcome == Outcome.DONE else "receipt"


def receipt_commitment(network: bytes, signed: bytes) -> bytes:
    """Return what the ledger holds of a signed receipt."""
    return T("receipt", network, signed)


def petition_info(network: bytes, petition: bytes) -> bytes:
    """Return what the seal of a petition's letter is bound to."""
    return T("petition-letter", network, petition)


def receipt_info(network: bytes, petition: bytes) -> bytes:
    """Return what the seal of a receipt's letter is bound to."""
    return T("receipt-letter", network, petition)


def seal_notice(network: bytes, notice: SealedNotice, public: bytes, said: Notified) -> SealedNotice:
    """Return `notice` with what it says sealed to `public`."""
    sealed = seal(public, notice.info(network), encode(said))
    return replace(notice, enc=sealed[:ENC_BYTES], ciphertext=sealed[ENC_BYTES:])


def open_notice(network: bytes, notice: SealedNotice, key: SealKey) -> Notified:
    """Return what the notice says; raise WrongSeal or Malformed."""
    return decode(key.open(notice.info(network), notice.enc + notice.ciphertext), Notified)
