"""Deposits and reads through the vault's front."""

import os
from pathlib import Path

import pytest
from sqlalchemy import text

from salus.core.encoding import encode
from salus.core.errors import Malformed
from salus.core.record import LeafHeader, Status, content_digest, leaf_hash
from salus.vault import errors, relations
from salus.vault.blobs import INLINE_BYTES
from salus.vault.deposit import Deposit
from salus.vault.keys import OVERHEAD_BYTES
from salus.vault.shared import Identifier, SharedResource
from salus.vault.vault import Vault
from unit.vault_samples import (
    ALICE,
    BOB,
    CUSTODIAN,
    NETWORK,
    NOW,
    make_vault,
    open_vault,
    scope,
    write,
)


@pytest.fixture
def vault(tmp_path: Path):
    with make_vault(tmp_path / "vault") as vault:
        yield vault


def blob_files(vault: Vault) -> list[Path]:
    return sorted(path for path in (vault.folder / "blobs").rglob("*") if path.is_file())


def counts(vault: Vault) -> dict[str, int]:
    tables = ("relations", "versions", "blobs", "access", "openings", "outbox", "shared", "identifiers", "imports")
    with vault._index.reading() as connection:
        return {name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in tables}


def test_what_was_deposited_is_read_after_reopening(tmp_path: Path) -> None:
    origin = (BOB, b"l" * 32, b"e" * 32)
    full = write(
        ALICE,
        1,
        b'{"value": 1.10}',
        0,
        start=1,
        end=2,
        labels=("R", "HIV"),
        rule_set=3,
        author="Practitioner/12",
        recorder=BOB,
        origin=origin,
        status=Status.RESTRICTED,
        retention=9,
    )
    with make_vault(tmp_path / "v") as vault:
        result = vault.deposit([full, write(BOB, 1, b"other")])
        assert [(d.relation, d.record, d.version) for d in result.versions] == [
            (ALICE, full.record, 1),
            (BOB, write(BOB, 1).record, 1),
        ]
    with open_vault(tmp_path / "v") as vault:
        header, octets = vault.read(scope(ALICE), full.record)
        assert octets == b'{"value": 1.10}'
        expected = LeafHeader(
            full.record, 1, None, "laboratory", "Observation", 1, 2, ("HIV", "R"), 3, "Practitioner/12", BOB, NOW,
            origin, 3, 9, header.content, "application/fhir+json", header.cipher,
        )  # fmt: skip
        assert header == expected
        assert vault.headers(scope(ALICE)) == [expected]
        assert vault.headers(scope(BOB))[0].recorder == CUSTODIAN


def test_versions_chain_and_stay_readable(vault: Vault) -> None:
    first = vault.deposit([write(ALICE, 1, b"one", 0)]).versions[0]
    second, third = vault.deposit([write(ALICE, 1, b"two", 1), write(ALICE, 1, b"three", 2)]).versions
    record = first.record
    assert [vault.read(scope(ALICE), record, v).octets for v in (1, 2, 3, None)] == [b"one", b"two", b"three", b"three"]
    assert vault.read(scope(ALICE), record).header.previous == second.leaf
    assert vault.read(scope(ALICE), record, 2).header.previous == first.leaf
    assert [h.version for h in vault.headers(scope(ALICE))] == [3]
    assert vault.leaves(scope(ALICE)) == [first.leaf, second.leaf, third.leaf]
    assert vault.deposit([write(ALICE, 1, b"four")]).versions[0].version == 4


def test_headers_follow_the_log(vault: Vault) -> None:
    vault.deposit([write(ALICE, n, expected=0) for n in range(5)])
    vault.deposit([write(ALICE, 2)])
    assert [h.record for h in vault.headers(scope(ALICE))] == [write(ALICE, n).record for n in (0, 1, 3, 4, 2)]


