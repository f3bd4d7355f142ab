"""Evidence that holds is proved; with any one defect it is refuted at the step that finds it."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from salus.core import cose
from salus.core.encoding import decode, encode
from salus.core.genesis import GenesisFile
from salus.core.hashing import T
from salus.core.record import LeafHeader, leaf_hash, relation_root
from salus.evidence.case import Memory
from salus.evidence.follow import Remembered, RememberedRelation
from salus.evidence.format import MAX_EVIDENCE_BYTES, Checkpoint, Evidence, LogFact, RecordFact, WholeRelation, origin
from salus.evidence.header import parse_header
from salus.evidence.report import Outcome, Report, Verdict
from salus.evidence.state import (
    LOG_KEY,
    AnswerValue,
    RelationValue,
    Released,
    answer_key,
    owner_key,
    read_event,
    relation_key,
)
from salus.evidence.verify import verify
from salus.merkle import checkpoint as notes
from salus.merkle.log import Log
from vectors.core_vectors import genesis_file
from vectors.fixed import NOW, fixed, key
from vectors.world import (
    DIRECTIVE,
    HOSPITAL,
    NETWORK,
    NODE,
    RECIPIENT_KEY,
    REGULATOR,
    RELATION,
    WITNESS,
    World,
    event_body,
    octets,
)

GENESIS = genesis_file()
STEPS = ("form", "network", "header", "state", "log", "checkpoint", "relation", "records", "request", "leaves",
         "completeness")  # fmt: skip


def check(evidence: Evidence, genesis: bytes | None = GENESIS, remembered: Memory | None = None) -> Report:
    return verify(encode(evidence), genesis, witnesses=[WITNESS], remembered=remembered)


def refuted_at(report: Report) -> str:
    """The step at which the evidence was refuted; everything after it must be unchecked."""
    assert report.verdict is Verdict.REFUTED
    assert report.proved == () and report.height is None and report.time is None
    outcomes = [step.outcome for step in report.steps]
    at = outcomes.index(Outcome.FAILED)
    assert all(outcome is Outcome.NOT_CHECKED for outcome in outcomes[at + 1 :])
    return report.steps[at].name


def test_a_witnessed_release_is_proved() -> None:
    report = check(World().release())
    assert report.verdict is Verdict.PROVED == 0
    assert [step.name for step in report.steps] == list(STEPS)
    assert [step.number for step in report.steps] == list(range(1, 12))
    assert [step.outcome for step in report.steps] == [Outcome.OK] * 10 + [Outcome.NOT_CHECKED]
    assert (report.height, report.time) == (9, NOW)
    said = "\n".join(report.proved)
    assert REGULATOR.hex() in said and HOSPITAL.hex() in said and f"directive {DIRECTIVE.hex()}, version 1" in said
    assert "2 records are in the custodian's map, 2 of them with their exact octets." in said
    assert any("complete" in words for words in report.not_proved)


def test_a_witnessed_complete_view_is_proved() -> None:
    report = check(World().view())
    assert report.verdict is Verdict.PROVED
    assert report.steps[10].outcome is Outcome.OK
    assert any("The list of records is complete" in words for words in report.proved)
    assert not any("left out" in words for words in report.not_proved)


def test_facts_of_the_state_are_proved_present_and_absent() -> None:
    world = World()
    report = check(world.fact(relation_key(RELATION), relation_key(fixed("nobody"))))
    assert report.verdict is Verdict.UNWITNESSED == 3
    assert report.evidence is not None and report.evidence.facts[1].value != report.evidence.facts[0].value
    assert None in [fact.value for fact in report.evidence.facts]


@pytest.mark.parametrize("witnesses", [[], [notes.NoteKey("witness.example/1", key("stranger").public)]])
def test_without_a_witness_known_it_says_unwitnessed(witnesses: list[notes.NoteKey]) -> None:
    report = verify(encode(World().release()), GENESIS, witnesses=witnesses)
    assert report.verdict is Verdict.UNWITNESSED
    assert any("no witness known to you" in words for words in report.not_proved)
    assert report.proved


def test_a_checkpoint_nobody_cosigned_and_none_at_all_are_unwitnessed() -> None:
    assert check(World().release(witnessed=False)).verdict is Verdict.UNWITNESSED
    report = check(replace(World().release(), checkpoint=None))
    assert report.verdict is Verdict.UNWITNESSED
    assert report.steps[5].outcome is Outcome.NOT_CHECKED


def test_without_a_genesis_nothing_is_proved() -> None:
    report = check(World().release(), genesis=None)
    assert report.verdict is Verdict.NO_GENESIS == 2
    assert report.proved == ()
    assert [step.outcome for step in report.steps].count(Outcome.FAILED) == 0
    assert [report.steps[i].outcome for i in (1, 2, 5)] == [Outcome.NOT_CHECKED] * 3


def test_what_is_refuted_stays_refuted_without_a_genesis() -> None:
    evidence = World().release()
    assert refuted_at(check(replace(evidence, records=evidence.records[:1]), genesis=None)) == "leaves"


def test_records_without_their_octets_are_proved_and_it_says_so() -> None:
    evidence = World().release()
    report = check(replace(evidence, records=tuple(replace(r, content=None) for r in evidence.records)))
    assert report.verdict is Verdict.PROVED
    assert "The content of records whose octets are not in the file." in report.not_proved


def test_a_release_on_the_root_before_the_present_one_is_proved() -> None:
    world = World()
    value = RelationValue(fixed("newer root"), world.seq + 1, NOW + 9, world.root, NOW + 9)
    world.state[relation_key(RELATION)] = encode(value)
    report = check(world.release())
    assert report.verdict is Verdict.PROVED
    assert any("replaced since" in words for words in report.proved)
    assert refuted_at(check(world.view())) == "relation"  # a view must be of the present root


def test_a_checkpoint_of_another_size_needs_the_log_to_have_grown() -> None:
    for extra in (0, 3):
        world = World()
        evidence = world.release()
        size = world.log.size
        for i in range(extra):
            world.log.append(fixed(f"later {i}"))
        growth = world.log.consistency(size).path
        later = replace(world.checkpoint(), growth=growth)
        assert check(replace(evidence, checkpoint=later)).verdict is Verdict.PROVED
        if extra:
            assert refuted_at(check(replace(evidence, checkpoint=replace(later, growth=growth[:-1])))) == "checkpoint"


def test_witnesses_of_an_earlier_checkpoint_have_not_seen_what_is_shown() -> None:
    world = World()
    size = world.log.size - 1
    plain = notes.Checkpoint(origin(NETWORK), size, world.log.root(size))
    note = notes.cosign(notes.sign(plain, origin(NETWORK), world.node), WITNESS.name, key("witness"), NOW // 1000)
    early = Checkpoint(note.note().encode(), world.log.consistency(size).path)
    report = check(replace(world.release(), checkpoint=early))
    assert report.verdict is Verdict.UNWITNESSED
    assert [step.name for step in report.steps if "cosigned an earlier checkpoint" in step.words] == ["checkpoint"]
    assert not any("witnesses known to you" in words for words in report.proved)


def _swap_contents(evidence: Evidence) -> Evidence:
    one, two = evidence.records
    return replace(evidence, records=(replace(one, content=two.content), replace(two, content=one.content)))


def _two_values(evidence: Evidence) -> Evidence:
    fact = evidence.facts[0]
    return replace(evidence, facts=(fact, replace(fact, value=b"another"), *evidence.facts[1:]))


def _forged_value(evidence: Evidence) -> Evidence:
    """The same value offered under a second key: its siblings lead to the root along other bits."""
    facts = sorted([*evidence.facts, replace(evidence.facts[0], key=b"\x03\x01" + fixed("x"))], key=lambda f: f.key)
    return replace(evidence, facts=tuple(facts))


def _misplaced_leaf(evidence: Evidence) -> Evidence:
    one, two = evidence.records
    return replace(evidence, records=(replace(one, siblings=two.siblings), two))


def _log_root_as_map_root(evidence: Evidence) -> Evidence:
    return replace(evidence, opening=replace(evidence.opening, map_root=evidence.opening.log_root))


def _older_seq(evidence: Evidence) -> Evidence:
    return replace(evidence, opening=replace(evidence.opening, seq=evidence.opening.seq - 1))


def _signature_stripped(evidence: Evidence) -> Evidence:
    payload = cose.parse("header", evidence.header).payload
    return replace(evidence, header=cose.build("header", payload, []))


def _other_recipient(evidence: Evidence) -> Evidence:
    stranger = key("stranger")
    payload = cose.parse("request", evidence.request.signed).payload
    signed = cose.sign("request", NETWORK, payload, [stranger])
    return replace(evidence, request=replace(evidence.request, signed=signed, public=stranger.public))


def _request_resigned(evidence: Evidence) -> Evidence:
    payload = cose.parse("request", evidence.request.signed).payload
    signed = cose.build("request", payload, [(RECIPIENT_KEY.id(NETWORK), bytes(range(64)))])
    return replace(evidence, request=replace(evidence.request, signed=signed))


def _extra_record(evidence: Evidence) -> Evidence:
    return replace(evidence, records=World().records(("a", "b", "c")))


def _doubled_record(evidence: Evidence) -> Evidence:
    return replace(evidence, records=(evidence.records[0], *evidence.records))


def _other_log(evidence: Evidence) -> Evidence:
    note = notes.sign(notes.Checkpoint("salus/other", 7, fixed("x")), "salus/other", NODE)
    return replace(evidence, checkpoint=Checkpoint(note.note().encode(), ()))


def _forked_log(evidence: Evidence) -> Evidence:
    note = notes.sign(notes.Checkpoint(origin(NETWORK), World().log.size, fixed("x")), origin(NETWORK), NODE)
    return replace(evidence, checkpoint=Checkpoint(note.note().encode(), ()))


def _checkpoint_by_another(evidence: Evidence) -> Evidence:
    log = World().log
    note = notes.sign(notes.Checkpoint(origin(NETWORK), log.size, log.root()), origin(NETWORK), key("stranger"))
    return replace(evidence, checkpoint=Checkpoint(note.note().encode(), ()))


def _moved_event(evidence: Evidence) -> Evidence:
    return replace(evidence, events=(replace(evidence.events[0], index=evidence.events[0].index - 1),))


def _event_of_shorter_log(evidence: Evidence) -> Evidence:
    proof = World().log.inclusion(5, 6)
    return replace(evidence, events=(LogFact(5, 6, evidence.events[0].body, proof.path),))


def _without(key_: bytes) -> Callable[[Evidence], Evidence]:
    return lambda evidence: replace(evidence, facts=tuple(f for f in evidence.facts if f.key != key_))


def _header_of_a_record(evidence: Evidence) -> Evidence:
    return replace(evidence, records=(replace(evidence.records[0], header=b"\x80"), evidence.records[1]))


DEFECTS: dict[str, tuple[str, Callable[[Evidence], Evidence]]] = {
    "one key two values": ("state", _two_values),
    "a value under another key": ("state", _forged_value),
    "no fact at all": ("state", lambda e: replace(e, facts=())),
    "another value": ("state", lambda e: replace(e, facts=(replace(e.facts[0], value=b"x"), *e.facts[1:]))),
    "absence of a key that is there": (
        "state",
        lambda e: replace(e, facts=(replace(e.facts[0], value=None), *e.facts[1:])),
    ),
    "misplaced leaf": ("records", _misplaced_leaf),
    "log root offered as map root": ("relation", _log_root_as_map_root),
    "rollback to older seq": ("relation", _older_seq),
    "another network's evidence": ("network", lambda e: replace(e, network=fixed("other"))),
    "header signature stripped": ("header", _signature_stripped),
    "a header that is none": ("header", lambda e: replace(e, header=b"")),
    "request of another recipient": ("request", _other_recipient),
    "request with a wrong signature": ("request", _request_resigned),
    "request under another key": (
        "request", lambda e: replace(e, request=replace(e.request, public=key("stranger").public))
    ),
    "request malformed": ("request", lambda e: replace(e, request=replace(e.request, signed=b"\x80"))),
    "request missing": ("request", lambda e: replace(e, request=None)),
    "swapped content of two records": ("records", _swap_contents),
    "a record's header malformed": ("records", _header_of_a_record),
    "omitted record": ("leaves", lambda e: replace(e, records=e.records[:1])),
    "extra record": ("leaves", _extra_record),
    "doubled record": ("records", _doubled_record),
    "records out of order": ("records", lambda e: replace(e, records=e.records[::-1])),
    "wrong salt of the leaves": (
        "leaves", lambda e: replace(e, request=replace(e.request, leaves_salt=fixed("x")))
    ),
    "checkpoint of another log": ("checkpoint", _other_log),
    "checkpoint of a forked log": ("checkpoint", _forked_log),
    "checkpoint signed by a stranger": ("checkpoint", _checkpoint_by_another),
    "checkpoint that is none": ("checkpoint", lambda e: replace(e, checkpoint=Checkpoint(b"x", ()))),
    "event at another index": ("log", _moved_event),
    "event of a shorter log": ("log", _event_of_shorter_log),
    "event missing": ("request", lambda e: replace(e, events=())),
    "log not proved": ("log", _without(LOG_KEY)),
    "log not proved, checkpoint only": (
        "log", lambda e: _without(LOG_KEY)(replace(e, events=()))
    ),
    "relation not proved": ("relation", _without(relation_key(RELATION))),
    "answer not proved": ("request", _without(answer_key(RELATION, World().request_id))),
    "owner of the key not proved": ("request", _without(owner_key(RECIPIENT_KEY.id(NETWORK)))),
    "opening missing": ("relation", lambda e: replace(e, opening=None)),
    "a whole relation in a release": (
        "completeness",
        lambda e: replace(e, records=tuple(replace(r, siblings=()) for r in e.records), whole=WholeRelation((), ())),
    ),
}  # fmt: skip


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_release_with_a_defect_is_refuted(defect: str) -> None:
    step, spoil = DEFECTS[defect]
    assert refuted_at(check(spoil(World().release()))) == step


def _released(world: World, **changes: object) -> World:
    """Record the release with other fields in the log, the state as it was."""
    event = read_event(world.body, Released)
    assert event is not None
    world.body = event_body(0x0501, replace(event, **changes))
    world.log = Log(fixed(f"entry {i}") for i in range(5))
    world.index = world.log.append(T("event", NETWORK, world.body))
    world.state[LOG_KEY] = encode([world.log.size, world.log.root()])
    return world


@pytest.mark.parametrize(
    "changes",
    [
        {"relation": fixed("x")}, {"recipient": HOSPITAL}, {"request": fixed("x")}, {"filter": fixed("x")},
        {"purpose": 2}, {"staff": fixed("x")}, {"seal_key": fixed("x")}, {"relation_root": fixed("x")},
        {"leaves": fixed("x")}, {"deliver_by": 1},
    ],
    ids=lambda changes: next(iter(changes)),
)  # fmt: skip
def test_a_foreign_release_is_refuted(changes: dict[str, object]) -> None:
    assert refuted_at(check(_released(World(), **changes).release())) == "request"


def test_an_unchanged_release_made_the_same_way_is_proved() -> None:
    assert check(_released(World()).release()).verdict is Verdict.PROVED


@pytest.mark.parametrize("number", [0x0502, 0x0401])
def test_another_event_is_no_release(number: int) -> None:
    world = World()
    event = read_event(world.body, Released)
    assert event is not None
    world.body = event_body(number, event)
    world.log = Log(fixed(f"entry {i}") for i in range(5))
    world.index = world.log.append(T("event", NETWORK, world.body))
    world.state[LOG_KEY] = encode([world.log.size, world.log.root()])
    assert refuted_at(check(world.release())) == "request"


def test_a_refusal_is_no_release() -> None:
    world = World()
    world.state[answer_key(RELATION, world.request_id)] = encode(AnswerValue(2, REGULATOR, NOW, None, None, None))
    assert refuted_at(check(world.release())) == "request"


def test_an_old_root_anchored_again_is_refuted() -> None:
    """A, then B, then A again: the old opening gives the present root, but not at its number."""
    world = World()
    world.state[relation_key(RELATION)] = encode(RelationValue(world.root, world.seq + 2, NOW, fixed("B"), NOW))
    assert refuted_at(check(world.release())) == "relation"
    assert refuted_at(check(world.view())) == "relation"


def test_a_header_by_a_non_validator_is_refuted() -> None:
    world = World(node=key("stranger"))
    assert refuted_at(check(world.release())) == "header"


def test_a_header_signed_for_the_validator_by_another_is_refuted() -> None:
    evidence = World().release()
    payload = cose.parse("header", evidence.header).payload
    kid = NODE.id(NETWORK)
    forged = key("stranger").sign(cose.to_be_signed("header", NETWORK, payload, kid))
    assert refuted_at(check(replace(evidence, header=cose.build("header", payload, [(kid, forged)])))) == "header"


def test_another_genesis_and_a_genesis_without_its_proofs_are_refuted() -> None:
    file = decode(GENESIS, GenesisFile)
    stripped = encode(GenesisFile(file.document, file.proofs[:-1]))
    assert refuted_at(check(World().release(), genesis=stripped)) == "network"
    assert refuted_at(check(World().release(), genesis=b"")) == "network"


# -- the complete view


def _omitted(evidence: Evidence) -> Evidence:
    whole = evidence.whole
    return replace(evidence, records=evidence.records[1:], whole=replace(whole, entries=whole.entries[1:]))


def _other_version(world: World) -> Evidence:
    """Show a leaf that is not the map's for one of the records."""
    evidence = world.view()
    first = evidence.records[0]
    return replace(evidence, records=(replace(first, salt=fixed("x")), *evidence.records[1:]))


