"""Ways over changes of the validators: from those of the genesis to a height, each step trusted by the one before."""

from collections.abc import Callable, Sequence

from salus.cometbft.proto.types_pb2 import BLOCK_ID_FLAG_COMMIT, Commit, ValidatorSet
from salus.cometbft.reading import read
from salus.cometbft.validators import Validator, read_validators, total_power
from salus.core.encoding import encode
from salus.evidence.committed import FORMAT, Committed
from salus.evidence.format import MAX_HEADER_BYTES
from salus.ledger.consensus.commitfile import Step
from salus.ledger.consensus.errors import NoBridge

At = Callable[[int], Step]  # header, commit and validators of a height; the votes were verified when they were kept


def bridged(network: bytes, founders: Sequence[Validator], at: At, first: int, height: int) -> bytes:
    """Return the committed header of a height for whoever trusts the founders; `first` is the lowest that `at` knows.

    Raises NoBridge where no way leads there, or none that is short enough.
    """
    made = encode(Committed(FORMAT, network, tuple(_path(founders, at, first, height))))
    if len(made) > MAX_HEADER_BYTES:
        raise NoBridge
    return made


def _path(known: Sequence[Validator], at: At, first: int, height: int) -> list[Step]:
    steps: list[Step] = []
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
        known = read_validators(read(steps[-1].validators, ValidatorSet))
    return [*steps, at(height)]


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
