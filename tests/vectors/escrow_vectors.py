"""Vectors of an escrow: header and commitment, a share and its digest, what its seal is bound to, a receipt."""

from salus.core import cose
from salus.core.encoding import encode
from salus.services.escrow_objects import EscrowHeader, SealedShare, Share, ShareReceipt
from salus.services.objects import UNSEALED
from salus.vault.seals import X_WING

from .fixed import NETWORK, NOW, fixed, key

Vectors = dict[str, object]
# The first valid words of the published vectors of SLIP-39.
WORDS = (
    "duckling enlarge academic academic agency result length solution fridge kidney coal piece deal husband erode duke "
    "ajar critical decision keyboard"
)


def escrows() -> Vectors:
    """An escrow with two holders; the stream is not part of it but for its digest."""
    organisation, holders = fixed("hospital"), (fixed("holder"), fixed("other holder"))
    share = Share(fixed("share salt"), WORDS)
    digests = (share.digest(NETWORK), fixed("other share"))
    header = EscrowHeader(
        1, organisation, NOW, 2, tuple(zip(holders, digests, strict=True)), fixed("stream"), fixed("escrow salt")
    )
    empty = SealedShare(header, organisation, holders[0], fixed("seal key"), X_WING, UNSEALED, b"")
    receipt = ShareReceipt(organisation, header.commitment(NETWORK), holders[0], digests[0], NOW + 1)
    return {
        "network": NETWORK.hex(),
        "header": encode(header).hex(),
        "commitment": header.commitment(NETWORK).hex(),
        "share_salt": share.salt.hex(),
        "words": WORDS,
        "share": encode(share).hex(),
        "digest": digests[0].hex(),
        "organisation": organisation.hex(),
        "holder": holders[0].hex(),
        "seal_key": fixed("seal key").hex(),
        "info": empty.info(NETWORK).hex(),
        "receipt": cose.sign("share-receipt", NETWORK, encode(receipt), [key("gateway")]).hex(),
        "receipt_payload": encode(receipt).hex(),
        "public": key("gateway").public.hex(),
    }
