"""Look-ups and what must not come of them: enumeration, replays, strangers, stale tickets, sensitive segments."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import delete, select
from story_discovery import (
    PASSPORT,
    emergency_set,
    found_with_locator,
    outcomes,
    put_relation_under,
    register,
    share_key,
    take_in_patient,
    tourist,
)
from story_policies import enact
from story_region import SYSTEM, Story, clinician, give_wallet, grant_laboratory

from salus.contracts.discovery import errors as contract
from salus.contracts.discovery import queries as discovery
from salus.contracts.discovery.messages import RecordLocate
from salus.contracts.governance.messages import SetGroup, SetParameter
from salus.contracts.governance.parameters import Parameter
from salus.core.encoding import decode, encode
from salus.core.errors import Malformed, WrongSignature
from salus.core.lookup import LOOKUP, parse_lookup
from salus.core.signatures import SigningKey
from salus.services import locator_key, look_up
from salus.services import register_tokens as registering
from salus.services.access_log import What, list_reads
from salus.services.amend import correct
from salus.services.answer_lookup import LookupAnswered, answer_lookup
from salus.services.attest_staff import Badge
from salus.services.authorise import for_decision
from salus.services.discovery_errors import (
    LookupOver,
    LookupsUsedUp,
    NoEmergencyGroup,
    NoLocatorKey,
    NotALocator,
    NotAMatchInput,
    NotAsked,
    NothingToLookFor,
    NotReceipted,
    OldTokens,
    OtherLocatorKey,
    ShareCodeNotHers,
    ShareCodeOver,
    TicketExpired,
    TicketTaken,
)
from salus.services.discovery_letters import CustodianTokens, LocateQuery, LookupLetter, SealedTicket, TokenRow
from salus.services.discovery_post import UNSEALED, post_sealed, seal_key_of
from salus.services.end_staff import end_staff
from salus.services.errors import AlreadyAnswered, NotCustodian, NotForUs
from salus.services.found_by import index_patients
from salus.services.locator_key import emergency_group, hand_over_key, new_locator_key, receive_locator_key
from salus.services.look_up import MatchInput, ask_locator, ask_match, read_match_input
from salus.services.marks import mark
from salus.services.objects import sign
from salus.services.register_tokens import register_tokens, take_tokens
from salus.services.restrict import restrict
from salus.services.share_code import make_share_code, read_share_code
from salus.services.tickets import TicketView, list_tickets, receive_ticket, use_ticket
from salus.vault import schema
from salus.vault.erasure import Erasure
from salus.wallet.invitation import WrongCode
from salus.wallet.share import make

MINUTE_MS = 60_000
HER = {
    "resourceType": "Patient",
    "name": [{"family": "Marin", "given": ["Lucia"]}],
    "birthDate": "1984-03-09",
    "gender": "female",
}


@pytest.fixture
def story(tmp_path: Path, quick_keystores: None) -> Iterator[Story]:
    with found_with_locator(tmp_path / "home") as made:
        yield made


@pytest.fixture
def doctor(story: Story) -> Badge:
    return clinician(story)


@pytest.fixture
def handle(story: Story) -> bytes:
    """A patient of the hospital, under a set that lets the emergency group break the glass."""
    found = take_in_patient(story.north, tourist())
    put_relation_under(story.north, found, emergency_set(story))
    return found


def matched(story: Story, doctor: Badge, patient: dict[str, Any] = HER, **fields: Any) -> TicketView:
    """Ask the hospital, and let both work through their letters."""
    known = fields.pop("known", ())
    ask_match(story.clinic, story.north.account, "TREAT", doctor, MatchInput(patient, **fields), known)
    (done,) = outcomes(story.north)
    assert isinstance(done, LookupAnswered), done
    (ticket,) = outcomes(story.clinic)
    assert isinstance(ticket, TicketView), ticket
    return ticket


def letter_to(story: Story, slug: str) -> bytes:
    (letter,) = story.region.exchange.inbox(story.region.organisation(slug).account)
    return letter.body


def rate(story: Story) -> tuple[int, int]:
    return discovery.rate(story.region.ledger.view(), story.clinic.account, story.region.ledger.now())


# $match


def test_a_match_is_a_searchset_with_grade_score_and_reasons_and_tells_nothing_new(
    story: Story, doctor: Badge, handle: bytes
) -> None:
    ticket = matched(story, doctor)
    assert (ticket.relation, ticket.custodian, ticket.how) == (handle, story.north.account, "matched")
    bundle = ticket.bundle
    assert bundle is not None
    assert (bundle["resourceType"], bundle["type"], bundle["total"]) == ("Bundle", "searchset", 1)
    (entry,) = bundle["entry"]
    assert entry["resource"] == {
        "resourceType": "Patient",
        "identifier": [{"system": "salus:relation", "value": handle.hex()}],
    }
    search = entry["search"]
    assert search["mode"] == "match"
    assert 0.99 <= search["score"] <= 1
    grade, *reasons = search["extension"]
    assert grade == {"url": "http://hl7.org/fhir/StructureDefinition/match-grade", "valueCode": "certain"}
    told = [[part.get("valueCode") for part in reason["extension"]][:2] for reason in reasons]
    assert told == [["name", "same"], ["birthDate", "same"], ["gender", "same"]]
    assert b"Teruel" not in orjson.dumps(bundle)
    reads = list_reads(story.north, for_decision(story.north, handle))
    assert [(read.what, read.rule) for read in reads] == [(What.DECISION, ticket.lookup)]


def test_who_is_not_a_patient_is_not_found_and_it_counts(story: Story, doctor: Badge, handle: bytes) -> None:
    ticket = matched(story, doctor, HER | {"birthDate": "1951-12-30", "name": [{"family": "Otra", "given": ["Eva"]}]})
    assert (ticket.relation, ticket.bundle) == (None, {"resourceType": "Bundle", "type": "searchset", "total": 0})
    assert rate(story) == (1, 1)


def test_a_sensitive_segment_leaves_no_trace_in_the_totals(story: Story, doctor: Badge, handle: bytes) -> None:
    without = matched(story, doctor)
    segment = take_in_patient(story.north, tourist("N-2", passport=False))
    mark(story.north, segment, locatable=None, sensitive=True)
    with_it = matched(story, doctor)
    assert without.bundle == with_it.bundle
    assert matched(story, doctor, known=(handle,)).bundle == {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": 0,
    }
    mark(story.north, segment, locatable=None, sensitive=False)
    assert matched(story, doctor, known=(handle,)).relation == segment


def test_two_relations_of_one_person_are_handed_over_one_by_one(story: Story, doctor: Badge, handle: bytes) -> None:
    second = take_in_patient(story.north, tourist("N-2", passport=False))
    first = matched(story, doctor)
    assert first.bundle is not None
    assert first.bundle["total"] == 2
    shown = [entry["resource"].get("identifier") for entry in first.bundle["entry"]]
    assert shown.count(None) == 1
    assert len(first.bundle["entry"][1]["search"]["extension"]) == 1  # its grade alone
    assert first.relation in (handle, second)
    other = matched(story, doctor, known=(first.relation,))
    assert {first.relation, other.relation} == {handle, second}


def test_two_persons_who_look_the_same_are_not_certain_and_neither_is_handed_over(
    story: Story, doctor: Badge, handle: bytes
) -> None:
    twin = tourist("N-2", passport=False, identifier=[{"system": SYSTEM, "value": "OTHER-77"}])
    del twin["telecom"]
    twin |= {"gender": "male", "address": [{"line": ["Elsewhere 9"], "city": "Vigo", "postalCode": "36201"}]}
    take_in_patient(story.north, twin)
    ticket = matched(story, doctor, {key: HER[key] for key in ("resourceType", "name", "birthDate")})
    assert ticket.bundle is not None
    assert (ticket.relation, ticket.bundle["total"]) == (None, 2)
    assert {e["search"]["extension"][0]["valueCode"] for e in ticket.bundle["entry"]} == {"probable"}
    only = {key: HER[key] for key in ("resourceType", "name", "birthDate")}
    assert matched(story, doctor, only, only_certain=True).bundle == {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": 0,
    }


def test_count_limits_what_is_listed(story: Story, doctor: Badge, handle: bytes) -> None:
    take_in_patient(story.north, tourist("N-2", passport=False))
    bundle = matched(story, doctor, most=1).bundle
    assert bundle is not None
    assert (bundle["total"], len(bundle["entry"])) == (1, 1)


def test_a_restricted_relation_is_not_found(story: Story, doctor: Badge, handle: bytes) -> None:
    restrict(story.north, handle)
    assert matched(story, doctor).relation is None


def test_what_is_too_little_to_look_for_is_not_asked(story: Story, doctor: Badge) -> None:
    for patient in ({}, {"name": HER["name"]}, {"birthDate": "1984-03-09"}, {"gender": "female"}):
        with pytest.raises(NothingToLookFor):
            ask_match(story.clinic, story.north.account, "TREAT", doctor, MatchInput(patient))
    assert story.region.exchange.inbox(story.north.account) == []


@pytest.mark.parametrize(
    ("octets", "found"),
    [
        (b'{"resourceType":"Patient","gender":"male"}', (False, 0)),
        (
            b'{"resourceType":"Parameters","parameter":[{"name":"resource","resource":{"resourceType":"Patient"}},'
            b'{"name":"onlyCertainMatches","valueBoolean":true},{"name":"count","valueInteger":3}]}',
            (True, 3),
        ),
        (b"{}", None),
        (b"no json", None),
        (b'{"resourceType":"Parameters","parameter":[{"name":"resource","resource":{"resourceType":"Group"}}]}', None),
        (b'{"resourceType":"Parameters","parameter":7}', None),
        (
            b'{"resourceType":"Parameters","parameter":[{"name":"resource","resource":{"resourceType":"Patient"}},'
            b'{"name":"count","valueInteger":-1}]}',
            None,
        ),
    ],
)
def test_match_input(octets: bytes, found: tuple[bool, int] | None) -> None:
    if found is None:
        with pytest.raises(NotAMatchInput):
            read_match_input(octets)
    else:
        assert read_match_input(octets)[1:] == found


def test_a_corrected_name_is_found_and_an_erased_patient_leaves_no_key(
    story: Story, doctor: Badge, handle: bytes
) -> None:
    scope = for_decision(story.north, handle)
    (header,) = [header for header in story.north.vault.headers(scope) if header.type == "Patient"]
    resource = orjson.loads(story.north.vault.read(scope, header.record).octets)
    resource |= {"name": [{"family": "Quintanilla", "given": ["Lucía"]}], "birthDate": "1990-11-25"}
    correct(story.north, handle, header.record, orjson.dumps(resource))
    now = HER | {"name": [{"text": "lucia quintanilla"}], "birthDate": "1990-11-25"}
    assert matched(story, doctor, now).relation == handle
    assert matched(story, doctor).relation is None  # what it said before leads to it, and is not it
    story.north.vault.erase(Erasure(handle, [header.record], story.clock.now_ms()))
    assert matched(story, doctor, now).relation is None
    with story.north.vault._index.reading() as connection:
        rows = connection.execute(select(schema.identifiers)).all()
    assert [row for row in rows if row.type == "Patient.search"] == []


def test_patients_taken_in_before_there_was_an_index_are_entered(story: Story, doctor: Badge, handle: bytes) -> None:
    with story.north.vault._index.writing() as connection:
        connection.execute(delete(schema.identifiers).where(schema.identifiers.c.type == "Patient.search"))
    assert matched(story, doctor).relation is None
    assert index_patients(story.north) == 1
    assert matched(story, doctor).relation == handle


# Who asks, how often


def test_the_limit_of_the_hour_stops_enumeration_and_nothing_is_told_beyond_it(
    story: Story, doctor: Badge, handle: bytes
) -> None:

    enact(story, SetParameter(int(Parameter.LOOKUPS_PER_HOUR), 3))
    for number in range(3):
        patient = HER | {"birthDate": f"1984-03-1{number}"}
        ask_match(story.clinic, story.north.account, "TREAT", doctor, MatchInput(patient))
        outcomes(story.north)
    with pytest.raises(LookupsUsedUp):
        ask_match(story.clinic, story.north.account, "TREAT", doctor, MatchInput(HER))
    # A gateway that does not hold itself back meets the ledger: the custodian is not let to answer.
    outcomes(story.clinic)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("salus.services.look_up._check_rate", lambda organisation: None)
        asked = ask_match(story.clinic, story.north.account, "TREAT", doctor, MatchInput(HER))
    (refused,) = outcomes(story.north)
    assert isinstance(refused, contract.HourlyLimit)
    assert outcomes(story.clinic) == []
    assert rate(story)[0] == 3
    assert discovery.answered(story.region.ledger.view(), story.clinic.account, asked) is None
    story.clock.advance(60 * MINUTE_MS)
    (over,) = outcomes(story.north)  # it stayed, and its time is over now
    assert isinstance(over, LookupOver)
    assert matched(story, doctor).relation == handle


def test_a_member_of_staff_who_left_looks_nobody_up(story: Story, doctor: Badge, handle: bytes) -> None:
    ask_match(story.clinic, story.north.account, "TREAT", doctor, MatchInput(HER))
    end_staff(story.clinic, doctor.commitment)
    (refused,) = outcomes(story.north)
    assert isinstance(refused, contract.StaffNotAttested)
    assert outcomes(story.clinic) == []


def test_a_look_up_is_answered_once_and_only_by_who_was_asked(story: Story, doctor: Badge, handle: bytes) -> None:
    ask_match(story.clinic, story.north.account, "TREAT", doctor, MatchInput(HER))
    raw = letter_to(story, "north")
    with pytest.raises(NotForUs):
        answer_lookup(story.south, raw)
    answer_lookup(story.north, raw)
    with pytest.raises(AlreadyAnswered):
        answer_lookup(story.north, raw)
    assert rate(story) == (1, 1)


def test_a_look_up_whose_time_is_over_is_not_answered(story: Story, doctor: Badge, handle: bytes) -> None:
    ask_match(story.clinic, story.north.account, "TREAT", doctor, MatchInput(HER))
    story.clock.advance(10 * MINUTE_MS)
    (over,) = outcomes(story.north)
    assert isinstance(over, LookupOver)


def test_a_stranger_gets_no_answer(story: Story, doctor: Badge, handle: bytes) -> None:
    ask_match(story.clinic, story.north.account, "TREAT", doctor, MatchInput(HER))
    letter = decode(letter_to(story, "north"), LookupLetter)

    payload = parse_lookup(story.region.network, letter.lookup).payload
    forged = sign(LOOKUP, story.region.network, payload, SigningKey.from_seed(b"s" * 32))
    with pytest.raises(WrongSignature):
        answer_lookup(story.north, encode(LookupLetter(forged, letter.sealed)))
    assert rate(story) == (0, 0)


# Tickets


def test_a_ticket_is_taken_once_and_is_good_for_some_minutes(story: Story, doctor: Badge, handle: bytes) -> None:
    asked = ask_match(story.clinic, story.north.account, "TREAT", doctor, MatchInput(HER))
    outcomes(story.north)
    raw = letter_to(story, "clinic")
    receive_ticket(story.clinic, raw)
    with pytest.raises(TicketTaken):
        receive_ticket(story.clinic, raw)
    assert use_ticket(story.clinic, asked).relation == handle
    assert [ticket.relation for ticket in list_tickets(story.clinic)] == [handle]
    story.clock.advance(10 * MINUTE_MS)
    with pytest.raises(TicketExpired):
        use_ticket(story.clinic, asked)
    assert list_tickets(story.clinic) == ()


def test_a_ticket_that_comes_too_late_is_refused(story: Story, doctor: Badge, handle: bytes) -> None:
    ask_match(story.clinic, story.north.account, "TREAT", doctor, MatchInput(HER))
    outcomes(story.north)
    raw = letter_to(story, "clinic")
    story.clock.advance(10 * MINUTE_MS)
    with pytest.raises(TicketExpired):
        receive_ticket(story.clinic, raw)


def test_a_ticket_for_another_or_for_nothing_asked_is_refused(story: Story, doctor: Badge, handle: bytes) -> None:
    ask_match(story.clinic, story.north.account, "TREAT", doctor, MatchInput(HER))
    outcomes(story.north)
    raw = letter_to(story, "clinic")
    with pytest.raises(NotForUs):
        receive_ticket(story.south, raw)

    key = seal_key_of(story.north, story.south.account)
    made_up = SealedTicket(
        b"t" * 32, story.north.account, story.south.account, key, 1, story.clock.now_ms() + 1000, UNSEALED, b""
    )
    post_sealed(story.north, made_up, b"")
    (refused,) = outcomes(story.south)
    assert isinstance(refused, NotAsked)


def test_a_ticket_without_a_receipt_on_the_ledger_is_refused(
    story: Story, doctor: Badge, handle: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_match(story.clinic, story.north.account, "TREAT", doctor, MatchInput(HER))

    class Nothing:  # a custodian that leaves out the ledger
        height = 0

    monkeypatch.setattr(type(story.north), "send", lambda self, *messages: (None, Nothing()))
    answer_lookup(story.north, letter_to(story, "north"))
    monkeypatch.undo()
    (refused,) = outcomes(story.clinic)
    assert isinstance(refused, NotReceipted)


def test_a_ticket_for_another_relation_than_the_ledger_holds_is_refused(
    story: Story, doctor: Badge, handle: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the account of the one who is handed over would not show it."""
    other = take_in_patient(story.north, tourist("N-2", passport=False, birthDate="1977-07-07"))
    send = type(story.north).send

    def covering(self: Any, message: Any) -> Any:
        return send(self, RecordLocate(message.answerer, message.lookup, other))

    ask_match(story.clinic, story.north.account, "TREAT", doctor, MatchInput(HER))
    monkeypatch.setattr(type(story.north), "send", covering)
    answer_lookup(story.north, letter_to(story, "north"))
    monkeypatch.undo()
    (refused,) = outcomes(story.clinic)
    assert isinstance(refused, NotReceipted)


