"""What others signed and a message carries: requests, look-ups, claims, recoveries. Their fields are shown beside.

A message says more where it counts itself: what it carries adds only fields that it has not.
"""

from collections.abc import Callable, Mapping
from typing import Any

from salus.api.explorer.ledger_words import LedgerWords
from salus.contracts.accounts.messages import ClaimPayload
from salus.contracts.accounts.recovery_messages import RecoveryPayload, VetoPayload
from salus.core import cose
from salus.core.encoding import decode
from salus.core.errors import Refusal
from salus.core.lookup import parse_lookup
from salus.core.request import parse_request
from salus.core.types import Message

_LEFT_OUT = ("nonce", "answerer")
Fields = Mapping[str, Any]


def _fields(message: Message) -> dict[str, Any]:
    return {name: getattr(message, name) for name in message.__struct_fields__ if name not in _LEFT_OUT}


def _request(words: LedgerWords, raw: bytes) -> Fields:
    try:
        signed = parse_request(words.network, raw)
    except Refusal:
        return {}
    return {"recipient": words.owner(signed.key), **_fields(signed.payload)}


def _lookup(words: LedgerWords, raw: bytes) -> Fields:
    try:
        signed = parse_lookup(words.network, raw)
    except Refusal:
        return {}
    return {"requester": words.owner(signed.key), **_fields(signed.payload)}


def _signed(kind: str, shape: type[Message]) -> Callable[[LedgerWords, bytes], Fields]:
    def read(words: LedgerWords, raw: bytes) -> Fields:
        try:
            return _fields(decode(cose.parse(kind, raw).payload, shape))
        except Refusal:
            return {}

    return read


def _recovery(words: LedgerWords, raw: bytes) -> Fields:
    try:
        found = _fields(decode(raw, RecoveryPayload))
    except Refusal:
        return {}
    return {name: value for name, value in found.items() if name != "version"}


def _terms(words: LedgerWords, terms: Message) -> Fields:
    return _fields(terms)


EMBEDDED: Mapping[tuple[str, str], Callable[[LedgerWords, Any], Fields]] = {
    ("RecordRelease", "request"): _request,
    ("RecordRefusal", "request"): _request,
    ("BreakGlass", "request"): _request,
    ("OpenRelease", "request"): _request,
    ("DeferredRelease", "request"): _request,
    ("RecordLocate", "lookup"): _lookup,
    ("ClaimAccount", "claim"): _signed("claim", ClaimPayload),
    ("StartRecovery", "recovery"): _recovery,
    ("OpenSealedRelease", "order"): _terms,
    ("OpenSealedRelease", "terms"): _terms,
    ("VetoRecovery", "veto"): _signed("veto", VetoPayload),
}
