"""Who signed a request: HTTP Message Signatures (RFC 9421) by a live key of an account on the ledger, step by step.

1. Signature-Input and Signature hold one signature with the tag `salus/1`, else NotSigned; two, or fields that are not
   of their form, are a MalformedSignature. Signatures with other tags are others' affair.
2. It covers method, authority, path, query, and the digest of what has a body or names a digest, and says when it was
   made, with a nonce, else TooLittleSigned. A component with a parameter does not count as that component. A nonce is
   16 to 64 visible characters, else MalformedSignature.
3. The authority is the one Host, and one that this server answers for, else OtherHost: a signature made for another
   server is refused.
4. It was made within the last minute, by its own word still counts, else StaleSignature; and after the last signature
   that may have been used before this process began, else SignedBeforeStart.
5. Every digest is SHA-256 or SHA-512, else MalformedSignature, and that of the body, else OtherBody.
6. The ledger lists its key, live, of an account, else UnknownKey. Revoked, expired, frozen and future keys are not.
7. It verifies as Ed25519 over the base of RFC 9421 section 2.5, else WrongRequestSignature.
8. Its nonce was not seen before with that key, else ReplayedSignature.
9. The key is within its limits, else TooManyRequests (`api.guard`); such a request may be sent again as it is.

Nonces are remembered as long as a signature counts, up to a bound beyond which requests wait (Busy). Whether the caller
may do what it asks is the operation's to say (NotAllowed), after all these.
"""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from http_message_signatures import HTTPMessageVerifier, HTTPSignatureKeyResolver
from http_message_signatures.digests import ContentDigest
from http_message_signatures.exceptions import HTTPMessageSignaturesException, InvalidSignature
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
from salus.api.floor import Floor
from salus.client.ledger import Ledger, StateView
from salus.client.signing import COVERED, DIGEST, TAG, Ed25519
from salus.contracts.accounts import queries as accounts
from salus.contracts.governance import queries as governance
from salus.contracts.governance.types import MemberState
from salus.core.keys import Role

MAX_AGE_S, SKEW_S = 60, 5
MOST_NONCES = 500_000  # remembered at once
NONCE = re.compile(r"[\x21-\x7e]{16,64}")
_SERVING = (MemberState.ACTIVE, MemberState.WINDING_DOWN)


class Nonces:
    """Nonces seen within the time in which a signature counts. Used by one thread."""

    def __init__(self, most: int = MOST_NONCES) -> None:
        self._most = most
        self._until: dict[tuple[bytes, str], int] = {}  # (key id, nonce) -> second, oldest first

    def __len__(self) -> int:
        return len(self._until)

    def check(self, key: bytes, nonce: str, now_s: int) -> None:
        """Raise ReplayedSignature where a nonce is known, Busy where too many are."""
        for known in list(islice(self._until, 64)):
            if self._until[known] >= now_s:
                break
            del self._until[known]
        if (key, nonce) in self._until:
            raise ReplayedSignature
        if len(self._until) >= self._most:
            raise Busy

    def remember(self, key: bytes, nonce: str, now_s: int) -> None:
        """Remember a nonce that was checked."""
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
        self.url = f"http://{''.join(self.headers.all('host')[:1])}{path.decode('latin-1')}" + (
            f"?{query.decode('latin-1')}" if query else ""
        )


class _Lines:
    """Header fields with every line of each, as the library asks for them."""

    def __init__(self, raw: list[tuple[bytes, bytes]]) -> None:
        self._lines = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in raw]

    def items(self) -> list[tuple[str, str]]:
        return self._lines

    def all(self, wanted: str) -> list[str]:
        return [value for name, value in self._lines if name.lower() == wanted]


class Signatures:
    """Verifies signed requests of one server. Used from the event loop's thread alone."""

    def __init__(
        self, authorities: Callable[[], frozenset[str]], now_s: Callable[[], float], floor: Path | None = None
    ) -> None:
        self._authorities, self._now_s = authorities, now_s
        self._nonces = Nonces()
        self._floor = Floor(floor, now_s, SKEW_S)

    def caller(self, ledger: Ledger, request: Request, body: bytes, count: Callable[[Caller], None]) -> Caller:
        """Return who signed the request; see the steps above. `count` is step 9."""
        message, given = _Message(request), _signed(request)
        wanted = _wanted(message, body)
        if any(name not in given.covered for name in wanted):
            raise TooLittleSigned
        created, nonce = _when(given.parameters)
        self._check_host(message)
        self._check_age(created, given.parameters.get("expires"))
        _check_digest(message, body)
        state = ledger.view()
        listed = _listed(state, ledger.now(), given.parameters.get("keyid"))
        _verify(message, listed, wanted)
        now = int(self._now_s())
        self._nonces.check(listed.id, nonce, now)
        caller = _caller(state, listed)
        count(caller)
        self._floor.take(created)
        self._nonces.remember(listed.id, nonce, now)
        return caller

    def close(self) -> None:
        """Write down up to when signatures were used."""
        self._floor.close()

    def _check_host(self, message: "_Message") -> None:
        hosts = message.headers.all("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._authorities():
            raise OtherHost

    def _check_age(self, created: int, expires: object) -> None:
        now = self._now_s()
        if not now - MAX_AGE_S - SKEW_S <= created <= now + SKEW_S:
            raise StaleSignature
        if expires is not None and not (type(expires) is int and now <= expires):
            raise StaleSignature
        self._floor.check(created)


class _Signed(NamedTuple):
    covered: list[str]  # without parameters of their own
    parameters: Mapping[str, Any]


def _signed(request: Request) -> _Signed:
    """Return what the one signature with our tag says of itself."""
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
    if not ours:
        raise NotSigned
    if len(ours) != 1:
        raise MalformedSignature
    return _Signed(covered, dict(ours[0].params))


def _wanted(message: _Message, body: bytes) -> list[str]:
    return [*COVERED, DIGEST] if body or message.headers.all(DIGEST) else list(COVERED)


def _when(parameters: Mapping[str, Any]) -> tuple[int, str]:
    """Return (second, nonce); raise TooLittleSigned, MalformedSignature."""
    created, nonce = parameters.get("created"), parameters.get("nonce")
    if created is None or nonce is None:
        raise TooLittleSigned
    if type(created) is not int or not isinstance(nonce, str) or not NONCE.fullmatch(nonce):
        raise MalformedSignature
    return created, nonce


def _check_digest(message: _Message, body: bytes) -> None:
    lines = message.headers.all(DIGEST)
    if not lines:
        return
    try:
        ContentDigest.verify(", ".join(lines), body)
    except InvalidSignature as error:
        raise (OtherBody if "match" in str(error) else MalformedSignature) from None


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


def _verify(message: _Message, listed: _Listed, wanted: list[str]) -> None:
    verifier = _Verifier(signature_algorithm=Ed25519, key_resolver=_Key(listed))
    try:
        verifier.verify(message, max_age=None, expect_tag=TAG, require_components=wanted)
    except (HTTPMessageSignaturesException, ValueError):  # a target that is no URL, too
        raise WrongRequestSignature from None


def _caller(state: StateView, listed: _Listed) -> Caller:
    member = governance.member(state, listed.account)
    organisation = accounts.is_organisation(state, listed.account)
    serving = member is not None and member.state in _SERVING
    return Caller(listed.account, listed.id, listed.role, organisation, serving)