# Locators


def located(story: Story, doctor: Badge, patient: dict[str, Any] = HER, known: tuple[bytes, ...] = ()) -> TicketView:
    ask_locator(story.clinic, doctor, patient, known)
    (done,) = outcomes(story.region.organisation("index"))
    assert isinstance(done, LookupAnswered), done
    (ticket,) = outcomes(story.clinic)
    return ticket


def test_a_locator_finds_by_name_and_birth_by_document_and_by_telephone(
    story: Story, doctor: Badge, handle: bytes
) -> None:
    share_key(story)
    register(story, "north")
    swapped = HER | {"name": [{"family": "Lucía", "given": ["MARÍN"]}]}
    document = {"identifier": [{"system": PASSPORT, "value": "xda-123456"}]}
    telephone = {"telecom": [{"system": "phone", "value": "0034600111222"}], "birthDate": "1984-03-09"}
    for patient, how in (
        (HER, "name-and-birth"),
        (swapped, "name-and-birth"),
        (document, "document"),
        (telephone, "phone-and-birth"),
    ):
        ticket = located(story, doctor, patient)
        assert (ticket.relation, ticket.custodian, ticket.how) == (handle, story.north.account, how)
    assert located(story, doctor, HER | {"birthDate": "1984-03-10"}).relation is None


