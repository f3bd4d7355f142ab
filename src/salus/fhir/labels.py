"""Security labels of a resource, https://hl7.org/fhir/R4/security-labels.html

Every resource gets a confidentiality: R where a sensitive code or an unknown tag is found, else N, or the stricter
one that its source gave. What the source's `meta.security` says is kept. A contained resource, or one inside a Bundle,
counts as its holder. Where the rule set cannot judge, the label is `pending`, in the place of N: free text that
nothing tells in codes, a principal code of no system that the set knows, a code in letters that only look like one.
"""

from collections.abc import Iterable, Mapping

from salus.core.record import PENDING
from salus.fhir.rule_sets import NONE, RuleSet
from salus.policy.policies import LEVELS

CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
ORDER = LEVELS  # from unrestricted to very restricted
_NORMAL = ORDER.index("N")
_SURE = ORDER.index("R")  # from here on a confidentiality stands beside `pending`
_ONLY_NORMAL = ("N",)
_KEPT = 64  # characters of a label

Resource = Mapping[str, object]


def labels_of(resource: Resource, codings: Iterable[object], rules: RuleSet) -> tuple[str, ...]:
    """Return the sorted labels; `codings` are the arrays of codings found anywhere in the resource."""
    labels: set[str] = set()
    systems, labels_of_code = rules.systems, rules.labels_of
    for listed in codings:
        if type(listed) is list:
            for coding in listed:
                system = coding.get("system")
                if system in systems and (found := labels_of_code(system, coding.get("code", ""))) is not NONE:
                    labels.update((PENDING,) if found is None else found)
    for part in (resource, *_inner(resource)):
        _look(part, labels, rules)
    return _settled(labels)


def strictest(several: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """Return all labels of several resources, with the strictest confidentiality among them."""
    return _settled({label for one in several for label in one})


def _settled(labels: set[str]) -> tuple[str, ...]:
    """Return the labels sorted, with one confidentiality, or with `pending` instead of one that is not sure."""
    if not labels:
        return _ONLY_NORMAL
    level = max(_NORMAL, *(ORDER.index(label) for label in labels if label in ORDER), 0)
    others = labels.difference(ORDER)
    if level < _SURE and others - {PENDING}:
        level = _SURE
    if PENDING not in others or level >= _SURE:
        others.add(ORDER[level])
    return tuple(sorted(others))


def _inner(resource: Resource) -> list[Resource]:
    """Return the contained resources, and those of a Bundle's entries with what they contain."""
    found = []
    contained, entries = resource.get("contained"), resource.get("entry")
    if type(contained) is list:
        found += contained
    if type(entries) is list and resource.get("resourceType") == "Bundle":
        for entry in entries:
            inner = entry.get("resource")
            if type(inner) is dict:
                found += [inner, *_inner(inner)]
    return found


def _look(part: Resource, labels: set[str], rules: RuleSet) -> None:
    """Add what tags, type and the missing of codes say of one resource."""
    kind = str(part.get("resourceType"))
    meta = part.get("meta")
    judged = False  # by its source
    if type(meta) is dict and "security" in meta:
        for tag in meta["security"]:
            judged = _tag(tag, labels, rules) or judged
    if kind in rules.types:
        labels |= rules.types[kind]
    if not judged and _unjudged(kind, part, rules):
        labels.add(PENDING)


def _tag(tag: Mapping[str, object], labels: set[str], rules: RuleSet) -> bool:
    """Add what a tag of the source says; return whether it is a confidentiality.

    A code that no known system gives is not kept: it could pass for a label that a permit names.
    """
    code, system = tag.get("code"), tag.get("system")
    if system == CONFIDENTIALITY and code in ORDER:
        labels.add(str(code))
        return True
    if (system, code) in rules.neutral_tags:
        return False
    labels.add("R")
    if system == ACT_CODE and isinstance(code, str) and code.isascii() and len(code) <= _KEPT and code not in ORDER:
        labels |= rules.implied.get(code, {code})
        if code in rules.coarse:
            labels.add(PENDING)
    else:
        labels.add(PENDING)
    return False


def _unjudged(kind: str, part: Resource, rules: RuleSet) -> bool:
    """Return whether the resource may tell something that the rule set cannot read."""
    for name in rules.principal.get(kind, ()):
        concept = part.get(name)
        if type(concept) is dict and not any(c.get("system") in rules.systems for c in concept.get("coding", ())):
            return True
    words = rules.words.get(kind)
    return (
        words is not None
        and any(_has(part, path) for path in words.where)
        and not any(_has(part, path) for path in words.unless)
    )


def _has(node: object, path: str) -> bool:
    name, _, rest = path.partition(".")
    if type(node) is list:
        return any(_has(item, path) for item in node)
    if type(node) is not dict or name not in node:
        return False
    return _has(node[name], rest) if rest else True
