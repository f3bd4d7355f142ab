"""Routing: which records of a bundle go to a segment of their patient instead of the main relation.

1. A new version of a record goes where the record is.
2. If the desk chose a segment, everything of its patient goes there but the patient herself.
3. What has a label of a segment goes to it; of several segments to the one with the lowest handle.
4. What refers to something that goes to a segment goes there too, and so on: nothing in the main relation tells of it.

A patient's own resource stays in the main relation. What a segment's records refer to may lie there. A record that lies
in the main relation already stays there, also where a new version of it would go elsewhere: the desk moves it.
"""

from collections.abc import Mapping, Sequence

import orjson

from salus.fhir.bundle import Entry
from salus.fhir.references import ID_SYSTEM
from salus.fhir.validate import references_of
from salus.services.actors import Organisation
from salus.services.errors import NoSuchSegment
from salus.services.merge import sides_of
from salus.services.patients import PATIENTS
from salus.vault.attributes import Attributes

Routed = dict[str, bytes]  # literal reference -> segment


def route(
    organisation: Organisation, entries: Sequence[Entry], relations: Mapping[str, bytes], chosen: bytes | None
) -> Routed:
    """Return where the entries go that do not go to the main relation of their patient. Raises NoSuchSegment."""
    segments = organisation.vault.attributes.segments()
    if not segments and chosen is None:
        return {}
    own = {relation: _segments_of(organisation, segments, relation) for relation in dict.fromkeys(relations.values())}
    if chosen is not None and all(chosen not in there for there in own.values()):
        raise NoSuchSegment
    routed: Routed = {}
    waiting: list[tuple[Entry, Mapping[bytes, Attributes]]] = []
    for entry in entries:
        theirs = own[relations[entry.subjects[0]]] if entry.subjects and not entry.exists else {}
        if not theirs or entry.type == PATIENTS:
            continue
        place = _place(organisation, entry)
        goes = _kept(place, theirs) if place is not None else _goes(entry, theirs, chosen)
        if goes is not None:
            routed[_name(entry)] = goes
        elif place is None:
            waiting.append((entry, theirs))
    return _with_those_that_tell(routed, waiting)


def _segments_of(
    organisation: Organisation, segments: Mapping[bytes, Attributes], relation: bytes
) -> dict[bytes, Attributes]:
    """Return the segments of the patient, whichever of her merged relations they were opened for."""
    sides = sides_of(organisation, relation) if segments else ()
    return {handle: noted for handle, noted in segments.items() if noted.segment_of in sides}


def _place(organisation: Organisation, entry: Entry) -> str | None:
    if entry.method != "PUT":
        return None
    return organisation.vault.shared.find(entry.type, ID_SYSTEM, entry.id)


def _kept(place: str, own: Mapping[bytes, Attributes]) -> bytes | None:
    """Return the segment that holds the record already, None where the main relation does, or another patient's."""
    there = bytes.fromhex(place.partition("/")[0])
    return there if there in own else None


def _goes(entry: Entry, own: Mapping[bytes, Attributes], chosen: bytes | None) -> bytes | None:
    if chosen in own:
        return chosen
    labels = set(entry.description.labels)
    return next((handle for handle, noted in own.items() if labels & set(noted.labels)), None)


def _with_those_that_tell(routed: Routed, waiting: list[tuple[Entry, Mapping[bytes, Attributes]]]) -> Routed:
    """Add what refers to a routed entry of the same patient, until nothing more does."""
    if not routed:
        return routed
    named = [(_name(entry), theirs, references_of(orjson.loads(entry.octets))) for entry, theirs in waiting]
    grown = True
    while grown:
        grown = False
        for name, theirs, references in named:
            there = next((routed[one] for one in references if routed.get(one) in theirs), None)
            if there is not None and name not in routed:
                routed[name], grown = there, True
    return routed


def _name(entry: Entry) -> str:
    return f"{entry.type}/{entry.id}"