@pytest.mark.parametrize("size", [0, 1, INLINE_BYTES - OVERHEAD_BYTES - 1, INLINE_BYTES - OVERHEAD_BYTES, 300_000])
def test_large_contents_are_blobs(vault: Vault, size: int) -> None:
    octets = os.urandom(size)
    vault.deposit([write(ALICE, 1, octets)])
    header, read = vault.read(scope(ALICE), write(ALICE, 1).record)
    assert read == octets
    stored = blob_files(vault)
    if size + OVERHEAD_BYTES < INLINE_BYTES:
        assert stored == []
    else:
        name = header.cipher.hex()
        assert stored == [vault.folder / "blobs" / name[:2] / name]
        assert stored[0].stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("kept", "expected"), [(0, 1), (0, 7), (1, 0), (1, 2), (2, 1)], ids=lambda n: str(n))
def test_version_conflict_stores_nothing(vault: Vault, kept: int, expected: int) -> None:
    for _ in range(kept):
        vault.deposit([write(ALICE, 1)])
    vault.deposit([write(ALICE, 0)])
    before = counts(vault)
    bundle = Deposit(
        [write(BOB, 1, bytes(100_000)), write(ALICE, 2), write(ALICE, 1, b"x", expected)],
        shared=[SharedResource("Organization", "1", b"{}", "application/fhir+json")],
        tasks=[("anchor", b"")],
        imported=b"d" * 32,
    )
    with pytest.raises(errors.VersionConflict):
        vault.deposit(bundle)
    assert counts(vault) == before
    assert len(vault.headers(scope(ALICE))) == 1 + bool(kept)
    with pytest.raises(errors.NoSuchRelation):
        vault.headers(scope(BOB))
    vault.deposit([write(ALICE, 2)])  # memory and index still agree
    assert len(vault.headers(scope(ALICE))) == 2 + bool(kept)


@pytest.mark.parametrize(
    "defect",
    [
        {"record": b"short"},
        {"relation": b"short"},
        {"data_class": ""},
        {"type": "x" * 65},
        {"media_type": "\ud800"},
        {"labels": ("",)},
        {"recorded": -1},
        {"start": 2**53},
        {"status": 5},
        {"recorder": b"short"},
        {"origin": (b"", b"", b"")},
    ],
    ids=lambda defect: next(iter(defect)),
)
def test_a_write_that_is_no_header_is_malformed_and_stores_nothing(vault: Vault, defect: dict[str, object]) -> None:
    vault.deposit([write(ALICE, 1)])
    before = counts(vault)
    with pytest.raises(Malformed) as caught:
        vault.deposit([write(ALICE, 2), write(ALICE, 3)._replace(**defect)])
    assert caught.value.__cause__ is None
    assert counts(vault) == before
    assert len(vault.headers(scope(ALICE))) == 1


def test_a_lost_or_changed_row_is_damage(vault: Vault) -> None:
    vault.deposit([write(ALICE, 1), write(ALICE, 2)])
    with vault._index.writing() as connection:
        connection.execute(text(f"UPDATE versions SET leaf = zeroblob(32) WHERE id = {1 << 32}"))
        connection.execute(text(f"DELETE FROM versions WHERE id = {(1 << 32) + 1}"))
    for number in (1, 2):
        with pytest.raises(errors.VaultDamaged):
            vault.read(scope(ALICE), write(ALICE, number).record)


def test_orphans_are_collected_at_opening(tmp_path: Path) -> None:
    with make_vault(tmp_path / "v") as vault:
        vault.deposit([write(ALICE, 1, bytes(100_000))])
        with pytest.raises(errors.VersionConflict):
            vault.deposit([write(ALICE, 2, bytes(100_000)), write(BOB, 2, expected=4)])
        kept, orphan = sorted(blob_files(vault), key=lambda p: p.name != vault.headers(scope(ALICE))[0].cipher.hex())
        kept.with_name(kept.name + ".tmp").write_bytes(b"half")
        (kept.parent / "stranger").write_bytes(b"")
    with open_vault(tmp_path / "v") as vault:
        assert blob_files(vault) == [kept]
        assert vault.read(scope(ALICE), write(ALICE, 1).record).octets == bytes(100_000)
    assert not orphan.exists()


def test_a_bundle_is_imported_once(vault: Vault) -> None:
    bundle = Deposit([write(ALICE, 1)], imported=b"d" * 32)
    vault.deposit(bundle)
    before = counts(vault)
    with pytest.raises(errors.AlreadyImported):
        vault.deposit(bundle)
    assert counts(vault) == before
    vault.deposit(Deposit([write(ALICE, 1)], imported=b"e" * 32))
    assert vault.read(scope(ALICE), write(ALICE, 1).record).header.version == 2


