"""Who checks signatures beside the executor: nobody but a second thread, or a process of its own.

Whatever a helper does or fails to do changes how fast a block is executed, and nothing else.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from salus.machine.signing import Check, Each, Verified
from salus.side_by_side import side_by_side


class Helper(Protocol):
    """Told of batches as they come. Only `offer` may be called from any thread; no method waits for another process."""

    def attach(self, verified: Verified, state: Path, network: bytes) -> None:
        """Serve the machine whose memory is `verified` and whose state lies in the folder `state`; at first."""
        ...

    def offer(self, raw: bytes) -> None:
        """Note a batch that waits for its block."""
        ...

    def hear(self) -> None:
        """Tell the machine's memory which signatures were found good by now."""
        ...

    def take(self, raws: Sequence[bytes]) -> None:
        """Note the batches of the block that is executed next: once its signatures are through, they are settled."""
        ...

    def settle(self, raws: Sequence[bytes]) -> None:
        """Note batches that were offered and whose checks nobody needs any more."""
        ...

    def close(self) -> None:
        """End whatever was started."""
        ...


class Alone:
    """No second process: two threads share the signatures of a block where there are two processors."""

    def attach(self, verified: Verified, state: Path, network: bytes) -> None:
        """See the port."""
        verified.each = side_by_side()

    def offer(self, raw: bytes) -> None:
        """See the port."""

    def hear(self) -> None:
        """See the port."""

    def take(self, raws: Sequence[bytes]) -> None:
        """See the port."""

    def settle(self, raws: Sequence[bytes]) -> None:
        """See the port."""

    def close(self) -> None:
        """See the port."""


def from_the_end(
    hear: Callable[[], None], beside: Callable[[], bool], alone: Each, through: Callable[[], None]
) -> Each:
    """Return `map` that goes from the last item to the first while another process comes from the first to the last.

    `hear` takes in what that one has done, `through` is called at the end: it need not go on to where the other
    began. Where it is not there (`beside` is false), `alone` does it all.
    """

    def each(work: Callable[[Check], bool], items: Sequence[Check]) -> Sequence[bool]:
        if not beside():
            return alone(work, items)
        results = [False] * len(items)
        for number in reversed(range(len(items))):
            if not number % 16:
                hear()
            results[number] = work(items[number])
        if items:
            through()
        return results

    return each
