"""Take in a share of another organisation's escrow, keep it, and confirm that it could be opened."""

from typing import NamedTuple

from salus.contracts.governance import queries as governance
from salus.core import cose
from salus.core.encoding import decode, encode
from salus.core.errors import WrongSignature
from salus.services import lookup
from salus.services.actors import Organisation
from salus.services.authorise import own_shared
from salus.services.errors import NoSuchShare, NotForUs, OtherEscrow, WrongShare
from salus.services.escrow_objects import HeldShare, SealedShare, ShareReceipt
from salus.services.objects import parse_signed, sign
from salus.vault.shared import SharedResource

KIND = "EscrowShare"  # no FHIR type has this name
RECEIPTS = "ShareReceipt"
RECEIPT = "share-receipt"
MEDIA_TYPE = "application/cbor"


class Held(NamedTuple):
    """A share that this organisation holds."""

    organisation: bytes
    commitment: bytes
    current: bool  # the organisation's escrow of today, as the ledger has it
    opened_by: bytes | None  # who may have it

    def __repr__(self) -> str:
        return f"Held({self.commitment.hex()})"


def hold_share(organisation: Organisation, raw: bytes) -> Held:
    """Verify and keep a share; taking it again changes nothing.

    In this order: form, addressee, signature by a live key of the organisation it is of, commitment on the ledger,
    seal, digest in the header. Raises Malformed, NotForUs, WrongSignature, OtherEscrow, WrongSeal, WrongShare.
    """
    network, state = organisation.network, organisation.ledger.view()
    signed = parse_signed("share", raw)
    letter = decode(signed.payload, SealedShare)
    if letter.recipient != organisation.account:
        raise NotForUs
    message = cose.to_be_signed("share", network, signed.payload, signed.key)
    owner, now = letter.header.organisation, organisation.ledger.now()
    if letter.sender != owner or not lookup.signed_by_live_key(
        state, owner, signed.key, now, message, signed.signature
    ):
        raise WrongSignature
    commitment = letter.header.commitment(network)
    entry = governance.escrow(state, owner)
    if entry is None or entry.commitment != commitment:
        raise OtherEscrow
    share = letter.opened(network, organisation.seal_key)
    if (organisation.account, share.digest(network)) not in letter.header.holders:
        raise WrongShare
    kept = encode(HeldShare(letter.header, share))
    organisation.vault.shared.put([SharedResource(KIND, owner.hex(), kept, MEDIA_TYPE)])
    receipt = ShareReceipt(owner, commitment, organisation.account, share.digest(network), now)
    organisation.exchange.post(owner, RECEIPT, sign(RECEIPT, network, receipt, organisation.gateway))
    return Held(owner, commitment, True, entry.opened_by)


def receive_share_receipt(organisation: Organisation, raw: bytes) -> bytes:
    """Verify and keep a holder's receipt; return the holder. Raises Malformed, NotForUs, WrongSignature."""
    network, state = organisation.network, organisation.ledger.view()
    signed = parse_signed(RECEIPT, raw)
    receipt = decode(signed.payload, ShareReceipt)
    if receipt.organisation != organisation.account:
        raise NotForUs
    message = cose.to_be_signed(RECEIPT, network, signed.payload, signed.key)
    if not lookup.signed_by_live_key(
        state, receipt.holder, signed.key, organisation.ledger.now(), message, signed.signature
    ):
        raise WrongSignature
    name = f"{receipt.commitment.hex()}/{receipt.holder.hex()}"
    organisation.vault.shared.put([SharedResource(RECEIPTS, name, encode(receipt), MEDIA_TYPE)])
    return receipt.holder


def held_share(organisation: Organisation, owner: bytes) -> HeldShare:
    """Return the share of `owner`'s escrow that is kept here; raise NoSuchShare."""
    scope = own_shared(organisation)
    if owner.hex() not in organisation.vault.shared.names(scope, KIND):
        raise NoSuchShare
    return decode(organisation.vault.shared.get(scope, KIND, owner.hex())[1], HeldShare)


def list_held(organisation: Organisation) -> tuple[Held, ...]:
    """Return the shares of others that are kept here, by organisation."""
    state, found = organisation.ledger.view(), []
    for name in organisation.vault.shared.names(own_shared(organisation), KIND):
        held = held_share(organisation, bytes.fromhex(name))
        commitment = held.header.commitment(organisation.network)
        entry = governance.escrow(state, held.header.organisation)
        current = entry is not None and entry.commitment == commitment
        opened_by = entry.opened_by if entry is not None and current else None
        found.append(Held(held.header.organisation, commitment, current, opened_by))
    return tuple(found)


def list_receipts(organisation: Organisation, commitment: bytes) -> tuple[ShareReceipt, ...]:
    """Return the receipts for an escrow of one's own, by holder."""
    scope = own_shared(organisation)
    names = organisation.vault.shared.names(scope, RECEIPTS)
    kept = [organisation.vault.shared.get(scope, RECEIPTS, n)[1] for n in names if n.startswith(commitment.hex())]
    return tuple(decode(one, ShareReceipt) for one in kept)
