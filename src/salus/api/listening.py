"""Where a server listens: address, names it answers for, socket and certificate, all checked before it runs."""

import errno
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from socket import SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, getaddrinfo, socket

from salus.api.server import Listening
from salus.api.tls import server_context
from salus.core.errors import Kind, Refusal

BACKLOG = 2_048
NAME = re.compile(r"(?=.{1,253}(?::|$))[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:[0-9]{1,5})?")
_HOME_NAMES = ("localhost", "127.0.0.1", "[::1]")


class AddressTaken(Refusal):
    """Names the address."""

    code, kind, text = 0x8080, Kind.UNAVAILABLE, "Another process listens at this address and port"

    def __init__(self, address: str = "") -> None:
        super().__init__(address)
        self.address = address

    def __str__(self) -> str:
        where = f": {self.address}" if self.address else ""
        return f"{self.text}{where}; end it, or take another by --listen (0x{self.code:04x})"


class AddressUnusable(Refusal):
    code, kind = 0x8081, Kind.INVALID
    text = "This machine cannot listen there: the address is not one of its own, or the port is not for this user."


class BadCertificate(Refusal):
    code, kind = 0x8082, Kind.INVALID
    text = "The certificate and its key do not serve: both in PEM, of one key pair, the key without a passphrase."


class BadAddress(Refusal):
    code, kind, text = 0x8083, Kind.INVALID, "An address to listen at is HOST:PORT, for instance 127.0.0.1:8080."


class BadName(Refusal):
    code, kind, text = 0x8084, Kind.INVALID, "A name that a server answers for is a host name, with or without :PORT."


@dataclass(frozen=True, slots=True)
class Bound:
    """A socket that is bound and listens, and what is said about it."""

    listening: Listening  # with the port that was given, where 0 was asked for
    socket: socket = field(repr=False)
    authorities: frozenset[str]  # values of Host that are answered (RFC 9110 section 7.2)
    name: str = ""  # the first that was given, with a port if it was

    @property
    def url(self) -> str:
        """Where a client on this machine finds it."""
        scheme = "http" if self.listening.certificate is None else "https"
        return f"{scheme}://{_shown(self.listening.host)}:{self.listening.port}"

    @property
    def public_url(self) -> str | None:
        """Where others find it: by its first name, or at its address. None where it listens at every address."""
        if not self.name:
            return None if _is_any(_shown(self.listening.host)) else self.url
        scheme = "http" if self.listening.certificate is None else "https"
        return f"{scheme}://{self.name}" if ":" in self.name else f"{scheme}://{self.name}:{self.listening.port}"


def read_address(text: str) -> tuple[str, int]:
    """Return (host, port) of HOST:PORT, an IPv6 address in brackets; raise BadAddress."""
    host, colon, port = text.strip().rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise BadAddress
    if not (colon and host and port.isascii() and port.isdigit() and len(port) <= 5 and int(port) < 65_536):
        raise BadAddress
    return host, int(port)


def bind(listening: Listening, names: Iterable[str] = ()) -> Bound:
    """Take the address; raise AddressTaken, AddressUnusable, BadCertificate, BadName."""
    wanted = [name.strip().lower() for name in names]
    if not all(NAME.fullmatch(name) for name in wanted):
        raise BadName
    check_certificate(listening)
    try:
        taken = _take(listening.host, listening.port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise AddressTaken(f"{_shown(listening.host)}:{listening.port}") from None
        raise AddressUnusable from None
    port = int(taken.getsockname()[1])
    found = Listening(listening.host, port, listening.certificate, listening.key)
    return Bound(found, taken, _authorities(found, wanted), wanted[0] if wanted else "")


def check_certificate(listening: Listening) -> None:
    """Raise BadCertificate unless a certificate and its key, if given, belong together."""
    if listening.certificate is None and listening.key is None:
        return
    if listening.certificate is None or listening.key is None:
        raise BadCertificate
    try:
        server_context(listening.certificate, listening.key)
    except (OSError, ValueError):
        raise BadCertificate from None


def _take(host: str, port: int) -> socket:
    family, kind, proto, _, place = getaddrinfo(host, port, type=SOCK_STREAM)[0]
    taken = socket(family, kind, proto)
    try:
        taken.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        taken.bind(place)
        taken.listen(BACKLOG)
    except BaseException:
        taken.close()
        raise
    return taken


def _authorities(listening: Listening, names: list[str]) -> frozenset[str]:
    """A name without a port counts with it, and alone, for who stands behind a proxy."""
    own = _shown(listening.host)
    hosts = {own, *_HOME_NAMES} if own in _HOME_NAMES or _is_any(listening.host) else {own}
    usual = 80 if listening.certificate is None else 443
    found = {f"{host}:{listening.port}" for host in hosts}
    found |= {host for host in hosts if listening.port == usual}
    return frozenset(found | set(names) | {f"{name}:{listening.port}" for name in names if ":" not in name})


def _shown(host: str) -> str:
    try:
        return f"[{host}]" if isinstance(ip_address(host), IPv6Address) else host
    except ValueError:
        return host.lower()


def _is_any(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_unspecified
    except ValueError:
        return False