VIEW_DEFECTS: dict[str, tuple[str, Callable[[Evidence], Evidence]]] = {
    "record and entry omitted": ("completeness", _omitted),
    "record omitted": ("completeness", lambda e: replace(e, records=e.records[1:])),
    "another leaf": ("completeness", lambda e: _other_version(World())),
    "log shortened": ("completeness", lambda e: replace(e, whole=replace(e.whole, leaves=e.whole.leaves[:-1]))),
    "log permuted": ("completeness", lambda e: replace(e, whole=replace(e.whole, leaves=e.whole.leaves[::-1]))),
    "entries out of order": (
        "completeness", lambda e: replace(e, whole=replace(e.whole, entries=e.whole.entries[::-1]))
    ),
    "whole missing": ("records", lambda e: replace(e, whole=None)),
    "whole missing, proofs instead": (
        "completeness", lambda e: replace(e, whole=None, records=World().records(World().labels))
    ),
    "paths beside the whole map": ("records", lambda e: replace(e, records=World().records(World().labels))),
    "a request in a view": ("request", lambda e: replace(e, request=World().release().request)),
}  # fmt: skip


@pytest.mark.parametrize("defect", VIEW_DEFECTS)
def test_a_view_with_a_defect_is_refuted(defect: str) -> None:
    step, spoil = VIEW_DEFECTS[defect]
    assert refuted_at(check(spoil(World().view()))) == step


