"""Signatures of several people at several devices: a file with the payload of an envelope, which each of them signs.

The file is the envelope itself, unsigned at first: what it says, who must sign, and until when cannot be changed by
those who pass it on. It is valid for ten minutes, as every envelope; later it is drawn up again. Files that were
signed apart are put together.
"""

from collections.abc import Callable, Sequence
from secrets import token_bytes
from typing import Annotated, NamedTuple

from msgspec import Meta
from msgspec.structs import replace

from salus.client.batcher import Carrier, Landed
from salus.client.envelopes import NUMBERS, created_ids
from salus.client.ledger import Ledger
from salus.contracts.accounts import queries as accounts
from salus.core import cose
from salus.core.encoding import decode, encode
from salus.core.envelope import FORMAT, WINDOW_MS, Payload
from salus.core.errors import Malformed, WrongSignature
from salus.core.keys import Role
from salus.core.signatures import SigningKey, verify
from salus.core.types import Id, Message, Signature
from salus.services import lookup
from salus.services.errors import KeysElsewhere, NotASigner, SignaturesMissing, SigningOver

_MESSAGES = {number: shape for shape, number in NUMBERS.items()}


class SigningFile(Message, frozen=True):
    """What is to be signed, and the signatures so far, (key id, signature), sorted."""

    format: Annotated[int, Meta(ge=1, le=1)]
    network: Id
    payload: Annotated[bytes, Meta(max_length=256 * 1024)]  # of an envelope
    signatures: Annotated[tuple[tuple[Id, Signature], ...], Meta(max_length=cose.MAX_SIGNERS)]


class Described(NamedTuple):
    """What a file says, for those who sign it."""

    network: bytes
    not_after: int
    signers: tuple[tuple[bytes, bytes, bool], ...]  # (account, key id, has signed)
    messages: tuple[Message, ...]


def administrators(ledger: Ledger, account: bytes) -> tuple[tuple[bytes, ...], int]:
    """Return (ids of the live administration keys, how many must sign). Raises NoSuchMember."""
    state, now = ledger.view(), ledger.now()
    threshold = lookup.organisation(state, account).threshold
    return tuple(accounts.live_keys(state, account, Role.ADMINISTRATION, now)), threshold


def draw_up(
    ledger: Ledger,
    signers: Sequence[tuple[bytes, bytes]],
    *messages: Message,
    nonce: Callable[[], bytes] = lambda: token_bytes(16),
) -> SigningFile:
    """Return a file of `messages` for exactly these signers (account, key id), valid from now for ten minutes."""
    numbered = tuple((NUMBERS[type(message)], encode(message)) for message in messages)
    payload = Payload(FORMAT, nonce(), ledger.now() + WINDOW_MS, tuple(sorted(signers)), numbered)
    return SigningFile(1, ledger.network, encode(payload), ())


def choose_signers(
    ledger: Ledger, account: bytes, wanted: Sequence[bytes] | None = None
) -> tuple[tuple[bytes, bytes], ...]:
    """Return (account, key id) of those who are to sign: `wanted`, or as many of the listed keys as are needed.

    Raises NoSuchMember, NotASigner, KeysElsewhere.
    """
    listed, threshold = administrators(ledger, account)
    chosen = listed[:threshold] if wanted is None else tuple(dict.fromkeys(wanted))
    if any(key not in listed for key in chosen):
        raise NotASigner
    if len(chosen) < threshold:
        raise KeysElsewhere
    return tuple((account, key) for key in chosen)


def read_signing_file(raw: bytes) -> SigningFile:
    """Return the file; raise Malformed unless it is one, every signature in it sound in form."""
    file = decode(raw, SigningFile)
    payload = _payload(file)
    waited = [key for _, key in payload.signers]
    if any(key not in waited for key, _ in file.signatures):
        raise Malformed
    return file


def describe(file: SigningFile) -> Described:
    """Return what the file says; raise Malformed where it holds a message that is none of the network's."""
    payload = _payload(file)
    signed = dict(file.signatures)
    signers = tuple((account, key, key in signed) for account, key in payload.signers)
    if any(number not in _MESSAGES for number, _ in payload.messages):
        raise Malformed
    messages = tuple(decode(body, _MESSAGES[number]) for number, body in payload.messages)
    return Described(file.network, payload.not_after, signers, messages)


def add_signature(file: SigningFile, key: SigningKey) -> SigningFile:
    """Return the file with one more signature; signing twice counts once. Raises NotASigner."""
    kid = key.id(file.network)
    if kid not in [waited for _, waited in _payload(file).signers]:
        raise NotASigner
    signature = key.sign(cose.to_be_signed("envelope", file.network, file.payload, kid))
    return replace(file, signatures=tuple(sorted({**dict(file.signatures), kid: signature}.items())))


def put_together(files: Sequence[SigningFile]) -> SigningFile:
    """Return one file with the signatures of all, which must be of the same payload; raise Malformed."""
    first = files[0]
    if any((file.network, file.payload) != (first.network, first.payload) for file in files):
        raise Malformed
    together = {key: signature for file in files for key, signature in file.signatures}
    return replace(first, signatures=tuple(sorted(together.items())))


class Submitted(NamedTuple):
    """An envelope that several signed, on the ledger."""

    landed: Landed
    created: tuple[tuple[bytes, ...], ...]  # per message: ids of what it made


def submit(ledger: Ledger, carrier: Carrier, file: SigningFile) -> Submitted:
    """Send a file that everybody signed. Any member carries it.

    Raises Malformed, SigningOver, SignaturesMissing, WrongSignature, the contract's refusals.
    """
    payload = _payload(file)
    if file.network != ledger.network:
        raise Malformed
    if ledger.now() >= payload.not_after:
        raise SigningOver
    signed = dict(file.signatures)
    if any(key not in signed for _, key in payload.signers):
        raise SignaturesMissing
    for account, key in payload.signers:
        message = cose.to_be_signed("envelope", file.network, file.payload, key)
        if not verify(lookup.listed_public(ledger.view(), account, key), message, signed[key]):
            raise WrongSignature
    raw = cose.build("envelope", file.payload, [(key, signed[key]) for _, key in payload.signers])
    landed = carrier.submit_now(raw)
    messages = describe(file).messages
    made = tuple(created_ids(file.network, payload.nonce, n, message) for n, message in enumerate(messages))
    return Submitted(landed, made)


def _payload(file: SigningFile) -> Payload:
    return decode(file.payload, Payload)
