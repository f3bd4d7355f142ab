"""Serves a home on a clock that a file puts wrong: `serving_clocked.py HOME OFFSET_FILE`."""

import sys
import time
from pathlib import Path

from salus.api.listening import bind
from salus.api.server import Listening
from salus.bootstrap import open_region
from salus.bootstrap.running import serve_region


class WrongClock:
    """The system's time and as many milliseconds as the file says."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000 + int(self._file.read_text() or "0")


def main(home: Path, offset_file: Path) -> None:
    passphrase = (home / "passphrase").read_text().strip()
    bound = bind(Listening("127.0.0.1", 0))
    with open_region(home, passphrase, clock=WrongClock(offset_file)) as region:
        serve_region(region, bound, lambda: print(bound.url, flush=True))


main(Path(sys.argv[1]), Path(sys.argv[2]))
