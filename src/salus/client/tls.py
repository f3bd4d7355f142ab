"""TLS to other servers: which certificates are trusted, and why a connection did not come about, by name."""

import ssl
from collections.abc import Iterator
from enum import Enum
from functools import cache
from pathlib import Path

from salus.client.remote_errors import (
    BadUpstream,
    CertificateExpired,
    NodeAway,
    NoTlsThere,
    OtherHost,
    TlsSpokenThere,
    UntrustedCertificate,
)


class Local(Enum):
    """A process of one's own on this machine: its certificate is for the name by which others reach it."""

    OWN = "own"


# A file of certificates in PEM to trust alone; those of this machine; or none is asked for.
Authority = Path | Local | None

# Codes of OpenSSL's verification: https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error/
_NOT_YET, _EXPIRED = 9, 10
_OTHER_NAMES = (62, 64)  # of a host, of an IP address
# What OpenSSL says of a peer whose first bytes are no TLS; which one, depends on its version.
_NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG")
# What servers answer in clear, with status 400, where TLS is spoken: Go's, which is CometBFT's, and nginx.
_TLS_SPOKEN = (b"Client sent an HTTP request to an HTTPS server", b"The plain HTTP request was sent to HTTPS port")


def trusting(authority: Authority) -> ssl.SSLContext:
    """Return what verifies a server's certificate as `authority` says; raise BadUpstream."""
    if authority is None:
        return _by_this_machine()
    if authority is Local.OWN:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context
    try:
        return ssl.create_default_context(cafile=authority)
    except (OSError, ValueError):
        raise BadUpstream from None


@cache
def _by_this_machine() -> ssl.SSLContext:
    """Return what trusts the authorities of this machine; reading them, once in a process, takes 25 ms."""
    return ssl.create_default_context()


def away(error: Exception) -> NodeAway:
    """Return why nothing could be sent: by name where TLS is why, else that the server is away."""
    for one in _causes(error):
        if isinstance(one, ssl.SSLCertVerificationError):
            if one.verify_code in _OTHER_NAMES:
                return OtherHost()
            return CertificateExpired() if one.verify_code in (_NOT_YET, _EXPIRED) else UntrustedCertificate()
        if isinstance(one, ssl.SSLError) and one.reason in _NO_TLS:
            return NoTlsThere()
    return NodeAway()


def refuse_plain(url: str, status: int, body: bytes) -> None:
    """Raise TlsSpokenThere where this is what a server says that was asked in clear, and speaks TLS."""
    if status == 400 and url.startswith("http:") and any(said in body for said in _TLS_SPOKEN):
        raise TlsSpokenThere


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
