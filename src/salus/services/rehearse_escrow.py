"""Rehearse an escrow: is the file the ledger's, has every holder confirmed, can the shares be opened and joined?"""

import os
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

from salus.contracts.governance import queries as governance
from salus.services.actors import Organisation
from salus.services.errors import OtherEscrow
from salus.services.escrow_objects import EscrowFile, EscrowView, HolderView
from salus.services.hold_share import held_share, list_held, list_receipts
from salus.services.open_escrow import read_file
from salus.vault.errors import SharesDoNotFit
from salus.vault.shares import join, split

_TRIED = 64  # combinations of shares, at most


class Rehearsed(NamedTuple):
    """What a rehearsal found; no share left its holder for it."""

    confirmed: int  # holders whose receipt is here
    holders: int
    threshold: int
    joined: int  # ways to join a throw-away key split alike; each gave it back, and one share fewer never did

    @property
    def sound(self) -> bool:
        """True if at least the threshold of holders confirmed; the file is the ledger's, or there is no result."""
        return self.confirmed >= self.threshold


def rehearse(organisation: Organisation, raw: bytes) -> Rehearsed:
    """Try everything but the shares themselves, which stay where they are. Raises Malformed, OtherEscrow."""
    file = read_file(organisation.ledger, raw)
    if file.header.organisation != organisation.account:
        raise OtherEscrow
    commitment, holders = file.header.commitment(organisation.network), dict(file.header.holders)
    receipts = list_receipts(organisation, commitment)
    confirmed = sum(1 for receipt in receipts if holders.get(receipt.holder) == receipt.share)
    return Rehearsed(confirmed, len(holders), file.header.threshold, _joined(file))


def check_held(organisation: Organisation) -> tuple[tuple[bytes, bool], ...]:
    """Return (organisation, is the share that is kept still the one of its escrow on the ledger) of all held here."""
    network, found = organisation.network, []
    for held in list_held(organisation):
        kept = held_share(organisation, held.organisation)
        whole = (organisation.account, kept.share.digest(network)) in kept.header.holders
        found.append((held.organisation, whole and held.current))
    return tuple(found)


def view_escrow(organisation: Organisation, file: EscrowFile | None = None) -> EscrowView | None:
    """Return the organisation's escrow with who confirmed; None where the ledger has none."""
    entry = governance.escrow(organisation.ledger.view(), organisation.account)
    if entry is None:
        return None
    receipts = {one.holder: one.time for one in list_receipts(organisation, entry.commitment)}
    named = receipts if file is None else dict(file.header.holders)
    holders = tuple(HolderView(holder, receipts.get(holder, 0)) for holder in sorted(named))
    threshold = 0 if file is None else file.header.threshold
    return EscrowView(entry.commitment, threshold, entry.made, entry.opened_by, holders)


def _joined(file: EscrowFile) -> int:
    key, threshold = os.urandom(32), file.header.threshold
    shares, done = split(key, threshold, len(file.header.holders)), 0
    for some in combinations(shares, threshold):
        if done == _TRIED:
            break
        if join(some) != key:
            raise SharesDoNotFit
        if _joins(some[:-1]):
            raise SharesDoNotFit
        done += 1
    return done


def _joins(shares: Sequence[str]) -> bool:
    try:
        join(shares)
    except SharesDoNotFit:
        return False
    return True
