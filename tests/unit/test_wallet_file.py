"""The wallet's file: sealed, whole, with keys that nothing links."""

from pathlib import Path

import pytest

from salus.evidence.follow import Remembered, RememberedRelation
from salus.vault import keystore
from salus.vault.errors import StorageFull, WrongPassphrase
from salus.vault.files import LocalFiles
from salus.wallet.kept import KeptAcknowledgement, KeptDirective, KeptRequest, RelationState
from salus.wallet.wallet import NoSuchKeptDirective, NoSuchKeptRelation, OtherNetwork, Wallet, WalletExists

NETWORK, CUSTODIAN = b"N" * 32, b"C" * 32
HERS, OTHER = b"1" * 32, b"2" * 32


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keystore, "MEMORY_KIB", 128)
    monkeypatch.setattr(keystore, "ITERATIONS", 1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "anna" / "wallet.sealed"


def make(path: Path) -> Wallet:
    wallet = Wallet.create(path, "secret", NETWORK)
    wallet.keep_relation(wallet.new_relation(HERS, CUSTODIAN))
    return wallet


def test_what_is_kept_is_there_again(path: Path) -> None:
    wallet = make(path)
    directive = KeptDirective(b"d" * 32, HERS, 1, b"s" * 32, b"b" * 20_000, 7)
    request = KeptRequest(b"r" * 32, HERS, 1, 9)
    wallet.keep_directive(directive)
    wallet.keep_request(request)
    again = Wallet.open(path, "secret", NETWORK)
    assert again.relations() == wallet.relations() and again.relation(HERS).state == RelationState.CLAIMING
    assert again.directives(HERS) == (directive,) and again.directives(OTHER) == ()
    assert again.requests() == (request,)
    again.drop_directive(directive.directive)
    assert Wallet.open(path, "secret", NETWORK).directives(HERS) == ()


def test_what_was_seen_is_noted_in_one_step(path: Path) -> None:
    wallet = make(path)
    wallet.keep_request(KeptRequest(b"r" * 32, HERS, 1, 9))
    seen = RememberedRelation(HERS, 3, 10, b"R" * 32)
    ledger = Remembered(4, b"H" * 32, 5, 6, b"L" * 32)
    owed = KeptAcknowledgement(b"r" * 32, HERS, b"L" * 32)
    wallet.remember(seen, ledger, b"r" * 32, owed)
    again = Wallet.open(path, "secret", NETWORK)
    assert again.relation(HERS).seen == seen and again.relation(HERS).state == RelationState.CLAIMED
    assert again.remembered() == ledger and again.requests() == ()
    assert again.acknowledgements(HERS) == (owed,) and again.acknowledgements(OTHER) == ()


def test_keys_differ_by_relation_and_by_generation(path: Path) -> None:
    wallet = make(path)
    first = wallet.relation(HERS)
    wallet.keep_relation(wallet.new_relation(HERS, CUSTODIAN))
    wallet.keep_relation(wallet.new_relation(OTHER, CUSTODIAN))
    second, other = wallet.relation(HERS), wallet.relation(OTHER)
    seeds = [seed for kept in (first, second, other) for seed in (kept.device_seed, kept.seal_seed)]
    assert len(set(seeds)) == 6
    assert (first.generation, second.generation, other.generation) == (1, 2, 1)


def test_only_the_passphrase_opens_it(path: Path) -> None:
    make(path)
    with pytest.raises(WrongPassphrase):
        Wallet.open(path, "Secret", NETWORK)
    with pytest.raises(OtherNetwork):
        Wallet.open(path, "secret", b"M" * 32)
    with pytest.raises(WalletExists):
        Wallet.create(path, "secret", NETWORK)
    assert CUSTODIAN not in path.read_bytes() and HERS not in path.read_bytes()


def test_a_full_disk_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wallet = make(path)
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise StorageFull

    monkeypatch.setattr(LocalFiles, "write", full)
    with pytest.raises(StorageFull):
        wallet.keep_relation(wallet.new_relation(OTHER, CUSTODIAN))
    assert path.read_bytes() == before
    assert [kept.handle for kept in Wallet.open(path, "secret", NETWORK).relations()] == [HERS]


def test_what_is_not_there_is_refused(path: Path) -> None:
    wallet = make(path)
    with pytest.raises(NoSuchKeptRelation):
        wallet.relation(OTHER)
    with pytest.raises(NoSuchKeptDirective):
        wallet.directive(OTHER)
    assert wallet.remembered() is None


def test_no_repr_shows_a_key(path: Path) -> None:
    wallet = make(path)
    kept = wallet.relation(HERS)
    for shown in (repr(wallet), repr(kept), repr(kept.device), repr(kept.seal_key), str([kept])):
        assert kept.device_seed.hex() not in shown and repr(kept.device_seed)[2:-1] not in shown
        assert kept.seal_seed.hex() not in shown and repr(kept.seal_seed)[2:-1] not in shown
