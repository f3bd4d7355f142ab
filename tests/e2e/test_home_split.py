"""Taking a region apart: each file where it belongs, never two that could act, also where it was broken off."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_line import contents, done, salus
from story_region import PASSPHRASE, START_MS, found, give_wallet, take_in

from salus.bootstrap import (
    MemberSpec,
    RegionSpec,
    UpstreamFile,
    create_person,
    create_region,
    open_region,
    split,
    split_region,
)
from salus.bootstrap.split import plan
from salus.cli.options import passphrase
from salus.cli.terminal import OwnTerminal, terminal, use_terminal
from salus.core.errors import Refusal
from salus.disk import take_lock
from salus.ledger.errors import NotANode
from salus.policy.types import OrganisationRole
from salus.services.errors import NoRegion
from salus.services.remote.directory import Directory
from salus.services.remote.errors import CopyDiffers, FolderTaken
from salus.testing.clock import FakeClock
from salus.vault import keystore
from salus.vault.errors import StorageFull
from salus.vault.files import LocalFiles

UPSTREAM = UpstreamFile("http://127.0.0.1:18080")
SPEC = RegionSpec(
    "Splitland",
    (MemberSpec("One", "one", (OrganisationRole.HOSPITAL,)), MemberSpec("Two", "two", (OrganisationRole.CLINIC,))),
)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed region of two members and a person, with letters and one that waits."""
    home = tmp_path_factory.mktemp("small") / "home"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(keystore, "MEMORY_KIB", 128)
        patched.setattr(keystore, "ITERATIONS", 1)
        with create_region(home, SPEC, PASSPHRASE, FakeClock(START_MS)) as region:
            create_person(region, "alma")
            region.exchange.post(region.account("one"), "request", b"to one")
            region.exchange.post(b"\x07" * 32, "told", b"to nobody here")
    (home / "passphrase").write_text(PASSPHRASE)
    waiting = home / "exchange/outbox/organisations/two"
    waiting.mkdir(parents=True)
    (waiting / "000000000000000001-00.ff.request").write_bytes(b"waits")
    return home


@pytest.fixture
def home(small: Path, tmp_path: Path) -> Path:
    return shutil.copytree(small, tmp_path / "home")


def usable(home: Path) -> bool:
    return (home / "genesis.cbor").is_file()


def homes_in(to: Path) -> list[Path]:
    return [to / "node", *sorted((to / "members").glob("*")), *sorted((to / "people").glob("*"))]


def test_everything_is_where_it_belongs(home: Path, tmp_path: Path) -> None:
    before = contents(home)
    parts = split_region(home, tmp_path / "to", UPSTREAM, PASSPHRASE)
    assert [path.name for path in parts.all()] == ["node", "one", "two", "alma"]
    assert parts.left == 1
    for part in parts.all():
        assert usable(part) and (part / "passphrase").read_text() == PASSPHRASE
        assert (part / "upstream.json").is_file() == (part != parts.node)
    node, (one, two), (alma,) = parts.node, parts.members, parts.people
    assert sorted(path.name for path in node.iterdir()) == ["directory", "genesis.cbor", "ledger", "node", "passphrase"]
    for part, folder, other in ((one, "organisations/one", "two"), (two, "organisations/two", "one")):
        kept = contents(part)
        wanted = {name for name in before if name.startswith(folder) and not name.endswith("vault.lock")}
        assert {name: kept[name] for name in wanted} == {name: before[name] for name in wanted}
        assert not any(name.startswith((f"organisations/{other}", "people", "node", "ledger")) for name in kept)
    assert [path.read_bytes() for path in one.glob("exchange/letters/*/*")] == [b"to one"]
    assert not list(two.glob("exchange/letters/*/*"))
    assert [path.read_bytes() for path in two.glob("exchange/outbox/*/*/*")] == [b"waits"]
    assert sorted(path.name for path in alma.iterdir()) == [
        *("exchange", "genesis.cbor", "passphrase", "people", "upstream.json")
    ]
    assert not (tmp_path / "to/split").exists()
    note = (home / "SPLIT.txt").read_text()
    assert str(tmp_path / "to") in note and "destroy this folder" in note
    with pytest.raises(NoRegion):
        open_region(home, PASSPHRASE)
    with pytest.raises(NoRegion):
        split_region(home, tmp_path / "again", UPSTREAM, PASSPHRASE)
    with pytest.raises(NotANode):
        split_region(one, tmp_path / "again", UPSTREAM, PASSPHRASE)


def test_the_node_knows_the_members_sealing_keys(home: Path, tmp_path: Path) -> None:
    with open_region(home, PASSPHRASE, clock=FakeClock(START_MS)) as region:
        seals = [region.organisation(slug).seal_key for slug in ("one", "two")]
        network = region.network
    node = split_region(home, tmp_path / "to", UPSTREAM, PASSPHRASE).node
    directory = Directory(node / "directory", network)
    assert [directory.find(seal.id(network)) for seal in seals] == [seal.public for seal in seals]
    with open_region(node, PASSPHRASE, clock=FakeClock(START_MS)) as region:
        assert (region.organisations(), region.people()) == ((), ())


def test_a_folder_with_something_in_it_is_refused(home: Path, tmp_path: Path) -> None:
    (tmp_path / "to").mkdir()
    (tmp_path / "to/mine").write_text("x")
    with pytest.raises(FolderTaken):
        split_region(home, tmp_path / "to", UPSTREAM, PASSPHRASE)
    assert usable(home) and (tmp_path / "to/mine").read_text() == "x"


def test_a_region_that_is_open_is_not_split(home: Path, tmp_path: Path) -> None:
    with open_region(home, PASSPHRASE, clock=FakeClock(START_MS)), pytest.raises(Refusal, match="0x7001"):
        split_region(home, tmp_path / "to", UPSTREAM, PASSPHRASE)
    assert usable(home)
    split_region(home, tmp_path / "to", UPSTREAM, PASSPHRASE)


