"""`salus ledger` and `salus verify`: every answer can be checked by who trusts the genesis alone."""

from base64 import b64encode
from pathlib import Path

import pytest
from command_line import contents, copied, data, done, make_claimed, once, salus
from msgspec.structs import replace

from salus.core.encoding import decode, encode
from salus.core.signatures import SigningKey
from salus.evidence.format import read_evidence
from salus.machine.export import Manifest, Verified, import_state
from salus.merkle.checkpoint import cosign, parse, sign, witness_key_id
from salus.state.store import Store


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    return copied(once(tmp_path_factory, "claimed", make_claimed), tmp_path)


def proof(home: Path, key: str, out: Path) -> dict:
    return data("ledger", "proof", key, "--out", out, home=home)


def test_status_and_blocks(home: Path) -> None:
    status = data("ledger", "status", home=home)
    usual = ["cosigned_by", "engine", "height", "log_size", "network", "pruned", "published"]
    assert sorted(status) == [*usual, "rules", "rules_known", "time", "upgrade"]
    assert (status["rules"], status["rules_known"], status["upgrade"]) == (1, True, None)
    assert status["engine"] == "embedded" and status["published"] == status["log_size"]
    assert "Tamper-evident, not Byzantine-tolerant" in done("ledger", "status", home=home)
    names = []
    for height in range(1, status["height"] + 1):
        block = data("ledger", "show", height, home=home)
        assert block["height"] == height and len(block["app_hash"]) == 64
        names += [name for envelope in block["envelopes"] for name in envelope["messages"]]
    assert names == ["OpenAccounts", "AnchorRelations", "InvitePerson", "ClaimAccount", "ConfirmClaim", "AttestStaff"]
    assert "OpenAccounts" in "".join(done("ledger", "show", n, home=home) for n in (1, 2))


def test_a_value_and_its_absence_are_proved(home: Path, tmp_path: Path) -> None:
    handle = data("access", "relations", "--as", "alma", home=home)[0]["handle"]
    there = proof(home, f"0301{handle}", tmp_path / "there.evidence")
    gone = proof(home, f"0301{'00' * 32}", tmp_path / "gone.evidence")
    assert there["value"] and gone["value"] is None
    for kept in (there, gone):
        report = salus("verify", kept["evidence"], "--genesis", home / "genesis.cbor", "--json")
        assert report.status == 3 and report.data["verdict"] == "unwitnessed"
    assert proof(home, f"0301{handle}", tmp_path / "again.evidence")["value"] == there["value"]


