"""TLS as it is served, by the certificate that `salus tls` makes; and what does not get as far as that."""

import json
import socket
import ssl
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from api_sockets import GET, QUICK, WAIT_S, Running, answer, running, status

from salus.api import server as serving
from salus.api.listening import BadCertificate, bind
from salus.api.server import Listening
from salus.cli import main
from salus.services.certificates import BadHost, Certificates, make_certificates

HOSTS = ("127.0.0.1", "localhost", "salus.test")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("home"), HOSTS)


@pytest.fixture(scope="module")
def server(certificates: Certificates) -> Iterator[Running]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(serving, "HANDSHAKE_S", 0.6)
        with running(QUICK, Listening("127.0.0.1", 0, certificates.certificate, certificates.key)) as made:
            yield made


def client(certificates: Certificates) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificates.ca)


def wrapped(server: Running, context: ssl.SSLContext, name: str = "127.0.0.1") -> ssl.SSLSocket:
    plain = socket.create_connection(("127.0.0.1", server.port), WAIT_S)
    try:
        return context.wrap_socket(plain, server_hostname=name)
    except BaseException:
        plain.close()
        raise


@pytest.mark.parametrize("name", HOSTS)
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_it_is_served_with_the_versions_in_use(
    server: Running, certificates: Certificates, name: str, version: ssl.TLSVersion
) -> None:
    context = client(certificates)
    context.minimum_version = context.maximum_version = version
    with wrapped(server, context, name) as peer:
        peer.sendall(GET)
        found = answer(peer)
        assert status(found) == 200 and b"strict-transport-security: max-age=31536000" in found
        cipher, _, _ = peer.cipher() or ("", "", 0)
        assert ("ECDHE" in cipher or cipher.startswith("TLS_")) and ("GCM" in cipher or "CHACHA20" in cipher)


def test_a_client_library_takes_it_with_its_authority(server: Running, certificates: Certificates) -> None:
    with httpx2.Client(verify=client(certificates)) as http:
        assert http.get(f"https://localhost:{server.port}/fast").text == "fast"


@pytest.mark.parametrize(
    "ciphers", ["AES128-SHA", "AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "aNULL"]
)
def test_weak_ciphers_are_refused(server: Running, certificates: Certificates, ciphers: str) -> None:
    context = client(certificates)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        wrapped(server, context)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_versions_are_refused(server: Running, certificates: Certificates, version: ssl.TLSVersion) -> None:
    context = client(certificates)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    with pytest.raises((ssl.SSLError, ConnectionError)):
        wrapped(server, context)


def test_nobody_trusts_it_who_was_not_given_its_authority(server: Running) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        wrapped(server, ssl.create_default_context())


def test_it_is_for_no_other_host(server: Running, certificates: Certificates) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        wrapped(server, client(certificates), "other.test")


def test_who_speaks_no_tls_or_nothing_is_ended_and_others_are_served(
    server: Running, certificates: Certificates
) -> None:
    with server.connect() as plain, server.connect() as silent:
        plain.sendall(GET)
        assert b"HTTP" not in _rest(plain)
        assert _rest(silent) == b""
    with wrapped(server, client(certificates)) as peer:
        peer.sendall(GET)
        assert status(answer(peer)) == 200


def _rest(peer: socket.socket) -> bytes:
    found = b""
    try:
        while part := peer.recv(65_536):
            found += part
    except ConnectionResetError:
        pass
    return found


def test_a_huge_head_over_tls_is_refused(server: Running, certificates: Certificates) -> None:
    with wrapped(server, client(certificates)) as peer:
        peer.sendall(b"GET /" + b"a" * 300_000)
        assert status(answer(peer)) == 414


# What the command makes.


def test_the_key_is_for_its_owner_alone_and_the_authoritys_is_nowhere(certificates: Certificates) -> None:
    assert stat.S_IMODE(certificates.key.stat().st_mode) == 0o600
    files = sorted(path.name for path in certificates.key.parent.iterdir())
    assert files == ["ca.pem", "server.key", "server.pem"]
    assert certificates.key.read_text().count("PRIVATE KEY") == 2
    assert "PRIVATE" not in certificates.ca.read_text() + certificates.certificate.read_text()


@pytest.mark.parametrize("host", ["", "a b", "host:80", "-a", "a..b", "http://a", "a/b", "*", "x" * 254])
def test_what_is_no_host_is_refused_and_nothing_written(tmp_path: Path, host: str) -> None:
    with pytest.raises(BadHost):
        make_certificates(tmp_path / "home", ["good.test", host])
    assert not (tmp_path / "home").exists()


def run(capfd: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main.run([str(one) for one in arguments])
    out, err = capfd.readouterr()
    return code, out, err


def test_the_command_says_that_it_is_for_development(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capfd, "tls", "--home", tmp_path, "--host", "salus.test", "--host", "192.0.2.1")
    assert (code, err) == (0, "") and "for development alone" in out and "server.key" in out
    code, out, _ = run(capfd, "tls", "--home", tmp_path, "--host", "::1", "--json", "--days", 3)
    made = json.loads(out)
    assert code == 0 and made["development"] is True
    bound = bind(Listening("127.0.0.1", 0, Path(made["certificate"]), Path(made["key"])))
    bound.socket.close()


def test_a_wrong_host_is_one_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capfd, "tls", "--home", tmp_path, "--host", "salus.test:443")
    assert (code, out) == (2, "")
    assert err == "salus: --host takes a DNS name or an IP address, without a port\n"
    assert run(capfd, "tls", "--home", tmp_path)[0] == 2


def test_a_certificate_and_anothers_key_do_not_serve(tmp_path: Path, certificates: Certificates) -> None:
    other = make_certificates(tmp_path / "other", ["localhost"])
    for pair in ((certificates.certificate, other.key), (certificates.key, certificates.key), (tmp_path, tmp_path)):
        with pytest.raises(BadCertificate):
            bind(Listening("127.0.0.1", 0, *pair))
