"""Anchors by windows: the ledger shows the same times and relations whatever changed in the vault."""

import random
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from story_region import START_MS, Story, found, take_in

from salus.contracts.records import queries as records
from salus.contracts.records.events import RelationsAnchored
from salus.services.anchor import COVER, anchor, anchor_one
from salus.services.anchor_windows import WindowRule, anchor_windows, due_in, slot
from salus.services.due import due
from salus.services.history import entries
from salus.services.open_accounts import open_accounts
from salus.vault.records import RecordWrite

RULE = WindowRule(window_ms=60_000, cycle=8)
RELATIONS, MANY = 40, 300


def populated(story: Story, count: int = RELATIONS) -> list[bytes]:
    """Open relations with a record each, anchored once."""
    handles = list(open_accounts(story.north, count))
    story.north.vault.deposit([one(handle, 0) for handle in handles])
    assert anchor(story.north) == (count, ())
    assert anchor_windows(story.north, RULE) == 0  # begins to count
    return handles


def one(handle: bytes, number: int) -> RecordWrite:
    record = number.to_bytes(16, "big")
    return RecordWrite(handle, record, b"{}", "application/fhir+json", "laboratory", "Observation", START_MS)


def anchored(story: Story, since: int) -> list[tuple[int, tuple[bytes, ...]]]:
    """Return (time, relations) of each anchor on the ledger, in the order in which they stand there."""
    found = []
    for entry in entries(story.region.ledger, story.north.account):
        if isinstance(entry.event, RelationsAnchored) and entry.time > since:
            found.append((entry.time, tuple(relation for relation, _, _, _ in entry.event.entries)))
    return found


def live(story: Story, busy: list[bytes], windows: int, seed: int) -> None:
    """Let windows pass in which the `busy` relations change, again and again."""
    rng = random.Random(seed)
    for number in range(1, windows + 1):
        for handle in busy:
            if rng.random() < 0.7:
                story.north.vault.deposit([one(handle, number)])
        story.clock.time_ms += RULE.window_ms
        anchor_windows(story.north, RULE)


