"""Anchor by windows: each relation has one secret slot in every cycle of windows, and is anchored then, changed or not.

The rule. Time is cut into windows, windows into cycles. In each cycle a relation's slot is
HMAC-SHA256(secret of the vault, relation, cycle) modulo the windows of a cycle. When a window has ended, exactly the
relations whose slot it is are anchored, each with a fresh salt. So times and numbers of anchors are the same whatever
changed in the vault: of one that is anchored by the rule, the ledger tells nothing. A change waits less than two
cycles; who needs it sooner anchors on demand (`anchor_one`), which shows, with relations drawn by lot beside it.
"""

import hmac
from collections.abc import Iterable
from typing import NamedTuple

from salus.contracts.records.errors import MayNotHold
from salus.services.actors import Organisation
from salus.services.anchor import MAX_ENTRIES, deferred_relations, message, settle


class WindowRule(NamedTuple):
    """How long a window is, and how many are a cycle: the share of relations anchored in each is one in `cycle`."""

    window_ms: int = 60_000
    cycle: int = 60


DEFAULT = WindowRule()


def anchor_windows(organisation: Organisation, rule: WindowRule = DEFAULT) -> int:
    """Anchor what is due by the windows that ended since the last call; return how many relations.

    The first call only begins to count. A long pause holds a whole cycle, so every relation is due once. A window is
    noted as dealt with after its anchors landed: a crash between anchors it again, changed or not. Raises the
    contract's refusals but MayNotHold: a suspended custodian anchors when it may again.
    """
    schedule, ended = organisation.vault.schedule, organisation.ledger.now() // rule.window_ms - 1
    last = schedule.last()
    if last is None or last >= ended:
        if last is None:
            schedule.note(ended)
        return 0
    windows = range(max(last + 1, ended - 2 * rule.cycle + 2), ended + 1)
    waiting = deferred_relations(organisation)
    known = (relation for relation in organisation.vault.relations() if relation not in waiting)
    relations = due_in(schedule.secret(), known, windows, rule)
    try:
        count = sum(_anchor(organisation, part) for part in _parts(relations))
    except MayNotHold:
        return 0
    schedule.note(ended)
    return count


def due_in(secret: bytes, relations: Iterable[bytes], windows: range, rule: WindowRule) -> list[bytes]:
    """Return the relations whose slot is one of `windows`, sorted; what changed is no part of the question."""
    cycles = range(windows.start // rule.cycle, (windows.stop - 1) // rule.cycle + 1)
    return [
        relation
        for relation in sorted(relations)
        if any(cycle * rule.cycle + slot(secret, relation, cycle, rule) in windows for cycle in cycles)
    ]


def slot(secret: bytes, relation: bytes, cycle: int, rule: WindowRule) -> int:
    """Return the place of a relation's window within a cycle."""
    drawn = hmac.digest(secret, relation + cycle.to_bytes(8, "big"), "sha256")
    return int.from_bytes(drawn[:16], "big") % rule.cycle


def _parts(relations: list[bytes]) -> Iterable[list[bytes]]:
    return (relations[at : at + MAX_ENTRIES] for at in range(0, len(relations), MAX_ENTRIES))


def _anchor(organisation: Organisation, relations: list[bytes]) -> int:
    entries = organisation.vault.anchors.gather(relations)
    if not entries:
        return 0
    _, landed = organisation.send(message(organisation, entries))
    return sum(1 for code in settle(organisation, entries, landed).values() if code == 0)
