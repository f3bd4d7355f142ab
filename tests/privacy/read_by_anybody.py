"""What anybody who reads the ledger sees of an account: its acts, off the blocks alone."""

from dataclasses import dataclass, field

from salus.client.ledger import Ledger
from salus.contracts.access.messages import AckRelease, RecordRelease
from salus.contracts.accounts.messages import (
    ClaimAccount,
    ClaimPayload,
    ConfirmClaim,
    InvitePerson,
    RotateSealKey,
)
from salus.contracts.consent.messages import AckDirective, DenyTotally, GrantConsent, RevokeConsent
from salus.contracts.registry import MESSAGES
from salus.core import cose
from salus.core.encoding import decode
from salus.core.envelope import parse_batch, parse_envelope
from salus.core.request import parse_request
from salus.evidence.header import parse_header, read_block

DAY_MS = 86_400_000


@dataclass(frozen=True)
class Seen:
    """One act of or about an account. `own`: the person signed it."""

    time: int
    kind: str
    own: bool
    carrier: bytes
    size: int  # of the envelope
    nonce: int
    not_after: int
    values: tuple[tuple[str, object], ...]  # (name, value) of what is stated


@dataclass
class Account:
    """Everything about one account, oldest first."""

    handle: bytes
    acts: list[Seen] = field(default_factory=list)


def read_ledger(ledger: Ledger) -> dict[bytes, Account]:
    """Return every account of the ledger by its handle."""
    network, found = ledger.network, {}
    for height in range(1, ledger.height() + 1):
        block = read_block(ledger.block(height))
        time = parse_header(network, block.header).header.time
        for raw_batch in block.batches:
            batch = parse_batch(network, raw_batch)
            for raw in batch.payload.envelopes:
                envelope = parse_envelope(network, raw)
                payload = envelope.payload
                for number, body in payload.messages:
                    told = _told(network, decode(body, MESSAGES[number]))
                    if told is None:
                        continue
                    handle, kind, own, values, not_after = told
                    seen = Seen(
                        time,
                        kind,
                        own,
                        batch.payload.carrier[0],
                        len(raw),
                        int.from_bytes(payload.nonce, "big"),
                        not_after or payload.not_after,
                        values,
                    )
                    found.setdefault(handle, Account(handle)).acts.append(seen)
    return found


def _told(network: bytes, message: object) -> tuple[bytes, str, bool, tuple, int | None] | None:
    """Return (account, kind, is it hers, values, not_after of what is inside) of a message about a person."""
    match message:
        case InvitePerson():
            return message.handle, "invited", False, (), None
        case ClaimAccount():
            claim = decode(cose.parse("claim", message.claim).payload, ClaimPayload)
            keys = tuple(("key term", (key.start, key.end)) for key in claim.keys)
            return claim.handle, "claim", True, (*keys, ("policy", claim.policy)), claim.not_after
        case ConfirmClaim():
            return message.handle, "confirmed", False, (), None
        case GrantConsent():
            values = (
                ("grantee", message.grantee),
                ("length", message.end - message.start),
                ("start", message.start),
                ("end", message.end),
                ("time of day of the end", message.end % DAY_MS),
                ("uses", message.uses),
                ("purposes", message.purposes),
                ("terms", (message.redisclosure, message.emergency, message.effect)),
            )
            return message.relation, "grant", True, values, None
        case DenyTotally():
            values = (
                ("grantee", message.grantee),
                ("length", message.end - message.start),
                ("start", message.start),
                ("end", message.end),
                ("time of day of the end", message.end % DAY_MS),
                ("purposes", message.purposes),
            )
            return message.relation, "deny", True, values, None
        case RevokeConsent():
            return message.relation, "revoke", True, (), None
        case AckDirective():
            return message.relation, "in force", False, (), None
        case RotateSealKey():
            return message.account, "rotate", True, (), None
        case AckRelease():
            return message.relation, "acknowledge", True, (), None
        case RecordRelease():
            request = parse_request(network, message.request).payload
            values = (("purpose", request.purpose),)
            return request.relation, "release", request.staff is None, values, request.not_after
    return None
