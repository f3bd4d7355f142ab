"""A member's signed word that it brought envelopes to the ledger, and what became of each.

Whoever posts keeps it: a member that says it carried a revocation, and did not, is shown to have lied.
"""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from salus.contracts.accounts import queries as accounts
from salus.core import cose
from salus.core.encoding import decode, encode
from salus.core.errors import Malformed, WrongSignature
from salus.core.keys import Role
from salus.core.signatures import SigningKey, verify
from salus.core.types import Height, Id, Message, Small, Time
from salus.state.overlay import Reader

KIND = "submission"
MOST = 500  # envelopes in one post


class Outcome(Message, frozen=True):
    """What became of one envelope. Height 0: it was refused before it was carried, and no block holds it."""

    id: Id
    code: Small  # 0 is success, others are `Refusal.code`
    height: Height
    time: Time  # of the block
    events: tuple[bytes, ...]  # bodies of its events, as in the log


class Submission(Message, frozen=True):
    """Payload of COSE kind `submission`, by the member's gateway key: envelopes that one block holds."""

    network: Id
    member: Id
    ids: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=MOST)]
    height: Height
    time: Time
    codes: Annotated[tuple[Small, ...], Meta(min_length=1, max_length=MOST)]  # in the order of `ids`


class Submitted(Message, frozen=True):
    """The answer to a post: an outcome of each envelope in the order they came, a receipt of each block."""

    outcomes: tuple[Outcome, ...]
    receipts: tuple[bytes, ...]  # COSE_Sign, kind submission


def sign_receipts(network: bytes, member: bytes, gateway: SigningKey, outcomes: Sequence[Outcome]) -> tuple[bytes, ...]:
    """Return a receipt for each block that holds some of the envelopes, lowest first."""
    blocks = sorted({(outcome.height, outcome.time) for outcome in outcomes if outcome.height})
    return tuple(_sign(network, member, gateway, outcomes, *block) for block in blocks)


def _sign(
    network: bytes, member: bytes, gateway: SigningKey, outcomes: Sequence[Outcome], height: int, time: int
) -> bytes:
    here = [outcome for outcome in outcomes if outcome.height == height]
    ids, codes = tuple(outcome.id for outcome in here), tuple(outcome.code for outcome in here)
    return cose.sign(KIND, network, encode(Submission(network, member, ids, height, time, codes)), [gateway])


def read_receipt(state: Reader, network: bytes, now: int, raw: bytes) -> Submission:
    """Return what a member says in a receipt, signed by a live gateway key of its; `now` is block time, milliseconds.

    Raises Malformed, WrongSignature.
    """
    signed = cose.parse(KIND, raw)
    said = decode(signed.payload, Submission)
    if len(signed.signatures) != 1 or len(said.ids) != len(said.codes) or said.network != network:
        raise Malformed
    kid, signature = signed.signatures[0]
    key = accounts.live_key(state, said.member, kid, now)
    if key is None or key.role != Role.GATEWAY:
        raise WrongSignature
    if not verify(key.public, cose.to_be_signed(KIND, network, signed.payload, kid), signature):
        raise WrongSignature
    return said
