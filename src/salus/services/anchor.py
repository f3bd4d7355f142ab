"""Anchor: put the salted roots of all changed relations on the ledger, many under one signature."""

from collections.abc import Sequence
from typing import NamedTuple

from salus.client.batcher import Landed
from salus.contracts.records import queries
from salus.contracts.records.entry_errors import StaleRoot
from salus.contracts.records.errors import MayNotHold
from salus.contracts.records.events import RelationsAnchored
from salus.contracts.records.messages import AnchorRelations
from salus.core.encoding import decode
from salus.services.actors import Organisation
from salus.services.deferred_task import DEFERRED, MAX_TASKS, DeferredTask
from salus.services.history import read_event
from salus.vault.anchors import AnchorEntry
from salus.vault.errors import UnknownRoot

MAX_ENTRIES = 1000  # of one message
COVER = 15  # relations anchored beside one that is anchored on demand


class Anchored(NamedTuple):
    """What became of the changed relations. Those refused stay pending: (relation, code of the refusal)."""

    anchored: int
    refused: tuple[tuple[bytes, int], ...]


def anchor(organisation: Organisation) -> Anchored:
    """Anchor every relation that changed since its last anchor; run it again after a crash, nothing is lost.

    An opening that was on its way is sent again unchanged. Raises the contract's refusals.
    """
    done, refused = 0, dict[bytes, int]()
    waiting = deferred_relations(organisation)
    while True:
        pending = organisation.vault.pending_anchors(MAX_ENTRIES)
        entries = [entry for entry in pending if entry.relation not in refused and entry.relation not in waiting]
        if not entries:
            return Anchored(done, tuple(sorted(refused.items())))
        _, landed = organisation.send(message(organisation, entries))
        codes = settle(organisation, entries, landed)
        done += sum(1 for code in codes.values() if code == 0)
        refused.update((relation, code) for relation, code in codes.items() if code)


def deferred_relations(organisation: Organisation) -> frozenset[bytes]:
    """Return the relations of which the ledger must first take a deferred release, on the root that it named.

    One that the ledger refused keeps nothing waiting.
    """
    rows = organisation.vault.outbox.next(MAX_TASKS)
    deeds = [decode(row.body, DeferredTask) for row in rows if row.kind == DEFERRED]
    return frozenset(deed.relation for deed in deeds if not deed.refused)


def anchor_one(organisation: Organisation, relation: bytes) -> bool:
    """Anchor one relation now if it waits, among others that are drawn by lot; False where the ledger refused.

    Raises the contract's refusals but MayNotHold: a suspended custodian anchors later.
    """
    entries = entries_with_cover(organisation, relation)
    if not entries:
        return True
    try:
        _, landed = organisation.send(message(organisation, entries))
    except MayNotHold:
        return False
    return settle(organisation, entries, landed).get(relation) == 0


def entries_with_cover(organisation: Organisation, relation: bytes, *, reads: bool = True) -> list[AnchorEntry]:
    """Return what is to be anchored on demand: nothing if the relation does not wait; else it and a cover.

    Without `reads`, a relation that was only looked at waits for its window.

    The cover is drawn by lot among all anchored relations, changed or not, so that it says nothing of any of them.
    """
    anchors = organisation.vault.anchors
    if not anchors.waits(relation, reads=reads):
        return []
    waiting = deferred_relations(organisation)
    return anchors.gather([relation, *(drawn for drawn in anchors.draw(COVER, relation) if drawn not in waiting)])


def message(organisation: Organisation, entries: Sequence[AnchorEntry]) -> AnchorRelations:
    """Return the message that anchors `entries`."""
    ordered = sorted(entries, key=lambda entry: entry.relation)  # their order tells nothing either
    rows = tuple((entry.relation, entry.previous, entry.root) for entry in ordered)
    return AnchorRelations(organisation.account, rows)


def settle(organisation: Organisation, entries: Sequence[AnchorEntry], landed: Landed) -> dict[bytes, int]:
    """Note in the vault what a block did with `entries`; return relation -> code, 0 for those that stand."""
    events = [read_event(body) for body in landed.result.events]
    rows = [row for event in events if isinstance(event, RelationsAnchored) for row in event.entries]
    codes = {relation: code for relation, _, _, code in rows}
    numbers = {relation: seq for relation, _, seq, code in rows if not code}
    anchored = [(entry.relation, entry.seq) for entry in entries if numbers.get(entry.relation) == entry.seq]
    organisation.vault.anchors.mark_all_anchored(anchored, landed.height)
    for entry in entries:
        if codes.get(entry.relation) == StaleRoot.code and _reconcile(organisation, entry.relation):
            codes[entry.relation] = 0
    return codes


def _reconcile(organisation: Organisation, relation: bytes) -> bool:
    """Take over what the ledger holds, where an earlier attempt of ours had landed; False if we never made it."""
    state = organisation.ledger.view()
    held = queries.relation(state, relation)
    if held is None:
        return False
    try:
        organisation.vault.anchors.reconcile(relation, held.seq, held.root, state.height)
    except UnknownRoot:
        return False
    return True
