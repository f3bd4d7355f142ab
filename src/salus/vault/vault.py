"""Vault: the custodian's store, opened by one process at a time.

    folder/vault.lock   held while the vault is open
    folder/vault.id     written last: without it there is no vault
    folder/index.db     the encrypted index
    folder/blobs/       ciphertexts of 64 KiB and more

Threads may share a vault: writes take turns, and a read sees whole deposits only.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from types import TracebackType

from sqlalchemy import Connection, select

from salus.core.record import LeafHeader
from salus.merkle.log import Consistency
from salus.merkle.smt import Proof
from salus.vault import custody as custodies
from salus.vault import deposit as deposits
from salus.vault import erasure as erasures
from salus.vault import reading, schema
from salus.vault.anchors import AnchorEntry, Anchors, Opening
from salus.vault.attributes import RelationAttributes
from salus.vault.blobs import Blobs
from salus.vault.custody import RelationCopy
from salus.vault.deposit import Deposit, DepositResult
from salus.vault.directives import Directives
from salus.vault.erasure import Erased, Erasure
from salus.vault.errors import NoSuchSize, VaultDamaged, VaultExists, VaultInUse, WrongNetwork, WrongVaultKey
from salus.vault.files import Files, LocalFiles
from salus.vault.identity import FILE as IDENTITY_FILE
from salus.vault.identity import VaultIdentity, read_identity, write_identity
from salus.vault.index import FILE as INDEX_FILE
from salus.vault.index import Index
from salus.vault.keys import derive
from salus.vault.outbox import Outbox
from salus.vault.places import Places
from salus.vault.records import Custody, RecordWrite
from salus.vault.relation import Relation
from salus.vault.relations import Relations, access_leaf, row_ids
from salus.vault.schedule import Schedule
from salus.vault.scope import Scope
from salus.vault.shared import SharedResources
from salus.vault.sound import BLOBS_FOLDER

LOCK_FILE = "vault.lock"
_ACCESS = "INSERT INTO access (id, salt, entry) VALUES (?, ?, ?)"


class Vault:
    """An open vault; made by `create` or `open`, ended by `close` or a `with` block.

    What a method returned is durable. Besides the refusals named, any may raise StorageFull,
    StorageFailed and VaultDamaged; after each of them nothing of the call was stored.
    """

    def __init__(self, folder: Path, custody: Custody, wrapping: bytes, index: Index, release: Callable[[], None]):
        self.folder = folder
        self.custody = custody
        self.shared = SharedResources(index)
        self.attributes = RelationAttributes(index)
        self.directives = Directives(index)
        self.outbox = Outbox(index)
        self.anchors = Anchors(custody.network, index)
        self.schedule = Schedule(index)
        self.places = Places(index)
        self.intake = RLock()  # held by who takes in: what it found must not change before it is stored
        self._index = index
        self._relations = Relations(custody.network, wrapping)
        self._release = release
        self._lock = RLock()
        self._blobs: Blobs

    @classmethod
    def create(
        cls, folder: Path, master: bytes, network: bytes, custodian: bytes, files: Files | None = None
    ) -> "Vault":
        """Make an empty vault under the master key (32 random bytes) and open it. Raises VaultInUse, VaultExists."""
        files = files or LocalFiles()
        files.create_folder(folder)
        release = _take_lock(folder, files)
        try:
            if IDENTITY_FILE in files.names(folder):
                raise VaultExists
            for name in (INDEX_FILE, INDEX_FILE + "-wal", INDEX_FILE + "-shm"):
                files.delete(folder / name)  # what an interrupted `create` left
            files.create_folder(folder / BLOBS_FOLDER)
            keys = derive(network, master)
            identity = VaultIdentity(1, network, custodian, keys.check)
            index = Index(folder / INDEX_FILE, keys.index_key)
            index.create(identity.facts())
            write_identity(folder, files, identity)
            return cls._opened(folder, Custody(network, custodian), keys.wrapping_key, index, release, files)
        except BaseException:
            release()
            raise

    @classmethod
    def open(cls, folder: Path, master: bytes, network: bytes, custodian: bytes, files: Files | None = None) -> "Vault":
        """Open the vault and collect what an interrupted deposit left.

        Raises NoVault, VaultInUse, WrongVaultKey, WrongNetwork, UnknownSchema, VaultDamaged.
        """
        files = files or LocalFiles()
        identity = read_identity(folder, files)
        release = _take_lock(folder, files)
        keys = derive(network, master)
        index = Index(folder / INDEX_FILE, keys.index_key)
        try:
            if (identity.network, identity.custodian) != (network, custodian):
                raise WrongNetwork
            facts = _open(index, identity, keys.check)
            if any(facts.get(name) != value for name, value in identity.facts().items()):
                raise VaultDamaged
            vault = cls._opened(folder, Custody(network, custodian), keys.wrapping_key, index, release, files)
            vault._collect_orphans()
            return vault
        except BaseException:
            index.close()
            release()
            raise

    @classmethod
    def _opened(
        cls, folder: Path, custody: Custody, wrapping: bytes, index: Index, release: Callable[[], None], files: Files
    ) -> "Vault":
        vault = cls(folder, custody, wrapping, index, release)
        vault._blobs = Blobs(folder / BLOBS_FOLDER, files)
        return vault

    def close(self) -> None:
        """Write everything into the index file and let go of the lock."""
        with self._lock:
            self._index.close()
            self._release()
            self._release = _nothing

    @contextmanager
    def still(self) -> Iterator[None]:
        """Let nothing be written while the block runs: the folder can be checked. Raises StorageFailed."""
        with self._lock, self._index.still():
            yield

    def __enter__(self) -> "Vault":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def deposit(self, deposit: Deposit | Iterable[RecordWrite]) -> DepositResult:
        """Store a whole deposit, all or nothing. A relation not known yet is made.

        Raises Malformed (a field is not of its header's shape), AlreadyImported, RelationDestroyed, RecordErased,
        VersionConflict.
        """
        whole = deposit if isinstance(deposit, Deposit) else Deposit(tuple(deposit))
        with self._changing() as (connection, touched):
            return deposits.store(connection, self.custody, self._relations, self._blobs, whole, touched)

    def erase(self, erasure: Erasure) -> list[Erased]:
        """Erase records, all or nothing; then their blobs, and what the write-ahead log still holds of them.

        Raises NoSuchRelation, RelationDestroyed, NoSuchRecord. After StorageFailed the records may be erased already;
        files of theirs that could not be deleted go when the vault is next opened.
        """
        with self._lock:
            with self._changing() as (connection, touched):
                done = erasures.erase(connection, self.custody, self._relations, self._blobs, erasure, touched)
            for digest in done.blobs:
                self._blobs.delete(digest)
            self._index.empty_log()
            return done.erased

    def copy_out(self, scope: Scope) -> RelationCopy:
        """Return all of a relation as of its newest anchored root, for its next custodian.

        Raises OutOfScope, NoSuchRelation, NotSettled.
        """
        with self._viewing(scope) as (connection, relation):
            return custodies.copy_out(connection, scope, relation, self._blobs)

    def take_in(self, copy: RelationCopy, root: bytes, *, keep: bool = True) -> None:
        """Store a relation that was handed over, proved to be what `root` commits to; only prove it without `keep`.

        Raises RelationKept, CopyDamaged.
        """
        network, written = self.custody.network, list[bytes]()
        try:
            with self._changing() as (connection, touched):
                written += custodies.take_in(connection, network, self._relations, self._blobs, copy, root, touched)
                if not keep:
                    raise _Undone
        except _Undone:
            for digest in written:
                self._blobs.delete(digest)

    def surrender(self, relation: bytes, tasks: Iterable[tuple[str, bytes]], done: Iterable[int] = ()) -> None:
        """Destroy all that is kept of a relation which another custodian has; put the tasks that tell of it.

        The tasks `done`, by id, leave the outbox in the same transaction.

        Raises NoSuchRelation. After StorageFailed it may be done already, but for files that go at the next opening.
        """
        with self._lock:
            with self._changing() as (connection, _):
                doomed = custodies.surrender(connection, self._relations, relation, tasks, done)
            self._relations.forget(relation)
            for digest in doomed:
                self._blobs.delete(digest)
            self._index.empty_log()

    def log_access(self, relation: bytes, entries: Iterable[bytes]) -> int:
        """Append entries (dCBOR) to the relation's access log; return its size. Raises NoSuchRelation."""
        return self.log_accesses({relation: list(entries)})[relation]

    def log_accesses(self, entries: Mapping[bytes, Sequence[bytes]]) -> dict[bytes, int]:
        """The same for many relations in one transaction; return relation -> size."""
        network = self.custody.network
        with self._changing() as (connection, touched):
            rows: list[tuple[int, bytes, bytes]] = []
            for relation, added in entries.items():
                view = self._relations.load(connection, relation)
                touched[relation] = view
                for entry in added:
                    salt = os.urandom(32)
                    rows.append((row_ids(view.number)[0] + view.access.size, salt, entry))
                    view.access.append(access_leaf(network, relation, salt, entry))
            if rows:
                connection.exec_driver_sql(_ACCESS, rows)
                self._relations.save(connection, [touched[relation] for relation, added in entries.items() if added])
            return {relation: view.access.size for relation, view in touched.items()}

    def relations(self) -> list[bytes]:
        """Return the handles of all relations, sorted; ids and no content, so no scope is asked for."""
        with self._index.reading() as connection:
            return sorted(row.relation for row in connection.execute(select(schema.relations.c.relation)))

    def unused(self, handles: Iterable[bytes]) -> set[bytes]:
        """Return those of the handles under which nothing was ever written or noted; ids, so no scope is asked for.

        A segment is noted before it holds anything.
        """
        asked, known = set(handles), schema.relations.c.relation
        with self._index.reading() as connection:
            used = set(connection.scalars(select(known).where(known.in_(asked))))
        return asked - used - self.attributes.noted(asked).keys()

    def relation_count(self) -> int:
        """Return how many relations there are or were: a number alone, so no scope is asked for."""
        with self._index.reading() as connection:
            return int(connection.exec_driver_sql("SELECT coalesce(max(number), 0) FROM relations").scalar_one())

    def index_bytes(self) -> int:
        """Return the size of the index on disk, its write-ahead log included."""
        files = (self._index.path, self._index.path.with_name(self._index.path.name + "-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def headers(self, scope: Scope) -> list[LeafHeader]:
        """Return the headers of the current versions that the scope allows. Raises OutOfScope, NoSuchRelation."""
        with self._viewing(scope) as (connection, relation):
            return list(reading.current_headers(connection, scope, relation))

    def headers_at(self, scope: Scope, size: int | None = None) -> tuple[int, list[LeafHeader]]:
        """Return the log's size and the headers of the versions that were current at `size`, by default now.

        What was erased since is left out. Raises as `headers`; NoSuchSize.
        """
        with self._viewing(scope) as (connection, relation):
            if size is not None and not 0 <= size <= relation.log.size:
                raise NoSuchSize
            at = relation.log.size if size is None else size
            return at, list(reading.current_headers(connection, scope, relation, at))

    def read(self, scope: Scope, record: bytes, version: int | None = None) -> reading.ReadRecord:
        """Return header and exact octets of a version, by default the current one, checked against its digests.

        Raises OutOfScope, NoSuchRelation, RelationDestroyed, NoSuchRecord, RecordErased.
        """
        with self._viewing(scope) as (connection, relation):
            position = relation.position(record, version)
            return reading.read_octets(connection, self.custody.network, scope, relation, self._blobs, position)

    def prove(self, scope: Scope, records: Iterable[bytes], seq: int | None = None) -> reading.Proven:
        """Prove records under the opening `seq`, by default the newest anchored one.

        Each record is proved in the version that was current there.
        Raises OutOfScope, NoSuchRelation, NoSuchRecord, NoSuchOpening.
        """
        with self._viewing(scope) as (connection, relation):
            opened = self.anchors.opening(relation.handle, seq)
            size = opened.opening.log_size
            proven = reading.prove_records(connection, scope, relation, list(records), size)
            return reading.Proven(opened.opening, opened.root, opened.height, proven)

    def prove_absence(self, scope: Scope, record: bytes, seq: int | None = None) -> tuple[Opening, Proof]:
        """Prove that the map of an opening holds no such record. Raises as `prove`; NoSuchRecord if it does."""
        with self._viewing(scope) as (_, relation):
            opened = self.anchors.opening(relation.handle, seq)
            return opened, relation.prove_absence(record, opened.opening.log_size)

    def leaves(self, scope: Scope) -> list[bytes]:
        """Return all leaves of the log, which show completeness; the scope must allow every version."""
        with self._viewing(scope) as (connection, relation):
            return reading.all_leaves(connection, scope, relation)

    def prove_consistency(self, scope: Scope, old: int, new: int) -> Consistency:
        """Prove that the log of size `new` begins with that of `old`, at least 1. Raises as `headers`; NoSuchSize."""
        with self._viewing(scope) as (_, relation):
            if not 0 < old <= new <= relation.log.size:
                raise NoSuchSize
            return relation.log.consistency(old, new)

    def leaf(self, scope: Scope, record: bytes, version: int) -> bytes:
        """Return the leaf of a version, erased or not: a hash. Raises OutOfScope, NoSuchRelation, NoSuchRecord."""
        with self._viewing(scope) as (_, relation):
            return relation.leaves[relation.position(record, version)]

    def access_entries(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        """Return (salt, entry) of the access log, in order. Raises OutOfScope, NoSuchRelation."""
        with self._viewing(scope) as (connection, relation):
            return reading.access_entries(connection, relation)

    def pending_anchors(self, limit: int) -> list[AnchorEntry]:
        """See `Anchors.pending`."""
        return self.anchors.pending(limit)

    def mark_anchored(self, relation: bytes, seq: int, height: int) -> None:
        """See `Anchors.mark_anchored`."""
        self.anchors.mark_anchored(relation, seq, height)

    @contextmanager
    def _viewing(self, scope: Scope) -> Iterator[tuple[Connection, Relation]]:
        handle = scope.handle()
        with self._lock, self._index.reading() as connection:
            yield connection, self._relations.load(connection, handle)

    @contextmanager
    def _changing(self) -> Iterator[tuple[Connection, dict[bytes, Relation]]]:
        touched: dict[bytes, Relation] = {}
        with self._lock:
            try:
                with self._index.writing() as connection:
                    yield connection, touched
            except BaseException:  # whatever it was, memory is ahead of the index now
                for handle in touched:
                    self._relations.forget(handle)
                raise

    def _collect_orphans(self) -> None:
        with self._index.reading() as connection:
            named = {row.digest for row in connection.execute(select(schema.blobs.c.digest))}
        self._blobs.collect(named)


class _Undone(Exception):
    """Leaves a transaction without effect."""


def _take_lock(folder: Path, files: Files) -> Callable[[], None]:
    try:
        return files.lock(folder / LOCK_FILE)
    except BlockingIOError:
        raise VaultInUse from None


def _open(index: Index, identity: VaultIdentity, check: bytes) -> dict[str, bytes]:
    try:
        return index.open()
    except VaultDamaged:  # with another key, every page looks damaged
        if identity.check != check:
            raise WrongVaultKey from None
        raise


def _nothing() -> None:
    """What releasing does the second time."""
