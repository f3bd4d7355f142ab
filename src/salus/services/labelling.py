"""Labelling: what the records of a relation are labelled as under a rule set, documents as their parts are.

A document and its parts may come in different bundles, in either order, and a part may change later. So where a
bundle touches what is kept, the relation's documents are looked at again, and those whose labels change get a new
version in the same transaction: no moment shows a document milder than its parts. A part that is not here, or that
another patient's records hold, makes its document `pending`.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import orjson

from salus.core.record import PENDING, LeafHeader, Status
from salus.fhir.classify import Description, describe
from salus.fhir.parts import Labels, parts_named, spread
from salus.fhir.references import ID_SYSTEM
from salus.fhir.rule_sets import RuleSet, newest
from salus.fhir.validate import references_of
from salus.services.actors import Organisation
from salus.services.authorise import for_labels, own_shared
from salus.services.facts import FHIR_JSON
from salus.vault.errors import NoSuchRecord, NoSuchRelation
from salus.vault.records import RecordWrite

Key = bytes | str  # a record, or the literal reference to what is none of the relation's


class Bundled(NamedTuple):
    """What a bundle brings: reference -> record, or labels of what belongs to no patient; record -> references."""

    names: dict[str, bytes | Labels]
    parts: dict[bytes, tuple[str, ...]]


class _Kept(NamedTuple):
    """A stored version as the rule set describes it; without octets it stays as it is."""

    header: LeafHeader
    description: Description | None
    octets: bytes


class Relabelling:
    """The records of one relation: what is kept, and perhaps a bundle on top of it."""

    def __init__(self, organisation: Organisation, relation: bytes, rules: RuleSet, bundle: Bundled | None = None):
        self._organisation = organisation
        self._relation = relation
        self._rules = rules
        self._names = {} if bundle is None else bundle.names
        self._labels: dict[Key, Labels] = {}
        self._parts: dict[Key, tuple[Key, ...]] = {}
        self._kept: dict[bytes, _Kept] = {}
        self._scope = for_labels(organisation, relation)
        self._headers = {header.record: header for header in self._current()}

    def add_kept(self, replaced: frozenset[bytes]) -> None:
        """Take in what is kept, but for records of which a newer version is about to come."""
        for record, header in self._headers.items():
            if record not in replaced:
                self._add(record, self._describe(header))

    def add(self, record: bytes, labels: Labels, references: Sequence[str]) -> None:
        """Take in a record with its own labels and the references to its parts."""
        self._labels[record] = labels
        self._parts[record] = tuple(map(self._key, references))

    def labels(self) -> dict[Key, Labels]:
        """Return the labels of all that were taken in, their parts counted."""
        return spread(self._labels, self._parts)

    def changed(self, labels: Mapping[Key, Labels], now: int) -> list[RecordWrite]:
        """Return a new version of each kept record that the rule set describes otherwise: the same octets."""
        return [
            _anew(self._relation, kept, kept.description, labels[record], now)
            for record, kept in self._kept.items()
            if kept.description is not None and _differs(kept.header, kept.description, labels[record])
        ]

    def _current(self) -> list[LeafHeader]:
        try:
            return self._organisation.vault.headers(self._scope)
        except NoSuchRelation:
            return []

    def _describe(self, header: LeafHeader) -> _Kept:
        """Read and describe a record, where its labels are not those of this rule set, or depend on others."""
        number = self._rules.number
        if (
            header.status == Status.TOMBSTONE
            or header.media_type != FHIR_JSON
            or header.rule_set > number
            or (header.rule_set == number and not self._rules.tells(header.type))
        ):
            return _Kept(header, None, b"")
        octets = self._organisation.vault.read(self._scope, header.record, header.version).octets
        return _Kept(header, describe(orjson.loads(octets), rules=self._rules), octets)

    def _add(self, record: bytes, kept: _Kept) -> None:
        self._kept[record] = kept
        if kept.description is None:
            self._labels[record] = kept.header.labels
        else:
            references = references_of(orjson.loads(kept.octets)) if self._rules.tells(kept.header.type) else ()
            self.add(record, kept.description.labels, parts_named(self._rules, kept.header.type, references))

    def _key(self, name: str) -> Key:
        """Return what a reference to a part leads to; its labels are known afterwards."""
        given = self._names.get(name)
        if isinstance(given, bytes):
            return given
        if given is not None:
            self._labels[name] = given
            return name
        kind, _, last = name.partition("/")
        record = self._record(kind, last)
        if record is not None:
            return record
        if name not in self._labels:
            self._labels[name] = self._shared(kind, last)
        return name

    def _record(self, kind: str, name: str) -> bytes | None:
        """Return the record of this relation that a reference names."""
        place = self._organisation.vault.shared.find(kind, ID_SYSTEM, name)
        relation, _, text = (f"{self._relation.hex()}/{name}" if place is None else place).partition("/")
        try:
            record = bytes.fromhex(text)
        except ValueError:
            return None
        return record if relation == self._relation.hex() and record in self._headers else None

    def _shared(self, kind: str, name: str) -> Labels:
        """Return the labels of a resource that belongs to no patient, `pending` where there is none."""
        try:
            octets = self._organisation.vault.shared.get(own_shared(self._organisation), kind, name)[1]
        except NoSuchRecord:
            return (PENDING,)
        return describe(orjson.loads(octets), rules=self._rules).labels


def settle(
    organisation: Organisation, relation: bytes, writes: Sequence[RecordWrite], bundle: Bundled
) -> list[RecordWrite]:
    """Return the writes with their documents labelled as all their parts are, and what is kept that changes by them."""
    coming = {write.record: write for write in writes if write.relation == relation}
    whole = Relabelling(organisation, relation, newest(), bundle)
    whole.add_kept(frozenset(coming))
    for record, write in coming.items():
        whole.add(record, write.labels, bundle.parts[record])
    labels = whole.labels()
    settled = [w._replace(labels=labels[w.record]) if w.relation == relation else w for w in writes]
    return settled + whole.changed(labels, organisation.ledger.now())


def _differs(header: LeafHeader, description: Description, labels: Labels) -> bool:
    there = (header.data_class, header.start, header.end, header.author, header.labels)
    return there != (description.data_class, description.start_ms, description.end_ms, description.author, labels)


def _anew(relation: bytes, kept: _Kept, description: Description, labels: Labels, now: int) -> RecordWrite:
    header = kept.header
    return RecordWrite(
        relation,
        header.record,
        kept.octets,
        header.media_type,
        description.data_class,
        header.type,
        now,
        header.version,
        description.start_ms,
        description.end_ms,
        labels,
        description.rule_set,
        description.author,
        header.recorder,
        header.origin,
        header.status,
        header.retention,
    )
