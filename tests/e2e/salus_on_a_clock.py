"""`salus` on a clock that a file puts ahead, in milliseconds: `salus_on_a_clock.py FILE ARGUMENT...`."""

import os
import sys
import time
from pathlib import Path

from salus.cli.main import main
from salus.ledger.embedded.clock import SystemClock


def put_ahead(offset: Path) -> None:
    """Let this process's clock be ahead by what the file says at each look."""

    def now_ms(clock: SystemClock) -> int:
        return time.time_ns() // 1_000_000 + int(offset.read_text())

    SystemClock.now_ms = now_ms  # type: ignore[method-assign]


if __name__ == "__main__":
    put_ahead(Path(sys.argv.pop(1)))
    os.environ["SALUS_EXECUTOR"] = "inside"  # another process would have the machine's clock
    main()
