"""Business identifiers of a resource, https://hl7.org/fhir/R4/datatypes.html#Identifier"""

from collections.abc import Iterator, Mapping


def identifiers_of(resource: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield (system, value) of a resource's business identifiers; an empty system where there is none."""
    listed = resource.get("identifier")
    if listed is None:
        return
    for item in listed if isinstance(listed, list) else [listed]:
        if isinstance(item, Mapping) and isinstance(item.get("value"), str):
            yield str(item.get("system", "")), item["value"]
