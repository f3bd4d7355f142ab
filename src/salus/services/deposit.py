"""Deposit: take in a FHIR bundle, as a whole or not at all.

The steps, and what a crash after each leaves behind:

1. read, check and resolve the bundle: nothing
2. accounts for new patients, in the outbox before they are sent: spare accounts, used by the next import
3. one transaction of the vault: records, shared resources, identifiers, the bundle's digest: all of it
4. anchors, which the vault asks for until the ledger has them (`anchor.py`): nothing is lost

A bundle is known by its digest: taking it in again changes nothing. Who takes in holds `vault.intake`, so that what was
found (accounts to use, who a patient is) stays so until it is stored: bundles may come by several threads.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from typing import NamedTuple

import orjson

from salus.core.record import Status
from salus.fhir.bundle import BundleRefused, Entry, Transaction
from salus.fhir.references import ID_SYSTEM
from salus.services.actors import Organisation
from salus.services.authorise import own_shared
from salus.services.errors import AmbiguousPatient, WrongPlace
from salus.services.facts import FHIR_JSON
from salus.services.found_by import found_by
from salus.services.intake import check_intake
from salus.services.labelling import Bundled, settle
from salus.services.merge import sides_of
from salus.services.open_accounts import check_takes_new, take_spare
from salus.services.patients import PATIENTS, relation_of
from salus.services.read_ahead import Reading, read_ahead, uncollected
from salus.services.retaining import Retaining
from salus.services.routing import route
from salus.vault.deposit import Deposit, DepositResult
from salus.vault.errors import AlreadyImported, NoSuchRecord
from salus.vault.records import RecordWrite
from salus.vault.shared import Identifier, SharedResource, SharedResources

InvalidBundle = BundleRefused
_ANSWERS = "Answers"  # no FHIR type has this name
Progress = Callable[[int], None]  # bundles done so far


class Deposited(NamedTuple):
    """What one bundle brought."""

    records: int
    shared: int  # resources that belong to no patient
    handles: tuple[bytes, ...]  # the relations of its patients, in the bundle's order
    opened: int  # how many of these are new
    again: bool  # this very bundle was taken in before: nothing changed


class Stored(NamedTuple):
    """What became of one entry of a bundle."""

    kind: str
    id: str
    version: int | None  # None: it was there, and was left as it is
    octets: bytes | None  # as stored; None where the bundle was taken in before

    def __repr__(self) -> str:
        return f"Stored({self.kind})"


class Answered(NamedTuple):
    """What one bundle brought, entry by entry, in its order."""

    kind: str  # transaction | batch
    deposited: Deposited
    entries: tuple[Stored, ...]
    time: int

    def __repr__(self) -> str:
        return f"Answered({len(self.entries)})"


class _Taken(NamedTuple):
    """A bundle on its way: what it holds, what is stored of it, and how."""

    transaction: Transaction
    whole: Deposit
    result: DepositResult | None  # None: it was taken in before
    deposited: Deposited
    time: int


class _Placed(NamedTuple):
    """Where the patients of a bundle belong: logical id -> relation."""

    relations: dict[str, bytes]
    new: list[str]  # ids of patients who have no relation yet


def deposit(organisation: Organisation, bundle: bytes, segment: bytes | None = None) -> Deposited:
    """Take in one transaction or batch bundle (UTF-8 JSON); what it holds of a segment's patient into `segment`.

    Raises InvalidBundle with its `issues`, AmbiguousPatient, NotCustodian, CustodyMoving, RelationClosed, WrongPlace,
    VersionConflict, NoSuchSegment, the contract's refusals: nothing was stored.
    """
    return deposit_many(organisation, (bundle,), segment=segment)[0]


def deposit_many(
    organisation: Organisation,
    bundles: Iterable[bytes],
    progress: Progress | None = None,
    segment: bytes | None = None,
) -> tuple[Deposited, ...]:
    """Take in bundles one after the other, each as a whole and durable when `progress` is told of it.

    A few are taken from `bundles`, and read, before their turn; the outcome is that of reading each at its turn.
    """
    done: list[Deposited] = []
    with closing(read_ahead(organisation.vault.shared, bundles)) as readings:
        for reading in readings:
            with uncollected():
                done.append(_deposit(organisation, reading, segment).deposited)
            if progress is not None:
                progress(len(done))
    return tuple(done)


def deposit_answered(organisation: Organisation, bundle: bytes) -> Answered:
    """Take in one bundle and say what became of each entry; the same bundle again is answered the same.

    Raises as `deposit`.
    """
    with closing(read_ahead(organisation.vault.shared, (bundle,))) as readings, uncollected():
        taken = _deposit(organisation, next(readings), None, answer=True)
    stored = _stored_before(organisation, taken) if taken.result is None else _stored(organisation, taken, taken.result)
    return Answered(taken.transaction.kind, taken.deposited, stored, taken.time)


def _stored(organisation: Organisation, taken: _Taken, result: DepositResult) -> tuple[Stored, ...]:
    shared = organisation.vault.shared
    records = {one.record: one.version for one in result.versions}
    others = {(one.type, one.name): version for one, version in zip(taken.whole.shared, result.shared, strict=True)}
    found = []
    for entry in taken.transaction.entries:
        version = None
        if not entry.exists and not entry.subjects:
            version = others[entry.type, entry.id]
        elif not entry.exists:
            place = shared.find(entry.type, ID_SYSTEM, entry.id) if entry.method == "PUT" else None
            version = records[bytes.fromhex(place.partition("/")[2]) if place else entry.record]
        found.append(Stored(entry.type, entry.id, version, entry.octets))
    return tuple(found)


def _ids(transaction: Transaction, digest: bytes) -> SharedResource:
    """Return the note of which ids the entries of a bundle got, for who sends it again because no answer came."""
    ids = [f"{entry.type}/{entry.id}" for entry in transaction.entries]
    return SharedResource(_ANSWERS, digest.hex(), orjson.dumps(ids), "application/json")


def _stored_before(organisation: Organisation, taken: _Taken) -> tuple[Stored, ...]:
    """Return the same ids as the first time; none where it was taken in by a way that notes none."""
    digest = taken.whole.imported or b""
    try:
        _, octets, _ = organisation.vault.shared.get(own_shared(organisation), _ANSWERS, digest.hex())
    except NoSuchRecord:
        return tuple(Stored(entry.type, "", None, None) for entry in taken.transaction.entries)
    named = [str(name).partition("/") for name in orjson.loads(octets)]
    return tuple(Stored(kind, id_, None, None) for kind, _, id_ in named)


def _deposit(organisation: Organisation, reading: Reading, segment: bytes | None, *, answer: bool = False) -> _Taken:
    with organisation.vault.intake:
        transaction, digest = reading.finish()
        placed = _place(organisation, transaction)
        if placed.new:
            check_takes_new(organisation)
        check_intake(organisation, dict.fromkeys(placed.relations.values()))
        if placed.new:
            spare = take_spare(organisation, len(placed.new)).handles
            placed.relations.update((patient, spare.pop()) for patient in placed.new)
        routed = route(organisation, transaction.entries, placed.relations, segment)
        whole = _whole(organisation, transaction, placed.relations, routed, digest)
        kept = [_ids(transaction, digest)] if answer else []
        handles, now = tuple(dict.fromkeys(placed.relations.values())), organisation.ledger.now()
        try:
            result = organisation.vault.deposit(whole._replace(shared=[*whole.shared, *kept]))
        except AlreadyImported:
            known = handles[: len(handles) - len(placed.new)]
            return _Taken(transaction, whole, None, Deposited(0, 0, known, 0, True), now)
    result = result._replace(shared=result.shared[: len(whole.shared)])
    done = Deposited(len(whole.writes), len(whole.shared), handles, len(placed.new), False)
    return _Taken(transaction, whole, result, done, now)


def _place(organisation: Organisation, transaction: Transaction) -> _Placed:
    """Find the relation of each patient that the bundle brings or names; raise AmbiguousPatient."""
    placed, shared = _Placed({}, []), organisation.vault.shared
    for patient in dict.fromkeys(entry.subjects[0] for entry in transaction.entries if entry.subjects):
        known = relation_of(shared, patient)
        if known is not None:
            placed.relations[patient] = known
    for entry in transaction.entries:
        if entry.type == PATIENTS and entry.id not in placed.relations and not entry.exists:
            known = _known(organisation, entry.identifiers)
            if known is None:
                placed.new.append(entry.id)
            else:
                placed.relations[entry.id] = known
    return placed


def _known(organisation: Organisation, identifiers: Iterable[tuple[str, str]]) -> bytes | None:
    """Return the relation that a patient's identifiers lead to; two different ones are a case for a person.

    Where a person has merged them it is the first.
    """
    found, shared = dict[bytes, None](), organisation.vault.shared
    for system, value in identifiers:
        target = shared.find(PATIENTS, system, value) if system and system != ID_SYSTEM else None
        relation = None if target is None else relation_of(shared, target)
        if relation is not None:
            found[relation] = None
    first = next(iter(found), None)
    if len(found) > 1 and first is not None and not set(found) <= set(sides_of(organisation, first)):
        raise AmbiguousPatient
    return first


def _whole(
    organisation: Organisation,
    transaction: Transaction,
    relations: Mapping[str, bytes],
    routed: Mapping[str, bytes],
    digest: bytes,
) -> Deposit:
    now, shared = organisation.ledger.now(), organisation.vault.shared
    writes: list[RecordWrite] = []
    others: list[SharedResource] = []
    identifiers: list[Identifier] = []
    bundle = Bundled({}, {})
    retaining = Retaining(organisation, transaction, relations, now)
    unsettled: dict[bytes, None] = {}  # relations whose documents may have parts on both sides
    for entry in transaction.entries:
        if entry.exists:
            continue
        identifiers += [Identifier(entry.type, *pair, entry.id) for pair in entry.identifiers if pair[0]]
        if not entry.subjects:
            others.append(SharedResource(entry.type, entry.id, entry.octets, FHIR_JSON))
            bundle.names[f"{entry.type}/{entry.id}"] = entry.description.labels
            continue
        relation = routed.get(f"{entry.type}/{entry.id}", relations[entry.subjects[0]])
        record = _record(shared, entry, relation)
        bundle.names[f"{entry.type}/{entry.id}"] = record
        bundle.parts[record] = entry.parts
        if entry.parts or (record != entry.record and entry.type != PATIENTS):  # a patient is no part of a document
            unsettled[relation] = None
        if entry.method == "PUT" or entry.type == PATIENTS:
            identifiers.append(Identifier(entry.type, ID_SYSTEM, entry.id, f"{relation.hex()}/{record.hex()}"))
        if entry.type == PATIENTS:
            identifiers += found_by(relation, record, entry.octets)
        writes.append(_write(entry, relation, record, now, retaining.rule_of(entry, relation)))
    for relation in unsettled:
        writes = settle(organisation, relation, writes, bundle)
    return Deposit(writes, others, identifiers, (), digest)


def _record(shared: SharedResources, entry: Entry, relation: bytes) -> bytes:
    """Return the record that an entry is a version of: a PUT goes to the one that is there, in the same relation."""
    place = shared.find(entry.type, ID_SYSTEM, entry.id) if entry.method == "PUT" else None
    if place is None:
        return entry.record
    there, _, record = place.partition("/")
    if there != relation.hex():
        raise WrongPlace
    return bytes.fromhex(record)


def _write(entry: Entry, relation: bytes, record: bytes, now: int, retention: int | None) -> RecordWrite:
    about = entry.description
    return RecordWrite(
        relation,
        record,
        entry.octets,
        FHIR_JSON,
        about.data_class,
        about.type,
        now,
        entry.if_match,
        about.start_ms,
        about.end_ms,
        about.labels,
        about.rule_set,
        about.author,
        None,
        None,
        int(Status.CURRENT),
        retention,
    )
