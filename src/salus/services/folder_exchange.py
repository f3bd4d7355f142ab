"""The exchange between parties that share a folder: one folder of letters per recipient, one of public keys."""

import threading
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from salus.core.hashing import NO_NETWORK
from salus.services.errors import UnknownSealKey
from salus.services.lookup import names_seal_key
from salus.services.ports import KINDS, Letter
from salus.vault.files import TEMPORARY, Files, LocalFiles
from salus.vault.seals import seal_key_id


class Lying(NamedTuple):
    """A letter in an inbox, unread. `sender` names who brought it from elsewhere, empty where nobody did."""

    name: str
    kind: str
    sender: str
    size: int  # bytes


class FolderExchange:
    """`letters/<recipient>/<number>-<digest>[.<sender>].<kind>` and `keys/<key id>`; implements `ports.Exchange`.

    Safe to use from several threads. `arrived` is told of each account for which a letter came.
    """

    def __init__(self, folder: Path, network: bytes, files: Files | None = None) -> None:
        self._folder = folder
        self._network = network
        self._files = files or LocalFiles()
        self._numbering = threading.Lock()
        self.arrived: Callable[[bytes], None] = lambda account: None

    def post(self, recipient: bytes, kind: str, body: bytes) -> None:
        """Leave a letter; one that lies there already is not left twice."""
        self.take_in(recipient, kind, body, "")

    def take_in(self, recipient: bytes, kind: str, body: bytes, sender: str) -> None:
        """The same for a letter that somebody brought: `sender` is of lower-case letters and digits."""
        if kind not in KINDS:
            raise ValueError(kind)
        digest, brought = f"-{sha256(body).hexdigest()[:32]}.", f"{sender}." if sender else ""
        with self._numbering:
            box = self._box(recipient)
            names = self._names(box)
            if any(digest in name and name.endswith(f".{kind}") for name in names):
                return
            number = int(names[-1].partition("-")[0]) + 1 if names else 1
            self._files.create_folder(box)
            self._files.write(box / f"{number:012d}{digest}{brought}{kind}", body)
        self.arrived(recipient)

    def inbox(self, recipient: bytes) -> list[Letter]:
        """Return the letters to `recipient`, oldest first."""
        letters = (self.letter(recipient, name) for name in self._names(self._box(recipient)))
        return [letter for letter in letters if letter is not None]

    def lying(self, recipient: bytes) -> list[Lying]:
        """Return what lies in an inbox, oldest first."""
        box, found = self._box(recipient), []
        for name in self._names(box):
            _, *sender, kind = name.split(".")
            try:
                found.append(Lying(name, kind, "".join(sender), (box / name).stat().st_size))
            except FileNotFoundError:
                continue  # done meanwhile
        return found

    def letter(self, recipient: bytes, name: str) -> Letter | None:
        """Return a letter that lies in an inbox; None if it was done meanwhile."""
        try:
            return Letter(name, name.rpartition(".")[2], self._files.read(self._box(recipient) / name))
        except FileNotFoundError:
            return None

    def done(self, recipient: bytes, name: str) -> None:
        """Remove a letter."""
        if name in self._names(self._box(recipient)):
            self._files.delete(self._box(recipient) / name)

    def publish_key(self, public: bytes) -> None:
        """Publish a public sealing key under its ids: on the network, and as a genesis names it."""
        folder = self._folder / "keys"
        self._files.create_folder(folder)
        for network in (self._network, NO_NETWORK):
            self._files.write(folder / seal_key_id(network, public).hex(), public)

    def find_key(self, key: bytes) -> bytes:
        """Return the public key whose id is `key`, checked against it."""
        try:
            public = self._files.read(self._folder / "keys" / key.hex())
        except FileNotFoundError:
            raise UnknownSealKey from None
        if not names_seal_key(self._network, key, public):
            raise UnknownSealKey
        return public

    def _box(self, recipient: bytes) -> Path:
        return self._folder / "letters" / recipient.hex()

    def _names(self, box: Path) -> list[str]:
        return [name for name in self._files.names(box) if not name.endswith(TEMPORARY)]
