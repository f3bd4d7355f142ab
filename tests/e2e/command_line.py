"""What the tests of the command line share: a call in this process, and homes made once for all of them."""

import contextlib
import fcntl
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from e2e.story_region import records_of
from salus.cli import main
from salus.vault import keystore

NOW = 1_790_000_000_000
CANARY = "Zzcanaryfamily"


class Result(NamedTuple):
    """What a command left: exit status, standard output and error."""

    status: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """Standard output as the one JSON value that it is."""
        return json.loads(self.out)

    @property
    def line(self) -> str:
        """The one line of an error."""
        assert self.err.endswith("\n") and self.err.count("\n") == 1, self.err
        return self.err.removesuffix("\n")


def salus(*arguments: object, home: Path | None = None, **options: object) -> Result:
    """Run a command here, as `salus ARGUMENTS --home HOME`; a bug (status 70) fails the test."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    line = [str(argument) for argument in arguments] + ([] if home is None else ["--home", str(home)])
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main.run(line)
    result = Result(status, *(stream.buffer.getvalue().decode() for stream in (out, err)))
    assert status != 70, result
    assert "Traceback" not in result.err
    return result


def done(*arguments: object, home: Path) -> str:
    """Run a command that succeeds; return its output."""
    result = salus(*arguments, home=home)
    assert (result.status, result.err) == (0, ""), result
    return result.out


def data(*arguments: object, home: Path) -> Any:
    """Run a command that succeeds, with --json; return the value."""
    return json.loads(done(*arguments, "--json", home=home))


MEMBERS = ("north:hospital:North Hospital", "south:hospital:South Hospital", "clinic:clinic:River Clinic")


def found(home: Path, *members: str) -> Path:
    """Found a region by `salus init`."""
    done("init", "--unattended", *(part for member in members or MEMBERS for part in ("--member", member)), home=home)
    return home


def bundle_file(folder: Path, name: str = "bundle.json", family: str = CANARY, value: str = "N-1") -> Path:
    """Write a bundle of one patient with four results."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(records_of(family, value, NOW))
    return folder / name


@contextlib.contextmanager
def quick() -> Iterator[None]:
    """Argon2id at its least, for fixtures that live longer than a test."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(keystore, "MEMORY_KIB", 128)
        patched.setattr(keystore, "ITERATIONS", 1)
        yield


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other test processes from what `once` made."""
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def once(factory: pytest.TempPathFactory, name: str, make: Any) -> Path:
    """Return the folder that `make` fills, made by the first of the test processes that asks."""
    shared = factory.getbasetemp().parent if "popen" in factory.getbasetemp().name else factory.getbasetemp()
    folder = shared / name
    with (shared / f"{name}.lock").open("w") as lock, quick():
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            (folder / "made").touch()
    return folder


def play_demo(folder: Path) -> None:
    """Play the demonstration into folder/home; keep its output and report."""
    result = salus("demo", "--once", "--json", folder / "report.json", home=folder / "home")
    (folder / "output").write_text(result.out)
    assert (result.status, result.err) == (0, ""), result


def make_claimed(folder: Path, *members: str) -> None:
    """Make folder/home: a hospital with one patient, who claimed her account as `alma`, and a clinic with staff."""
    home = found(folder / "home", *members)
    done("record", "import", "--as", "north", bundle_file(folder), home=home)
    (patient,) = data("patient", "list", "--as", "north", home=home)
    code = data("patient", "invite", "--as", "north", patient["handle"][:12], home=home)["code"]
    claimed = data("patient", "claim", "--as", "alma", "--at-once", code, home=home)
    done("patient", "confirm", "--as", "north", patient["handle"], claimed["short_code"], home=home)
    done("staff", "add", "--as", "clinic", "Doctor Nobody", home=home)


def copied(made: Path, tmp_path: Path) -> Path:
    """Return a copy of a home for a test that changes it."""
    return shutil.copytree(made / "home", tmp_path / "home")


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder but the locks."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in ("lock", "lock.mdb"))
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}
