"""Every message, action, event and field has words in both languages: a new one without them fails here."""

import re
from enum import IntEnum
from string import Formatter

import pytest

from salus.api.explorer.embedded import EMBEDDED
from salus.api.explorer.words import EVENTS, MESSAGES
from salus.api.explorer.words.labels import LABELS
from salus.api.explorer.words.values import LEVELS, VALUES
from salus.contracts.accounts.messages import ClaimPayload
from salus.contracts.accounts.recovery_messages import RecoveryPayload, VetoPayload
from salus.contracts.governance.messages import ACTIONS
from salus.contracts.registry import EVENTS as EVENT_NUMBERS
from salus.contracts.registry import MESSAGES as NUMBERS
from salus.core.lookup import Lookup
from salus.core.request import GlassRequest, Request
from salus.core.sealed import OrderTerms, ReleaseTerms
from salus.core.types import Message
from salus.policy.policies import LEVELS as CODES
from salus.policy.reasons import PUBLISHABLE, Reason
from salus.services.account.words import Text

CHINESE = re.compile(r"[\u4e00-\u9fff]")
SHAPES = (*NUMBERS.values(), *ACTIONS.values())
CARRIED: dict[tuple[str, str], tuple[type[Message], ...]] = {
    ("RecordRelease", "request"): (Request,),
    ("RecordRefusal", "request"): (Request,),
    ("BreakGlass", "request"): (GlassRequest,),
    ("OpenRelease", "request"): (Request,),
    ("DeferredRelease", "request"): (GlassRequest,),
    ("RecordLocate", "lookup"): (Lookup,),
    ("ClaimAccount", "claim"): (ClaimPayload,),
    ("StartRecovery", "recovery"): (RecoveryPayload,),
    ("VetoRecovery", "veto"): (VetoPayload,),
    ("OpenSealedRelease", "order"): (OrderTerms,),
    ("OpenSealedRelease", "terms"): (ReleaseTerms,),
}
NEVER_SHOWN = {"nonce", "version"}


def fields(shape: type[Message]) -> set[str]:
    """The names of all fields that can be shown of a message, with those that it carries."""
    found = set(shape.__struct_fields__)
    for (name, field), carried in CARRIED.items():
        if name == shape.__name__:
            found -= {field}
            found |= {inner for one in carried for inner in one.__struct_fields__}
            found |= {"recipient"} if field == "request" else {"requester"} if field == "lookup" else set()
    return found - NEVER_SHOWN


def whole(text: Text) -> None:
    assert text.en.strip() and text.en.isascii()
    assert CHINESE.search(text.zh) and not CHINESE.search(text.en)


def test_what_messages_carry_is_what_is_read_of_them() -> None:
    assert CARRIED.keys() == EMBEDDED.keys()


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_every_message_and_action_has_words_and_a_sentence_of_its_own_fields(shape: type[Message]) -> None:
    said = MESSAGES[shape]
    whole(said.title)
    whole(said.sentence)
    for language in (said.sentence.en, said.sentence.zh):
        slots = {name for _, name, _, _ in Formatter().parse(language) if name}
        assert slots <= fields(shape)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_every_field_has_a_label(shape: type[Message]) -> None:
    for name in fields(shape):
        whole(LABELS[name])


@pytest.mark.parametrize("shape", EVENT_NUMBERS.values(), ids=lambda shape: shape.__name__)
def test_every_event_has_words(shape: type[Message]) -> None:
    whole(EVENTS[shape])


def test_no_words_are_left_over() -> None:
    assert set(MESSAGES) == set(SHAPES) and set(EVENTS) == set(EVENT_NUMBERS.values())


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.__name__)
def test_every_number_that_can_stand_on_the_ledger_has_a_word(kind: type[IntEnum]) -> None:
    expected = {int(one) for one in kind} if kind is not Reason else set(PUBLISHABLE)
    assert set(map(int, VALUES[kind])) >= expected
    for text in VALUES[kind].values():
        assert text.en.strip() and CHINESE.search(text.zh)


def test_every_level_has_a_word_with_its_code() -> None:
    assert [text.en[-2:-1] for text in LEVELS] == list(CODES)