def _view_with(leaves: list[bytes], headers: dict[str, dict[str, object]]) -> Evidence:
    """A view whose custodian anchored these leaves, with some headers changed, and a map to fit."""

    class Changed(World):
        def header(self, label: str):  # type: ignore[no-untyped-def]
            return replace(super().header(label), **headers.get(label, {}))

    world = Changed()
    log = [*world.leaves, *leaves]
    world.leaves = log
    world.opening = replace(world.opening, log_size=len(log), log_root=Log(log).root())
    root = relation_root(NETWORK, world.opening)
    world.state[relation_key(RELATION)] = encode(RelationValue(root, world.seq, NOW, fixed("older root"), NOW))
    return world.view()


def test_history_must_account_for_every_version() -> None:
    old = leaf_hash(NETWORK, RELATION, fixed("s"), b"old header")
    second = {"a": {"version": 2, "previous": old}}
    assert check(_view_with([old], second)).verdict is Verdict.PROVED
    assert refuted_at(check(_view_with([old], {}))) == "completeness"  # a version nobody accounts for
    assert refuted_at(check(_view_with([old], {"a": {"version": 2, "previous": fixed("x")}}))) == "completeness"
    assert refuted_at(check(_view_with([old, old], {"a": {"version": 3, "previous": old}}))) == "completeness"


