"""Who may look people up, how often; tickets and share codes: replays, strangers, stale ones."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from story_discovery import (
    HER,
    MINUTE_MS,
    emergency_set,
    found_with_locator,
    letter_to,
    matched,
    outcomes,
    put_relation_under,
    rate,
    take_in_patient,
    tourist,
)
from story_policies import enact
from story_region import Story, clinician, give_wallet, grant_laboratory

from salus.contracts.discovery import errors as contract
from salus.contracts.discovery import queries as discovery
from salus.contracts.discovery.messages import RecordLocate
from salus.contracts.governance.messages import SetParameter
from salus.contracts.governance.parameters import Parameter
from salus.core.encoding import decode, encode
from salus.core.errors import WrongSignature
from salus.core.lookup import LOOKUP, parse_lookup
from salus.core.signatures import SigningKey
from salus.services.answer_lookup import answer_lookup
from salus.services.attest_staff import Badge
from salus.services.discovery_errors import (
    LookupOver,
    LookupsUsedUp,
    NotAsked,
    NotReceipted,
    ShareCodeNotHers,
    ShareCodeOver,
    TicketExpired,
    TicketTaken,
)
from salus.services.discovery_letters import LookupLetter, SealedTicket
from salus.services.discovery_post import UNSEALED, post_sealed, seal_key_of
from salus.services.end_staff import end_staff
from salus.services.errors import AlreadyAnswered, NotForUs
from salus.services.look_up import MatchInput, ask_match
from salus.services.objects import sign
from salus.services.share_code import make_share_code, read_share_code
from salus.services.tickets import list_tickets, receive_ticket, use_ticket
from salus.wallet.invitation import WrongCode
from salus.wallet.share import make


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
