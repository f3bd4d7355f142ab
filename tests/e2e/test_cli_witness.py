"""Another's key under the checkpoints, by the command line; an operator who rewrites his ledger is found out."""

import shutil
from pathlib import Path

import pytest
from command_line import contents, copied, data, done, make_claimed, once, salus

from salus.merkle.checkpoint import parse


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    return copied(once(tmp_path_factory, "claimed", make_claimed), tmp_path)


def tiles(home: Path) -> Path:
    return home / "ledger/tiles"


def witness(folder: Path, name: str = "witness.example/one") -> str:
    """Make a witness; return its verifier key."""
    made = salus("ledger", "witness", folder, "--name", name, "--unattended", "--json")
    assert (made.status, made.err) == (0, "")
    return made.data["verifier_key"]


def cosign(folder: Path, home: Path, *options: object):
    return salus("ledger", "cosign", tiles(home), "--witness", folder, *options)


def grow(home: Path, name: str) -> None:
    done("staff", "add", name, "--as", "clinic", home=home)


def rewritten(home: Path, tmp_path: Path, *names: str) -> Path:
    """What an operator has who put back a copy of his home and went on from there."""
    other = tmp_path / "rewritten"
    shutil.copytree(home, other)
    for name in names:
        grow(other, name)
    return other


def test_every_command_publishes_what_it_did(home: Path) -> None:
    before = parse((tiles(home) / "checkpoint").read_bytes()).checkpoint.size
    grow(home, "Doctor One")
    after = data("ledger", "status", home=home)
    assert parse((tiles(home) / "checkpoint").read_bytes()).checkpoint.size == after["log_size"] > before
    assert (after["published"], after["cosigned_by"]) == (after["log_size"], [])
    audited = salus("ledger", "audit", tiles(home), "--genesis", home / "genesis.cbor")
    assert audited.status == 0 and audited.out.endswith("SOUND\n")
    shown = data("ledger", "publish", home=home)
    assert (shown["folder"], shown["size"]) == (str(tiles(home)), after["log_size"])


