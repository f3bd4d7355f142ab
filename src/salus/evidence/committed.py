"""Committed headers, form 2: headers of CometBFT with the commits that decided them, and bridges from who is trusted.

The last step is the header itself. Those before lead to it over changes of the validators. A step is believed because
more than a third of the power trusted so far signed it, or because the header just before names its validators; from
then on its validators are whom one trusts. It is false only if that whole third lied (skipping verification,
https://docs.cometbft.com/v0.38/spec/light-client/verification).

How old the trust is, this does not look at: who stopped being a validator long ago may sign what they like.
"""

from collections.abc import Iterable
from itertools import pairwise
from typing import Annotated, NamedTuple

from msgspec import Meta

from salus.cometbft import chain_id
from salus.cometbft.commit import check_commit, verify_commit, verify_commit_trusting
from salus.cometbft.errors import WrongValidators
from salus.cometbft.hashing import encoded
from salus.cometbft.header import check_header, header_hash
from salus.cometbft.proto import types_pb2 as messages
from salus.cometbft.reading import instant, milliseconds, read
from salus.cometbft.validators import Validator, read_validators, set_hash, validator_set, validators
from salus.core.encoding import decode, encode
from salus.core.errors import Malformed
from salus.core.signatures import key_id
from salus.core.types import Id, Message
from salus.evidence.format import MAX_HEADER_BYTES
from salus.evidence.view import Header, SignedHeader, Validators

FORMAT = 2
HEAD = b"\x83\x02"  # an array of three that begins with 2
MAX_STEPS = 64

Part = Annotated[bytes, Meta(max_length=MAX_HEADER_BYTES)]


class Committed(Message, frozen=True):
    """The object. Each step is `[header, commit, validators]`, messages of CometBFT in their one encoding."""

    format: Annotated[int, Meta(ge=FORMAT, le=FORMAT)]
    network: Id
    steps: Annotated[tuple[tuple[Part, Part, Part], ...], Meta(min_length=1, max_length=MAX_STEPS)]


class Step(NamedTuple):
    """One step as it was read: its parts belong together, and nothing is verified."""

    header: messages.Header
    commit: messages.Commit
    validators: tuple[Validator, ...]
    hash: bytes  # of the block


def committed(network: bytes, steps: Iterable[tuple[messages.Header, messages.Commit, messages.ValidatorSet]]) -> bytes:
    """Return the encoded object of `steps` as CometBFT gives them, oldest first; the caller has verified them.

    Of the validators' sets, what proves nothing is left out: priorities, the proposer, the sum.
    """
    return encode(
        Committed(
            FORMAT,
            network,
            tuple(
                (encoded(header), encoded(commit), encoded(validator_set(read_validators(members))))
                for header, commit, members in steps
            ),
        )
    )


def parse_committed(network: bytes, raw: bytes) -> SignedHeader:
    """Return the header in `raw`; who committed it is not verified. Raises Malformed."""
    return _view(network, raw, read_steps(network, raw)[-1])


def read_committed(network: bytes, raw: bytes, trusted: Validators) -> SignedHeader:
    """Return the header in `raw`, which the validators in `trusted` lead to step by step.

    Raises Malformed, or a WrongSignature that says what is wrong: NotTrusted, WrongVote, NotCommitted, WrongValidators.
    """
    steps = read_steps(network, raw)
    verify_steps(network, steps, validators(trusted.values()))
    return _view(network, raw, steps[-1])


def verify_steps(network: bytes, steps: Iterable[Step], trusted: tuple[Validator, ...]) -> None:
    """Verify that `trusted` lead to each of `steps`, oldest first. Raises as `read_committed`."""
    chain, before = chain_id(network), None
    for step in steps:
        if before is not None and step.header.height == before.header.height + 1:
            if step.header.validators_hash != before.header.next_validators_hash:
                raise WrongValidators
        else:
            verify_commit_trusting(chain, trusted, step.commit)
        verify_commit(chain, step.validators, step.commit.block_id, step.header.height, step.commit)
        before, trusted = step, step.validators


def signers(network: bytes, raw: bytes) -> Validators:
    """Return the validators of the header in `raw`, which was read with `read_committed` before."""
    return {key_id(network, one.public): (one.public, one.power) for one in read_steps(network, raw)[-1].validators}


def read_steps(network: bytes, raw: bytes) -> tuple[Step, ...]:
    """Return the steps in `raw`, heights and times rising. Raises Malformed, also where parts are not one block's."""
    if len(raw) > MAX_HEADER_BYTES:
        raise Malformed
    shown = decode(raw, Committed)
    if shown.network != network:
        raise Malformed
    steps = tuple(_step(chain_id(network), *one) for one in shown.steps)
    for a, b in pairwise(steps):
        if a.header.height >= b.header.height or instant(a.header.time) >= instant(b.header.time):
            raise Malformed
    return steps


def _step(chain: str, header_raw: bytes, commit_raw: bytes, members_raw: bytes) -> Step:
    header, commit = read(header_raw, messages.Header), read(commit_raw, messages.Commit)
    members = read_validators(read(members_raw, messages.ValidatorSet))
    check_header(header, chain)
    check_commit(commit)
    if encoded(validator_set(members)) != members_raw or set_hash(members) != header.validators_hash:
        raise Malformed
    block = header_hash(header)
    if (commit.height, commit.block_id.hash, len(commit.signatures)) != (header.height, block, len(members)):
        raise Malformed
    return Step(header, commit, members, block)


def _view(network: bytes, raw: bytes, step: Step) -> SignedHeader:
    said = step.header
    header = Header(
        format=FORMAT,
        network=network,
        height=said.height,
        time=milliseconds(said.time),
        previous=network if said.height == 1 else said.last_block_id.hash,
        batches=said.data_hash,
        app_hash=said.app_hash,
        node=said.proposer_address + bytes(12),
    )
    return SignedHeader(header, step.hash, raw)
