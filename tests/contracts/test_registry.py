"""The tables that the machine works from."""

import pytest

from salus.contracts import registry
from salus.contracts.access.messages import MESSAGES as ACCESS
from salus.contracts.accounts.messages import MESSAGES as ACCOUNTS
from salus.contracts.consent.messages import MESSAGES as CONSENT
from salus.contracts.discovery.messages import MESSAGES as DISCOVERY
from salus.contracts.governance.messages import MESSAGES as GOVERNANCE
from salus.contracts.records.messages import MESSAGES as RECORDS
from salus.contracts.representation.messages import MESSAGES as REPRESENTATION
from salus.core import errors
from salus.core.errors import Refusal
from salus.core.types import Id, Message

NUMBERS = {
    "governance": 1,
    "accounts": 2,
    "records": 3,
    "consent": 4,
    "access": 5,
    "representation": 6,
    "discovery": 7,
}
NAMES = tuple(NUMBERS)


def test_contracts_in_the_order_of_their_numbers() -> None:
    assert tuple(contract.name for contract in registry.CONTRACTS) == NAMES
    for contract in registry.CONTRACTS:
        number = NUMBERS[contract.name]
        assert {n >> 8 for n in (*contract.messages, *contract.events)} == {number}


def test_every_message_has_its_handler_and_no_other_exists() -> None:
    assert registry.MESSAGES == GOVERNANCE | ACCOUNTS | RECORDS | CONSENT | ACCESS | REPRESENTATION | DISCOVERY
    assert list(registry.HANDLERS) == list(registry.MESSAGES) == sorted(registry.MESSAGES)
    assert len(set(registry.MESSAGES.values())) == len(registry.MESSAGES)


def test_protective_messages() -> None:
    names = [registry.MESSAGES[number].__name__ for number in registry.PROTECTIVE]
    own = ["RevokeOwnKey", "VetoChange", "VetoRecovery", "FreezeAccount", "FreezeInPerson"]
    others = ["EndRepresentation", "DisputeRepresentation", "EndDelegate"]
    assert names == [*own, "DenyTotally", "RevokeConsent", "WithdrawOrder", *others]


@pytest.mark.parametrize("number", registry.EVENTS)
def test_event_names_the_accounts_it_is_about(number: int) -> None:
    event = registry.EVENTS[number]
    subjects = event.SUBJECTS  # type: ignore[attr-defined]
    fields = event.__annotations__
    assert all(fields[name] in (Id, Id | None, tuple[Id, ...]) for name in subjects)
    assert list(subjects) == list(dict.fromkeys(subjects))


def test_every_refusal_has_one_code_of_its_package_and_a_fixed_text() -> None:
    for code, refusal in registry.REFUSALS.items():
        assert issubclass(refusal, Refusal)
        assert refusal.code == code
        assert str(refusal()) == f"{refusal.text} (0x{code:04x})"
    packages = {refusal.__module__.split(".")[-2]: set() for refusal in registry.REFUSALS.values()}
    for code, refusal in registry.REFUSALS.items():
        packages[refusal.__module__.split(".")[-2]].add(code >> 8)
    assert packages == {"core": {0}} | {name: {number} for name, number in NUMBERS.items()}
    assert registry.REFUSALS[errors.Malformed.code] is errors.Malformed
    assert Refusal not in registry.REFUSALS.values()


def test_a_number_used_twice_is_an_error() -> None:
    assert registry.merged([{2: Message}, {1: Message}]) == {1: Message, 2: Message}
    with pytest.raises(ValueError, match="twice"):
        registry.merged([{1: Message}, {1: Message}])
