"""What is known of a resource without its content: class, clinical period, labels, author.

The tables are in files of their own: `classes`, `periods`, `authors`, and for the labels the numbered rule sets, of
which the record's header names the one that was used.
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from salus.fhir.authors import author_of
from salus.fhir.classes import data_class
from salus.fhir.labels import labels_of
from salus.fhir.periods import clinical_period
from salus.fhir.rule_sets import NEWEST, RuleSet, newest


class Description(Struct, frozen=True, gc=False, array_like=True):
    """The part of a record's header that the content gives; a side of the period that is None is open."""

    data_class: str
    type: str
    start_ms: int | None  # inclusive; with end_ms None as well: unknown
    end_ms: int | None  # exclusive
    labels: tuple[str, ...]  # sorted
    rule_set: int
    author: str | None  # Type/id


UNKNOWN = Description("", "", None, None, (), NEWEST, None)  # before a resource is described


def describe(
    resource: Mapping[str, object], codings: Iterable[object] | None = None, rules: RuleSet | None = None
) -> Description:
    """Return the description of a valid resource; `codings` are its arrays of codings, if known already."""
    rules = rules or newest()
    start, end = clinical_period(resource)
    listed = _codings(resource) if codings is None else codings
    return Description(
        data_class(resource),
        str(resource["resourceType"]),
        start,
        end,
        labels_of(resource, listed, rules),
        rules.number,
        author_of(resource),
    )


def _codings(node: object) -> list[object]:
    if isinstance(node, list):
        return [found for child in node for found in _codings(child)]
    if not isinstance(node, Mapping):
        return []
    own = [node["coding"]] if "coding" in node else []
    return own + [found for child in node.values() for found in _codings(child)]