# -- facts of the state


def test_a_state_fact_carries_nothing_else() -> None:
    world = World()
    for field in ("opening", "records", "request"):
        evidence = replace(world.fact(LOG_KEY), **{field: getattr(world.release(), field)})
        assert refuted_at(check(evidence)) == "relation"


def test_absence_beside_a_neighbour_shows_only_hashes() -> None:
    world = World()
    raw = encode(world.fact(fixed("nobody")))
    assert check(world.fact(fixed("nobody"))).verdict is Verdict.UNWITNESSED
    for name, value in world.state.items():
        assert name not in raw and value not in raw


def test_no_byte_of_a_neighbour_is_in_a_release() -> None:
    world = World()
    raw = encode(world.release())
    assert octets("a") in raw and octets("c") not in raw
    assert encode(world.header("c")) not in raw and world.header("c").record not in raw
    for i in range(20):
        assert fixed(f"other key {i}", 20) not in raw and fixed(f"other value {i}") not in raw


# -- memory


def _memory(evidence: Evidence, **changes: object) -> Memory:
    signed = parse_header(NETWORK, evidence.header)
    log = World().log
    return Memory(replace(Remembered(9, signed.hash, NOW, log.size, log.root()), **changes), None)


def test_what_agrees_with_memory_is_proved_and_what_does_not_is_refuted() -> None:
    evidence = World().release()
    assert check(evidence, remembered=_memory(evidence)).verdict is Verdict.PROVED
    assert check(evidence, remembered=_memory(evidence, height=8, log_size=3)).verdict is Verdict.PROVED
    assert refuted_at(check(evidence, remembered=_memory(evidence, header=fixed("x")))) == "header"
    assert refuted_at(check(evidence, remembered=_memory(evidence, height=8, log_root=fixed("x")))) == "log"


