"""The replay asks every contract's rules where that contract holds anything, and names the place of what is broken."""

from pathlib import Path

import pytest

from salus.contracts.accounts.keys import person_key
from salus.contracts.accounts.types import Person, PersonState
from salus.contracts.consent.keys import directive_key
from salus.contracts.discovery.keys import locator_key
from salus.contracts.discovery.types import LocatorKey
from salus.contracts.records.keys import relation_key
from salus.contracts.records.types import Relation
from salus.core.encoding import encode
from salus.fsck.replay import Replay
from salus.testing.region import Region
from salus.verifier.helper import Alone
from unit.policy_samples import permit

HANDLE, OTHER = b"\x31" * 32, b"\x32" * 32
REGION = Region()
HERS = {person_key(HANDLE): encode(Person(REGION.hospital.id, int(PersonState.CUSTODIAL), 0, None, None, False))}
STRAY = permit()  # of another relation
SECOND = Relation(b"r" * 32, 5, 1, None, None)  # with none before it


def found(writes: dict[bytes, bytes]) -> list[str]:
    """What the end of a replay says of a state with these entries."""
    replay = Replay(REGION.genesis_file, Alone(), Path("state"))
    replay.machine.store.apply(HERS | writes)
    return [finding.what for finding in replay.check("ledger/blocks")]


def test_a_sound_state_has_no_finding() -> None:
    assert found({}) == []


@pytest.mark.parametrize(
    ("writes", "text"),
    [
        ({directive_key(HANDLE, STRAY.id): encode(STRAY)}, "a directive stands under its relation"),
        (
            {relation_key(HANDLE): encode(Relation(b"r" * 32, 5, 1, None, None))},
            "only the first root has none before it",
        ),
        ({locator_key(OTHER): encode(LocatorKey(0, b"c" * 32, OTHER, 1))}, "epochs count from 1"),
    ],
    ids=["consent", "records", "discovery"],
)
def test_a_broken_rule_is_found(writes: dict[bytes, bytes], text: str) -> None:
    assert [one for one in found(writes) if text in one] != []
