"""Anchors: the openings of relation roots, from fresh salt to the block that holds the root.

An opening is durable before its root is handed out, and handed out unchanged until the ledger's answer
is known: whatever a crash cuts off, no root can stand on the ledger that the vault cannot open.
Only one opening per relation is on its way; what changes meanwhile is in the next one.
"""

import os
from collections.abc import Iterable
from random import SystemRandom
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from salus.core.encoding import decode, encode
from salus.core.record import RelationOpening, relation_root
from salus.vault.errors import NoSuchOpening, NoSuchRelation, UnknownRoot
from salus.vault.index import Index
from salus.vault.schema import ANCHORED, PENDING

_ON_THE_WAY = text(
    "SELECT r.relation, o.number, o.seq, o.root FROM openings o JOIN relations r ON r.number = o.number"
    " WHERE o.state = :pending ORDER BY o.number LIMIT :limit"
)
_CHANGED = text(
    "SELECT r.*, o.seq AS last_seq, o.root AS last_root FROM relations r LEFT JOIN openings o ON o.number = r.number"
    " AND o.seq = (SELECT max(seq) FROM openings WHERE number = r.number)"
    " WHERE r.changed = 1 AND (o.state IS NULL OR o.state <> :pending) ORDER BY r.number LIMIT :limit"
)
_THIS = text(
    "SELECT r.*, o.seq AS last_seq, o.root AS last_root, o.state AS last_state FROM relations r"
    " LEFT JOIN openings o ON o.number = r.number"
    " AND o.seq = (SELECT max(seq) FROM openings WHERE number = r.number) WHERE r.relation = :relation"
)
_LAST = text("SELECT coalesce(max(number), 0) FROM relations")
_OPENED = text(
    "SELECT relation FROM relations r WHERE number = :number"
    " AND EXISTS (SELECT 1 FROM openings o WHERE o.number = r.number)"
)
_LOTS = SystemRandom()
_INSERT = text("INSERT INTO openings (number, seq, opening, root, state) VALUES (:number, :seq, :opening, :root, 0)")
_UNCHANGED = text("UPDATE relations SET changed = 0 WHERE number = :number")
_TOUCH = text("UPDATE relations SET changed = 1 WHERE number = :number")
_NUMBER = text("SELECT number FROM relations WHERE relation = :relation")
_ONE = text("SELECT seq, opening, root, state, height FROM openings WHERE number = :number AND seq = :seq")
_NEWEST = text(
    "SELECT seq, opening, root, state, height FROM openings WHERE number = :number AND state = :state"
    " ORDER BY seq DESC LIMIT 1"
)
_SETTLE = text("UPDATE openings SET state = 1, height = :height WHERE number = :number AND seq = :seq")
_DROP = text("DELETE FROM openings WHERE number = :number AND (state = 0 OR seq = :seq)")
_ADOPT = text(
    "INSERT INTO openings (number, seq, opening, root, state, height) VALUES (:number, :seq, x'', :root, 1, :height)"
)


class AnchorEntry(NamedTuple):
    """What AnchorRelations needs: the root `previous` (None at first) is replaced by `root`, counted `seq`."""

    relation: bytes
    previous: bytes | None
    root: bytes
    seq: int


class Opening(NamedTuple):
    """An opening with its root; `height` is None until a block holds it."""

    opening: RelationOpening
    root: bytes
    height: int | None