def test_a_view_must_continue_what_was_seen_of_the_relation() -> None:
    world = World()

    def remember(relation: bytes, seq: int, size: int, root: bytes) -> Report:
        return check(world.view(), remembered=Memory(None, RememberedRelation(relation, seq, size, root)))

    log = Log(world.leaves)
    assert remember(RELATION, 2, 2, log.root(2)).verdict is Verdict.PROVED
    assert remember(RELATION, 3, 3, log.root()).verdict is Verdict.PROVED
    assert remember(fixed("other"), 9, 9, fixed("x")).verdict is Verdict.PROVED
    assert refuted_at(remember(RELATION, 4, 2, log.root(2))) == "completeness"
    assert refuted_at(remember(RELATION, 3, 4, log.root())) == "completeness"
    assert refuted_at(remember(RELATION, 2, 2, fixed("x"))) == "completeness"


# -- malformed input


@pytest.mark.parametrize("raw", [b"", b"\x80", b"\xff" * 100, b"\x8b" + b"\x01" * 11, bytes(1000), b"\x81" * 5000])
def test_what_is_no_evidence_is_refuted_at_the_first_step(raw: bytes) -> None:
    report = verify(raw, GENESIS)
    assert refuted_at(report) == "form"
    assert report.evidence is None


def test_an_oversized_file_is_refuted() -> None:
    assert refuted_at(verify(bytes(MAX_EVIDENCE_BYTES + 1), GENESIS)) == "form"


