"""Ways over changes of the validators: from those of the genesis to a height, each step trusted by the one before."""

from collections.abc import Callable, Sequence

from salus.cometbft.proto.types_pb2 import BLOCK_ID_FLAG_COMMIT, Commit, ValidatorSet
from salus.cometbft.reading import read
from salus.cometbft.validators import Validator, read_validators, total_power
from salus.core.encoding import encode
from salus.evidence.committed import FORMAT, MAX_STEPS, Committed
from salus.evidence.format import MAX_HEADER_BYTES
from salus.ledger.consensus.commitfile import Step
from salus.ledger.consensus.errors import NoBridge

At = Callable[[int], Step]  # header, commit and validators of a height; the votes were verified when they were kept


def bridged(
    network: bytes, founders: Sequence[Validator], at: At, first: int, height: int, way: Sequence[Step] = ()
) -> bytes:
    """Return the committed header of a height for whoever trusts the founders; `first` is the lowest that `at` knows.

    `way` holds what leads from the founders to `first`, without it, where that is not the first of all (`way.py`).
    Raises NoBridge where no way leads there, or none that is short enough; and what `at` raises.
    """
    steps = _path(founders, at, first, height, way)
    made = encode(Committed(FORMAT, network, tuple(steps)))
    if len(made) > MAX_HEADER_BYTES:
        raise NoBridge
    return made


def _path(known: Sequence[Validator], at: At, first: int, height: int, way: Sequence[Step]) -> list[Step]:
    steps = _entry(known, (at(first), at(height)), way) if way else []
    if steps:
        known = _members(steps[-1])
    low = first - 1
    while not _trusted(known, at(height)):
        trusted = _farthest(known, at, low, height)
        if trusted == low:  # none beyond, but the next one, which the last step names
            if not steps:
                raise NoBridge
            trusted += 1
        if trusted == height:
            break
        low = trusted
        steps.append(at(low))
        known = _members(steps[-1])
        if len(steps) >= MAX_STEPS:
            raise NoBridge
    return [*steps, at(height)]


def _entry(known: Sequence[Validator], wanted: Sequence[Step], way: Sequence[Step]) -> list[Step]:
    """Return as few steps of `way` as lead to one that vouches for one of `wanted`, or to its end."""
    steps: list[Step] = []
    while way and not any(_trusted(known, step) for step in wanted):
        farthest = max((place for place, step in enumerate(way) if _trusted(known, step)), default=0)
        steps.append(way[farthest])  # without any, the next one, which the last step names
        known, way = _members(steps[-1]), way[farthest + 1 :]
    return steps


def _farthest(known: Sequence[Validator], at: At, low: int, height: int) -> int:
    """Return a height from `low` on, below `height`, that `known` vouch for while for the next they do not."""
    while height - low > 1:
        middle = (low + height) // 2
        if _trusted(known, at(middle)):
            low = middle
        else:
            height = middle
    return low


def _trusted(known: Sequence[Validator], step: Step) -> bool:
    """True if more than a third of the power of `known` signed a step."""
    powers = {one.address: one.power for one in known}
    signed = [
        powers.get(one.validator_address, 0)
        for one in read(step.commit, Commit).signatures
        if one.block_id_flag == BLOCK_ID_FLAG_COMMIT
    ]
    return sum(signed) * 3 > total_power(known)


def _members(step: Step) -> tuple[Validator, ...]:
    return read_validators(read(step.validators, ValidatorSet))