def test_what_is_not_locatable_sensitive_restricted_or_closed_to_the_group_is_not_located(
    story: Story, doctor: Badge, handle: bytes
) -> None:
    share_key(story)
    register(story, "north")
    assert located(story, doctor).relation == handle
    for marks in ({"locatable": False, "sensitive": None}, {"locatable": True, "sensitive": True}):
        mark(story.north, handle, **marks)
        register(story, "north")
        assert located(story, doctor).relation is None
        story.clock.advance(1)
    mark(story.north, handle, locatable=True, sensitive=False)
    register(story, "north")
    assert located(story, doctor).relation == handle
    # Strict opt-in: nobody breaks the glass, though the tokens are there still.
    put_relation_under(story.north, handle, bytes(32))
    assert located(story, doctor).relation is None
    put_relation_under(story.north, handle, emergency_set(story))
    restrict(story.north, handle)
    assert located(story, doctor).relation is None


def test_a_locator_learns_no_name_and_cannot_try_any(story: Story, doctor: Badge, handle: bytes) -> None:
    """Its vault has tokens and handles; with no key, a dictionary is of no use, and two custodians share no token."""
    same = take_in_patient(story.south, tourist("S-1"))
    put_relation_under(story.south, same, emergency_set(story))
    share_key(story)
    register(story, "north", "south")
    index = story.region.organisation("index")
    with index.vault._index.reading() as connection:
        rows = connection.execute(select(schema.identifiers)).all()
    kept = [(row.system, row.value.split(" ")[1]) for row in rows if row.type == "Locator"]
    tokens = {where: {token for token, relation in kept if relation == where.hex()} for where in (handle, same)}
    assert len(tokens[handle]) == len(tokens[same]) >= 5
    assert tokens[handle].isdisjoint(tokens[same])
    assert not any("marin" in str(row).lower() or "123456" in row.value for row in rows)
    with pytest.raises(NoEmergencyGroup):
        new_locator_key(index)
    # Each is handed over under a look-up of its own.
    first = located(story, doctor)
    second = located(story, doctor, known=(first.relation,))
    assert {first.relation, second.relation} == {handle, same}


