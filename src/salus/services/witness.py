"""Be a witness of logs: remember how far each was seen, and cosign what continues it. https://c2sp.org/tlog-witness

FOLDER/keystore.sealed                 the witness's own key, used for nothing else
FOLDER/name                            its name, an address without a scheme
FOLDER/logs/<network>/genesis          whose log it is, as it was first told
FOLDER/logs/<network>/header           a header that names later validators than the genesis, if it was told one
FOLDER/logs/<network>/checkpoint       the newest checkpoint it cosigned, durable before it signed
FOLDER/forks/<number>/                 what contradicted it: both notes, and the proof where there is one

Signing comes after remembering, so that no power cut makes it sign what it would contradict later. The folder
belongs on another machine than the ledger: who can put the one back must not be able to put the other back.
It needs the published files alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from salus.core.encoding import decode
from salus.core.errors import Malformed
from salus.core.genesis import read_genesis, validator_keys
from salus.core.signatures import SigningKey
from salus.evidence.committed import Committed, parse_committed, read_committed
from salus.evidence.equivocation import log_key
from salus.merkle.checkpoint import NoteKey, SignedCheckpoint, cosign, only_by, parse, parse_note_key, verifier_key
from salus.services.errors import NoWitness, UnknownLog, WitnessBusy, WitnessExists
from salus.vault.files import Files, LocalFiles
from salus.vault.keystore import Keystore

_LOCAL = LocalFiles()
_KEY, _NAME, _KEYSTORE = "witness", "name", "keystore.sealed"


class SeenLog(NamedTuple):
    """A log that the witness knows, and the newest checkpoint that it has seen of it."""

    network: bytes
    genesis: bytes
    checkpoint: SignedCheckpoint | None
    headers: tuple[bytes, ...] = ()  # that name later validators, as `evidence.equivocation.log_key` reads them


class Witness:
    """A witness in a folder. Its repr shows no key."""

    def __init__(self, folder: Path, name: str, key: SigningKey, files: Files = _LOCAL) -> None:
        self.folder, self.name = folder, name
        self._key, self._files = key, files

    @classmethod
    def create(cls, folder: Path, name: str, passphrase: str, files: Files = _LOCAL) -> "Witness":
        """Make a witness with a key of its own; raise WitnessExists, and Malformed for a name that no note can bear."""
        if (folder / _NAME).exists():
            raise WitnessExists
        keystore = Keystore(folder / _KEYSTORE, {}, files)
        witness = cls(folder, name, SigningKey.from_seed(keystore.new(_KEY)), files)
        parse_note_key(witness.verifier_key)
        keystore.save(passphrase)
        files.write(folder / _NAME, name.encode())
        return witness

    @classmethod
    def open(cls, folder: Path, passphrase: str, files: Files = _LOCAL) -> "Witness":
        """Return the witness in `folder`; raise NoWitness, WrongPassphrase, KeystoreDamaged."""
        try:
            name = files.read(folder / _NAME).decode()
        except (FileNotFoundError, UnicodeDecodeError):
            raise NoWitness from None
        seed = Keystore.open(folder / _KEYSTORE, passphrase, files).get(_KEY)
        return cls(folder, name, SigningKey.from_seed(seed), files)

    @property
    def verifier_key(self) -> str:
        """What readers give to `salus verify --witness`."""
        return verifier_key(NoteKey(self.name, self._key.public))

    def logs(self) -> list[SeenLog]:
        """Return the logs that it knows, sorted by network."""
        names = self._files.names(self.folder / "logs")
        return [self._seen(bytes.fromhex(name)) for name in names if (self.folder / "logs" / name / "genesis").exists()]

    def add_log(self, genesis: bytes) -> bytes:
        """Take in the log of a genesis, durably; return its network. Raises Malformed or InvalidKey."""
        network, _ = read_genesis(genesis)
        path = self._log(network) / "genesis"
        if not path.exists():
            self._files.create_folder(path.parent)
            self._files.write(path, genesis)
        return network

    def learn_validators(self, header: bytes) -> None:
        """Take in a committed header of a known log, durably: its validators sign checkpoints too.

        It takes the place of an older one; an older one changes nothing. Raises UnknownLog, Malformed, WrongSignature.
        """
        network = decode(header, Committed).network
        if not (self._log(network) / "genesis").exists():
            raise UnknownLog
        known = self._seen(network)
        height = read_committed(network, header, validator_keys(*read_genesis(known.genesis))).header.height
        if all(parse_committed(network, one).header.height < height for one in known.headers):
            self._files.write(self._log(network) / "header", header)

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Keep other processes from looking meanwhile: comparing and remembering are one step. Raises WitnessBusy."""
        try:
            release = self._files.lock(self.folder / "lock")
        except BlockingIOError:
            raise WitnessBusy from None
        try:
            yield
        finally:
            release()

    def know(self, shown: SignedCheckpoint, genesis: bytes | None) -> tuple[SeenLog, SignedCheckpoint]:
        """Return the log of a checkpoint, and that with the log's own signature, verified, alone.

        With `genesis` a log is taken in where it is new.

        Raises UnknownLog, WrongSignature, Malformed or InvalidKey (genesis).
        """
        network = _network(shown)
        known = self._log(network) / "genesis"
        if not known.exists():
            if genesis is None:
                raise UnknownLog
            log_key(shown, genesis)
            self._files.create_folder(known.parent)
            self._files.write(known, genesis)
        found = self._seen(network)
        return found, only_by(shown, log_key(shown, found.genesis, found.headers))

    def cosign(self, shown: SignedCheckpoint, network: bytes, time_s: int) -> SignedCheckpoint:
        """Remember a checkpoint that continues what was seen, durably, and then sign it."""
        self._files.write(self._log(network) / "checkpoint", shown.note().encode())
        return cosign(shown, self.name, self._key, time_s)

    def keep_fork(self, parts: dict[str, bytes]) -> Path:
        """Keep what contradicts what was seen, by the name of each file; return the folder."""
        folder = self.folder / "forks" / f"{len(self._files.names(self.folder / 'forks')) + 1:03}"
        self._files.create_folder(folder)
        for name, raw in parts.items():
            self._files.write(folder / name, raw)
        return folder

    def _seen(self, network: bytes) -> SeenLog:
        folder = self._log(network)
        try:
            newest = parse(self._files.read(folder / "checkpoint"))
        except FileNotFoundError:
            newest = None
        headers = (self._files.read(folder / "header"),) if (folder / "header").exists() else ()
        return SeenLog(network, self._files.read(folder / "genesis"), newest, headers)

    def _log(self, network: bytes) -> Path:
        return self.folder / "logs" / network.hex()


def _network(shown: SignedCheckpoint) -> bytes:
    """Return the network that the origin names; raise Malformed."""
    head, _, digits = shown.checkpoint.origin.partition("/")
    if head != "salus" or len(digits) != 64 or any(digit not in "0123456789abcdef" for digit in digits):
        raise Malformed
    return bytes.fromhex(digits)