def test_shared_resources_identifiers_and_tasks_are_stored_together(vault: Vault) -> None:
    shared = [SharedResource("Organization", "org1", b'{"name":"H"}', "application/fhir+json")]
    links = [Identifier("Organization", "urn:x", "7", "org1"), Identifier("Patient", "urn:mrn", "12", ALICE.hex())]
    result = vault.deposit(Deposit([write(ALICE, 1)], shared, links, [("anchor", b"a"), ("notify", b"n")]))
    assert result.shared == (1,)
    none = scope(None)
    assert vault.shared.get(none, "Organization", "org1") == (1, b'{"name":"H"}', "application/fhir+json")
    assert vault.shared.find("Organization", "urn:x", "7") == "org1"
    assert vault.shared.find("Patient", "urn:mrn", "12") == ALICE.hex()
    assert vault.shared.find("Patient", "urn:x", "7") is None
    assert [(t.kind, t.body) for t in vault.outbox.next(9)] == [("anchor", b"a"), ("notify", b"n")]
    first = vault.outbox.next(1)[0]
    vault.outbox.done([first.id, 999])
    vault.outbox.done([])
    vault.outbox.put([("later", b"l")])
    assert [t.kind for t in vault.outbox.next(9)] == ["notify", "later"]


def test_shared_versions(vault: Vault) -> None:
    def resource(octets: bytes) -> SharedResource:
        return SharedResource("Location", "1", octets, "application/fhir+json")

    none = scope(None)
    assert vault.shared.put([resource(b"a"), resource(b"a"), resource(b"b")]) == [1, 1, 2]
    assert vault.shared.put([resource(b"b")], [Identifier("Location", "s", "v", "1")]) == [2]
    assert vault.shared.put([], [Identifier("Location", "s", "v", "2")]) == []
    assert vault.shared.find("Location", "s", "v") == "2"
    assert vault.shared.get(none, "Location", "1")[1] == b"b"
    assert vault.shared.get(none, "Location", "1", 1)[1] == b"a"
    assert vault.shared.names(none, "Location") == ["1"]
    for name, version in (("1", 3), ("2", None)):
        with pytest.raises(errors.NoSuchRecord):
            vault.shared.get(none, "Location", name, version)
    with pytest.raises(errors.OutOfScope):
        vault.shared.get(scope(ALICE), "Location", "1")
    with pytest.raises(errors.OutOfScope):
        vault.shared.names(scope(ALICE), "Location")


def test_directives(vault: Vault) -> None:
    with pytest.raises(errors.NoSuchRelation):
        vault.directives.put(ALICE, b"1" * 32, b"sealed")
    vault.deposit([write(ALICE, 1), write(BOB, 1)])
    vault.directives.put(ALICE, b"2" * 32, b"two")
    vault.directives.put(ALICE, b"1" * 32, b"one")
    vault.directives.put(ALICE, b"1" * 32, b"uno")
    assert vault.directives.of(scope(ALICE)) == {b"1" * 32: b"uno", b"2" * 32: b"two"}
    assert vault.directives.of(scope(BOB)) == {}
    with pytest.raises(errors.OutOfScope):
        vault.directives.of(scope(None))


def test_scope_denies_what_its_predicate_does_not_allow(vault: Vault) -> None:
    vault.deposit([write(ALICE, 1, labels=("HIV",)), write(ALICE, 2)])
    hidden, shown = write(ALICE, 1).record, write(ALICE, 2).record
    vault.anchors.pending(9)
    narrow = scope(ALICE, lambda header: "HIV" not in header.labels)
    assert [h.record for h in vault.headers(narrow)] == [shown]
    assert vault.read(narrow, shown).octets == b"{}"
    assert len(vault.prove(narrow, [shown], 1).records) == 1
    for denied in (
        lambda: vault.read(narrow, hidden),
        lambda: vault.prove(narrow, [hidden], 1),
        lambda: vault.prove(narrow, [shown, hidden], 1),
        lambda: vault.leaves(narrow),
        lambda: vault.headers(scope(None)),
        lambda: vault.read(scope(None), shown),
        lambda: vault.prove(scope(None), [shown], 1),
        lambda: vault.prove_absence(scope(None), shown, 1),
        lambda: vault.access_entries(scope(None)),
        lambda: vault.prove_consistency(scope(None), 1, 1),
    ):
        with pytest.raises(errors.OutOfScope):
            denied()


