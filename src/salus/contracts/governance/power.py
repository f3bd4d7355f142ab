"""How much power validators have, and what a block changes in it: what CometBFT takes, and what one member may have.

https://github.com/cometbft/cometbft/blob/v0.39.4/spec/abci/abci%2B%2B_app_requirements.md (validator updates):
each key once, power 0 for a key that is there, never all of them, no more than 2^63 / 8 in total.
"""

from collections.abc import Mapping

from salus.contracts.context import ValidatorUpdate
from salus.contracts.governance import errors, keeper
from salus.contracts.governance.parameters import Parameter
from salus.contracts.governance.queries import parameter
from salus.state.overlay import Reader

MAX_VALIDATORS = 128  # each below 2^32: together they stay far below 2^60; and commits stay small
SHARED_AMONG = 4  # fewer members cannot do without one of them, however power is shared


def check_power(state: Reader) -> None:
    """Raise TooManyValidators; PowerConcentrated where members enough validate, and one has too great a share."""
    powers: dict[bytes, int] = {}
    entries = keeper.validators(state)
    if len(entries) > MAX_VALIDATORS:
        raise errors.TooManyValidators
    for entry in entries:
        powers[entry.member] = powers.get(entry.member, 0) + entry.power
    percent = parameter(state, Parameter.VALIDATOR_SHARE_PERCENT)
    if len(powers) >= SHARED_AMONG and 100 * max(powers.values()) > percent * sum(powers.values()):
        raise errors.PowerConcentrated


def powers(state: Reader) -> dict[bytes, int]:
    """Return the power of each validator's key."""
    return {entry.public: entry.power for entry in keeper.validators(state)}


def updates(before: Mapping[bytes, int], after: Mapping[bytes, int]) -> tuple[ValidatorUpdate, ...]:
    """Return what leads from one set to the other: each key once, by key; power 0 where it is gone.

    A key that came and went in between is left out: CometBFT stops at the removal of a key that it does not have.
    """
    keys = sorted({**before, **after})
    return tuple(ValidatorUpdate(key, after.get(key, 0)) for key in keys if before.get(key, 0) != after.get(key, 0))
