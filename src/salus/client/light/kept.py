"""The file of what a light client trusts: a few headers, the newest and those that lead there.

dCBOR `[1, network, [step...], [[step...], [step...]] or null]`, a step being (header, commit, validators) as in a
committed header. The last is what was found of an attack: both chains of headers, each from the common one to where
they differ. Once it is there, nothing is believed any more, whoever asks.
"""

from pathlib import Path
from typing import Annotated, NamedTuple

from msgspec import Meta

from salus.client.light.block import LightBlock, Step
from salus.client.light.errors import DamagedTrust, WrongChain
from salus.core.encoding import decode, encode
from salus.core.errors import Refusal
from salus.core.types import Id, Message
from salus.vault.files import Files

FORMAT = 1
MOST_KEPT = 16  # headers: the newest, and ever fewer of the older ones
MOST_TRACE = 1_024  # of each side of an attack

Steps = Annotated[tuple[Step, ...], Meta(max_length=MOST_TRACE)]


class _File(Message, frozen=True):
    format: Annotated[int, Meta(ge=FORMAT, le=FORMAT)]
    network: Id
    trusted: Annotated[tuple[Step, ...], Meta(max_length=MOST_KEPT)]  # by rising height
    attack: tuple[Steps, Steps] | None


class Attack(NamedTuple):
    """Two chains of headers that begin with the same one and end with two of one height, both signed."""

    one: tuple[LightBlock, ...]
    other: tuple[LightBlock, ...]


class Kept:
    """One file. Used by one thread at a time; what changes it is durable once it returns, or raises as `Files` does."""

    def __init__(self, path: Path, network: bytes, files: Files) -> None:
        """Read the file where it is there. Raises DamagedTrust, WrongChain."""
        self._path, self._network, self._files = path, network, files
        self.blocks: list[LightBlock] = []  # by rising height
        self.attack: Attack | None = None
        try:
            raw = files.read(path)
        except FileNotFoundError:
            return
        try:
            found = decode(raw, _File)
            self.blocks = [LightBlock.read(step) for step in found.trusted]
            if found.attack is not None:
                self.attack = Attack(*(tuple(LightBlock.read(step) for step in side) for side in found.attack))
        except Refusal:
            raise DamagedTrust from None
        heights = [block.height for block in self.blocks]
        if found.network != network:
            raise WrongChain
        if sorted(set(heights)) != heights:
            raise DamagedTrust

    @property
    def newest(self) -> LightBlock | None:
        """The highest header that is trusted."""
        return self.blocks[-1] if self.blocks else None

    def at(self, height: int) -> LightBlock | None:
        """Return the trusted header of a height."""
        return next((block for block in self.blocks if block.height == height), None)

    def below(self, height: int) -> LightBlock | None:
        """Return the highest trusted header below a height."""
        return next((block for block in reversed(self.blocks) if block.height < height), None)

    def above(self, height: int) -> LightBlock | None:
        """Return the lowest trusted header above a height."""
        return next((block for block in self.blocks if block.height > height), None)

    def add(self, block: LightBlock) -> None:
        """Trust a header, durably; of the older ones, those nearest to another are let go."""
        blocks = sorted(
            [*(one for one in self.blocks if one.height != block.height), block], key=lambda one: one.height
        )
        while len(blocks) > MOST_KEPT:
            del blocks[_least_missed([one.height for one in blocks])]
        self._write(blocks, self.attack)

    def begin(self, block: LightBlock) -> None:
        """Trust this header alone, durably."""
        self._write([block], self.attack)

    def keep_attack(self, attack: Attack) -> None:
        """Keep what was found, durably."""
        self._write(self.blocks, attack)

    def _write(self, blocks: list[LightBlock], attack: Attack | None) -> None:
        sides = None if attack is None else (_steps(attack.one), _steps(attack.other))
        file = _File(FORMAT, self._network, tuple(block.step for block in blocks), sides)
        self._files.write(self._path, encode(file))
        self.blocks, self.attack = blocks, attack


def _steps(side: tuple[LightBlock, ...]) -> tuple[Step, ...]:
    return tuple(block.step for block in side)


def _least_missed(heights: list[int]) -> int:
    """Return the place of the one to let go, neither first nor last: gaps grow with the distance from the newest."""
    last = heights[-1]
    gaps = ((heights[at + 1] - heights[at - 1]) / (last - heights[at] + 1) for at in range(1, len(heights) - 1))
    return min(enumerate(gaps, start=1), key=lambda gap: gap[1])[0]