def test_the_log_is_published_where_the_settings_say(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(tiles(home))
    monkeypatch.setenv("SALUS_TILES", str(tmp_path / "public"))
    grow(home, "Doctor One")
    assert contents(tiles(home)) == before
    assert (
        parse((tmp_path / "public/checkpoint").read_bytes()).checkpoint.size
        == data("ledger", "status", home=home)["published"]
    )
    assert salus("fsck", home=home).status == 0
    (tmp_path / "public/tile/0/000.p/1").parent.mkdir(exist_ok=True)
    (tmp_path / "public/tile/0/000.p/1").write_bytes(bytes(32))
    found = salus("fsck", "--json", "-", home=home)
    assert found.status == 1 and [each["file"] for each in found.data["findings"]] == [
        str(tmp_path / "public/tile/0/000.p/1")
    ]


def test_what_a_witness_cosigned_is_published_and_proves_evidence(home: Path, tmp_path: Path) -> None:
    key, genesis, note = witness(tmp_path / "w"), home / "genesis.cbor", tmp_path / "note"
    assert "give its genesis" in cosign(tmp_path / "w", home).line
    first = cosign(tmp_path / "w", home, "--genesis", genesis, "--out", note)
    assert first.status == 0 and "the first look at this log" in first.out
    assert done("ledger", "accept", note, home=home).endswith("cosigned by witness.example/one.\n")
    assert (tiles(home) / "checkpoint").read_text() == note.read_text() == done("ledger", "checkpoint", home=home)
    (line,) = data("ledger", "checkpoint", home=home)["cosignatures"]
    assert line["name"] == "witness.example/one" and line["time"].endswith("Z")
    assert data("ledger", "status", home=home)["cosigned_by"] == ["witness.example/one"]
    done("ledger", "proof", "0002", "--out", tmp_path / "fact", home=home)
    verify = ("verify", tmp_path / "fact", "--genesis", genesis)
    assert salus(*verify, "--witness", key).status == 0 and salus(*verify).status == 3
    audit = ("ledger", "audit", tiles(home), "--genesis", genesis, "--evidence", tmp_path / "fact")
    assert salus(*audit, "--witness", key).status == 0
    other = witness(tmp_path / "w2", "witness.example/two")
    assert salus(*audit, "--witness", other).status == 3

    grow(home, "Doctor One")
    assert "witness" not in done("ledger", "checkpoint", home=home)
    assert done("ledger", "checkpoint", "--witnessed", home=home) == note.read_text()
    second = cosign(tmp_path / "w", home, "--out", note)
    assert second.status == 0 and "it continues the " in second.out
    assert cosign(tmp_path / "w2", home, "--genesis", genesis, "--out", tmp_path / "note2").status == 0
    both = data("ledger", "accept", note, tmp_path / "note2", home=home)
    assert both["cosigned_by"] == ["witness.example/one", "witness.example/two"]
    done("ledger", "attach", tmp_path / "fact", tiles(home) / "checkpoint", home=home)
    proved = salus(*verify, "--witness", key, "--witness", other)
    assert proved.status == 0 and "2 witnesses known to you" in proved.out
    shown = salus("ledger", "witness", tmp_path / "w", "--json")
    assert [log["size"] for log in shown.data["logs"]] == [data("ledger", "status", home=home)["log_size"]]
    assert salus("fsck", home=home).status == 0


def test_a_rewritten_ledger_is_refused_by_name_and_the_proof_holds(home: Path, tmp_path: Path) -> None:
    other = rewritten(home, tmp_path, "Doctor Two", "Doctor Three", "Doctor Four")
    genesis = tmp_path / "genesis"
    genesis.write_bytes((home / "genesis.cbor").read_bytes())
    grow(home, "Doctor One")
    witness(tmp_path / "w")
    seen = cosign(tmp_path / "w", home, "--genesis", genesis)
    assert seen.status == 0
    refused = cosign(tmp_path / "w", other)
    assert refused.status == 1 and "it was forked. (0x5011)" in refused.line
    kept = tmp_path / "w/forks/001"
    for note in ((kept / "seen").read_text(), (kept / "shown").read_text()):
        assert note in refused.out
    assert (kept / "shown").read_text() == (tiles(other) / "checkpoint").read_text()
    proved = salus("ledger", "compare", kept / "proof", "--genesis", genesis)
    assert proved.status == 1 and "FORKED: one log, two histories" in proved.out
    as_json = cosign(tmp_path / "w", other, "--json")
    assert (as_json.status, as_json.data["verdict"]) == (1, "Forked")
    assert cosign(tmp_path / "w", home).status == 0  # what it saw first it goes on signing


def test_a_ledger_that_was_put_back_is_refused_by_name(home: Path, tmp_path: Path) -> None:
    other = rewritten(home, tmp_path)
    grow(home, "Doctor One")
    witness(tmp_path / "w")
    assert cosign(tmp_path / "w", home, "--genesis", home / "genesis.cbor").status == 0
    refused = cosign(tmp_path / "w", other)
    assert refused.status == 1 and "it was rolled back. (0x5010)" in refused.line
    assert sorted(path.name for path in (tmp_path / "w/forks/001").iterdir()) == ["seen", "shown"]


def test_two_histories_are_proved_by_comparing(home: Path, tmp_path: Path) -> None:
    other = rewritten(home, tmp_path, "Doctor Two", "Doctor Three")
    early = tmp_path / "early"
    early.write_bytes((tiles(home) / "checkpoint").read_bytes())
    grow(home, "Doctor One")
    compare, trust = ("ledger", "compare"), ("--genesis", home / "genesis.cbor")
    same = salus(*compare, early, tiles(other), *trust)
    assert same.status == 0 and same.out.startswith("ONE HISTORY: from ")
    note = tmp_path / "note"
    note.write_bytes((tiles(home) / "checkpoint").read_bytes())
    forked = salus(*compare, note, tiles(other), *trust, "--out", tmp_path / "proof")
    assert forked.status == 1 and note.read_text() in forked.out and "FORKED" in forked.out
    assert salus(*compare, tiles(home), tiles(other), *trust, "--json").data["verdict"] == "forked"
    checked = salus(*compare, tmp_path / "proof", *trust, "--json")
    assert (checked.status, checked.data["verdict"], checked.data["shorter"]) == (1, "forked", note.read_text())
    (tmp_path / "longer").write_bytes((tiles(other) / "checkpoint").read_bytes())
    assert "without its published files" in salus(*compare, note, tmp_path / "longer", *trust).line
    assert "holds no checkpoint" in salus(*compare, home / "genesis.cbor", note, *trust).line
    since = salus("ledger", "audit", tiles(other), *trust, "--since", note)
    assert since.status == 1 and "it was forked" in since.line and note.read_text() in since.out
    assert salus("ledger", "audit", tiles(home), *trust, "--since", early).status == 0
    assert "rolled back" in salus("ledger", "audit", tiles(home), *trust, "--since", tiles(other)).line
    assert salus(*compare, note, tiles(other)).status == 2  # no genesis, no proof


def test_a_node_never_publishes_over_another_history(home: Path, tmp_path: Path) -> None:
    """A home put back under a folder that has been published since: the folder keeps what everybody saw."""
    other = rewritten(home, tmp_path)
    grow(home, "Doctor One")
    shutil.rmtree(tiles(other))
    shutil.copytree(tiles(home), tiles(other))
    before = contents(tiles(other))
    grow(other, "Doctor Two")
    assert contents(tiles(other)) == before
    refused = salus("ledger", "publish", home=other)
    assert refused.status == 1 and "put back or rewritten. (0x7010)" in refused.line
    damaged = salus("fsck", "--json", "-", home=other)
    assert damaged.status == 1 and "ledger/tiles/checkpoint" in {each["file"] for each in damaged.data["findings"]}


def test_an_auditor_needs_the_files_alone(home: Path, tmp_path: Path) -> None:
    shutil.copytree(tiles(home), tmp_path / "mirror")
    shutil.copy(home / "genesis.cbor", tmp_path / "genesis")
    shutil.rmtree(home)
    audit = ("ledger", "audit", tmp_path / "mirror", "--genesis", tmp_path / "genesis")
    found = salus(*audit, "--entry", 1, "--json")
    assert found.status == 0 and found.data["sound"] is True and len(found.data["included"][0]["leaf"]) == 64
    assert "no such entry" in salus(*audit, "--entry", 999).line
    (bundle,) = (tmp_path / "mirror/tile/entries/000.p").glob(str(found.data["entries"]))
    raw = bundle.read_bytes()
    bundle.write_bytes(raw[:40] + bytes((raw[40] ^ 1,)) + raw[41:])
    damaged = salus(*audit)
    assert damaged.status == 1 and damaged.out.endswith("DAMAGED\n") and "hash 1" in damaged.out
    bundle.unlink()
    assert "missing" in salus(*audit).out
    (tmp_path / "mirror/checkpoint").unlink()
    assert "no published log" in salus(*audit).line


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("ledger", "witness", "NEW"), "There is no witness in this folder."),
        (("ledger", "witness", "NEW", "--name", "two words", "--unattended"), "Not the one canonical encoding"),
        (("ledger", "cosign", "TILES", "--witness", "NEW"), "There is no witness in this folder."),
        (("ledger", "accept", "GENESIS"), "Not the one canonical encoding"),
        (("ledger", "checkpoint", "--witnessed"), "no witness has cosigned"),
        (("ledger", "compare", "GENESIS"), "give the network's genesis"),
        (("ledger", "compare", "GENESIS", "--genesis", "GENESIS"), "Not the one canonical encoding"),
    ],
)
def test_bad_input_is_one_line(home: Path, tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    (tmp_path / "secret").write_text("passphrase\n")
    places = {"NEW": tmp_path / "new", "TILES": tiles(home), "GENESIS": home / "genesis.cbor"}
    (tmp_path / "new").mkdir()
    (tmp_path / "new/passphrase").write_text("x\n")
    line = [places.get(each, each) for each in arguments]
    of_home = arguments[1] in ("accept", "checkpoint")
    assert words in salus(*line, home=home if of_home else None).line
