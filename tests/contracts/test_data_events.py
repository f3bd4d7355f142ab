"""Events of records, consent and access: what an index may look them up by."""

import msgspec
import pytest

from contracts.region import ACCESS, CONSENT, RECORDS, REPRESENTATION
from salus.contracts.context import Contract
from salus.core.types import Message

CONTRACTS = (RECORDS, CONSENT, ACCESS, REPRESENTATION)
EVENTS = [event for contract in CONTRACTS for event in contract.events.values()]


@pytest.mark.parametrize("event", EVENTS, ids=lambda e: e.__name__)
def test_subjects_are_fields_that_hold_accounts(event: type[Message]) -> None:
    subjects: tuple[str, ...] = event.SUBJECTS  # type: ignore[attr-defined]
    types = {field.name: field.type for field in msgspec.inspect.type_info(event).fields}  # type: ignore[union-attr]
    assert subjects
    for name in subjects:
        kind = types[name]
        if isinstance(kind, msgspec.inspect.UnionType):
            (kind,) = (one for one in kind.types if not isinstance(one, msgspec.inspect.NoneType))
        assert kind == msgspec.inspect.BytesType(min_length=32, max_length=32)


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: c.name)
def test_numbers_are_the_contracts_and_each_message_has_its_handler(contract: Contract) -> None:
    (prefix,) = {number >> 8 for number in (*contract.messages, *contract.events)}
    assert contract.messages.keys() == contract.handlers.keys()
    assert prefix == {"records": 3, "consent": 4, "access": 5, "representation": 6}[contract.name]
    assert set(contract.protective) <= contract.messages.keys()
