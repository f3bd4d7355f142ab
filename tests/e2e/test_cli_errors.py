"""What goes wrong: one helpful line on standard error, the documented exit status, nothing on standard output."""

import os
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from command_line import CANARY, MEMBERS, copied, data, done, make_claimed, once, salus

from salus import bootstrap
from salus.cli import main
from salus.cli.status import status_of
from salus.core.errors import Kind, Malformed, Refusal
from salus.vault import errors as vault_errors


@pytest.fixture(scope="module")
def claimed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that no test here changes."""
    return copied(once(tmp_path_factory, "claimed", make_claimed), tmp_path_factory.mktemp("errors"))


def name_of(value: object) -> str:
    return " ".join(value)[:50] if isinstance(value, tuple) else ""


NO_ACTOR = "no organisation has this name here; there are clinic, north, south"
NO_WALLET = "no wallet has this name here; there are alma"
NO_NAME, OR_HEX = "nothing here is called so; there are ", "; or give the id's first hex digits, six or more"
HEX = "give the id's first hex digits, six or more"
WRONG = (
    (("nosuch",), "No such command 'nosuch'"),
    (("org", "nosuch"), "No such command 'nosuch'"),
    (("org", "list", "--nosuch"), "No such option"),
    (("patient", "list"), "Missing option '--as'. The organisation. (see `salus patient list --help`)"),
    (("patient", "list", "--as", "nobody"), NO_ACTOR),
    (("patient", "list", "--as", "alma"), f"{NO_ACTOR}; this one is a wallet's"),
    (("access", "collect", "--as", "north"), f"{NO_WALLET}; this one is an organisation's"),
    (("access", "accounting", "--as", "nobody"), NO_WALLET),
    (("access", "accounting", "--as", "alma", "--of", "00" * 32), NO_ACTOR),
    (("access", "accounting", "--as", "north", "--of", "abc"), "give all 64 hex digits of the id"),
    (("access", "request", "--as", "clinic", "00ff"), "give all 64 hex digits of the id"),
    (("access", "request", "--as", "clinic", "zz" * 32), "give all 64 hex digits of the id"),
    (("access", "request", "--as", "clinic", "00" * 32, "--staff", "abcdef"), "(`salus staff list` shows them)"),
    (("access", "request", "--as", "north", "00" * 32), "nobody is attested yet (`salus staff add`)"),
    (("access", "request", "--as", "clinic", "00" * 32, "--class", "lab"), "'lab' is not one of"),
    (("patient", "invite", "--as", "north", "abc"), f"HANDLE: {HEX} (`salus patient list`)"),
    (("patient", "invite", "--as", "north", "alma smith"), f"HANDLE: {HEX}"),
    (("patient", "invite", "--as", "north", "abcdef"), "no id here begins like this (`salus patient list` shows them)"),
    (("patient", "invite", "--as", "north", "abcdef", "--days", "91"), "91 is not in the range"),
    (("patient", "claim", "--as", "eve", "NONSENSE"), "code"),
    (("consent", "show", "--as", "alma", "abcdef"), "(`salus consent list` shows them)"),
    (("consent", "grant", "--as", "alma", "--to", "nobody"), f"--to: {NO_NAME}clinic, north, south{OR_HEX}"),
    (("policy", "show", "nosuch"), f"SET: {NO_NAME}mandated, opt-out, strict-opt-in{OR_HEX}"),
    (("witness", "ask", "--of", "https://nosuch.example", "--key", "none"), "--key: not a verifier key (NAME+ID+KEY"),
    (("consent", "grant", "--as", "alma", "--to", "clinic", "--since", "tomorrow"), "does not match the format"),
    (("consent", "grant", "--as", "alma", "--to", "clinic", "--for", "FUN"), "no such purpose"),
    (("consent", "list", "--as", "alma", "--at", "abcdef"), "(`salus access relations` shows them)"),
    (("org", "add", "--as", "north", "lab"), "write SLUG:ROLE:NAME"),
    (("org", "add", "--as", "north", "lab:wizard:Lab"), "there is no such role; there are hospital, clinic"),
    (("org", "vote", "--as", "north", "abcdef"), "give all 64 hex digits of the id"),
    (("org", "propose", "parameter", "--as", "north", "speed", "3"), "Invalid value for NAME: 'speed' is not one of"),
    (("org", "propose", "state", "--as", "north", "south", "gone"), "Invalid value for STATE: 'gone' is not one of"),
    (("petition", "make", "--as", "alma", "forget"), "Invalid value for KIND: 'forget' is not one of"),
    (("staff", "add", "--as", "north", ""), "A text or file is empty, too long or not Unicode; nothing was kept."),
    (("staff", "add", "--as", "north", "Doctor", "--role", "x" * 129), "nothing was kept."),
    (("staff", "add", "--as", "north", "\udcff"), "nothing was kept."),
    (("admin", "passphrase"), "nobody is here to be asked for a passphrase; give --new-passphrase-file"),
    (("ledger", "show", "0"), "0 is not in the range"),
    (("ledger", "show", "x"), "Invalid value for HEIGHT: 'x' is not a whole number."),
    (("completion", "tcsh"), "Invalid value for SHELL: 'tcsh' is not one of 'bash', 'zsh', 'fish'."),
    (("ledger", "proof", "xyz", "--out", os.devnull), "give an even number of hex digits"),
    (("ledger", "proof", "", "--out", os.devnull), "give an even number of hex digits"),
    (("ledger", "proof", "0301", "--out", "/nosuch/file"), "the folder it is to be in does not exist"),
    (("ledger", "proof", "0301"), "Missing option '--out'"),
    (("record", "import", "--as", "north", "/nosuch"), "does not exist"),
    (("record", "import", "--as", "north"), "Missing argument"),
    (("fsck", "--organisation", "nobody"), "no organisation has this name here; there are clinic, north, south"),
    (("fsck", "--json", "/nosuch/file"), "the folder it is to be in does not exist"),
    (("init", "--member", MEMBERS[0]), "is not empty; give a new folder"),
    (("demo", "--once"), "is not empty; give a new folder"),
)  # fmt: skip
REFUSED = (
    (("access", "request", "--as", "clinic", "00" * 32), "The ledger has no such relation."),
    (("access", "accounting", "--as", "north", "--of", "00" * 32), "The ledger has no such relation."),
    (("org", "vote", "--as", "north", "00" * 32), "proposal"),
    (("org", "escrow", "ask", "--as", "north"), "no escrow of this member"),
    (("org", "escrow", "open", "--as", "north"), "no escrow of this member"),
    (("ledger", "show", "100000"), "there is no block 100000; the last is "),
)


@pytest.mark.parametrize(("arguments", "words"), WRONG, ids=name_of)
def test_wrong_usage_is_one_line_and_status_2(claimed: Path, arguments: tuple[str, ...], words: str) -> None:
    result = salus(*arguments) if arguments[0] in ("nosuch", "completion") else salus(*arguments, home=claimed)
    assert (result.status, result.out) == (2, "")
    assert result.line.startswith("salus: ") and words in result.line
    if arguments[-1] == "alma smith":
        assert "smith" not in result.line


@pytest.mark.parametrize(("arguments", "words"), REFUSED, ids=name_of)
def test_a_refusal_is_one_line_and_status_1(claimed: Path, arguments: tuple[str, ...], words: str) -> None:
    result = salus(*arguments, "--json", home=claimed)
    assert (result.status, result.out) == (1, "")
    assert words in result.line


def test_no_arguments_print_help() -> None:
    for arguments in ((), ("--help",), ("consent",), ("consent", "--help"), ("consent", "grant", "--help")):
        result = salus(*arguments)
        assert (result.status, result.err) == (0, "") and result.out.startswith("Usage: salus")
    assert salus("--version").out.startswith("salus, version ")


def test_no_region(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for command in (("org", "list"), ("fsck",)):
        assert "holds no region" in salus(*command, home=tmp_path / "nosuch").line
        assert not (tmp_path / "nosuch").exists()
    monkeypatch.setenv("SALUS_HOME", str(tmp_path / "elsewhere"))
    assert f"{tmp_path / 'elsewhere'} holds no region" in salus("org", "list").line


def test_passphrases(claimed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "kept"
    kept.write_text("not the passphrase\n")
    monkeypatch.setenv("SALUS_PASSPHRASE_FILE", str(kept))
    for command in (("org", "list"), ("fsck",), ("patient", "list", "--as", "north")):
        result = salus(*command, home=claimed)
        assert result.status == 2 and "Wrong passphrase" in result.line
    kept.write_text((claimed / "passphrase").read_text())
    assert salus("org", "list", home=claimed).status == 0
    monkeypatch.setenv("SALUS_PASSPHRASE_FILE", str(tmp_path / "nosuch"))
    result = salus("org", "list", home=claimed)
    assert result.status == 2 and "SALUS_PASSPHRASE_FILE" in result.line


def test_without_a_passphrase_only_the_ledger_is_checked(claimed: Path, tmp_path: Path) -> None:
    home = copied(claimed.parent, tmp_path)
    (home / "passphrase").unlink()
    assert "SALUS_PASSPHRASE_FILE" in salus("org", "list", home=home).line
    assert salus("fsck", "--organisation", "north", home=home).status == 2
    printed = done("fsck", home=home)
    assert "Vaults were not checked" in printed and printed.endswith("SOUND\n")


@pytest.mark.parametrize(("name", "value"), [("SALUS_HOEM", "x"), ("SALUS_HOME", "")])
def test_a_setting_that_is_none(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    result = salus("org", "list")
    assert result.status == 2 and "SALUS_ variable" in result.line


def test_a_mistyped_code_makes_no_wallet(claimed: Path, tmp_path: Path) -> None:
    home = copied(claimed.parent, tmp_path)
    assert salus("patient", "claim", "--as", "eve", "NONSENSE", home=home).status == 2
    assert not (home / "people/eve").exists()


def test_several_relations_are_named(claimed: Path) -> None:
    (kept,) = data("access", "relations", "--as", "alma", home=claimed)
    assert data("consent", "list", "--as", "alma", "--at", kept["handle"][:6], home=claimed) == []


def test_init_refuses_two_alike_and_half_made_members(tmp_path: Path) -> None:
    twice = ("--member", MEMBERS[0], "--member", MEMBERS[0])
    assert "two members have the same slug" in salus("init", "--unattended", *twice, home=tmp_path / "home").line
    for member in ("north", "north:hospital", "North:hospital:N", ":hospital:N", "north:hospital: "):
        assert "write SLUG:ROLE:NAME" in salus("init", "--unattended", "--member", member, home=tmp_path / "home").line
    assert "Missing option '--member'" in salus("init", home=tmp_path / "home").line
    assert not (tmp_path / "home").exists()
    assert salus("init", "--member", MEMBERS[0], home=tmp_path / "home").status == 2  # no passphrase, no terminal


def leaves(command: click.Command, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield context.command_path, command
        return
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        assert inner is not None
        yield from leaves(inner, click.Context(inner, parent=context, info_name=name))


def test_every_command_takes_json_and_explains_itself() -> None:
    root = click.Context(main.salus, info_name="salus", help_option_names=["-h", "--help"])  # click remembers them
    found = dict(leaves(main.salus, root))
    assert len(found) > 30
    for path, command in found.items():
        assert any("--json" in option.opts for option in command.params), path
        assert command.help and command.help.split("\n")[0].endswith((".", ").")), path
        assert all(isinstance(p, click.Argument) or p.help for p in command.params), path


def groups(command: click.Command, context: click.Context) -> Iterator[tuple[str, click.Group]]:
    if isinstance(command, click.Group):
        yield context.command_path, command
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from groups(inner, click.Context(inner, parent=context, info_name=name))


def test_help_lists_commands_in_whole_sentences() -> None:
    root = click.Context(main.salus, info_name="salus", help_option_names=["-h", "--help"])
    for path, group in groups(main.salus, root):
        listed = salus(*path.split()[1:], "--help").out
        assert "..." not in listed.split("\n", 1)[1], path
        for name in group.list_commands(root):
            inner = group.get_command(root, name)
            assert inner is not None and "".join(inner.get_short_help_str(1000).split()) in "".join(listed.split()), (
                name
            )


def test_init_for_programs(tmp_path: Path) -> None:
    made = data("init", "--unattended", "--member", MEMBERS[0], "--member", MEMBERS[2], home=tmp_path / "home")
    assert sorted(made) == ["home", "members", "network"] and sorted(made["members"]) == ["clinic", "north"]
    assert made["network"] == data("ledger", "status", home=tmp_path / "home")["network"]


def test_each_kind_of_refusal_has_its_status() -> None:
    by_kind = {kind: status_of(type("R", (Refusal,), {"kind": kind, "code": 0, "text": ""})()) for kind in Kind}
    assert by_kind == {
        Kind.INVALID: 2, Kind.UNAUTHENTICATED: 1, Kind.FORBIDDEN: 1, Kind.NOT_FOUND: 1,
        Kind.CONFLICT: 1, Kind.GONE: 1, Kind.EXHAUSTED: 4, Kind.UNAVAILABLE: 4,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("raised", "status", "line"),
    [
        (Malformed(), 2, "salus: Not the one canonical encoding of the expected shape. (0x0001)"),
        (vault_errors.StorageFull(), 4, "salus: The disk is full; nothing was stored. (0x4008)"),
        (vault_errors.VaultInUse(), 4, "salus: Another process has this vault open. (0x4001)"),
        (OSError(28, "No space left on device"), 4, "salus: No space left on device"),
        (PermissionError(13, "Permission denied", "/some/file"), 4, "salus: Permission denied: /some/file"),
        (MemoryError(), 4, "salus: out of memory; what was reported as done is durable"),
        (KeyboardInterrupt(), 130, "salus: interrupted; what was reported as done is durable"),
        (KeyError(CANARY), 70, "salus: a bug in Salus (KeyError at "),
        (ValueError(f"two\nlines of {CANARY}"), 70, "salus: a bug in Salus (ValueError at "),
    ],
    ids=lambda value: type(value).__name__,
)
def test_whatever_is_raised_ends_in_one_line(
    claimed: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    raised: BaseException,
    status: int,
    line: str,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr("salus.cli.options.open_region", fail)
    assert bootstrap.open_region is not fail
    assert main.run(["org", "list", "--home", str(claimed)]) == status
    out, err = capsys.readouterr()
    assert out == "" and err.strip().startswith(line) and err.strip().count("\n") == 0
    assert CANARY not in err
