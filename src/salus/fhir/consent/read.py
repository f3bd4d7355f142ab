"""A FHIR Consent on the way in."""

from collections.abc import Mapping
from typing import ClassVar, NamedTuple

from salus.core.encoding import encode
from salus.core.errors import Kind, Refusal
from salus.fhir.consent.form import Sides, read_sides
from salus.fhir.consent.nodes import Node, concept, extensions, reference
from salus.fhir.consent.permits import permits_of
from salus.fhir.consent.recipients import Reading
from salus.fhir.consent.root import Root, read_root
from salus.fhir.consent.stated import (
    BARE,
    LEGAL_BASIS,
    PASS_ON,
    PRESENTER,
    REPLACES,
    RESIDUAL,
    RESIDUALS,
    RULES,
    SCOPE,
    SHOWN,
    Names,
    Stated,
)
from salus.fhir.labels import ACT_CODE
from salus.fhir.outcome import Issue, error
from salus.fhir.times import span
from salus.fhir.validate import Json, parse, validate
from salus.policy.form import PLAIN, Form
from salus.policy.types import Effect, Redisclosure, Residual, SealedPart

Extensions = dict[str, list[Node]]
_OF_CONSENT = (LEGAL_BASIS, PRESENTER, RESIDUAL, SHOWN, REPLACES, PASS_ON)
_DAY = len("2026-01-01")
_URI = 1024
MAX_SEALED = 30 * 1024  # octets of a sealed part, which wallets and letters hold


class ConsentRefused(Refusal):
    """Nothing was taken; `issues` say why, each with the element."""

    code: ClassVar[int] = 0x4604
    kind: ClassVar[Kind] = Kind.INVALID
    text: ClassVar[str] = "The Consent is refused as a whole; see its issues."

    def __init__(self, issues: list[Issue]) -> None:
        super().__init__()
        self.issues = tuple(issues)


class Taken(NamedTuple):
    """What a Consent states, what its exceptions permit where it denies, and warnings about what is not kept."""

    stated: Stated
    permits: tuple[Stated, ...]
    warnings: tuple[Issue, ...]


def read_consent(raw: bytes, names: Names) -> Taken:
    """Return what the JSON of a Consent states; raise ConsentRefused."""
    resource, issues = parse(raw)
    if resource is None:
        raise ConsentRefused(issues)
    if resource.get("resourceType") != "Consent":
        raise ConsentRefused([error("invalid", "Resource", "The resource is no Consent.")])
    issues = validate(resource, raw)
    if issues:
        raise ConsentRefused(issues)
    return _take(resource, names)


def _take(resource: Json, names: Names) -> Taken:
    reading = Reading(names)
    root = Node(resource, "Consent", reading.report)
    _frame(root)
    sides = read_sides(root, reading)
    more = extensions(root, "extension", _OF_CONSENT)
    provision = root.node("provision")
    if provision is None:
        reading.report.refuse("Consent.provision", "A provision is needed.", "required")
        raise ConsentRefused(reading.report.issues)
    found = read_root(provision, reading)
    redisclosure = _code(more, PASS_ON, {"same-purpose": int(Redisclosure.SAME_PURPOSE)}, int(Redisclosure.NO))
    replaces = _replaces(more)
    sealed = _sealed(root, found, sides, more, reading)
    root.done()
    if found.total and sealed != BARE:
        provision.refuse("A deny of everything has nothing beside it: leave the modifier out.")
    if len(encode(sealed)) > MAX_SEALED:
        reading.report.refuse(
            "Consent", "It is too large to be held; a link and a hash can stand for its source.", "too-long"
        )
    stated = Stated(
        found.grantees,
        found.effect,
        found.total,
        found.purposes,
        found.start,
        found.end,
        found.uses,
        redisclosure,
        found.emergency,
        replaces,
        sealed,
    )
    permits = permits_of(stated, names.all_purposes(int(Effect.PERMIT)), names.community)
    if permits is None:
        provision.report.refuse("Consent.provision.provision", "Whom the exception permits must be said.", "required")
    if replaces is not None and (permits or len(found.grantees) > 1):
        reading.report.refuse("Consent.extension", "Several directives cannot replace one.")
    if reading.report.issues:
        raise ConsentRefused(reading.report.issues)
    return Taken(stated, tuple(permits or ()), tuple(reading.report.warnings))


