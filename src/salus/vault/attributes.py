"""What a custodian notes of a relation beside its records: whether it is a segment of a patient, who may learn of it.

A relation of which nothing is noted is a patient's main one. It stands among the shared rows under a type of its own,
ids, codes and a name of the custodian's, and leaves the vault never.
"""

from collections.abc import Iterable
from typing import Annotated

from msgspec import Meta
from sqlalchemy import bindparam, text

from salus.core.encoding import decode, encode
from salus.core.record import Code
from salus.core.types import Id, Message
from salus.vault.index import Index
from salus.vault.shared import SharedResource, put_shared

TYPE = "Attributes"  # no FHIR type has this name
_MEDIA_TYPE = "application/cbor"
_OF = text("SELECT octets FROM shared WHERE type = :type AND name = :name ORDER BY version DESC LIMIT 1")
_SOME = text("SELECT name, octets FROM shared WHERE type = :type AND name IN :names ORDER BY name, version").bindparams(
    bindparam("names", expanding=True)
)
_ALL = text("SELECT name, octets FROM shared WHERE type = :type ORDER BY name, version")

Codes = Annotated[tuple[Code, ...], Meta(max_length=32)]


class Attributes(Message, frozen=True):
    """Of one relation. `segment_of` is the patient's main relation; null: this is it."""

    locatable: bool  # may its existence be answered to who looks for the patient
    sensitive: bool  # that it exists is itself confidential: discovery leaves it out, whatever else is said
    segment_of: Id | None
    name: Annotated[str, Meta(max_length=64)]  # the custodian's word for the segment
    labels: Codes  # what an import brings with one of these goes here
    purposes: Codes  # codes for which the custodian's own staff see it

    def __repr__(self) -> str:
        return f"Attributes(locatable={self.locatable}, sensitive={self.sensitive})"


MAIN = Attributes(True, False, None, "", (), ())  # may be found, and is not sensitive


class RelationAttributes:
    """The attributes of a vault's relations. Thread-safe; `put` is one durable transaction."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def put(self, relation: bytes, attributes: Attributes) -> None:
        """Note the attributes of a relation, which need not hold anything yet."""
        row = SharedResource(TYPE, relation.hex(), encode(attributes), _MEDIA_TYPE)
        with self._index.writing() as connection:
            put_shared(connection, [row], ())

    def of(self, relation: bytes) -> Attributes:
        """Return what is noted of a relation, `MAIN` where nothing is."""
        with self._index.reading() as connection:
            raw = connection.execute(_OF, {"type": TYPE, "name": relation.hex()}).scalar_one_or_none()
        return MAIN if raw is None else decode(raw, Attributes)

    def noted(self, relations: Iterable[bytes]) -> dict[bytes, Attributes]:
        """Return the attributes of those of the relations of which something is noted."""
        with self._index.reading() as connection:
            rows = connection.execute(_SOME, {"type": TYPE, "names": [one.hex() for one in relations]}).all()
        return {bytes.fromhex(row.name): decode(row.octets, Attributes) for row in rows}  # the newest comes last

    def segments(self) -> dict[bytes, Attributes]:
        """Return segment -> attributes, in the order of handles."""
        with self._index.reading() as connection:
            rows = connection.execute(_ALL, {"type": TYPE}).all()
        found = {bytes.fromhex(row.name): decode(row.octets, Attributes) for row in rows}  # the newest comes last
        return {relation: one for relation, one in found.items() if one.segment_of is not None}

    def segments_of(self, relation: bytes) -> dict[bytes, Attributes]:
        """Return the segments of a patient's main relation."""
        return {segment: one for segment, one in self.segments().items() if one.segment_of == relation}
