"""Release a share to whoever the ledger lets open the escrow: nobody else is given it, whoever asks."""

from salus.contracts.governance import queries as governance
from salus.services import lookup
from salus.services.actors import Organisation
from salus.services.errors import EscrowNotOpened, OtherEscrow
from salus.services.escrow_objects import SealedShare
from salus.services.hold_share import held_share
from salus.services.objects import UNSEALED, sign
from salus.vault.seals import X_WING

LETTER = "release-share"


def release_share(organisation: Organisation, owner: bytes) -> bytes:
    """Seal the share of `owner`'s escrow to who opens it, and post it; return to whom.

    Raises NoSuchShare, OtherEscrow (a newer one stands), EscrowNotOpened, UnknownSealKey.
    """
    network, state = organisation.network, organisation.ledger.view()
    held = held_share(organisation, owner)
    entry = governance.escrow(state, owner)
    if entry is None or entry.commitment != held.header.commitment(network):
        raise OtherEscrow
    # Who was let open it and was succeeded since is entitled no more.
    entitled = governance.successor_of(state, owner) or owner
    if entry.opened_by != entitled:
        raise EscrowNotOpened
    key = lookup.organisation(state, entitled).seal_key
    empty = SealedShare(held.header, organisation.account, entitled, key, X_WING, UNSEALED, b"")
    sealed = empty.sealed(network, organisation.exchange.find_key(key), held.share)
    organisation.exchange.post(entitled, LETTER, sign(LETTER, network, sealed, organisation.gateway))
    return entitled