def test_scope_of_one_relation_reads_no_other(vault: Vault) -> None:
    vault.deposit([write(ALICE, 1), write(BOB, 1)])
    with pytest.raises(errors.NoSuchRecord):
        vault.read(scope(ALICE), write(BOB, 1).record)
    with pytest.raises(errors.NoSuchRecord):
        vault.read(scope(ALICE), write(ALICE, 1).record, 2)
    with pytest.raises(errors.NoSuchRelation):
        vault.read(scope(b"?" * 32), write(ALICE, 1).record)


def test_an_old_version_is_judged_by_its_own_header(vault: Vault) -> None:
    vault.deposit([write(ALICE, 1, b"secret", labels=("HIV",))])
    vault.deposit([write(ALICE, 1, b"public")])
    narrow = scope(ALICE, lambda header: "HIV" not in header.labels)
    assert vault.read(narrow, write(ALICE, 1).record).octets == b"public"
    with pytest.raises(errors.OutOfScope):
        vault.read(narrow, write(ALICE, 1).record, 1)


def test_leaf_and_digest_are_those_of_the_formats(vault: Vault) -> None:
    leaf = vault.deposit([write(ALICE, 1, b"octets")]).versions[0].leaf
    vault.anchors.pending(1)
    proven = vault.prove(scope(ALICE), [write(ALICE, 1).record], 1).records[0]
    assert leaf == leaf_hash(NETWORK, ALICE, proven.salt, encode(proven.header))
    assert proven.header.content == content_digest(NETWORK, proven.content_salt, b"octets")


def test_salts_and_keys_are_never_used_twice(vault: Vault) -> None:
    vault.deposit([write(ALICE, n, b"same") for n in range(50)])
    vault.deposit([write(ALICE, n, b"same") for n in range(50)])
    with vault._index.reading() as connection:
        rows = connection.execute(text("SELECT secrets, sealed FROM versions")).all()
    for part in (slice(0, 32), slice(32, 64), slice(64, 104)):
        assert len({row.secrets[part] for row in rows}) == 100
    assert len({row.sealed[32:44] for row in rows}) == 100


def test_destroyed_relation_key_ends_reading_and_writing(tmp_path: Path) -> None:
    with make_vault(tmp_path / "v") as vault:
        vault.deposit([write(ALICE, 1)])
        with vault._index.writing() as connection:
            connection.execute(text("UPDATE relations SET wrapped_key = NULL"))
    with open_vault(tmp_path / "v") as vault:
        with pytest.raises(errors.RelationDestroyed):
            vault.read(scope(ALICE), write(ALICE, 1).record)
        with pytest.raises(errors.RelationDestroyed):
            vault.deposit([write(ALICE, 2)])
        assert len(vault.headers(scope(ALICE))) == 1


def test_access_log(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(errors.NoSuchRelation):
        vault.log_access(ALICE, [b"read"])
    vault.deposit([write(ALICE, 1)])
    assert vault.log_access(ALICE, [b"one", b"two"]) == 2
    assert vault.log_access(ALICE, []) == 2
    assert vault.log_access(ALICE, [b"three"]) == 3
    assert [entry for _, entry in vault.access_entries(scope(ALICE))] == [b"one", b"two", b"three"]


def test_relations_beyond_the_cache_are_replayed(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relations, "MAX_RELATIONS", 2)
    handles = [bytes((n,)) * 32 for n in range(6)]
    vault.deposit([write(h, n) for h in handles for n in range(3)])
    vault.deposit([write(h, 1) for h in handles])
    assert len(vault._relations._cache) <= 2
    for handle in handles:
        vault.log_access(handle, [b"x"])
        assert len(vault.headers(scope(handle))) == 3