def test_a_copy_that_differs_stops_it(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = shutil.copy2

    def flipped(old: Path, new: Path) -> None:
        copy(old, new)
        if new.name == "wallet.sealed":
            raw = bytearray(new.read_bytes())
            raw[100] ^= 1
            new.write_bytes(raw)

    with monkeypatch.context() as patched:
        patched.setattr(split.shutil, "copy2", flipped)
        with pytest.raises(CopyDiffers):
            split_region(home, tmp_path / "to", UPSTREAM, PASSPHRASE)
    assert usable(home) and not any(usable(part) for part in homes_in(tmp_path / "to"))
    split_region(home, tmp_path / "to", UPSTREAM, PASSPHRASE)
    assert all(usable(part) for part in homes_in(tmp_path / "to"))


class Crash(Exception):
    """The machine stops."""


class Stopping(LocalFiles):
    """Files that stop at the step of a number, before or after it is done."""

    def __init__(self, at: int, *, after: bool) -> None:
        self.at, self.after, self.step = at, after, 0

    def _do(self, act: Callable[..., Any], *given: object) -> Any:
        self.step += 1
        if self.step == self.at and not self.after:
            raise Crash
        done = act(*given)
        if self.step == self.at:
            raise Crash
        return done

    def write(self, path: Path, data: bytes) -> None:
        self._do(super().write, path, data)

    def move(self, old: Path, new: Path) -> None:
        self._do(super().move, old, new)

    def delete(self, path: Path) -> None:
        self._do(super().delete, path)


@pytest.mark.parametrize("after", [False, True])
def test_wherever_it_is_broken_off_there_are_never_two(
    home: Path, tmp_path: Path, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, to, crashes = contents(home), tmp_path / "to", 0
    for at in range(1, 30):
        shutil.rmtree(home)
        shutil.rmtree(to, ignore_errors=True)
        for name, raw in whole.items():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_bytes(raw)
        with monkeypatch.context() as patched:
            patched.setattr(split, "_FILES", Stopping(at, after=after))
            try:
                split_region(home, to, UPSTREAM, PASSPHRASE)
                break
            except Crash:
                crashes += 1
        assert not (usable(home) and any(usable(part) for part in homes_in(to)))
        if usable(home) or (to / "split").exists():
            split_region(home, to, UPSTREAM, PASSPHRASE)
        assert not usable(home) and all(usable(part) for part in homes_in(to))
        assert [path.name for path in homes_in(to)] == ["node", "one", "two", "alma"]
        assert not (to / "split").exists()
    assert crashes == 9  # two marks, the note, the renaming, four geneses, the end


def test_a_full_disk_leaves_the_region_as_it_was(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(old: Path, new: Path) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(split.shutil, "copy2", full)
        with pytest.raises(StorageFull):
            split_region(home, tmp_path / "to", UPSTREAM, PASSPHRASE)
    assert usable(home) and not any(usable(part) for part in homes_in(tmp_path / "to"))


def test_letters_go_with_the_custodian(tmp_path: Path) -> None:
    with found(tmp_path / "home") as story:
        handle = take_in(story.north, "Meyer", "N-1")
        give_wallet(story, story.north, handle, "alma")
        story.region.exchange.post(handle, "told", b"to her")
        parts, left = plan(story.region, tmp_path / "to")
    north = next(part for part in parts if part.home.name == "north")
    assert left == 0
    assert (tmp_path / f"home/exchange/letters/{handle.hex()}", north.home / f"exchange/letters/{handle.hex()}") in (
        north.moves
    )


def test_the_command(home: Path, tmp_path: Path) -> None:
    node = "http://127.0.0.1:18080"
    bad = salus("home", "split", "--to", tmp_path / "to", "--node", "http://node.example", home=home)
    assert bad.status == 2 and "https" in bad.line
    unlock = take_lock(home / "ledger/lock")
    busy = salus("home", "split", "--to", tmp_path / "to", "--node", node, home=home)
    assert busy.status == 4
    unlock()
    told = done("home", "split", "--to", tmp_path / "to", "--node", node, home=home)
    assert "1 letters" in told and "still holds every key" in told
    assert salus("home", "split", "--to", tmp_path / "to", "--node", node, home=home).status == 1
    genesis = tmp_path / "to/node/genesis.cbor"
    mine = tmp_path / "mine"
    done("home", "follow", "--node", node, "--genesis", genesis, "--unattended", home=mine)
    assert sorted(path.name for path in mine.iterdir()) == ["genesis.cbor", "passphrase", "upstream.json"]
    again = salus("home", "follow", "--node", node, "--genesis", genesis, home=mine)
    assert again.status == 2 and "not empty" in again.line
    wrong = salus("home", "follow", "--node", node, "--genesis", tmp_path / "to/node/passphrase", home=tmp_path / "w")
    assert wrong.status == 2 and not (tmp_path / "w").exists()


class Somebody(OwnTerminal):
    """Somebody who can be asked."""

    def __init__(self) -> None:
        self.twice: list[bool] = []

    def attended(self) -> bool:
        return True

    def ask_secret(self, words: str, *, twice: bool) -> str:
        self.twice.append(twice)
        return PASSPHRASE


def test_the_passphrase_of_a_home_with_nothing_sealed_is_asked_for_twice(home: Path, tmp_path: Path) -> None:
    asked, before = Somebody(), terminal()
    use_terminal(asked)
    try:
        passphrase(tmp_path / "fresh")
        (home / "passphrase").unlink()
        passphrase(home)
    finally:
        use_terminal(before)
    assert asked.twice == [True, False]
