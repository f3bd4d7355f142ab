"""Who signed a request: HTTP Message Signatures (RFC 9421) by a live key of an account on the ledger, step by step.

1. Signature-Input and Signature hold one signature with the tag `salus/1`, else NotSigned or MalformedSignature.
2. It covers method, authority, path, query and, with a body, its digest, else TooLittleSigned.
3. The authority is one that this server answers for, else OtherHost: a signature made for another server is refused.
4. It was made within the last minute, else StaleSignature.
5. The digest is SHA-256 or SHA-512 (MalformedSignature otherwise) and that of the body, else OtherBody.
6. The ledger lists its key, live, of an account, else UnknownKey.
7. It verifies, else WrongRequestSignature.
8. Its nonce was not seen before, else ReplayedSignature.

Nonces are remembered as long as a signature counts, up to a bound beyond which requests wait (Busy).
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from http_message_signatures import HTTPMessageVerifier, HTTPSignatureKeyResolver, InvalidSignature
from http_message_signatures.exceptions import HTTPMessageSignaturesException
from http_sf.compat import Dictionary
from starlette.requests import Request

from salus.api.caller import Caller
from salus.api.errors import (
    Busy,
    MalformedSignature,
    NotSigned,
    OtherBody,
    OtherHost,
    ReplayedSignature,
    StaleSignature,
    TooLittleSigned,
    UnknownKey,
    WrongRequestSignature,
)
from salus.client.ledger import Ledger, StateView
from salus.client.signing import COVERED, DIGEST, TAG, Ed25519
from salus.contracts.accounts import queries as accounts
from salus.contracts.governance import queries as governance
from salus.contracts.governance.types import MemberState
from salus.core.keys import Role

MAX_AGE_S, SKEW_S = 60, 5
MOST_NONCES = 200_000  # remembered at once
_SERVING = (MemberState.ACTIVE, MemberState.WINDING_DOWN)


class Nonces:
    """Nonces seen within the time in which a signature counts. Used by one thread."""

    def __init__(self, most: int = MOST_NONCES) -> None:
        self._most = most
        self._until: dict[tuple[str, str], int] = {}  # (key id, nonce) -> second, oldest first

    def take(self, key: str, nonce: str, now_s: int) -> None:
        """Remember a nonce; raise ReplayedSignature where it is known, Busy where too many are."""
        for known, until in list(self._until.items())[:64]:
            if until >= now_s:
                break
            del self._until[known]
        if (key, nonce) in self._until:
            raise ReplayedSignature
        if len(self._until) >= self._most:
            raise Busy
        self._until[key, nonce] = now_s + MAX_AGE_S + 2 * SKEW_S


class _Listed(NamedTuple):
    account: bytes
    id: bytes
    role: Role
    public: bytes


class _Message:
    """A request as the library reads it."""

    def __init__(self, request: Request) -> None:
        self.method = request.method
        self.headers = _Lines(request.scope["headers"])
        path = request.scope.get("raw_path") or request.scope["path"].encode()
        query = request.scope["query_string"]
        self.url = f"http://{self.headers.first('host')}{path.decode('latin-1')}" + (
            f"?{query.decode('latin-1')}" if query else ""
        )


class _Lines:
    """Header fields with every line of each, as the library asks for them."""

    def __init__(self, raw: list[tuple[bytes, bytes]]) -> None:
        self._lines = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in raw]

    def items(self) -> list[tuple[str, str]]:
        return self._lines

    def first(self, wanted: str) -> str:
        return next((value for name, value in self._lines if name.lower() == wanted), "")


class Signatures:
    """Verifies signed requests of one server. Used from the event loop's thread alone."""

    def __init__(self, authorities: Callable[[], frozenset[str]], now_s: Callable[[], float]) -> None:
        self._authorities, self._now_s = authorities, now_s
        self._nonces = Nonces()

    def caller(self, ledger: Ledger, request: Request, body: bytes) -> Caller:
        """Return who signed the request; see the steps above."""
        message, parameters = _Message(request), _parameters(request)
        covered, given = parameters
        wanted = [*COVERED, DIGEST] if body else list(COVERED)
        if any(name not in covered for name in wanted):
            raise TooLittleSigned
        if message.headers.first("host").lower() not in self._authorities():
            raise OtherHost
        self._check_age(given)
        state = ledger.view()
        listed = _listed(state, ledger.now(), given.get("keyid"))
        _verify(message, listed, body)
        self._nonces.take(listed.id.hex(), str(given.get("nonce", "")), int(self._now_s()))
        return _caller(state, listed)

    def _check_age(self, given: Mapping[str, Any]) -> None:
        created, now = given.get("created"), self._now_s()
        if not isinstance(created, int) or not isinstance(given.get("nonce"), str):
            raise TooLittleSigned
        if not now - MAX_AGE_S - SKEW_S <= created <= now + SKEW_S:
            raise StaleSignature


def _parameters(request: Request) -> tuple[list[str], Mapping[str, Any]]:
    """Return the components that the signature with our tag covers, and its parameters."""
    raw = ", ".join(request.headers.getlist("signature-input"))
    if not raw or "signature" not in request.headers:
        raise NotSigned
    found = Dictionary()
    try:
        found.parse(raw.encode("ascii"))
        ours = [one for one in found.values() if one.params.get("tag") == TAG]
        covered = [str(item.value) for one in ours for item in one if not dict(item.params)]
    except (ValueError, TypeError, AttributeError, KeyError):
        raise MalformedSignature from None
    if len(ours) != 1:
        raise NotSigned
    return covered, dict(ours[0].params)


def _listed(state: StateView, now: int, keyid: object) -> _Listed:
    """Return the live key of that id; raise UnknownKey."""
    try:
        wanted = bytes.fromhex(keyid) if isinstance(keyid, str) and len(keyid) == 64 else b""
    except ValueError:
        wanted = b""
    account = accounts.account_of_key(state, wanted) if wanted else None
    key = accounts.live_key(state, account, wanted, now) if account is not None else None
    if account is None or key is None:
        raise UnknownKey
    return _Listed(account, wanted, Role(key.role), key.public)


class _Key(HTTPSignatureKeyResolver):
    def __init__(self, listed: _Listed) -> None:
        self._listed = listed

    def resolve_public_key(self, key_id: str) -> bytes | None:
        return self._listed.public if key_id == self._listed.id.hex() else None


class _Verifier(HTTPMessageVerifier):
    max_clock_skew = timedelta(days=3650)  # the age is ours to check, by our own clock


def _verify(message: _Message, listed: _Listed, body: bytes) -> None:
    verifier = _Verifier(signature_algorithm=Ed25519, key_resolver=_Key(listed))
    required = [*COVERED, DIGEST] if body else list(COVERED)
    try:
        results = verifier.verify(message, max_age=None, expect_tag=TAG, require_components=required)
    except HTTPMessageSignaturesException:
        raise WrongRequestSignature from None
    try:
        verifier.verify_body(message, results, body)
    except InvalidSignature as error:
        raise (OtherBody if "match" in str(error) else MalformedSignature) from None


def _caller(state: StateView, listed: _Listed) -> Caller:
    member = governance.member(state, listed.account)
    organisation = accounts.is_organisation(state, listed.account)
    serving = member is not None and member.state in _SERVING
    return Caller(listed.account, listed.id, listed.role, organisation, serving)
