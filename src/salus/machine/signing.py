"""Signatures that were verified are remembered: between admission and execution, and within a block."""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

from salus.core.signatures import verify
from salus.machine.memory import Memory

Check = tuple[bytes, bytes, bytes]  # (public key, message, signature)
Each = Callable[[Callable[[Check], bool], Sequence[Check]], Sequence[bool]]  # map, with the results in order
CAPACITY = 1 << 16  # signatures; two generations of half as many


class Verified:
    """A bounded memory of good signatures, keyed by H(public key | message | signature).

    A key of less would fork the network: the payload of a good envelope under a bad signature would
    pass on nodes that had seen the good one. Public key and signature have fixed lengths, so that
    the three cannot be shifted against one another. Whether a key is live is never remembered. Threads that learn at
    once may forget some of what they learned, and no more.
    """

    __slots__ = ("_memory", "each")

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._memory: Memory[bytes, bool] = Memory(capacity)
        self.each: Each = _one_by_one  # an engine may check several at a time

    def ahead(self, checks: Sequence[Check]) -> Sequence[bool]:
        """Return what `known` says of each of `checks`, which a block is likely to ask for.

        All in one go: between two signatures the processor forgets the code and the data of whatever
        else it did, so that a block takes a sixth longer when they are checked one by one.
        """
        return self.each(self._check, checks)

    def _check(self, check: Check) -> bool:
        return self.known(*check)

    def verify(self, public: bytes, message: bytes, signature: bytes) -> bool:
        """True if the signature is good; remembers it."""
        if len(public) != 32 or len(signature) != 64:
            return False
        key = memory_key(public, message, signature)
        if self._memory.get(key):
            return True
        if not verify(public, message, signature):
            return False
        self._memory.put(key, True)
        return True

    def learn(self, keys: Iterable[bytes]) -> None:
        """Remember signatures that were verified elsewhere, by their `memory_key`."""
        for key in keys:
            self._memory.put(key, True)

    def known(self, public: bytes, message: bytes, signature: bytes) -> bool:
        """True if the signature is good; does not remember it: for what is executed only once."""
        if self._memory and self._memory.get(memory_key(public, message, signature)):
            return True
        return verify(public, message, signature)

    def __len__(self) -> int:
        return len(self._memory)


def memory_key(public: bytes, message: bytes, signature: bytes) -> bytes:
    """Return what a good signature is remembered by; public key and signature have their fixed lengths."""
    return sha256(public + signature + message).digest()


def _one_by_one(work: Callable[[Check], bool], checks: Sequence[Check]) -> Sequence[bool]:
    return [work(check) for check in checks]
