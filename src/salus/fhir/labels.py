"""Security labels of a resource, https://hl7.org/fhir/R4/security-labels.html

Every resource gets a confidentiality: R where a sensitive code or an unknown tag is found, else N, or the stricter
one that its source gave. What the source's `meta.security` says is kept. A contained resource counts as its holder.
"""

from collections.abc import Iterable, Mapping

from salus.fhir.sensitive import label_of

CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
ORDER = ("U", "L", "M", "N", "R", "V")  # from unrestricted to very restricted
# Types that tell in words what others hold as codes: they take the labels of what they refer to as well.
TELLING = frozenset(
    (
        *("CarePlan", "Claim", "Composition", "DiagnosticReport", "DocumentManifest"),
        *("DocumentReference", "ExplanationOfBenefit", "List"),
    )
)
PLAIN = ("N",)  # the labels of most resources: none is less strict
_KEPT = 64  # characters of a label


def labels_of(resource: Mapping[str, object], codings: Iterable[object]) -> tuple[str, ...]:
    """Return the sorted labels; `codings` are the arrays of codings found anywhere in the resource."""
    labels: set[str] = set()
    for listed in codings:
        if type(listed) is list:
            for coding in listed:
                label = label_of(coding.get("system", ""), coding.get("code", ""))
                if label is not None:
                    labels.add(label)
    found = ["N", *("R" for _ in labels)]
    for part in (resource, *_contained(resource)):
        meta = part.get("meta")
        if type(meta) is dict and "security" in meta:
            for tag in meta["security"]:
                _tag(tag, labels, found)
    return _sorted(labels, found) if labels or len(found) > 1 else PLAIN


def strictest(several: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """Return all labels of several resources, with the strictest confidentiality among them."""
    labels = {label for one in several for label in one}
    return _sorted(labels.difference(ORDER), labels.intersection(ORDER))


def _sorted(labels: Iterable[str], confidentialities: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted((*labels, max(confidentialities, key=ORDER.index))))


def _contained(resource: Mapping[str, object]) -> list[Mapping[str, object]]:
    parts = resource.get("contained")
    return parts if isinstance(parts, list) else []


def _tag(tag: Mapping[str, object], labels: set[str], found: list[str]) -> None:
    code, system = tag.get("code"), tag.get("system")
    if not isinstance(code, str) or len(code) > _KEPT:
        found.append("R")
    elif system == CONFIDENTIALITY and code in ORDER:
        found.append(code)
    else:
        found.append("R")
        if code not in ORDER:
            labels.add(code)
