"""CometBFT's RPC over TLS, by a real CometBFT: who is trusted, and each refusal by its own name."""

from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import NamedTuple

import pytest

from consensus.kvstore_nodes import KvNode, kv_nodes, until
from consensus.test_cometbft_rpc_hostile import answering
from salus.client.cometbft.news import News
from salus.client.cometbft.rpc import Rpc
from salus.client.cometbft.subscription import NEW_HEADER, new_height
from salus.client.light import RpcProvider
from salus.client.remote_errors import (
    BadUpstream,
    CertificateExpired,
    NodeAway,
    NodeRefused,
    NoTlsThere,
    OtherHost,
    TlsFailed,
    TlsSpokenThere,
    UntrustedCertificate,
)
from salus.client.tls import Authority, Local
from salus.services.certificates import Certificates, make_certificates

WAIT_S = 30.0
Call = Callable[[Rpc], object]
# What each part of the client asks first: a question, one that sends, one over a connection of its own.
CALLS: dict[str, Call] = {
    "question": lambda rpc: rpc.status(),
    "batch": lambda rpc: rpc.broadcast(b"a=b"),
    "subscription": lambda rpc: rpc.subscribe(NEW_HEADER),
}


class Secure(NamedTuple):
    """A node that speaks TLS, and its certificate."""

    node: KvNode
    certificates: Certificates

    @property
    def by_name(self) -> str:
        """Its URL with the host name that is in the certificate, where the address is not."""
        return self.node.url.replace("127.0.0.1", "localhost")


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secure]:
    made = make_certificates(tmp_path_factory.mktemp("node"), ["localhost"])
    with kv_nodes("tls", certificates=made) as (node,):
        yield Secure(node, made)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Of another authority, for the same host."""
    return make_certificates(tmp_path_factory.mktemp("other"), ["localhost"])


def refused(url: str, authority: Authority, call: Call) -> TlsFailed:
    """Return why `call` gets nothing; it is a NodeAway for whoever asks the next node then."""
    with closing(Rpc(url, authority)) as rpc, pytest.raises(NodeAway) as caught:
        call(rpc)
    assert isinstance(caught.value, TlsFailed)
    return caught.value


def test_the_right_authority_for_calls_and_a_subscription(secure: Secure) -> None:
    with closing(Rpc(secure.by_name, secure.certificates.ca)) as rpc:
        height = rpc.status().height
        assert rpc.broadcast(b"tls=1").code == 0
        block = RpcProvider(rpc).block(height)
        assert block.height == height and block.hash == rpc.block(height).hash
        with rpc.subscribe(NEW_HEADER) as events:
            first = next(iter(events))
            second = next(iter(events))
        assert new_height(second) == new_height(first) + 1
        heard = News([rpc])
        until(lambda: heard.hearing)
        assert heard.wait(WAIT_S)
        heard.close()


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_another_authority_is_refused_by_name(secure: Secure, other: Certificates, call: Call) -> None:
    for authority in (other.ca, None):  # None: those of this machine
        found = refused(secure.by_name, authority, call)
        assert type(found) is UntrustedCertificate and "`ca`" in str(found)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_another_host_name_is_refused_by_name(secure: Secure, call: Call) -> None:
    found = refused(secure.node.url, secure.certificates.ca, call)  # by its address, which is not in it
    assert type(found) is OtherHost and "host names" in str(found)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_question_in_clear_where_tls_is_spoken(secure: Secure, call: Call) -> None:
    found = refused(secure.by_name.replace("https:", "http:"), None, call)
    assert type(found) is TlsSpokenThere and "https://" in str(found)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_tls_where_it_is_not_spoken(node: KvNode, other: Certificates, call: Call) -> None:
    found = refused(node.url.replace("http:", "https:"), other.ca, call)
    assert type(found) is NoTlsThere and "http://" in str(found)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_ones_own_node_is_asked_by_whatever_address(secure: Secure, call: Call) -> None:
    with closing(Rpc(secure.node.url, Local.OWN)) as rpc:
        made = call(rpc)
        if hasattr(made, "close"):
            made.close()


def test_a_certificate_that_expired(tmp_path: Path) -> None:
    made = make_certificates(tmp_path, ["localhost"], -0.01)
    with kv_nodes("expired", certificates=made) as (node,):
        for call in CALLS.values():
            found = refused(node.url.replace("127.0.0.1", "localhost"), made.ca, call)
            assert type(found) is CertificateExpired and "clock" in str(found)


def test_a_file_of_certificates_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    for path in (tmp_path / "ca.pem", tmp_path / "missing.pem"):
        with pytest.raises(BadUpstream):
            Rpc("https://localhost:1", path)


def test_an_answer_that_only_speaks_of_tls_is_no_more_than_an_answer() -> None:
    """Of another status, a node may say what it likes."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        said = b"Client sent an HTTP request to an HTTPS server."
        handler.send_response(404)
        handler.send_header("content-length", str(len(said)))
        handler.end_headers()
        handler.wfile.write(said)

    with answering(answer) as rpc, pytest.raises(NodeRefused):
        rpc.status()