@pytest.mark.parametrize("make", ["release", "view"])
def test_with_any_byte_changed_nothing_is_proved(make: str) -> None:
    """The witness' line apart, each byte matters: where it is changed, the evidence is refuted."""
    evidence = getattr(World(), make)()
    raw = bytearray(encode(evidence))
    first = raw.index(WITNESS.name.encode()) - len("\u2014 ".encode())
    line = range(first, raw.index(evidence.checkpoint.note) + len(evidence.checkpoint.note))
    survivors = []
    for at in range(len(raw)):
        bit = 1 << at % 8
        raw[at] ^= bit
        report = verify(bytes(raw), GENESIS, witnesses=[WITNESS])
        if report.verdict is Verdict.PROVED:
            survivors.append(at)
        elif report.verdict is Verdict.UNWITNESSED:
            assert at in line
        raw[at] ^= bit
    assert survivors == []


def test_cut_short_or_extended_nothing_is_proved() -> None:
    raw = encode(World().release())
    for size in range(0, len(raw), 7):
        assert verify(raw[:size], GENESIS).verdict is Verdict.REFUTED
    assert verify(raw + b"\x00", GENESIS).verdict is Verdict.REFUTED


def test_records_in_the_evidence_are_bounded() -> None:
    fact = RecordFact(b"", fixed("s"), (), None)
    evidence = replace(World().release(), records=(fact,) * 100_001)
    assert refuted_at(check(evidence)) == "form"


def test_a_map_that_was_rolled_back_is_refuted_whichever_version_is_shown() -> None:
    """The log holds a second version, and the map still the first: the custodian shows the second."""
    first = World().header("a")
    header = encode(replace(first, version=2, previous=World().leaf("a")))
    evidence = _view_with([leaf_hash(NETWORK, RELATION, fixed("s"), header)], {})
    assert refuted_at(check(evidence)) == "completeness"
    shown = RecordFact(header, fixed("s"), (), None)
    records = tuple(shown if decode_record(fact) == first.record else fact for fact in evidence.records)
    assert refuted_at(check(replace(evidence, records=records))) == "completeness"


def decode_record(fact: RecordFact) -> bytes:
    return decode(fact.header, LeafHeader).record
