"""Sign HTTP requests that are not envelopes, by a key that the ledger lists.

HTTP Message Signatures, https://www.rfc-editor.org/rfc/rfc9421, with Content-Digest,
https://www.rfc-editor.org/rfc/rfc9530. Covered are method, authority, path, query and, where there is a body, its
digest; beside them when it was made, the key's id in hex, a nonce and the tag. Keys are those of the ledger,
and libsodium checks what they signed, as everywhere.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from http_message_signatures import HTTPMessageSigner, HTTPSignatureAlgorithm, HTTPSignatureKeyResolver

from salus.core.signatures import SigningKey, verify

TAG = "salus/1"
COVERED = ("@method", "@authority", "@path", "@query")
DIGEST = "content-digest"


class Signable(Protocol):
    """A request of a client library: `httpx2.Request` is one."""

    @property
    def method(self) -> str: ...
    @property
    def headers(self) -> Any: ...
    @property
    def url(self) -> Any: ...


class Ed25519(HTTPSignatureAlgorithm):
    """ed25519 of RFC 9421 section 3.3.6, by libsodium. Keys are raw: 32 bytes, or a `SigningKey`."""

    algorithm_id = "ed25519"

    def __init__(self, public_key: bytes | None = None, private_key: SigningKey | None = None) -> None:
        self._public, self._private = public_key, private_key

    def sign(self, message: bytes) -> bytes:
        """Return the signature; raise ValueError without a private key."""
        if self._private is None:
            raise ValueError("private_key")
        return self._private.sign(message)

    def verify(self, signature: bytes, message: bytes) -> None:
        """Return if it verifies; raise ValueError otherwise."""
        if self._public is None or not verify(self._public, message, signature):
            raise ValueError("signature")


class _Own(HTTPSignatureKeyResolver):
    def __init__(self, key: SigningKey) -> None:
        self._key = key

    def resolve_private_key(self, key_id: str) -> SigningKey:
        return self._key


def sign_request(
    request: Signable,
    network: bytes,
    key: SigningKey,
    body: bytes = b"",
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    also: Sequence[str] = (),
) -> None:
    """Add Signature-Input, Signature and, with a body, Content-Digest to the request; `also` names header fields."""
    HTTPMessageSigner(signature_algorithm=Ed25519, key_resolver=_Own(key)).sign(
        request,
        key_id=key.id(network).hex(),
        created=now(),
        nonce=secrets.token_hex(16),
        tag=TAG,
        covered_component_ids=(*COVERED, *([DIGEST] if body else []), *also),
        body=body or None,
    )


def signature_headers(
    network: bytes, key: SigningKey, method: str, url: str, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the header fields of a signed request, for clients of other libraries."""
    made = _Plain(method, url, dict(headers or {}))
    sign_request(made, network, key, body)
    return made.headers


class _Plain:
    def __init__(self, method: str, url: str, headers: dict[str, str]) -> None:
        self.method, self.url, self.headers = method, url, headers