def _frame(root: Node) -> None:
    """Take what every Consent has alike."""
    root.text("resourceType")
    root.warn("id", "meta", "language", "text")
    if root.text("status") != "active":
        root.report.refuse("Consent.status", "Only an active Consent can be put in force.", "business-rule")
    scope = root.node("scope")
    if scope is None or concept(scope) != SCOPE:
        root.report.refuse("Consent.scope", "Only consents to disclosure (patient-privacy) can be held.")


def _sealed(root: Node, found: Root, sides: Sides, more: Extensions, reading: Reading) -> SealedPart:
    shown = _text(more, SHOWN, 8192) or ""
    if shown and sides.shown:
        root.report.refuse("Consent.sourceAttachment", "The text that was shown is there twice.")
    called = tuple(sorted(reading.called.items()))
    form = Form(
        sides.identifiers, sides.categories, sides.performers, sides.source, found.unnamed, found.break_glass, called
    )
    return SealedPart(
        found.base,
        found.exceptions,
        found.obligations,
        _code(more, RESIDUAL, RESIDUALS, int(Residual.GENERIC)),
        _text(more, LEGAL_BASIS, 64),
        shown or sides.shown,
        _policy(root, found.effect),
        _text(more, PRESENTER, 128),
        _presented(root),
        found.focused,
        None if form == PLAIN else form,
    )


def _presented(root: Node) -> int | None:
    text = root.text("dateTime")
    if text is None:
        return None
    moment = span(text)
    if len(text) < _DAY or moment is None or moment[0] < 0:
        root.report.refuse("Consent.dateTime", "It is held as a day or a time of a day, since 1970.", "value")
        return None
    return moment[0]


def _policy(root: Node, effect: int) -> str | None:
    """Take the policy's URI; where none is named, the general rule of v3-ActCode that stands for it."""
    nodes = root.nodes("policy")
    uris = []
    for at, node in enumerate(nodes):
        uris.append(node.text("uri"))
        node.done()
        if at:
            node.refuse("One policy can be held.")
        elif uris[0] is None or len(uris[0]) > _URI:
            node.refuse("A URI is needed, of no more than 1024 characters.", "value")
    rule = root.node("policyRule")
    if rule is not None and (nodes or concept(rule) != (ACT_CODE, RULES.get(effect))):
        rule.refuse("A rule beside a policy's URI, or another than the general one, cannot be held.")
    if not nodes and rule is None:
        root.report.refuse("Consent.policy", "A policy or the general rule is needed.", "required")
    return uris[0] if uris else None


def _one(more: Extensions, url: str) -> Node | None:
    """Take an extension that may be there once."""
    found = more.pop(url, [])
    for node in found[1:]:
        node.refuse("It may be there once.", "structure")
    return found[0] if found else None


def _text(more: Extensions, url: str, most: int) -> str | None:
    node = _one(more, url)
    if node is None:
        return None
    text = node.text("valueString")
    node.done()
    if text is None or len(text) > most:
        node.refuse("A text is needed, and not too long.", "value")
        return None
    return text


def _code(more: Extensions, url: str, known: Mapping[str, int], default: int) -> int:
    node = _one(more, url)
    if node is None:
        return default
    code = node.text("valueCode")
    node.done()
    if code is None or code not in known:
        node.refuse("The code is not known.", "code-invalid")
    return known.get(code or "", default)


def _replaces(more: Extensions) -> bytes | None:
    node = _one(more, REPLACES)
    target = None if node is None else node.node("valueReference")
    if node is None:
        return None
    node.done()
    last = "" if target is None else (reference(target) or "").removeprefix("Consent/")
    if len(last) != 64 or any(letter not in "0123456789abcdef" for letter in last):
        node.refuse("A directive is named by its id in hexadecimal.", "value")
        return None
    return bytes.fromhex(last)
