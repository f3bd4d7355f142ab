"""`salus serve`: where it listens, how it begins and ends, TLS. Real processes."""

import datetime
import ipaddress
import os
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from threading import Thread

import httpx2
import pytest
from command_line import MEMBERS, copied, found, once, salus
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID
from serving_process import ended, first_line, served, start

from salus.api.listening import AddressUnusable, BadAddress, BadName, bind, read_address
from salus.api.server import Listening


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    return copied(once(tmp_path_factory, "founded", lambda folder: found(folder / "home", *MEMBERS)), tmp_path)


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_it_says_where_it_is_answers_and_ends(home: Path, by: int) -> None:
    with served(home) as server:
        assert server.said == {
            "url": f"http://127.0.0.1:{server.said['port']}",
            "host": "127.0.0.1",
            "port": server.said["port"],
            "organisations": ["clinic", "north", "south"],
        }
        assert httpx2.get(f"{server.url}/health").json() == {"status": "ok"}
        assert httpx2.get(f"{server.url}/ready").json()["status"] == "ok"
        assert server.end(by) == (0, "", "")
    assert salus("fsck", home=home).status == 0


def test_the_line_for_people(home: Path) -> None:
    process = start("serve", "--home", home, "--listen", "127.0.0.1:0")
    try:
        line = first_line(process)
    finally:
        process.send_signal(signal.SIGTERM)
        status, _, err = ended(process)
    assert line.startswith(f"Serving {home} at http://127.0.0.1:") and line.endswith(" (Ctrl-C ends it)\n")
    assert (status, err) == (0, "")


SLOW = """
import asyncio, sys
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from salus.api.listening import bind
from salus.api.server import Listening
from salus.bootstrap.running import run_app

async def slow(request):
    print("asked", flush=True)
    line = await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    return PlainTextResponse(line)

bound = bind(Listening("127.0.0.1", 0))
run_app(Starlette(routes=[Route("/", slow)]), bound, lambda: print(bound.url, flush=True))
print("closed", flush=True)
"""


def test_what_was_asked_before_it_ends_is_answered() -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    answers: list[httpx2.Response] = []
    with subprocess.Popen([sys.executable, "-c", SLOW], text=True, **pipes) as process:
        assert process.stdin and process.stdout
        url = process.stdout.readline().strip()
        asking = Thread(target=lambda: answers.append(httpx2.get(url, timeout=30)))
        asking.start()
        assert process.stdout.readline() == "asked\n"
        process.send_signal(signal.SIGTERM)
        while True:  # no more is taken in from then on
            try:
                socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), 5).close()
            except OSError:
                break
        process.stdin.write("the answer\n")
        process.stdin.flush()
        asking.join(30)
        assert process.wait(30) == 0 and process.stdout.read() == "closed\n"
    assert answers[0].status_code == 200 and answers[0].text == "the answer\n"


def test_what_keeps_it_from_beginning_is_one_line(home: Path, tmp_path: Path) -> None:
    pem = tmp_path / "no.pem"
    pem.write_text("no certificate")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for options, status, words in (
            (("--home", tmp_path / "nowhere", "--listen", "127.0.0.1:0"), 2, "holds no region"),
            (("--home", home, "--listen", f"127.0.0.1:{port}"), 4, f"port: 127.0.0.1:{port}; "),
            (("--home", home, "--listen", "192.0.2.1:0"), 2, "0x8081"),
            (("--home", home, "--listen", "127.0.0.1:0", "--certificate", pem, "--key", pem), 2, "0x8082"),
            (("--home", home, "--listen", "127.0.0.1:0", "--certificate", pem), 2, "--certificate and --key"),
            (("--home", home, "--listen", "8080"), 2, "0x8083"),
            (("--home", home, "--listen", "127.0.0.1:0", "--name", "no name"), 2, "0x8084"),
        ):
            result = salus("serve", *options)
            assert (result.status, result.out) == (status, "") and words in result.line, (options, result)


def certificate(folder: Path) -> tuple[Path, Path]:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "chain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(private)
    return folder / "chain.pem", folder / "key.pem"


