"""The chain of blocks whose headers carry the votes that decided them (`evidence.committed`)."""

from collections.abc import Sequence
from dataclasses import dataclass

from salus.cometbft.errors import WrongValidators
from salus.cometbft.hashing import transactions_root
from salus.cometbft.validators import set_hash
from salus.cometbft.validators import validators as validator_set
from salus.contracts.governance.queries import validators
from salus.core.errors import Malformed
from salus.evidence.committed import FORMAT, HEAD, read_steps, verify_steps
from salus.evidence.header import Header, SignedHeader, parse_header
from salus.ledger.consensus.errors import OtherEngine
from salus.ledger.embedded.chain import Chain


@dataclass(slots=True)
class CommittedChain(Chain):
    """A chain in which each header names the validators of the next. One thread at a time."""

    def _read(self, raw: bytes) -> SignedHeader:
        """Return the next block's header, committed by exactly those whom the header before it names.

        Raises OtherEngine, Malformed, and a WrongSignature that says what is wrong.
        """
        if not raw.startswith(HEAD):
            raise OtherEngine
        steps = read_steps(self.network, raw)
        if len(steps) != 1:
            raise Malformed
        shown = steps[0].header
        if shown.height == self.height_read + 1 and shown.validators_hash != self._named(shown.validators_hash):
            raise WrongValidators
        verify_steps(self.network, steps, steps[0].validators)
        return parse_header(self.network, raw)

    @property
    def height_read(self) -> int:
        """Of the block whose header is the tip."""
        return self.blocks.gone if self.tip is None else self.tip.header.height

    def _named(self, shown: bytes) -> bytes:
        """Return the hash of the validators who decide the next block: those of the genesis decide the first.

        After a base nothing here names them: that block was verified when it was put beside it, with those it shows.
        """
        if self.tip is None and self.blocks.base is not None:
            return shown
        if self.tip is None:
            return set_hash(validator_set((v.public, v.power) for v in validators(self.machine.store)))
        return read_steps(self.network, self.tip.raw)[-1].header.next_validators_hash

    def _expected(self, height: int, found: Header, batches: Sequence[bytes]) -> Header:
        return Header(
            FORMAT,
            self.network,
            height,
            max(found.time, self.machine.time),
            self._before(found),
            transactions_root(batches),
            self.machine.app_hash,
            found.node,
        )

    def _before(self, found: Header) -> bytes:
        """Return the hash of the last header, which the next one names; after a base that one alone says it."""
        if self.tip is not None:
            return self.tip.hash
        return self.network if self.blocks.base is None else found.previous
