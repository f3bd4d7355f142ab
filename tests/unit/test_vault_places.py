"""Where the records of a vault lie: found without their relation, and forgotten with it."""

from pathlib import Path

import pytest
from vault_samples import ALICE, BOB, make_vault, open_vault, write

from salus.vault.deposit import Deposit
from salus.vault.erasure import Erasure
from salus.vault.places import AT_ONCE
from salus.vault.vault import Vault


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return make_vault(tmp_path / "vault")


def rows(vault: Vault, table: str) -> int:
    with vault._index.reading() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


def test_a_record_is_found_by_its_id_alone(vault: Vault) -> None:
    one, two = write(ALICE, 1), write(BOB, 2)
    vault.deposit([one, two])
    assert rows(vault, "places") == 0  # deposits do not pay for it
    assert (vault.places.find(one.record), vault.places.find(two.record)) == ([ALICE], [BOB])
    assert rows(vault, "places") == 2
    assert vault.places.find(bytes(16)) == []


def test_what_comes_later_is_found_and_a_new_version_is_no_new_place(vault: Vault) -> None:
    one = write(ALICE, 1)
    vault.deposit([one])
    assert vault.places.find(one.record) == [ALICE]
    vault.deposit([one, write(ALICE, 2), write(BOB, 3)])
    assert vault.places.find(write(BOB, 3).record) == [BOB]
    assert vault.places.find(write(ALICE, 2).record) == [ALICE]
    assert rows(vault, "places") == 3
    assert not vault.places.catch_up()


def test_a_record_that_lies_in_two_relations_is_found_in_both(vault: Vault) -> None:
    one = write(ALICE, 1)
    vault.deposit([one, one._replace(relation=BOB)])
    assert vault.places.find(one.record) == [ALICE, BOB]


def test_more_relations_than_go_into_one_transaction(vault: Vault) -> None:
    many = [write(n.to_bytes(32, "big"), 1) for n in range(AT_ONCE + 2)]
    vault.deposit(many)
    assert vault.places.find(bytes(16)) == []
    assert rows(vault, "places") == len(many)
    assert vault.places.find(many[-1].record) == [many[-1].relation]


def test_an_erased_record_still_has_its_place(vault: Vault) -> None:
    one = write(ALICE, 1)
    vault.deposit([one])
    vault.erase(Erasure(ALICE, [one.record], 1))
    assert vault.places.find(one.record) == [ALICE]


def test_a_relation_that_went_leaves_no_place_and_its_number_tells_nothing_of_the_next(vault: Vault) -> None:
    one, two = write(ALICE, 1), write(BOB, 2)
    vault.deposit([one])
    assert vault.places.find(one.record) == [ALICE]
    vault.surrender(ALICE, [])
    assert (rows(vault, "places"), rows(vault, "placed")) == (0, 0)
    vault.deposit([two])  # under the number that is free again
    assert vault.places.find(one.record) == []
    assert vault.places.find(two.record) == [BOB]


def test_a_vault_of_before_has_its_places_made(vault: Vault) -> None:
    one = write(ALICE, 1)
    vault.deposit(Deposit([one]))
    with vault._index.writing() as connection:
        connection.exec_driver_sql("DROP TABLE places")
        connection.exec_driver_sql("DROP TABLE placed")
    vault.close()
    with open_vault(vault.folder) as opened:
        assert opened.places.find(one.record) == [ALICE]
