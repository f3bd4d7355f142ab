"""The access log: every read inside the custodian is an entry of its relation, anchored with it.

An entry is written before the outcome of the read is handed out. Who reads in the custodian's name is known to it
alone, by the salted commitment of a badge. What is not provable: that a read was logged at all.
"""

from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import Annotated, NamedTuple

from msgspec import Meta

from salus.core.encoding import decode, encode
from salus.core.errors import Malformed
from salus.core.record import LeafHeader, RecordId
from salus.core.types import Count, Digest, Id, Message, Time
from salus.services.actors import Organisation
from salus.vault.scope import Scope


class What(IntEnum):
    """What kind of a read it was."""

    LIST = 1  # headers of all current records
    READ = 2  # the content of one
    RELEASE = 3  # for another organisation; `rule` is the release
    OWN = 4  # everything, for the person; `rule` is the request
    DECISION = 5  # headers, to decide about a request that was then refused; `rule` is the request
    EARLIER = 6  # an entry of before kinds were noted
    LABELS = 7  # everything, to label it anew
    MOVED_AWAY = 8  # a record that is another person's; `rule` is the move
    MOVED_HERE = 9  # a record that had been filed under another person
    SEALED = 10  # for another organisation under an order that forbade notice; entered when that was over


class Read(Message, frozen=True):
    """An entry of the access log: when, what, why, who, under which rule, which record versions."""

    time: Time
    what: Annotated[int, Meta(ge=1, le=10)]
    purpose: str
    staff: Digest | None  # commitment of a badge; null: the gateway itself
    rule: Id  # release, request, or the rule of a custodian's own access
    records: tuple[tuple[RecordId, Count], ...]  # (record, version); empty where only headers were looked at


class _Earlier(Message, frozen=True):
    time: Time
    purpose: str
    staff: Digest | None
    rule: Id
    record: bytes | None


class Looked(NamedTuple):
    """A read to be logged: under which scope, of which records, by whose badge."""

    scope: Scope
    what: What
    records: Sequence[LeafHeader] = ()
    staff: bytes | None = None


def log_reads(organisation: Organisation, looked: Iterable[Looked]) -> None:
    """Enter reads, several relations at once, in one durable step. Raises NoSuchRelation."""
    time, entries = organisation.ledger.now(), dict[bytes, list[bytes]]()
    for one in looked:
        versions = tuple((header.record, header.version) for header in one.records)
        entry = Read(time, int(one.what), one.scope.purpose, one.staff, one.scope.predicate, versions)
        entries.setdefault(one.scope.handle(), []).append(encode(entry))
    organisation.vault.log_accesses(entries)


def read_entry(raw: bytes) -> Read:
    """Return the entry in `raw`; raise Malformed."""
    try:
        return decode(raw, Read)
    except Malformed:
        old = decode(raw, _Earlier)
        records = () if old.record is None else ((old.record, 0),)
        return Read(old.time, int(What.EARLIER), old.purpose, old.staff, old.rule, records)


def list_reads(organisation: Organisation, scope: Scope) -> tuple[Read, ...]:
    """Return the entries of the scope's relation, oldest first; looking at the log is no read of the records."""
    return tuple(read_entry(entry) for _, entry in organisation.vault.access_entries(scope))
