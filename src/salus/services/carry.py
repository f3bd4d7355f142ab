"""Carry to the ledger what others signed. Anybody may bring it; what nobody entitled signed is not carried.

A member's batches are its own share of the ledger, and blocks are kept for ever: so form, time and signatures
are checked here first, by the state as it is now. The ledger checks all of it again when it executes.
"""

from collections.abc import Sequence
from concurrent.futures import Future
from typing import NamedTuple

from salus.client.batcher import Landed
from salus.client.ledger import Ledger, StateView
from salus.client.refused import refusal
from salus.contracts.accounts import errors as refused
from salus.contracts.accounts import queries as accounts
from salus.contracts.accounts import recovery_errors
from salus.contracts.accounts.keys import account_key
from salus.contracts.accounts.messages import ClaimPayload
from salus.contracts.accounts.recovery_messages import Approval, RecoveryPayload, VetoPayload
from salus.core import cose
from salus.core.encoding import decode
from salus.core.envelope import WINDOW_MS, Envelope, parse_envelope
from salus.core.errors import Refusal, WrongSignature
from salus.core.hashing import T
from salus.core.signatures import key_id, verify
from salus.services import lookup
from salus.services.actors import Organisation
from salus.services.errors import NoSuchKey
from salus.services.settle_claim import claim_envelope
from salus.services.settle_recovery import recovery_envelope, veto_envelope
from salus.state.overlay import Reader

_EXPIRED, _TOO_FAR_AHEAD, _UNKNOWN_SIGNER, _REVOKED_KEY = 0x0005, 0x0006, 0x0009, 0x000A


NO_ID = bytes(32)  # of what is no envelope


class Carrying(NamedTuple):
    """One envelope on its way, or why it is not carried."""

    id: bytes
    under_way: "Future[Landed] | Refusal"
    nonce: bytes = b""  # of an envelope that others made


def carry(organisation: Organisation, raws: Sequence[bytes]) -> list[Carrying]:
    """Send the envelopes that are signed as they say, together as far as they fit; refuse the others one by one.

    Raises Malformed or Oversized, before any is sent, where one of them is no envelope; Closed.
    """
    return _carry(organisation, [parse_envelope(organisation.network, raw) for raw in raws])


def carry_each(organisation: Organisation, raws: Sequence[bytes]) -> list[Carrying]:
    """The same for envelopes of several who know nothing of one another: what is no envelope is refused alone."""
    parsed: list[Envelope | Refusal] = []
    for raw in raws:
        try:
            parsed.append(parse_envelope(organisation.network, raw))
        except Refusal as refusal:
            parsed.append(refusal)
    sent = iter(_carry(organisation, [one for one in parsed if not isinstance(one, Refusal)]))
    return [Carrying(NO_ID, one) if isinstance(one, Refusal) else next(sent) for one in parsed]


def _carry(organisation: Organisation, envelopes: Sequence[Envelope]) -> list[Carrying]:
    carrier, ledger = organisation.carrier, organisation.ledger
    now, keys = ledger.now(), _Keys(ledger.view(), envelopes)
    # What was brought before gets the same answer, whatever became of its keys since.
    barred = [carrier.known(one.id) or _bar(ledger, keys, now, one) for one in envelopes]
    futures = iter(carrier.submit_parsed([one for one, why in zip(envelopes, barred, strict=True) if why is None]))
    return [
        Carrying(one.id, why or next(futures), one.payload.nonce) for one, why in zip(envelopes, barred, strict=True)
    ]


class _Keys:
    """The entries of the keys that envelopes are signed by, read in one go; any other is read when it is asked for."""

    def __init__(self, state: StateView, envelopes: Sequence[Envelope]) -> None:
        keys = [account_key(*signer) for envelope in envelopes for signer in envelope.payload.signers]
        self._state, self._found = state, dict(zip(keys, state.get_all(keys), strict=True))

    def get(self, key: bytes) -> bytes | None:
        """Return the value of a key."""
        return self._found[key] if key in self._found else self._state.get(key)

    def scan(self, prefix: bytes) -> list[tuple[bytes, bytes]]:
        """Return what the state has under a prefix."""
        return self._state.scan(prefix)


def _bar(ledger: Ledger, state: Reader, now: int, envelope: Envelope) -> Refusal | None:
    """Return why the ledger would not execute an envelope, in the machine's order; None where it would."""
    payload = envelope.payload
    if now >= payload.not_after:
        return refusal(_EXPIRED)
    if payload.not_after > now + WINDOW_MS:
        return refusal(_TOO_FAR_AHEAD)
    for (account, kid), (_, signature) in zip(payload.signers, envelope.signatures, strict=True):
        key = accounts.live_key(state, account, kid, now)
        if key is None:
            return refusal(_UNKNOWN_SIGNER if accounts.account_of_key(state, kid) != account else _REVOKED_KEY)
        message = cose.to_be_signed("envelope", ledger.network, envelope.payload_bytes, kid)
        if not ledger.verify(key.public, message, signature):
            return WrongSignature()
    return None


def carry_claim(organisation: Organisation, claim: bytes) -> Carrying:
    """Carry a claim that its invitation's key signed; raise Malformed, NotInvited, WrongSigners, WrongSignature."""
    signed = cose.parse("claim", claim)
    wanted = decode(signed.payload, ClaimPayload)
    invitation = accounts.invitation(organisation.ledger.view(), wanted.handle)
    if invitation is None:
        raise refused.NotInvited
    kid, signature = signed.signatures[0]
    if kid != key_id(organisation.network, invitation.public):
        raise refused.WrongSigners
    _check("claim", organisation.network, invitation.public, signed.payload, kid, signature)
    return _built(organisation, claim_envelope(organisation, claim))


def carry_recovery(organisation: Organisation, recovery: bytes, approval: bytes) -> Carrying:
    """Carry a recovery that keyholders of the account approved; raise Malformed, TooFewApprovals, WrongSignature."""
    network, wanted = organisation.network, decode(recovery, RecoveryPayload)
    approved = cose.parse("approval", approval)
    held = accounts.keyholding(organisation.ledger.view(), wanted.handle)
    publics = {key_id(network, public): public for _, public in held.holders}
    if decode(approved.payload, Approval).recovery != T("recovery", network, recovery):
        raise recovery_errors.TooFewApprovals
    for kid, signature in approved.signatures:
        if kid not in publics:
            raise recovery_errors.TooFewApprovals
        _check("approval", network, publics[kid], approved.payload, kid, signature)
    return _built(organisation, recovery_envelope(organisation, recovery, approval))


def carry_veto(organisation: Organisation, veto: bytes) -> Carrying:
    """Carry a veto by a key of the account, also one that was revoked since.

    Raises Malformed, NotAVetoingKey, WrongSignature.
    """
    signed = cose.parse("veto", veto)
    wanted = decode(signed.payload, VetoPayload)
    kid, signature = signed.signatures[0]
    try:
        public = lookup.listed_public(organisation.ledger.view(), wanted.handle, kid)
    except NoSuchKey:
        raise recovery_errors.NotAVetoingKey from None
    _check("veto", organisation.network, public, signed.payload, kid, signature)
    return _built(organisation, veto_envelope(organisation, veto))


def _check(kind: str, network: bytes, public: bytes, payload: bytes, kid: bytes, signature: bytes) -> None:
    if not verify(public, cose.to_be_signed(kind, network, payload, kid), signature):
        raise WrongSignature


def _built(organisation: Organisation, envelope: bytes) -> Carrying:
    key = parse_envelope(organisation.network, envelope).id
    return Carrying(key, organisation.carrier.submit(envelope))
