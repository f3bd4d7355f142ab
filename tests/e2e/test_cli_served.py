"""Commands on a home that is served: the server runs them, and all is as if it were closed."""

import contextlib
import fcntl
import json
import os
import pty
import signal
import socket
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import bundle_file, copied, data, done, make_claimed, once, salus
from serving_process import PROGRAM, Server, ended, served, start

from salus import __version__
from salus.cli.beside import host, place
from salus.cli.beside.place import NAME
from salus.cli.beside.wire import Ended, Run, Wire

IN_USE = "salus: A server has this home open, and this needs it closed: end the server first. (0x6230)"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(once(tmp_path_factory, "claimed", make_claimed), tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[Server]:
    with served(home) as running:
        yield running


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    """A home for one test that ends its server."""
    return copied(once(tmp_path_factory, "claimed", make_claimed), tmp_path)


def raw(home: Path) -> socket.socket:
    connection = place.connect(home)
    assert connection is not None
    connection.settimeout(30)
    return connection


def test_reading_and_writing(home: Path, server: Server, tmp_path: Path) -> None:
    before = data("ledger", "status", home=home)["height"]
    (patient,) = data("patient", "list", "--as", "north", home=home)
    assert patient["state"] == "claimed"
    bundle_file(tmp_path, "more.json", "Other", "N-9")
    assert data("record", "import", "--as", "north", tmp_path / "more.json", home=home)["records"] == 5
    assert len(data("patient", "list", "--as", "north", home=home)) == 2
    assert data("ledger", "status", home=home)["height"] > before
    done("staff", "add", "--as", "clinic", "Doctor Somebody", home=home)
    assert {row["name"] for row in data("staff", "list", "--as", "clinic", home=home)} == {
        "Doctor Nobody",
        "Doctor Somebody",
    }


def test_refusals_are_those_of_a_closed_home(home: Path, server: Server) -> None:
    for arguments, status in (
        (("staff", "list", "--as", "nowhere"), 2),
        (("patient", "invite", "--as", "north", "abcdef"), 2),
        (("patient", "claim", "--as", "alma", "wrong-code"), 2),
        (("patient", "list"), 2),
    ):
        result = salus(*arguments, home=home)
        assert (result.status, result.out) == (status, "") and result.line.startswith("salus: "), (arguments, result)


def test_files_are_found_from_the_folder_of_the_caller(home: Path, server: Server, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    bundle_file(tmp_path / "in", "relative.json", "Third", "N-10")
    command = ("record", "import", "--as", "north", "in/relative.json", "--home", os.path.relpath(home, tmp_path))
    status, _, err = ended(start(*command, "--json", cwd=tmp_path))
    assert (status, err) == (0, "")
    shell = f"{' '.join(PROGRAM)} record import --as north --home {home} <(cat in/relative.json)"
    again = subprocess.run(["bash", "-c", shell], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert again.returncode == 0 and "1 " in again.stdout, again.stderr  # a shell's `<(...)` is found too


def test_standard_input_and_settings_of_the_caller(home: Path, server: Server) -> None:
    command = ("discover", "match", "--as", "clinic", "north", "--patient", "-", "--home", home)
    for given, words in ((b"{}", "salus: "), (b"no json", "salus: ")):
        process = start(*command, stdin=subprocess.PIPE)
        out, err = process.communicate(given, timeout=60)
        assert process.returncode == 2 and out == b"" and err.decode().startswith(words), err
    status, _, err = ended(start("record", "due", "--as", "north", env=os.environ | {"SALUS_ANCHOR_CYCLE": "0"}))
    assert (status, err.count("\n")) == (2, 1)


def test_what_needs_the_home_closed_says_so(home: Path, server: Server) -> None:
    for command in (
        ("ledger", "prune", "--before", "3"),
        ("admin", "passphrase", "--new-passphrase-file", home / "passphrase"),
        ("record", "rotate", "--as", "north"),
        ("org", "rotate-keys", "--as", "north", "--seal"),
        ("serve", "--listen", "127.0.0.1:0"),
        ("init", "--unattended", "--member", "north:hospital:North"),
        ("demo", "--once", "--anew"),
    ):
        result = salus(*command, home=home)
        assert (result.status, result.out) == (4, "") and result.line == IN_USE, (command, result)
    assert salus("org", "list", home=home).status == 0


def test_fsck_beside_the_server(home: Path, server: Server) -> None:
    found = json.loads(done("fsck", "--json", "-", home=home))
    assert found["sound"] is True and found["figures"]["vaults"] == 3
    assert salus("org", "list", home=home).status == 0


def test_fsck_of_a_served_home_finds_a_changed_byte(own: Path) -> None:
    with served(own):
        with (own / "ledger/blocks").open("r+b") as file:  # the server does not write there again
            file.seek(100)
            byte = file.read(1)
            file.seek(100)
            file.write(bytes((byte[0] ^ 1,)))
        result = salus("fsck", home=own)
        assert result.status == 1 and "wrong checksum" in result.out, result
        assert not list(own.glob(".fsck-*"))


def test_a_terminal_of_the_caller_s_width_and_colour(home: Path, server: Server) -> None:
    lead, follow = pty.openpty()
    fcntl.ioctl(follow, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS")}
    command = [*PROGRAM, "org", "list", "--home", str(home)]
    shown = {"stdin": follow, "stdout": follow, "stderr": follow, "env": environment | {"TERM": "xterm-256color"}}
    with subprocess.Popen(command, **shown) as process:
        os.close(follow)
        out = b""
        try:
            while part := os.read(lead, 4096):
                out += part
        except OSError:  # the end of a terminal
            pass
        assert process.wait(60) == 0
    os.close(lead)
    lines = out.decode().replace("\x1b[1m", "").replace("\x1b[0m", "").splitlines()
    assert b"\x1b[1m" in out and max(map(len, lines)) <= 60, lines


def test_a_reader_that_goes_away(home: Path, server: Server) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        status, _, err = ended(start("org", "list", "--home", home, stdout=writing))
    finally:
        os.close(writing)
    assert (status, err) == (0, "")
    assert salus("org", "list", home=home).status == 0


def test_what_waits_lets_others_go_first_and_can_be_interrupted(home: Path, server: Server) -> None:
    waiting = start("wallet", "due", "--as", "alma", "--for", "5", "--home", home, "--json")
    while not waits(waiting.pid):
        assert waiting.poll() is None
    assert salus("org", "list", home=home).status == 0
    waiting.send_signal(signal.SIGINT)
    status, out, err = ended(waiting)
    assert (status, out, err) == (130, "", "salus: interrupted; what was reported as done is durable\n")
    assert salus("org", "list", home=home).status == 0


def test_what_is_no_message_ends_the_connection_alone(home: Path, server: Server) -> None:
    for sent in (b"\0\0\0\1\xff", b"\xff\xff\xff\xff", b"GET / HTTP/1.1\r\n\r\n", b"\0\0\0\2\x81\xa4"):
        with raw(home) as connection:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionResetError):  # where it had not read everything
                assert connection.recv(100) == b""
    assert salus("org", "list", home=home).status == 0


def asked(release: str = __version__, folder: bytes = b"/") -> Run:
    return Run(release, [b"org", b"list"], folder, {}, "salus", False, False, False, 80, 24)


def test_another_release_and_a_folder_that_is_gone(home: Path, server: Server, tmp_path: Path) -> None:
    for run, status, code in ((asked(release="0.0.0"), 4, 0x6232), (asked(folder=bytes(tmp_path / "gone")), 1, 0x6235)):
        with raw(home) as connection:
            wire = Wire(connection)
            wire.send(run)
            answer = wire.read_from_server()
            assert isinstance(answer, Ended) and answer.status == status and f"0x{code:04x}" in answer.said


def test_a_server_of_another_home(home: Path, server: Server, own: Path) -> None:
    with raw(home) as connection:
        wire = Wire(connection)
        arguments = [b"org", b"list", b"--home", os.fsencode(own)]
        wire.send(Run(__version__, arguments, b"/", {}, "salus", False, False, False, 80, 24))
        said = wire.read_from_server()
        assert "0x6234" in said.data.decode()
        ended_with = wire.read_from_server()
        assert isinstance(ended_with, Ended) and ended_with.status == 1


def test_too_many_at_once(home: Path, server: Server) -> None:
    waiting = [raw(home) for _ in range(host.MOST)]
    try:
        result = salus("org", "list", home=home)
        assert result.status == 4 and "0x6233" in result.line
    finally:
        for connection in waiting:
            connection.shutdown(socket.SHUT_RDWR)
            connection.close()
    for _ in range(50):
        if salus("org", "list", home=home).status == 0:
            break
    else:
        pytest.fail("the places were not given back")


def test_the_socket_is_its_owner_s_alone(home: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (home / NAME).stat().st_mode & 0o777 == 0o600
    monkeypatch.setattr(place.os, "geteuid", lambda: 4_000_000)
    assert place.connect(home) is None  # a server of another user is none


def test_what_a_killed_server_leaves(own: Path) -> None:
    with served(own) as server:
        assert salus("org", "list", home=own).status == 0
        server.process.kill()
        server.process.wait(30)
    assert (own / NAME).is_socket()
    assert salus("org", "list", home=own).status == 0  # opened by the command itself
    with served(own) as server:
        assert salus("org", "list", home=own).status == 0
        assert server.end(signal.SIGINT)[0] == 0
    assert not (own / NAME).exists()


def test_a_server_that_ends_in_the_middle(own: Path) -> None:
    with served(own) as server:
        command = start("wallet", "due", "--as", "alma", "--for", "5", "--home", own)
        while not waits(command.pid):
            assert command.poll() is None
        server.process.kill()
        status, out, err = ended(command)
    assert (status, out, err.count("\n")) == (4, "", 1) and "0x6231" in err


def waits(pid: int) -> bool:
    """True once a process is connected to a unix socket: its standard streams are none."""
    time.sleep(0.01)
    try:
        links = [os.readlink(f"/proc/{pid}/fd/{name}") for name in os.listdir(f"/proc/{pid}/fd")]
    except OSError:
        return False
    return any(link.startswith("socket:") for link in links)


def test_a_server_told_to_end_stops_what_waits(own: Path) -> None:
    with served(own) as server:
        command = start("wallet", "due", "--as", "alma", "--for", "5", "--home", own)
        while not waits(command.pid):
            assert command.poll() is None
        assert server.end()[0] == 0
        status, _, err = ended(command)
    assert status == 4 and "0x6231" in err
    assert salus("fsck", home=own).status == 0


def test_a_home_with_a_long_path(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> None:
    deep = tmp_path / ("long-" * 30) / ("name-" * 30)
    deep.mkdir(parents=True)
    home = copied(once(tmp_path_factory, "claimed", make_claimed), deep)
    with served(home):
        assert salus("org", "list", home=home).status == 0
        assert (home / NAME).is_socket()