def test_a_key_that_the_ledger_does_not_name_is_not_taken(story: Story, handle: bytes) -> None:
    with pytest.raises(NoLocatorKey):
        register_tokens(story.north)
    epoch = new_locator_key(story.north)
    assert (epoch.epoch, epoch.members) == (1, 2)
    with pytest.raises(contract.EpochTooSoon):
        new_locator_key(story.south)

    group = emergency_group(story.north)
    story.region.exchange.done(story.south.account, story.region.exchange.inbox(story.south.account)[0].name)
    true_key = locator_key.current_key(story.north, group)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(locator_key, "current_key", lambda organisation, named: (true_key[0], b"f" * 32))
        hand_over_key(story.north, group)
    (refused,) = outcomes(story.south)
    assert isinstance(refused, OtherLocatorKey)
    hand_over_key(story.north, group)
    raw = letter_to(story, "south")
    with pytest.raises(NotForUs):
        receive_locator_key(story.clinic, raw)
    receive_locator_key(story.south, raw)
    assert locator_key.current_key(story.south, group) == true_key


def test_tokens_of_the_epoch_before_are_found_until_they_are_renewed(
    story: Story, doctor: Badge, handle: bytes
) -> None:
    share_key(story)
    register(story, "north")
    story.clock.advance(24 * 60 * MINUTE_MS)
    share_key(story, "south")
    assert located(story, doctor).relation == handle
    register(story, "north")
    assert located(story, doctor).relation == handle


