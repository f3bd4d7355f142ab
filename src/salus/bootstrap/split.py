"""Take a region apart: a home for the node, one for each organisation, one for each person.

1. What goes where is planned by the open region: letters go with the organisation that keeps their inbox, a
   succeeded organisation goes with its successor, whose keys carry for it.
2. The closed region is copied, each file durable; then every copy is compared with what it was made of.
3. The region is put out of use: its genesis is renamed, a note says where everything is.
4. Only then do the new homes get theirs, without which they are none.

So there are never two that could act. Broken off before 3, the region is as it was, and doing it again begins anew;
after 3, doing it again goes on to the end. No ledger is copied but the node's: a home fetches it from there, and
checks and executes every block itself.
"""

import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

from salus.bootstrap.layout import GENESIS, directory_folder, organisation_file
from salus.bootstrap.opening import has_node, open_region, refuse_network
from salus.bootstrap.region import Region
from salus.bootstrap.upstream import UpstreamFile, write_upstream
from salus.contracts.accounts import queries as accounts
from salus.contracts.governance import queries as governance
from salus.disk import TEMPORARY, make_folder, sync_folder
from salus.ledger.errors import NotANode
from salus.services import lookup
from salus.services.errors import NoRegion
from salus.services.remote.directory import Directory
from salus.services.remote.errors import CopyDiffers, FolderTaken, TooManySealKeys
from salus.vault.files import LocalFiles, storage_errors
from salus.vault.seals import seal_key_id

NODE, MEMBERS, PEOPLE = "node", "members", "people"
MARK, READY = "split", b"ready\n"  # a file of the new folder: how far it is
OUT_OF_USE, SPLIT_NOTE = f"{GENESIS}.split", "SPLIT.txt"
SECRET = "passphrase"  # noqa: S105 - the file of an unattended home
_NOT_COPIED = ("lock", "lock.mdb", "vault.lock")
_FILES = LocalFiles()
_WORDS = """This region was taken apart. Its homes are in {to}: the node, the members, the people.
Nothing here is used any more. It still holds every key: once the new homes work, destroy this folder,
and rotate the keys, since one machine has seen them all (docs/operate/exchange.md).
"""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Part:
    """A home that is made: where, and (from, to) of the folders and files that go there."""

    home: Path
    moves: tuple[tuple[Path, Path], ...]


@dataclass(frozen=True, slots=True)
class Parts:
    """What a region was split into. `left` are letters to accounts that no organisation here keeps an inbox for."""

    node: Path
    members: tuple[Path, ...]
    people: tuple[Path, ...]
    left: int

    def all(self) -> tuple[Path, ...]:
        """Return all homes."""
        return (self.node, *self.members, *self.people)


def split_region(
    home: Path,
    to: Path,
    upstream: UpstreamFile,
    passphrase: str,
    ca: Path | None = None,
    progress: Progress = lambda what, done, total: None,
) -> Parts:
    """Take the closed region in `home` apart into the new folder `to`; its homes follow the node at `upstream`.

    `ca` is a file of certificates for them to trust. Raises NoRegion, NotANode, OfANetwork, FolderTaken, CopyDiffers,
    StorageFull, StorageFailed, and what `open_region` raises.
    """
    if _is_ready(to) and (home / OUT_OF_USE).is_file():
        return _finish(home, to, _there(to, 0))
    if not (home / GENESIS).is_file():
        raise NoRegion
    if not has_node(home):
        raise NotANode
    refuse_network(home)
    if to.exists() and any(to.iterdir()):
        if not (to / MARK).is_file():
            raise FolderTaken
        shutil.rmtree(to)
    with storage_errors():
        make_folder(to)
        _FILES.write(to / MARK, b"copying\n")
    with open_region(home, passphrase) as region:
        parts, left = plan(region, to)
        _fill_directory(region, parts[0].home)
    with storage_errors():
        _copy(home, parts, progress)
        for part in parts[1:]:
            write_upstream(part.home, upstream, ca)
    _compare(parts, progress)
    _FILES.write(to / MARK, READY)
    return _finish(home, to, _there(to, left))


