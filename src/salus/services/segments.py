"""Segments: further relations of one patient at one custodian, for what the main one must not tell of.

Only the custodian's vault knows that they belong together. On the ledger a segment is an account like any other,
opened with others at another time than the patient's main one; records, directives, releases, anchors are its own.
"""

from collections.abc import Sequence
from typing import NamedTuple

from salus.core.encoding import decode
from salus.services import lookup
from salus.services.actors import Organisation
from salus.services.attest_staff import Badge
from salus.services.commit_release import MAX_TASKS
from salus.services.errors import NoSuchSegment, NotCustodian, SegmentExists
from salus.services.open_accounts import TASK, AccountsTask, open_more, take_spare
from salus.services.shown import shows
from salus.services.typed import encode_typed
from salus.vault.attributes import Attributes


class SegmentView(NamedTuple):
    """A segment as staff of its purpose see it. Its repr shows the handle only."""

    handle: bytes
    segment_of: bytes
    name: str
    labels: tuple[str, ...]
    purposes: tuple[str, ...]
    locatable: bool
    sensitive: bool

    def __repr__(self) -> str:
        return f"SegmentView({self.handle.hex()})"


def open_segment(
    organisation: Organisation,
    relation: bytes,
    name: str,
    *,
    labels: Sequence[str] = (),
    purposes: Sequence[str] = (),
    locatable: bool = False,
    sensitive: bool = True,
) -> SegmentView:
    """Open a segment for a patient. What an import brings with one of `labels` goes there from now on.

    Staff see it for `purposes` alone. It is an account that was opened with others, and not with the patient's main
    one. Raises UnknownRelation, NotCustodian, NoSuchSegment for a segment of a segment, UnknownPurpose, SegmentExists,
    Malformed, the contract's refusals.
    """
    state, attributes = organisation.ledger.view(), organisation.vault.attributes
    if lookup.person(state, relation).custodian != organisation.account:
        raise NotCustodian
    if attributes.of(relation).segment_of is not None:
        raise NoSuchSegment
    for code in purposes:
        lookup.purpose_number(state, code)
    if any(one.name == name for one in attributes.segments_of(relation).values()):
        raise SegmentExists
    noted = Attributes(locatable, sensitive, relation, name, tuple(sorted(labels)), tuple(sorted(purposes)))
    encode_typed(noted)
    with organisation.vault.intake:
        handle = _spare_apart_from(organisation, relation)
        attributes.put(handle, noted)
    return _view(handle, noted)


def change_segment(organisation: Organisation, segment: bytes, *, locatable: bool, sensitive: bool) -> SegmentView:
    """Say anew who may learn that the segment exists. Raises NoSuchSegment."""
    found = organisation.vault.attributes.of(segment)
    if found.segment_of is None:
        raise NoSuchSegment
    noted = Attributes(locatable, sensitive, found.segment_of, found.name, found.labels, found.purposes)
    organisation.vault.attributes.put(segment, noted)
    return _view(segment, noted)


def list_segments(organisation: Organisation, purpose: str, staff: Badge | None) -> tuple[SegmentView, ...]:
    """Return the segments that this member of staff may see for this purpose, in the order of handles."""
    found = organisation.vault.attributes.segments()
    commitment = None if staff is None else staff.commitment
    return tuple(_view(one, noted) for one, noted in found.items() if shows(organisation, noted, purpose, commitment))


def _spare_apart_from(organisation: Organisation, relation: bytes) -> bytes:
    """Return a free account that one message did not open together with `relation`."""
    rows = [decode(row.body, AccountsTask) for row in organisation.vault.outbox.next(MAX_TASKS) if row.kind == TASK]
    together = {handle for row in rows if relation in row.handles for handle in row.handles}
    apart = [handle for handle in take_spare(organisation, 1).handles if handle not in together]
    if not apart:
        open_more(organisation)
        apart = [handle for handle in take_spare(organisation, 1).handles if handle not in together]
    return apart[0]


def _view(handle: bytes, noted: Attributes) -> SegmentView:
    main = noted.segment_of or handle
    flags = noted.locatable, noted.sensitive
    return SegmentView(handle, main, noted.name, noted.labels, noted.purposes, *flags)