def test_old_tokens_and_tokens_for_what_another_holds_are_not_taken(story: Story, doctor: Badge, handle: bytes) -> None:
    share_key(story)
    index = story.region.organisation("index")
    register_tokens(story.north)
    first = letter_to(story, "index")
    with pytest.raises(NotForUs):
        take_tokens(story.south, first)
    take_tokens(index, first)
    with pytest.raises(OldTokens):
        take_tokens(index, first)
    story.region.exchange.done(index.account, story.region.exchange.inbox(index.account)[0].name)
    story.clock.advance(1)
    mark(story.north, handle, locatable=False, sensitive=None)
    register(story, "north")
    with pytest.raises(OldTokens):  # what was withdrawn does not come back
        take_tokens(index, first)
    assert located(story, doctor).relation is None

    elsewhere = take_in_patient(story.south, tourist("S-1"))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registering, "_rows", lambda *_: iter([TokenRow(b"t" * 32, elsewhere, 1)]))
        story.clock.advance(1)
        register_tokens(story.north)
    (refused,) = outcomes(index)
    assert isinstance(refused, NotCustodian)


def test_a_member_that_is_no_locator_takes_no_tokens_and_answers_no_group(
    story: Story, doctor: Badge, handle: bytes
) -> None:
    share_key(story)

    with pytest.MonkeyPatch.context() as patch:
        for module in ("register_tokens", "look_up"):
            patch.setattr(f"salus.services.{module}.locator", lambda *_: story.south.account)
        register_tokens(story.north)
        ask_locator(story.clinic, doctor, HER)
    assert locator_key.locator(story.north) == story.region.organisation("index").account
    refused = outcomes(story.south)
    assert [type(one) for one in refused] == [NotALocator, contract.NotALocator]
    assert outcomes(story.clinic) == []