def plan(region: Region, to: Path) -> tuple[list[Part], int]:
    """Return the homes to be made, the node's first, and how many letters go nowhere."""
    home, state = region.home, region.ledger.view()
    keepers: dict[bytes, Path] = {}  # account of an organisation -> its new home
    slugs = {organisation_file(home, slug).account: slug for slug in region.organisations()}
    for account, slug in slugs.items():
        successor = governance.successor_of(state, account)
        keepers[account] = to / MEMBERS / slugs.get(successor or account, slug)
    moves: dict[Path, list[tuple[Path, Path]]] = {to / NODE: _same(home, to / NODE, ("ledger", "node", SECRET))}
    for account, slug in slugs.items():
        part = keepers[account]
        names = (f"organisations/{slug}", f"exchange/outbox/organisations/{slug}", "exchange/keys", SECRET)
        moves.setdefault(part, []).extend(_same(home, part, names))
    for slug in region.people():
        part = to / PEOPLE / slug
        names = (f"people/{slug}", f"exchange/outbox/people/{slug}", "exchange/keys", SECRET)
        moves[part] = _same(home, part, names)
    left = 0
    for box in sorted((home / "exchange/letters").glob("*")):
        keeper = keepers.get(bytes.fromhex(box.name)) or keepers.get(
            accounts.custodian_of(state, bytes.fromhex(box.name)) or b""
        )
        if keeper is None:
            left += sum(1 for _ in box.iterdir())
        else:
            moves[keeper] += _same(home, keeper, (f"exchange/letters/{box.name}",))
    return [Part(part, tuple(dict.fromkeys(paths))) for part, paths in moves.items()], left


def _same(home: Path, part: Path, names: Iterable[str]) -> list[tuple[Path, Path]]:
    return [(home / name, part / name) for name in names if (home / name).exists()]


def _fill_directory(region: Region, node: Path) -> None:
    """Give the node's directory the public sealing keys that the members of the region have published."""
    state, network = region.ledger.view(), region.network
    directory = Directory(directory_folder(node), network)
    named = {lookup.organisation(state, account).seal_key: account for account in sorted(region.accounts())}
    members = [account for account in sorted(region.accounts()) if governance.member(state, account) is not None]
    for path in sorted((region.home / "exchange/keys").glob("*")):
        public = b"" if path.name.endswith(TEMPORARY) else path.read_bytes()
        key = bytes.fromhex(path.name) if public else b""
        owner = named.get(key)
        if key != seal_key_id(network, public) and owner is None:
            continue  # the same key under its other id
        for member in (owner, *members):
            if member in members:
                try:
                    directory.publish(state, member, public)
                    break
                except TooManySealKeys:
                    continue


def _files(moves: Iterable[tuple[Path, Path]]) -> list[tuple[Path, Path]]:
    found = []
    for old, new in moves:
        if old.is_file():
            found.append((old, new))
            continue
        inside = (path for path in sorted(old.rglob("*")) if path.is_file() and _is_kept(path.name))
        found += [(path, new / path.relative_to(old)) for path in inside]
    return found


def _is_kept(name: str) -> bool:
    return name not in _NOT_COPIED and not name.endswith(TEMPORARY)


def _copy(home: Path, parts: list[Part], progress: Progress) -> None:
    unlock = _FILES.lock(home / "ledger/lock")  # nobody opens the region meanwhile
    try:
        files = [pair for part in parts for pair in _files(part.moves)]
        for number, (old, new) in enumerate(files):
            progress("Copying", number, len(files))
            make_folder(new.parent)
            shutil.copy2(old, new)
            with new.open("rb+") as file:
                os.fsync(file.fileno())
        for folder in sorted({new.parent for _, new in files}):
            sync_folder(folder)
        for part in parts:
            make_folder(part.home)
    finally:
        unlock()


def _compare(parts: list[Part], progress: Progress) -> None:
    files = [pair for part in parts for pair in _files(part.moves)]
    for number, (old, new) in enumerate(files):
        progress("Comparing", number, len(files))
        if _digest(old) != _digest(new):
            raise CopyDiffers


def _digest(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").digest()
    except OSError:
        raise CopyDiffers from None


def _finish(home: Path, to: Path, parts: Parts) -> Parts:
    """Put the region out of use, then the new homes into it."""
    if (home / GENESIS).is_file():
        _FILES.write(home / SPLIT_NOTE, _WORDS.format(to=to).encode())
        _FILES.move(home / GENESIS, home / OUT_OF_USE)
    genesis = (home / OUT_OF_USE).read_bytes()
    for part in parts.all():
        _FILES.write(part / GENESIS, genesis)
    _FILES.delete(to / MARK)
    return parts


def _there(to: Path, left: int) -> Parts:
    members, people = (tuple(sorted((to / name).glob("*"))) for name in (MEMBERS, PEOPLE))
    return Parts(to / NODE, members, people, left)


def _is_ready(to: Path) -> bool:
    return (to / MARK).is_file() and (to / MARK).read_bytes() == READY
