"""What an escrow is off the ledger, to the byte: the file, the shares, what holders sign.

The file lies with the backups of the vault. It is ciphertext under a fresh key, which is split among members: the
holders without the file have nothing, and the file without enough of them is noise. On the ledger stands
`T("escrow", header)` alone.
"""

from typing import Annotated, NamedTuple

from msgspec import Meta
from msgspec.structs import replace

from salus.core.encoding import decode, encode
from salus.core.hashing import T
from salus.core.types import Count, Digest, Id, Message, Salt, Time
from salus.services.objects import Enc, Suite
from salus.vault.keystore import Secret, SecretName
from salus.vault.seals import ENC_BYTES, SealKey, seal
from salus.vault.shares import MOST_SHARES

Words = Annotated[str, Meta(min_length=1, max_length=512)]  # a share, in words


class Escrowed(Message, frozen=True):
    """What the file holds: secrets of the keystore, and the openings that only the vault has."""

    organisation: Id
    secrets: tuple[tuple[SecretName, Secret], ...]  # never an administration key
    staff: tuple[bytes, ...]  # encoded StaffOpening
    parts: tuple[tuple[Id, Id, bytes], ...]  # (relation, directive, encoded SealedPartOpening)


class EscrowHeader(Message, frozen=True):
    """What the ledger's commitment is to. Holders see it, others see the hash."""

    format: Annotated[int, Meta(ge=1, le=1)]
    organisation: Id
    made: Time
    threshold: Annotated[int, Meta(ge=2, le=MOST_SHARES)]
    holders: Annotated[tuple[tuple[Id, Digest], ...], Meta(min_length=2, max_length=MOST_SHARES)]  # (member, share)
    stream: Digest  # SHA-256 of the sealed content
    salt: Salt

    def commitment(self, network: bytes) -> bytes:
        """Return what stands on the ledger."""
        return T("escrow", network, encode(self))


class EscrowFile(Message, frozen=True):
    """The file: the header, and `vault.stream` of the encoded `Escrowed`, bound to the salt of the header."""

    header: EscrowHeader
    stream: bytes


class Share(Message, frozen=True):
    """One holder's share. The salt keeps the digest in the header from telling anything of it."""

    salt: Salt
    words: Words

    def digest(self, network: bytes) -> bytes:
        """Return what the header has of it."""
        return T("share", network, self.salt, self.words)


class SealedShare(Message, frozen=True):
    """Payload of COSE kind `share`, from the organisation; of kind `release-share`, from a holder to who opens."""

    header: EscrowHeader
    sender: Id
    recipient: Id
    recipient_key: Digest
    suite: Suite
    enc: Enc
    ciphertext: Annotated[bytes, Meta(max_length=2048)]

    def info(self, network: bytes) -> bytes:
        """Return what the seal is bound to."""
        fields = [encode(self.header), self.sender, self.recipient, self.recipient_key, self.suite]
        return T("share-letter", network, *fields)

    def sealed(self, network: bytes, public: bytes, share: Share) -> "SealedShare":
        """Return it with the share sealed to `public`."""
        made = seal(public, self.info(network), encode(share))
        return replace(self, enc=made[:ENC_BYTES], ciphertext=made[ENC_BYTES:])

    def opened(self, network: bytes, key: SealKey) -> Share:
        """Return the share; raise WrongSeal or Malformed."""
        return decode(key.open(self.info(network), self.enc + self.ciphertext), Share)


class ShareReceipt(Message, frozen=True):
    """Payload of COSE kind `share-receipt`: the holder has its share, could open it, and keeps it."""

    organisation: Id
    commitment: Digest
    holder: Id
    share: Digest
    time: Time


class HeldShare(Message, frozen=True):
    """What a holder keeps in its vault."""

    header: EscrowHeader
    share: Share


class HolderView(NamedTuple):
    """A holder of an escrow, as the organisation sees it."""

    holder: bytes
    received: int  # when it confirmed; 0: not yet


class EscrowView(NamedTuple):
    """An organisation's escrow."""

    commitment: bytes
    threshold: Count
    made: int
    opened_by: bytes | None
    holders: tuple[HolderView, ...]
