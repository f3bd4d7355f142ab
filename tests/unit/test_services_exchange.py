"""Letters in folders: order, no doubles, and keys that are what they say."""

from pathlib import Path

import pytest

from salus.services.errors import UnknownSealKey
from salus.services.folder_exchange import FolderExchange
from salus.vault.seals import SealKey

NETWORK, ANNA, BERT = b"N" * 32, b"A" * 32, b"B" * 32


@pytest.fixture
def exchange(tmp_path: Path) -> FolderExchange:
    return FolderExchange(tmp_path, NETWORK)


def test_letters_come_in_order_and_once(exchange: FolderExchange, tmp_path: Path) -> None:
    for body in (b"one", b"two", b"one", b"three"):
        exchange.post(ANNA, "request", body)
    exchange.post(ANNA, "grant", b"one")
    exchange.post(BERT, "request", b"one")
    again = FolderExchange(tmp_path, NETWORK)
    assert [(letter.kind, letter.body) for letter in again.inbox(ANNA)] == [
        ("request", b"one"),
        ("request", b"two"),
        ("request", b"three"),
        ("grant", b"one"),
    ]
    assert [letter.body for letter in again.inbox(BERT)] == [b"one"]
    assert again.inbox(b"C" * 32) == []


def test_a_letter_is_there_until_it_is_done(exchange: FolderExchange) -> None:
    exchange.post(ANNA, "request", b"one")
    (letter,) = exchange.inbox(ANNA)
    exchange.done(BERT, letter.name)
    assert exchange.inbox(ANNA) == [letter]
    exchange.done(ANNA, letter.name)
    exchange.done(ANNA, letter.name)
    exchange.done(ANNA, "../../keys")
    assert exchange.inbox(ANNA) == []
    with pytest.raises(ValueError):
        exchange.post(ANNA, "../x", b"one")


def test_a_half_written_letter_is_none(exchange: FolderExchange, tmp_path: Path) -> None:
    exchange.post(ANNA, "request", b"one")
    (tmp_path / "letters" / ANNA.hex() / "000000000009-0.request.tmp").write_bytes(b"on")
    assert [letter.body for letter in exchange.inbox(ANNA)] == [b"one"]


def test_a_published_key_is_checked_against_its_id(exchange: FolderExchange, tmp_path: Path) -> None:
    key, other = SealKey.from_seed(b"k" * 32), SealKey.from_seed(b"o" * 32)
    exchange.publish_key(key.public)
    assert exchange.find_key(key.id(NETWORK)) == key.public
    assert exchange.find_key(key.id(bytes(32))) == key.public  # as a genesis names a founder's
    with pytest.raises(UnknownSealKey):
        exchange.find_key(other.id(NETWORK))
    (tmp_path / "keys" / key.id(NETWORK).hex()).write_bytes(other.public)
    with pytest.raises(UnknownSealKey):
        exchange.find_key(key.id(NETWORK))
