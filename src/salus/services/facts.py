"""Facts for a decision: headers, and codes and encounter of the content where a provision asks for them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from salus.core.record import LeafHeader
from salus.policy.filter import Filter
from salus.policy.provision import NO_ENCOUNTER, Facts
from salus.policy.question import Held
from salus.policy.types import Coding, Effect, Provision
from salus.vault.scope import Scope
from salus.vault.vault import Vault

FHIR_JSON = "application/fhir+json"
# Elements that say what a resource is. A permit that names a code means these; a deny means the code
# wherever it stands, for instance among the reasons of a prescription.
_PRINCIPAL = ("code", "vaccineCode", "medicationCodeableConcept", "type", "serviceType")


def facts_of(
    vault: Vault, scope: Scope, headers: Sequence[LeafHeader], held: Sequence[Held], wanted: Filter
) -> list[Facts]:
    """Return the facts of each record; content is read only if some provision names codes or encounters."""
    permits, denies = _provisions(held, wanted)
    if not any(provision.codes or provision.encounters for provision in (*permits, *denies)):
        return [Facts(header, None, None) for header in headers]
    denied = frozenset(coding for provision in denies for coding in provision.codes)
    return [_read(vault, scope, header, denied) for header in headers]


def _provisions(held: Sequence[Held], wanted: Filter) -> tuple[list[Provision], list[Provision]]:
    """Return the provisions that let something through, and those that hold something back."""
    permits, denies = [wanted.base], [wanted.residual] if wanted.residual else []
    for directive, part in held:
        if part is not None:
            (permits if directive.effect == Effect.PERMIT else denies).append(part.base)
            focused = ((one.effect, one.provision) for one in part.focused)
            for effect, provision in (*part.exceptions, *focused):
                (permits if effect == Effect.PERMIT else denies).append(provision)
    return permits, denies


def _read(vault: Vault, scope: Scope, header: LeafHeader, denied: frozenset[Coding]) -> Facts:
    if header.media_type != FHIR_JSON:
        return Facts(header, None, None)
    resource = orjson.loads(vault.read(scope, header.record, header.version).octets)
    principal = [coding for name in _PRINCIPAL for coding in _codings(resource.get(name))]
    elsewhere = [coding for coding in _codings(resource) if coding in denied and coding not in principal]
    return Facts(header, (*principal, *elsewhere), _encounter(header, resource))


def _codings(node: Any) -> Iterable[Coding]:
    """Yield (system, code) of every Coding below `node`."""
    if isinstance(node, list):
        for item in node:
            yield from _codings(item)
    elif isinstance(node, Mapping):
        for coding in node.get("coding") or ():
            if isinstance(coding, Mapping) and isinstance(coding.get("code"), str):
                yield str(coding.get("system", "")), coding["code"]
        for name, child in node.items():
            if name != "coding":
                yield from _codings(child)


def _encounter(header: LeafHeader, resource: Mapping[str, Any]) -> bytes | None:
    """Return the record id of the encounter the resource belongs to, None where it cannot be told."""
    if header.type == "Encounter":
        return header.record
    node = resource.get("encounter")
    if node is None and isinstance(context := resource.get("context"), Mapping):
        node = context.get("encounter", context if "reference" in context else None)
    if isinstance(node, list):
        node = node[0] if len(node) == 1 else {}
    if node is None:
        return NO_ENCOUNTER
    kind, _, name = str(node.get("reference", "")).partition("/")
    try:
        return bytes.fromhex(name) if kind == "Encounter" and len(name) == 32 else None
    except ValueError:
        return None
