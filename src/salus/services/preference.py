"""Preference: what a person wants where her relation's policy set leaves it to her."""

from collections.abc import Mapping

from salus.client.ledger import Ledger
from salus.contracts.consent import queries as consent
from salus.contracts.consent.messages import SetPreference
from salus.policy.policies import Choice
from salus.policy.types import Capacity
from salus.services import lookup
from salus.services.actors import Person
from salus.services.protect import Protected, protect
from salus.state.overlay import Reader

ALL = "all"  # every purpose that is not named


def preference(ledger: Ledger, handle: bytes) -> Mapping[str, Choice]:
    """Return her choices by code of the purpose; raise UnknownRelation."""
    state = ledger.view()
    lookup.person(state, handle)
    return {_code(state, number): Choice(choice) for number, choice in consent.chosen(state, handle).preference}


def set_preference(person: Person, handle: bytes, choices: Mapping[str, Choice]) -> Protected:
    """Put these choices in the place of all before; through two members, so that none can suppress an opt-out.

    It runs in its turn, not before all else in its block: `deny_totally` does. Raises UnknownPurpose, NotCarried,
    the contract's refusals.
    """
    state = person.ledger.view()
    numbered = sorted((_number(state, code), int(choice)) for code, choice in choices.items())
    built = person.build(handle, SetPreference(handle, int(Capacity.SELF), tuple(numbered)))
    return protect(person, handle, built.raw)


def _number(state: Reader, code: str) -> int:
    return 0 if code == ALL else lookup.purpose_number(state, code)


def _code(state: Reader, number: int) -> str:
    return lookup.purpose_code(state, number) if number else ALL
