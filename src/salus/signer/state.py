"""What a key signed last, durable before the signature leaves; held by one process at a time.

| file           | what                                               |
|----------------|----------------------------------------------------|
| `signer/state` | dCBOR `LastSigned`, replaced whole for each signature |
| `signer/lock`  | held while a signer has the home open              |
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from salus.core.encoding import decode, encode
from salus.core.errors import Malformed
from salus.core.types import Id, Message, PublicKey
from salus.signer.errors import DamagedSignState, NoSignState, SignerInUse, SignStateExists, SignStateOfAnother
from salus.vault.files import Files

FOLDER, STATE, LOCK = "signer", "state", "lock"
FORMAT = 1
LAST_ROUND, LAST_STEP = 2**31 - 1, 3  # of any height: nothing follows them there


class LastSigned(Message, frozen=True):
    """The greatest height, round and step that were signed, the bytes, and the signature; none: only later ones are."""

    format: Annotated[int, Meta(ge=FORMAT, le=FORMAT)]
    network: Id
    public: PublicKey
    height: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    round: Annotated[int, Meta(ge=0, le=LAST_ROUND)]
    step: Annotated[int, Meta(ge=1, le=LAST_STEP)]  # 1 proposal, 2 prevote, 3 precommit
    signed: Annotated[bytes, Meta(max_length=1024)]
    signature: Annotated[bytes, Meta(max_length=64)]

    @property
    def place(self) -> tuple[int, int, int]:
        """Height, round and step, which order what is signed."""
        return self.height, self.round, self.step


def nothing_up_to(network: bytes, public: bytes, height: int) -> LastSigned:
    """Return the state of a key that may sign above `height` only."""
    return LastSigned(FORMAT, network, public, height, LAST_ROUND, LAST_STEP, b"", b"")


class SignState:
    """The kept state of one key. `last` is what is durable, as far as is known: a write that failed may have landed."""

    def __init__(self, path: Path, last: LastSigned, files: Files, unlock: Callable[[], None]) -> None:
        self._path, self._files, self._unlock = path, files, unlock
        self.last = last

    @classmethod
    def open(cls, home: Path, network: bytes, public: bytes, after: int | None, files: Files) -> "SignState":
        """Open what is kept in a home; with `after` begin it, for a key that signed nothing above that height.

        Raises SignerInUse, NoSignState, SignStateExists, DamagedSignState, SignStateOfAnother, StorageFull,
        StorageFailed.
        """
        folder = home / FOLDER
        files.create_folder(folder)
        try:
            unlock = files.lock(folder / LOCK)
        except BlockingIOError:
            raise SignerInUse from None
        try:
            last = read_state(home, files)
            if last is None:
                if after is None:
                    raise NoSignState
                last = nothing_up_to(network, public, after)
                files.write(folder / STATE, encode(last))
            elif after is not None:
                raise SignStateExists
            if (last.network, last.public) != (network, public):
                raise SignStateOfAnother
        except BaseException:
            unlock()
            raise
        return cls(folder / STATE, last, files, unlock)

    def keep(self, last: LastSigned) -> None:
        """Make it durable; raises StorageFull or StorageFailed, and then what it is of must not leave."""
        self._files.write(self._path, encode(last))
        self.last = last

    def close(self) -> None:
        """Let another signer have it."""
        self._unlock()


def read_state(home: Path, files: Files) -> LastSigned | None:
    """Return what is kept in a home, None where there is nothing; raise DamagedSignState, StorageFailed."""
    try:
        return decode(files.read(home / FOLDER / STATE), LastSigned)
    except FileNotFoundError:
        return None
    except Malformed:
        raise DamagedSignState from None
