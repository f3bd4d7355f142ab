"""Approve a merge: a person says that two relations are one person's. Nothing of it stands on the ledger yet."""

import os
from typing import NamedTuple

from salus.contracts.records import queries as records
from salus.core.approval import APPROVAL, MergeApproval
from salus.core.encoding import encode
from salus.policy.types import Capacity
from salus.services import lookup
from salus.services.actors import Person
from salus.services.errors import NotCustodian
from salus.services.lookup import DAY_MS
from salus.services.merge_letters import ApprovalLetter, approval_info
from salus.services.objects import sign
from salus.vault.seals import seal
from salus.wallet.wallet import NoSuchKeptRelation


class Approved(NamedTuple):
    """What was approved, for which of the wallet's relations, until when."""

    one: bytes
    other: bytes
    sides: tuple[bytes, ...]
    not_after: int


def approve_merge(person: Person, first: bytes, second: bytes, days: int = 7) -> Approved:
    """Approve that two relations are merged, for each of the wallet's that it concerns.

    These are the two, and those that either is merged with already: what any of them denies will hold for all.
    Each signs by itself, sealed to the custodian. Raises UnknownRelation, NotCustodian where two organisations
    hold them, NoSuchKeptRelation where none is the wallet's.
    """
    state, network = person.ledger.view(), person.wallet.network
    one, other = sorted((first, second))
    custodians = [lookup.person(state, relation).custodian for relation in (one, other)]
    if custodians[0] != custodians[1]:
        raise NotCustodian
    own = {kept.handle: kept for kept in person.wallet.relations()}
    sides = [side for side in merged_group(person, one, other) if side in own]
    if not sides:
        raise NoSuchKeptRelation
    not_after = (person.ledger.now() // DAY_MS + days + 1) * DAY_MS
    public = person.exchange.find_key(lookup.organisation(state, custodians[0]).seal_key)
    for side in sides:
        said = MergeApproval(side, int(Capacity.SELF), one, other, os.urandom(16), not_after)
        sealed = seal(public, approval_info(network, side), sign(APPROVAL, network, said, own[side].device))
        person.exchange.post(custodians[0], "approval", encode(ApprovalLetter(side, sealed)))
    return Approved(one, other, tuple(sides), not_after)


def merged_group(person: Person, one: bytes, other: bytes) -> tuple[bytes, ...]:
    """Return all relations that a merge of the two concerns, sorted."""
    state = person.ledger.view()
    found = (one, other, *records.merged(state, one), *records.merged(state, other))
    return tuple(sorted(dict.fromkeys(found)))