def test_who_left_the_emergency_group_is_not_answered(story: Story, doctor: Badge, handle: bytes) -> None:
    share_key(story)
    register(story, "north")
    ask_locator(story.clinic, doctor, HER)

    group = emergency_group(story.north)
    members = tuple(sorted((story.north.account, story.south.account)))
    enact(story, SetGroup(group, "Emergency care", members))
    (refused,) = outcomes(story.region.organisation("index"))
    assert isinstance(refused, contract.NotOfTheEmergencyGroup)
    with pytest.raises(NoEmergencyGroup):
        ask_locator(story.clinic, doctor, HER)


def test_one_look_up_tries_no_dictionary(story: Story, doctor: Badge, handle: bytes) -> None:
    """At a locator, few tokens for each custodian, and only that custodian's count; in a match, few names."""
    share_key(story)
    register(story, "north")
    with pytest.raises(Malformed):
        decode(encode(LocateQuery((CustodianTokens(b"c" * 32, (b"t" * 32,) * 17),), ())), LocateQuery)

    with pytest.MonkeyPatch.context() as patch:  # north's tokens, listed for south
        found = look_up._tokens

        def elsewhere(*given: Any) -> tuple[CustodianTokens, ...]:
            (tokens,) = [one.tokens for one in found(*given) if one.custodian == story.north.account]
            return (CustodianTokens(story.south.account, tokens),)

        patch.setattr(look_up, "_tokens", elsewhere)
        assert located(story, doctor).relation is None
    assert located(story, doctor).relation == handle
    others = [{"family": f"Family {number}", "given": ["Some"]} for number in range(3)]
    assert matched(story, doctor, HER | {"name": [*others[:2], *HER["name"]]}).relation == handle
    assert matched(story, doctor, HER | {"name": [*others, *HER["name"]]}).relation is None


