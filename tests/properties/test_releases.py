"""Random bulk releases, orders under silence and their openings, against a naive model; a failure prints its seed."""

import random
from hashlib import sha256

import pytest
from msgspec.structs import replace

from contracts.access_others import ORDER_TERMS, TERMS
from contracts.precedence import NETWORK, NOW, Scene
from contracts.region import (
    BY_HOSPITAL,
    BY_REGULATOR,
    CLINIC,
    HOSPITAL,
    POLICY,
    REGULATOR,
    TREAT,
    name,
    put_policy,
    region,
    rule,
    scene,
)
from salus.contracts.access import queries
from salus.contracts.access.invariants import sealed_violations, violations
from salus.contracts.access.messages import (
    OpenSealedRelease,
    RecordBulkRelease,
    RecordSealedOrder,
    RecordSealedRelease,
)
from salus.contracts.access.other_events import BulkReleased
from salus.contracts.accounts import keeper as accounts_keeper
from salus.contracts.accounts.types import Person, PersonState
from salus.contracts.consent import keeper as consent_keeper
from salus.contracts.consent.types import Chosen
from salus.contracts.governance.parameters import BOUNDS, Parameter
from salus.contracts.records import keeper as records_keeper
from salus.contracts.records.types import Relation, Restriction
from salus.core.bulk import receipt
from salus.core.hashing import object_id
from salus.core.sealed import order_commitment, release_commitment
from salus.policy.policies import Choice, Mode
from salus.policy.types import BasisKind

ON_POLICY = (int(BasisKind.POLICY), POLICY, 1)


def plain_root(entries: list[bytes]) -> bytes:
    """RFC 9162 section 2.1.1 by its own words, apart from our log."""
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\0" + entries[0]).digest()
    split = 1 << ((len(entries) - 1).bit_length() - 1)
    return sha256(b"\1" + plain_root(entries[:split]) + plain_root(entries[split:])).digest()


@pytest.mark.parametrize("seed", range(60))
def test_a_bulk_stands_exactly_where_each_relation_would_alone(seed: int) -> None:
    rng = random.Random(seed)
    state = region()
    put_policy(state, rule(Mode.OPT_OUT))
    lawful: dict[bytes, bool] = {}
    for n in range(rng.randrange(1, 12)):
        relation = name(f"relation {n}")
        held, out, kept = rng.random() < 0.8, rng.random() < 0.3, rng.random() < 0.2
        person = Person(HOSPITAL if held else CLINIC, PersonState.CUSTODIAL, 0, None, None, False)
        accounts_keeper.put_person(state, relation, person)
        records_keeper.put_relation(state, relation, Relation(name(f"root {n}"), 1, NOW - 1, None, None))
        preference = ((TREAT, int(Choice.OUT)),) if out else ()
        consent_keeper.put_chosen(state, relation, Chosen(POLICY, preference, 1))
        if kept:
            records_keeper.put_restriction(state, relation, Restriction(NOW))
        lawful[relation] = held and not out and not kept
    picked = [rng.choice(sorted(lawful)) for _ in range(rng.randrange(1, 16))]
    rows, expected, seen = [], list[int](), list[bytes]()
    for place, relation in enumerate(picked):
        old, root = rng.random() < 0.1, records_keeper.get_relation(state, relation)
        assert root is not None
        rows.append((relation, ON_POLICY, name("old") if old else root.root, name(f"leaves {place}")))
        if lawful[relation] and not old and relation not in seen:
            expected.append(place)
        seen.append(relation)
    s = scene(RecordBulkRelease(HOSPITAL, CLINIC, TREAT, NOW + 5, tuple(rows)), BY_HOSPITAL, state=state)
    outcome = s.run()
    if not expected:
        assert outcome.code != 0, f"seed {seed}"
        return
    s.commit()
    summary = outcome.events[0]
    assert isinstance(summary, BulkReleased)
    ids = {place: object_id("release", NETWORK, HOSPITAL, s.nonce, 0, place) for place in expected}
    receipts = [receipt(NETWORK, summary.bulk, rows[p][0], ids[p], rows[p][3]) for p in expected]
    assert summary.root == plain_root(receipts), f"seed {seed}"
    assert [place for place, _ in summary.refused] == [p for p in range(len(rows)) if p not in ids], f"seed {seed}"
    for relation in sorted(lawful):
        answered = [key for key, _ in queries.answers(state, relation)]
        assert answered == [ids[p] for p in expected if rows[p][0] == relation], f"seed {seed}"
        assert list(violations(state, relation)) == [], f"seed {seed}"


@pytest.mark.parametrize("seed", range(40))
def test_silence_is_kept_to_the_millisecond_and_opened_once(seed: int) -> None:
    rng = random.Random(seed)
    state, time = region(), NOW
    longest = BOUNDS[Parameter.SILENCE_MS].default
    length = rng.randrange(1, longest + 1)
    end = rng.randrange(1, length + 1)
    salts = [rng.randbytes(32) for _ in range(2)]

    def at(message: object, moment: int, *signers: object) -> Scene:
        s = scene(message, *signers, state=state)  # type: ignore[arg-type]
        s.time, s.nonce = moment, rng.randbytes(16)
        return s

    ordered = at(
        RecordSealedOrder(
            REGULATOR, order_commitment(NETWORK, REGULATOR, salts[0], ORDER_TERMS), time + end, time + length
        ),
        time,
        BY_REGULATOR,
    )
    ordered.commit()
    order = object_id("sealed-order", NETWORK, REGULATOR, ordered.nonce, 0, 0)
    commitment = release_commitment(NETWORK, HOSPITAL, order, salts[1], TERMS)
    moment = time + rng.randrange(0, 2 * end)
    given = at(RecordSealedRelease(HOSPITAL, order, commitment), moment, BY_HOSPITAL)
    assert (given.run().code == 0) == (moment < time + end), f"seed {seed}"
    if moment >= time + end:
        return
    given.commit()
    release = object_id("release", NETWORK, HOSPITAL, given.nonce, 0, 0)
    shown = OpenSealedRelease(HOSPITAL, release, salts[0], ORDER_TERMS, salts[1], TERMS)
    for ahead in (1, rng.randrange(1, length + 1)):
        assert at(shown, time + length - ahead, BY_HOSPITAL).run().code != 0, f"seed {seed}"
    wrong = replace(shown, salt=rng.randbytes(32))
    assert at(wrong, time + length, BY_HOSPITAL).run().code != 0, f"seed {seed}"
    assert [key for key, _ in queries.overdue(state, HOSPITAL, time + length)] == [release], f"seed {seed}"
    at(shown, time + length + rng.randrange(0, 1000), BY_HOSPITAL).commit()
    assert at(shown, time + 2 * length, BY_HOSPITAL).run().code != 0, f"seed {seed}"
    assert list(sealed_violations(state, HOSPITAL)) == [], f"seed {seed}"
    assert list(violations(state, TERMS.relation)) == [], f"seed {seed}"
