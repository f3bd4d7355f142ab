"""A light block: a header, the commit for it, and the validators of its height."""

from typing import NamedTuple

from salus.cometbft.hashing import encoded
from salus.cometbft.header import header_hash
from salus.cometbft.proto.types_pb2 import Commit, Header, ValidatorSet
from salus.cometbft.reading import instant, read
from salus.cometbft.validators import Validators, read_validators, validator_set

NS = 10**9  # of a second
Step = tuple[bytes, bytes, bytes]  # header, commit and validators, encoded as in a committed header


class LightBlock(NamedTuple):
    """As a node gave it, or as it was verified: which, says who holds it."""

    header: Header
    commit: Commit
    validators: Validators
    hash: bytes  # of the header
    time_ns: int  # nanoseconds since 1970

    @classmethod
    def of(cls, header: Header, commit: Commit, validators: ValidatorSet) -> "LightBlock":
        """Return the block; raise Malformed where the set or the time is none."""
        return cls(header, commit, read_validators(validators), header_hash(header), instant(header.time))

    @classmethod
    def read(cls, step: Step) -> "LightBlock":
        """Return the block of a step of a committed header; raise Malformed."""
        header, commit, validators = step
        return cls.of(read(header, Header), read(commit, Commit), read(validators, ValidatorSet))

    @property
    def height(self) -> int:
        return self.header.height

    @property
    def step(self) -> Step:
        """Return it as a step of a committed header (`evidence.header`)."""
        return encoded(self.header), encoded(self.commit), encoded(validator_set(self.validators))