def test_verify_says_by_its_status_what_is_proved(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, genesis = tmp_path / "x.evidence", home / "genesis.cbor"
    proof(home, "0002", out)
    printed = salus("verify", out, "--genesis", genesis)
    assert printed.status == 3 and printed.err == ""
    assert printed.out.startswith("  1. ok ") and "HOLDS, UNWITNESSED" in printed.out and "Not proved:" in printed.out

    monkeypatch.setenv("SALUS_HOME", str(tmp_path / "nowhere"))
    nothing = salus("verify", out, "--json")
    assert nothing.status == 2 and nothing.data["verdict"] == "no_genesis" and nothing.data["proved"] == []
    monkeypatch.setenv("SALUS_HOME", str(home))
    assert salus("verify", out).status == 3  # the home's own genesis

    raw = out.read_bytes()
    for at in range(0, len(raw), max(1, len(raw) // 40)):
        out.write_bytes(raw[:at] + bytes((raw[at] ^ 1,)) + raw[at + 1 :])
        assert salus("verify", out, "--genesis", genesis).status == 1, at
    for garbage in (b"", b"text", raw[:-1], raw + b"\0"):
        out.write_bytes(garbage)
        refuted = salus("verify", out, "--genesis", genesis, "--json")
        assert refuted.status == 1 and refuted.data["verdict"] == "refuted"
        assert sorted(refuted.data) == ["events", "height", "not_proved", "proved", "steps", "time", "verdict"]
        assert sorted(refuted.data["steps"][0]) == ["name", "number", "outcome", "words"]

    out.write_bytes(raw)
    (tmp_path / "genesis").write_bytes(genesis.read_bytes()[:-1])
    assert salus("verify", out, "--genesis", tmp_path / "genesis").status == 1
    assert salus("verify", tmp_path / "nosuch", "--genesis", genesis).status == 2
    assert "not a verifier key" in salus("verify", out, "--genesis", genesis, "--witness", "nonsense").line


def verifier_key(name: str, public: bytes) -> str:
    return f"{name}+{witness_key_id(name, public).hex()}+{b64encode(bytes((4,)) + public).decode()}"


def test_what_a_trusted_witness_cosigned_is_proved(home: Path, tmp_path: Path) -> None:
    done("access", "request-own", "--as", "alma", home=home)
    done("access", "answer", "--as", "north", home=home)
    assert salus("access", "collect", "--as", "alma", "--save", tmp_path, home=home).status == 0
    (file,) = tmp_path.glob("*.evidence")
    evidence = read_evidence(file.read_bytes()).evidence
    name, one, other = "witness.example/one", *(SigningKey.from_seed(bytes((n,)) * 32) for n in (1, 2))
    note = cosign(parse(evidence.checkpoint.note), name, one, 1_790_000_000).note().encode()
    file.write_bytes(encode(replace(evidence, checkpoint=replace(evidence.checkpoint, note=note))))
    verify = ("verify", file, "--genesis", home / "genesis.cbor")
    verified = salus(*verify, "--witness", verifier_key(name, one.public))
    assert verified.status == 0 and "\nPROVED\n" in verified.out
    assert salus(*verify, "--witness", verifier_key(name, other.public)).status == 3
    assert salus(*verify).status == 3


def test_an_export_imports_to_the_same_app_hash(home: Path, tmp_path: Path) -> None:
    before = contents(home)
    made = data("ledger", "export", tmp_path / "export", home=home)
    assert contents(home) == before
    manifest = (tmp_path / "export/manifest.cbor").read_bytes()
    chunks = [path.read_bytes() for path in sorted((tmp_path / "export").glob("chunk-*.cbor"))]
    assert made == {"manifest": manifest.hex(), "chunks": len(chunks)}
    head = decode(manifest, Manifest)
    status = data("ledger", "status", home=home)
    assert (head.height, head.network.hex()) == (status["height"], status["network"])
    known = Verified(head.network, head.height, head.time, head.app_hash)
    assert import_state(Store.in_memory(), known, manifest, chunks).app_hash == head.app_hash
    assert "is not empty" in salus("ledger", "export", tmp_path / "export", home=home).line
    data("ledger", "export", tmp_path / "again", home=home)
    assert contents(tmp_path / "again") == contents(tmp_path / "export")


def test_a_checkpoint_is_the_ledgers_signed_note(home: Path) -> None:
    note = data("ledger", "checkpoint", home=home)["checkpoint"]
    assert done("ledger", "checkpoint", home=home) == note
    assert parse(note).checkpoint.size == data("ledger", "status", home=home)["log_size"]


def test_fsck_writes_its_report(home: Path, tmp_path: Path) -> None:
    printed = salus("fsck", "--json", "-", home=home)
    assert printed.status == 0 and printed.data["sound"] is True and printed.data["findings"] == []
    assert printed.data["figures"]["vaults"] == 3
    said = salus("fsck", "--json", tmp_path / "report.json", "--organisation", "north", home=home)
    assert said.status == 0 and said.out.endswith("SOUND\n") and ", 1 vaults" in said.out
    assert (tmp_path / "report.json").exists()


def change(file: Path, at: int | None = None) -> None:
    raw = bytearray(file.read_bytes())
    raw[len(raw) // 2 if at is None else at] ^= 1
    file.write_bytes(raw)


@pytest.mark.parametrize(
    "name",
    [
        "genesis.cbor",
        "ledger/genesis",
        "ledger/blocks",
        "organisations/north/keystore.sealed",
        "organisations/north/vault/index.db",
    ],
)
def test_fsck_names_the_damaged_file(home: Path, name: str) -> None:
    change(home / name)
    result = salus("fsck", "--json", "-", home=home)
    assert result.status == 1 and result.data["sound"] is False
    assert name in {finding["file"] for finding in result.data["findings"]}
    assert sorted(result.data["findings"][0]) == ["file", "place", "severity", "what"]
    printed = salus("fsck", home=home)
    assert printed.status == 1 and name in printed.out and printed.out.endswith("DAMAGED\n")


@pytest.mark.parametrize("name", ["genesis.cbor", "ledger/genesis", "ledger/blocks"])
def test_fsck_names_the_missing_file(home: Path, name: str) -> None:
    (home / name).unlink()
    result = salus("fsck", "--json", "-", home=home)
    assert result.status == 1 and name in {finding["file"] for finding in result.data["findings"]}


def test_a_witness_cosigns_a_later_checkpoint_and_the_evidence_is_proved(home: Path, tmp_path: Path) -> None:
    out, note = tmp_path / "fact", tmp_path / "note"
    done("ledger", "proof", "0002", "--out", out, home=home)
    verify = ("verify", out, "--genesis", home / "genesis.cbor")
    assert salus(*verify).status == 3
    done("staff", "add", "Somebody New", "--as", "clinic", home=home)  # the log grows
    printed = done("ledger", "checkpoint", home=home)
    name, witness = "witness.example/one", SigningKey.from_seed(bytes((1,)) * 32)
    note.write_text(cosign(parse(printed), name, witness, 1_790_000_000).note())
    done("ledger", "attach", out, note, home=home)
    trusted = (*verify, "--witness", verifier_key(name, witness.public))
    assert salus(*trusted).status == 0
    assert salus(*verify).status == 3
    # the ledger goes on giving that note until its log grows, and evidence made now has it at once
    assert done("ledger", "checkpoint", home=home) == note.read_text()
    done("ledger", "proof", "0002", "--out", out, home=home)
    assert salus(*trusted).status == 0
    # what came after the note is not witnessed by it
    done("staff", "add", "Somebody Newer", "--as", "clinic", home=home)
    done("ledger", "proof", "0002", "--out", out, home=home)
    late = salus("ledger", "attach", out, note, home=home)
    assert late.status == 1 and "an earlier one than the evidence" in late.line
    assert salus(*trusted).status == 3


def test_a_note_that_is_none_or_of_another_log_is_not_attached(home: Path, tmp_path: Path) -> None:
    out, note = tmp_path / "fact", tmp_path / "note"
    done("ledger", "proof", "0002", "--out", out, home=home)
    before = out.read_bytes()
    note.write_text("no note")
    assert salus("ledger", "attach", out, note, home=home).status == 2
    printed = parse(done("ledger", "checkpoint", home=home))
    foreign = printed.checkpoint._replace(size=printed.checkpoint.size + 1_000)
    note.write_text(sign(foreign, foreign.origin, SigningKey.from_seed(bytes(32))).note())
    refused = salus("ledger", "attach", out, note, home=home)
    assert refused.status == 1 and "not over this ledger's log" in refused.line
    assert out.read_bytes() == before
