"""Real processes: a home in use, readers that go away, a full disk, Ctrl-C."""

import os
import resource
import signal
import subprocess
import time
from pathlib import Path

import pytest
from command_line import bundle_file, contents, copied, data, found, make_claimed, once, salus
from serving_process import start as process

from salus.bootstrap import open_region


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    return copied(once(tmp_path_factory, "claimed", make_claimed), tmp_path)


def ended(started: subprocess.Popen[bytes]) -> tuple[int, str, str]:
    try:
        out, err = started.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        started.kill()
        started.communicate()
        raise
    return started.returncode, (out or b"").decode(), err.decode()


def test_a_home_in_use_is_told_in_one_line(home: Path) -> None:
    with open_region(home, (home / "passphrase").read_text().strip()) as region:
        region.organisation("north")
        for command in (("patient", "list", "--as", "north"), ("fsck",)):
            status, out, err = ended(process(*command, "--home", home))
            assert (status, out, err.count("\n")) == (4, "", 1), (command, err)
            assert "Another process has this" in err
    assert salus("patient", "list", "--as", "north", home=home).status == 0


def test_two_may_read_at_once(home: Path) -> None:
    with open_region(home, (home / "passphrase").read_text().strip(), read_only=True):
        commands = (("ledger", "status"), ("fsck",), ("patient", "list", "--as", "north"))
        started = [process(*command, "--home", home) for command in commands]
        assert [ended(one)[0] for one in started] == [0, 0, 4]


def test_a_reader_that_goes_away(home: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        status, _, err = ended(process("org", "list", "--home", home, stdout=writing))
    finally:
        os.close(writing)
    assert (status, err) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_to_a_full_disk(home: Path) -> None:
    with open("/dev/full", "w") as full:
        for command in (("org", "list", "--home", home), ("--help",)):
            status, _, err = ended(process(*command, stdout=full))
            assert (status, err.count("\n")) == (4, 1) and "No space left on device" in err


def small_files() -> None:
    """No file may grow beyond 32 KiB: what a full disk does, for one process."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (32 * 1024, 32 * 1024))


def test_a_full_disk_loses_nothing(home: Path, tmp_path: Path) -> None:
    before = data("patient", "list", "--as", "north", home=home)
    file = bundle_file(tmp_path, "second.json", "Second", "N-2")
    status, out, err = ended(process("record", "import", "--as", "north", file, "--home", home, preexec_fn=small_files))
    assert (status, out, err.count("\n")) == (4, "", 1), err
    assert salus("fsck", home=home).status == 0
    assert data("patient", "list", "--as", "north", home=home) == before
    assert data("record", "import", "--as", "north", file, home=home)["records"] == 5


def test_a_new_region_on_a_full_disk(tmp_path: Path) -> None:
    arguments = ("init", "--unattended", "--member", "north:hospital:North", "--home", tmp_path / "home")
    status, out, err = ended(process(*arguments, preexec_fn=small_files))
    assert (status, out, err.count("\n")) == (4, "", 1), err


def test_interrupted(home: Path, tmp_path: Path) -> None:
    fifo = tmp_path / "never.json"
    os.mkfifo(fifo)
    before = contents(home)
    started = process("record", "import", "--as", "north", fifo, "--home", home)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            writer = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)  # works once the import reads
            break
        except OSError:
            time.sleep(0.02)
    # Python looks at signals between system calls: one that comes between the file's opening and the first wait for
    # its bytes is seen only after that wait. Whoever presses Ctrl-C then, presses again.
    for _ in range(5):
        started.send_signal(signal.SIGINT)
        try:
            started.wait(timeout=10)
            break
        except subprocess.TimeoutExpired:
            continue
    status, out, err = ended(started)
    os.close(writer)
    assert (status, out) == (130, "")
    assert err.strip() == "salus: interrupted; what was reported as done is durable"
    assert contents(home) == before


def test_a_terminal_without_the_letters(tmp_path: Path) -> None:
    home = found(tmp_path / "home", "klinik:clinic:Zoë Klinik")
    status, out, err = ended(process("org", "list", "--home", home, env=os.environ | {"PYTHONIOENCODING": "ascii"}))
    assert (status, err) == (0, "") and "Zo? Klinik" in out


def test_python_dash_m_salus_and_no_terminal() -> None:
    status, out, err = ended(process())
    assert status == 0 and out.startswith("Usage: salus") and err == ""