def test_what_changed_has_no_influence_on_any_anchor(story: Story) -> None:
    handles = populated(story)
    secret, begun = story.north.vault.schedule.secret(), story.region.ledger.now()
    busy = random.Random(1).sample(handles, 12)
    live(story, busy, 3 * RULE.cycle, seed=2)
    seen = anchored(story, begun)
    expected, at = [], begun // RULE.window_ms
    for window in range(at, at + 3 * RULE.cycle):  # from the secret alone; no change is part of it
        if due := due_in(secret, handles, range(window, window + 1), RULE):
            expected.append(((window - at + 1) * RULE.window_ms + begun, tuple(due)))
    assert seen == expected
    counts = Counter(handle for _, relations in seen for handle in relations)
    for cycle in range(at // RULE.cycle + 1, (at + 3 * RULE.cycle) // RULE.cycle):  # whole cycles
        inside = [
            handle
            for time, relations in seen
            for handle in relations
            if cycle * RULE.cycle <= (time - begun) // RULE.window_ms + at - 1 < (cycle + 1) * RULE.cycle
        ]
        assert sorted(inside) == sorted(handles)  # each once, busy or idle
    assert {counts[handle] for handle in handles} <= {2, 3, 4}


def classifier_scores(seen: list[tuple[int, tuple[bytes, ...]]], handles: list[bytes]) -> dict[str, dict[bytes, float]]:
    """What somebody with the ledger alone might go by: how often, how early, how far apart, at which place."""
    times: dict[bytes, list[int]] = {handle: [] for handle in handles}
    places: dict[bytes, list[int]] = {handle: [] for handle in handles}
    for time, relations in seen:
        for place, handle in enumerate(relations):
            times[handle].append(time)
            places[handle].append(place)
    return {
        "count": {h: len(t) for h, t in times.items()},
        "first": {h: -t[0] for h, t in times.items()},
        "gap": {h: -min((b - a for a, b in pairwise(t)), default=0) for h, t in times.items()},
        "place": {h: -sum(p) / len(p) for h, p in places.items()},
    }


def advantage(scores: dict[bytes, float], busy: set[bytes], handles: list[bytes]) -> float:
    """Return |AUC - 1/2|: how far from chance ranking by the score tells busy from idle."""
    pairs = [(scores[a] > scores[b]) + (scores[a] == scores[b]) / 2 for a in busy for b in handles if b not in busy]
    return abs(sum(pairs) / len(pairs) - 0.5)


def test_no_classifier_tells_changed_from_decoy_better_than_a_guess(story: Story) -> None:
    """By chance the area under the curve has a standard deviation of sqrt((n + m + 1) / 12nm): six are allowed."""
    handles = populated(story, MANY)
    begun = story.region.ledger.now()
    busy = random.Random(7).sample(handles, MANY // 3)
    live(story, busy, 4 * RULE.cycle, seed=8)
    n, m = len(busy), MANY - len(busy)
    for name, score in classifier_scores(anchored(story, begun), handles).items():
        assert advantage(score, set(busy), handles) < 6 * ((n + m + 1) / (12 * n * m)) ** 0.5 < 0.25, name


def test_anchoring_changes_at_once_would_be_told(tmp_path: Path) -> None:
    """The same classifier against anchors of what changed: it must see what the rule hides."""
    with found(tmp_path / "home") as story:
        handles = populated(story)
        begun, busy = story.region.ledger.now(), random.Random(7).sample(handles, 12)
        for number in range(1, 20):
            story.north.vault.deposit([one(handle, number) for handle in busy])
            if number % 4 == 0:
                for handle in handles:
                    story.north.vault.anchors.decoy(handle)
            story.clock.time_ms += RULE.window_ms
            anchor(story.north)
        scores = classifier_scores(anchored(story, begun), handles)
    assert advantage(scores["count"], set(busy), handles) == 0.5


def test_a_change_waits_less_than_two_cycles(story: Story) -> None:
    handles = populated(story)
    for handle in handles[:10]:
        story.north.vault.deposit([one(handle, 1)])
    waited = 0
    while any(story.north.vault.anchors.waits(handle) for handle in handles):
        story.clock.time_ms += RULE.window_ms
        anchor_windows(story.north, RULE)
        waited += 1
    assert waited < 2 * RULE.cycle


def test_after_a_pause_every_relation_is_due_once(story: Story) -> None:
    populated(story)
    story.clock.time_ms += 50 * RULE.cycle * RULE.window_ms
    assert anchor_windows(story.north, RULE) == RELATIONS
    assert anchor_windows(story.north, RULE) == 0


def test_the_clock_standing_still_anchors_nothing(story: Story) -> None:
    populated(story)
    assert [anchor_windows(story.north, RULE) for _ in range(5)] == [0] * 5
    story.clock.time_ms -= 10 * RULE.window_ms
    assert anchor_windows(story.north, RULE) == 0


def test_on_demand_takes_a_cover_that_no_change_has_a_part_in(story: Story) -> None:
    handles = populated(story)
    changed = handles[:20]
    taken: Counter[bytes] = Counter()
    for number in range(1, 31):
        story.north.vault.deposit([one(handle, number) for handle in changed])
        begun = story.region.ledger.now()
        story.clock.time_ms += 1000
        assert anchor_one(story.north, changed[0])
        ((_, relations),) = anchored(story, begun)
        assert len(relations) == COVER + 1 and changed[0] in relations and list(relations) == sorted(relations)
        taken.update(relations)
    idle = sum(taken[handle] for handle in handles[20:])
    busy = sum(taken[handle] for handle in changed[1:])
    # 30 draws of 15 among 39, of which 19 changed: hypergeometric, seven standard deviations to either side
    assert abs(busy - 30 * COVER * 19 / 39) < 7 * (30 * COVER * 19 * 20 * 24 / (39 * 39 * 38)) ** 0.5
    assert idle + busy == 30 * COVER
    assert anchor_one(story.north, changed[0]) is True  # nothing waits: nothing is sent


def test_a_look_alone_waits_for_its_window_and_a_change_does_not(story: Story) -> None:
    (handle, *_) = populated(story)
    anchors = story.north.vault.anchors
    story.north.vault.log_access(handle, [b"a look"])
    assert anchors.waits(handle) and not anchors.waits(handle, reads=False)
    story.north.vault.deposit([one(handle, 1)])
    assert anchors.waits(handle, reads=False)
    assert anchor_one(story.north, handle)
    assert not anchors.waits(handle) and not anchors.waits(bytes(32))


def test_due_does_all_that_is_due(story: Story) -> None:
    handle = take_in(story.north, "Alma", "N-1")
    assert due(story.north, WindowRule(60_000, 1)) == ((), 0)
    story.clock.time_ms += 60_000
    held = records.relation(story.region.ledger.view(), handle)
    assert due(story.north, WindowRule(60_000, 1)).anchored == 1
    now = records.relation(story.region.ledger.view(), handle)
    assert held is not None and now is not None and (now.seq, now.previous) == (held.seq + 1, held.root)


@pytest.mark.parametrize("cycle", [1, 2, 7, 60])
def test_each_relation_has_one_slot_in_a_cycle(cycle: int) -> None:
    rule, secret = WindowRule(60_000, cycle), b"s" * 32
    relations = [bytes((n,)) * 32 for n in range(50)]
    for number in (0, 1, 10**6):
        windows = range(number * cycle, (number + 1) * cycle)
        once = [r for w in windows for r in due_in(secret, relations, range(w, w + 1), rule)]
        assert sorted(once) == relations
        assert due_in(secret, relations, windows, rule) == relations
        assert all(0 <= slot(secret, r, number, rule) < cycle for r in relations)