class Anchors:
    """The openings of a vault. Thread-safe; each method is one durable transaction."""

    def __init__(self, network: bytes, index: Index) -> None:
        self._network = network
        self._index = index

    def pending(self, limit: int) -> list[AnchorEntry]:
        """Return up to `limit` entries to anchor: first those on their way, unchanged, then newly changed relations."""
        with self._index.writing() as connection:
            entries = []
            for row in connection.execute(_ON_THE_WAY, {"pending": PENDING, "limit": limit}).all():
                before = _row(connection, row.number, row.seq - 1)
                entries.append(AnchorEntry(row.relation, before.root if before else None, row.root, row.seq))
            changed = connection.execute(_CHANGED, {"pending": PENDING, "limit": limit - len(entries)}).all()
            made = [self._make(row) for row in changed]
            if made:
                connection.execute(_INSERT, [row for row, _ in made])
                connection.execute(_UNCHANGED, [{"number": row["number"]} for row, _ in made])
        return entries + [entry for _, entry in made]

    def gather(self, relations: Iterable[bytes]) -> list[AnchorEntry]:
        """Return entries of just these relations, changed or not; one on its way is handed out unchanged.

        Relations that the vault does not keep are left out.
        """
        entries, made = [], []
        with self._index.writing() as connection:
            for relation in dict.fromkeys(relations):
                row = connection.execute(_THIS, {"relation": relation}).one_or_none()
                if row is None:
                    continue
                if row.last_state == PENDING:
                    before = _row(connection, row.number, row.last_seq - 1)
                    entries.append(AnchorEntry(relation, before.root if before else None, row.last_root, row.last_seq))
                else:
                    values, entry = self._make(row)
                    made.append(values)
                    entries.append(entry)
            if made:
                connection.execute(_INSERT, made)
                connection.execute(_UNCHANGED, [{"number": values["number"]} for values in made])
        return entries

    def waits(self, relation: bytes, *, reads: bool = True) -> bool:
        """True if the relation changed since its newest opening, or that is still on its way.

        Without `reads`, entries of the access log are no change.
        """
        with self._index.reading() as connection:
            row = connection.execute(_THIS, {"relation": relation}).one_or_none()
            if row is None or not (row.changed or row.last_state == PENDING):
                return False
            if reads or row.last_state != ANCHORED:
                return True
            opening: bytes = _row(connection, row.number, row.last_seq).opening
        return not opening or decode(opening, RelationOpening).log_size != row.log_size

    def draw(self, count: int, without: bytes) -> list[bytes]:
        """Return up to `count` relations other than `without`, drawn by lot among all, less those never anchored."""
        with self._index.reading() as connection:
            last = connection.execute(_LAST).scalar_one()
            numbers = _LOTS.sample(range(1, last + 1), min(count + 1, last))  # numbers are dense
            rows = (connection.execute(_OPENED, {"number": number}).scalar_one_or_none() for number in numbers)
            return [relation for relation in rows if relation is not None and relation != without][:count]

    def mark_anchored(self, relation: bytes, seq: int, height: int) -> None:
        """Note that the block at `height` holds the opening `seq`. Raises NoSuchRelation, NoSuchOpening."""
        self.mark_all_anchored([(relation, seq)], height)

    def mark_all_anchored(self, anchored: list[tuple[bytes, int]], height: int) -> None:
        """The same for many (relation, seq) of one block, in one transaction."""
        with self._index.writing() as connection:
            for relation, seq in anchored:
                number = _number(connection, relation)
                if _row(connection, number, seq) is None:
                    raise NoSuchOpening
                connection.execute(_SETTLE, {"number": number, "seq": seq, "height": height})

    def reconcile(self, relation: bytes, seq: int, root: bytes, height: int) -> None:
        """Take what the ledger holds after it refused an entry as stale.

        A root of ours is settled. Raises NoSuchRelation, or UnknownRoot if we never made it: see `adopt`.
        """
        with self._index.writing() as connection:
            number = _number(connection, relation)
            row = _row(connection, number, seq)
            if row is None or row.root != root:
                raise UnknownRoot
            connection.execute(_SETTLE, {"number": number, "seq": seq, "height": height})

    def adopt(self, relation: bytes, seq: int, root: bytes, height: int) -> None:
        """Continue after a root we cannot open, in a vault restored from a backup; the next entry replaces it."""
        with self._index.writing() as connection:
            number = _number(connection, relation)
            place = {"number": number, "seq": seq}
            connection.execute(_DROP, place)
            connection.execute(_ADOPT, {**place, "root": root, "height": height})
            connection.execute(_TOUCH, {"number": number})

    def decoy(self, relation: bytes) -> None:
        """Let the relation be anchored anew though nothing changed: the fresh salt does not tell."""
        with self._index.writing() as connection:
            connection.execute(_TOUCH, {"number": _number(connection, relation)})

    def opening(self, relation: bytes, seq: int | None = None) -> Opening:
        """Return the opening `seq`, or the newest anchored one. Raises NoSuchRelation, NoSuchOpening."""
        with self._index.reading() as connection:
            number = _number(connection, relation)
            row = (
                connection.execute(_NEWEST, {"number": number, "state": ANCHORED}).one_or_none()
                if seq is None
                else _row(connection, number, seq)
            )
        if row is None or not row.opening:  # an adopted root has no opening
            raise NoSuchOpening
        return Opening(decode(row.opening, RelationOpening), row.root, row.height)

    def _make(self, row: Any) -> tuple[dict[str, object], AnchorEntry]:
        seq = (row.last_seq or 0) + 1
        opening = RelationOpening(
            row.relation,
            seq,
            os.urandom(32),
            row.log_size,
            row.log_root,
            row.map_root,
            row.access_size,
            row.access_root,
        )
        root = relation_root(self._network, opening)
        values = {"number": row.number, "seq": seq, "opening": encode(opening), "root": root}
        return values, AnchorEntry(row.relation, row.last_root, root, seq)


def _number(connection: Connection, relation: bytes) -> int:
    number: int | None = connection.execute(_NUMBER, {"relation": relation}).scalar_one_or_none()
    if number is None:
        raise NoSuchRelation
    return number


def _row(connection: Connection, number: int, seq: int) -> Any:
    return connection.execute(_ONE, {"number": number, "seq": seq}).one_or_none()
