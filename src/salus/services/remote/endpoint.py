"""Endpoint: where a member's gateway is, as it says itself by its gateway key; anybody checks it by the ledger."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from salus.contracts.accounts import queries as accounts
from salus.contracts.governance import queries as governance
from salus.core import cose
from salus.core.encoding import decode, encode
from salus.core.endpoint import KIND, MAX_URL, Endpoint
from salus.core.errors import Malformed
from salus.core.keys import Role
from salus.core.signatures import SigningKey, verify
from salus.services.remote.errors import BadEndpoint, NotItsGateway
from salus.state.overlay import Reader

MAX_BYTES = 1024  # of a signed endpoint


def sign_endpoint(network: bytes, member: bytes, url: str, time: int, gateway: SigningKey) -> bytes:
    """Return a signed endpoint; raise BadEndpoint."""
    check_url(url)
    return cose.sign(KIND, network, encode(Endpoint(network, member, url, time)), [gateway])


def read_endpoint(state: Reader, network: bytes, raw: bytes, now: int) -> Endpoint:
    """Return the endpoint in `raw`; raise Malformed, BadEndpoint, NotItsGateway.

    The key must be live now: an address counts no longer than the key that signed it.
    """
    if len(raw) > MAX_BYTES:
        raise Malformed
    signed = cose.parse(KIND, raw)
    endpoint = decode(signed.payload, Endpoint)
    if endpoint.network != network or len(signed.signatures) != 1:
        raise Malformed
    check_url(endpoint.url)
    ((kid, signature),) = signed.signatures
    key = accounts.live_key(state, endpoint.member, kid, now)
    if key is None or key.role != Role.GATEWAY or governance.member(state, endpoint.member) is None:
        raise NotItsGateway
    if not verify(key.public, cose.to_be_signed(KIND, network, signed.payload, kid), signature):
        raise NotItsGateway
    return endpoint


def check_url(url: str) -> None:
    """Raise BadEndpoint unless a gateway may be at this URL."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise BadEndpoint from None
    plain = url.isascii() and url.isprintable() and not any(letter in " \"'<>\\^`{|}" for letter in url)
    whole = bool(host) and not (parts.username or parts.password or parts.query or parts.fragment or "@" in url)
    if not plain or not whole or "?" in url or "#" in url or url.endswith("/") or len(url) > MAX_URL:
        raise BadEndpoint
    if parts.scheme != "https" and not (parts.scheme == "http" and on_this_machine(url)):
        raise BadEndpoint


def on_this_machine(url: str) -> bool:
    """True if the host of a URL is the very machine that asks: such an address means something to it alone."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