# Share codes


def test_a_share_code_leads_to_the_relation_and_to_the_directive_she_has_in_mind(story: Story, handle: bytes) -> None:
    alma = give_wallet(story, story.north, handle, "alma")
    granted = grant_laboratory(story, alma, handle)
    height = story.region.ledger.height()
    code = make_share_code(alma, handle, granted.directive)
    typed = code.printed.lower().replace("-", " ").replace("0", "O")
    for text in (code.printed, code.link, typed):
        shared = read_share_code(story.clinic, text)
        assert shared[:3] == (story.north.account, handle, granted.directive)
    assert read_share_code(story.clinic, make_share_code(alma, handle).printed).directive is None
    assert story.region.ledger.height() == height, "nothing of it is on the ledger"


def test_a_share_code_ends_and_is_not_forged_by_who_knows_the_handle(story: Story, handle: bytes) -> None:
    alma = give_wallet(story, story.north, handle, "alma")
    code = make_share_code(alma, handle, minutes=2)
    wrong = code.printed[:-1] + ("A" if code.printed[-1] != "A" else "B")
    for text in (wrong, code.printed[:-5], "", "é" * 40, code.printed + "-AAAA"):
        with pytest.raises(WrongCode):
            read_share_code(story.clinic, text)
    story.clock.advance(2 * MINUTE_MS)
    with pytest.raises(ShareCodeOver):
        read_share_code(story.clinic, code.printed)
    network, ends = story.region.network, story.clock.now_ms() + 5 * MINUTE_MS
    forged = make(network, handle, None, ends, SigningKey.from_seed(b"f" * 32))
    with pytest.raises(ShareCodeNotHers):
        read_share_code(story.clinic, forged.printed(network))
