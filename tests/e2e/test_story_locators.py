"""Locators: what they find by tokens, what they cannot learn, whose tokens and keys they take."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from story_discovery import (
    HER,
    MINUTE_MS,
    PASSPORT,
    emergency_set,
    found_with_locator,
    letter_to,
    located,
    matched,
    outcomes,
    put_relation_under,
    register,
    share_key,
    take_in_patient,
    tourist,
)
from story_policies import enact
from story_region import Story, clinician

from salus.contracts.discovery import errors as contract
from salus.contracts.governance.messages import SetGroup
from salus.core.encoding import decode, encode
from salus.core.errors import Malformed
from salus.services import locator_key, look_up
from salus.services import register_tokens as registering
from salus.services.attest_staff import Badge
from salus.services.discovery_errors import (
    NoEmergencyGroup,
    NoLocatorKey,
    NotALocator,
    OldTokens,
    OtherLocatorKey,
)
from salus.services.discovery_letters import CustodianTokens, LocateQuery, TokenRow
from salus.services.errors import NotCustodian, NotForUs
from salus.services.locator_key import emergency_group, hand_over_key, new_locator_key, receive_locator_key
from salus.services.look_up import ask_locator
from salus.services.marks import mark
from salus.services.register_tokens import register_tokens, take_tokens
from salus.services.restrict import restrict
from salus.vault import schema


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