def test_with_a_certificate_it_is_tls(home: Path, tmp_path: Path) -> None:
    chain, key = certificate(tmp_path)
    with served(home, "--certificate", chain, "--key", key) as server:
        assert server.url.startswith("https://127.0.0.1:")
        trusting = ssl.create_default_context(cafile=str(chain))
        with httpx2.Client(verify=trusting) as client:
            assert client.get(f"{server.url}/health").json() == {"status": "ok"}
        with socket.create_connection(("127.0.0.1", server.said["port"]), 10) as plain:
            plain.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
            plain.settimeout(10)
            assert b"ok" not in plain.recv(100)


def test_a_sealed_key_is_refused_and_nobody_is_asked(home: Path, tmp_path: Path) -> None:
    chain, key = certificate(tmp_path)
    loaded = serialization.load_pem_private_key(key.read_bytes(), None)
    sealed = loaded.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"word"),
    )
    key.write_bytes(sealed)
    result = salus("serve", "--certificate", chain, "--key", key, "--listen", "127.0.0.1:0", home=home)
    assert result.status == 2 and "0x8082" in result.line


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("127.0.0.1:80", "127.0.0.1", 80), ("[::1]:0", "::1", 0), ("salus.example:65535", "salus.example", 65535)],
)
def test_addresses(text: str, host: str, port: int) -> None:
    assert read_address(text) == (host, port)


@pytest.mark.parametrize(
    "text", ["", ":80", "host", "host:", "host:x", "host:65536", "host:-1", "::1:80", "h:٣", "h:999999"]
)
def test_no_addresses(text: str) -> None:
    with pytest.raises(BadAddress):
        read_address(text)


def test_the_names_it_answers_for() -> None:
    bound = bind(Listening("127.0.0.1", 0), ("North.Example", "south.example:444"))
    with bound.socket:
        port = bound.listening.port
        assert bound.authorities == {
            *(f"{host}:{port}" for host in ("127.0.0.1", "localhost", "[::1]", "north.example")),
            *("north.example", "south.example:444"),
        }
    for name in ("", "a b", "http://a", "a/b", "a:b", "-a", "a" * 254, "a..b"):
        with pytest.raises(BadName):
            bind(Listening("127.0.0.1", 0), (name,))
    with pytest.raises(AddressUnusable):
        bind(Listening("no-such-host.invalid", 0))
    anywhere = bind(Listening("0.0.0.0", 0))
    with anywhere.socket:
        assert f"localhost:{anywhere.listening.port}" in anywhere.authorities


def test_the_port_of_a_server_that_ended_is_free_at_once(home: Path) -> None:
    with served(home) as server:
        port = server.said["port"]
        httpx2.get(f"{server.url}/health")
        assert server.end()[0] == 0
    with served(home, "--listen", f"127.0.0.1:{port}") as server:
        assert server.said["port"] == port


@pytest.mark.skipif(os.geteuid() == 0, reason="needs a user who may not take port 80")
def test_a_port_that_is_not_for_this_user(home: Path) -> None:
    result = salus("serve", "--listen", "127.0.0.1:80", home=home)
    assert result.status == 2 and "0x8081" in result.line


def _one_processor() -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


@pytest.mark.parametrize("options", [("--executor", "inside"), ("--executor", "apart"), ()], ids=str)
def test_where_its_blocks_are_made(home: Path, options: tuple[str, ...]) -> None:
    with served(home, *options) as server:
        beside = server.executor != server.process.pid
        assert beside == (len(os.sched_getaffinity(0)) > 1 if not options else options[1] == "apart")
        command = Path(f"/proc/{server.executor}/cmdline").read_bytes()
        assert not beside or command.split(b"\0")[2] == b"salus.ledger.apart.serve"
        assert httpx2.get(f"{server.url}/ledger/tip").status_code == 200
        assert server.end() == (0, "", "")


def test_where_its_blocks_are_made_by_the_setting_and_on_one_processor(home: Path) -> None:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("SALUS_")}
    with served(home, preexec_fn=_one_processor) as server:
        assert server.executor == server.process.pid
    with served(home, env=plain | {"SALUS_EXECUTOR": "apart"}, preexec_fn=_one_processor) as server:
        assert server.executor != server.process.pid
    with served(home, "--executor", "inside", env=plain | {"SALUS_EXECUTOR": "apart"}) as server:
        assert server.executor == server.process.pid
    status, out, err = ended(
        start("serve", "--home", home, "--listen", "127.0.0.1:0", env=plain | {"SALUS_EXECUTOR": "else"})
    )
    assert (status, out) == (2, "") and "0x6101" in err
