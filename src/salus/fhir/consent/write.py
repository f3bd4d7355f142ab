"""A FHIR Consent on the way out: valid, and read back as the same directive by `read`."""

from base64 import b64encode
from collections.abc import Iterable, Mapping

from salus.fhir.consent.emergency import HIGHEST, needed
from salus.fhir.consent.form import PLAIN_TEXT
from salus.fhir.consent.spans import NoFhirForm, moment, write_period
from salus.fhir.consent.stated import (
    CATEGORY,
    DATA_CLASS,
    EACH_KIND,
    FOREVER,
    LEGAL_BASIS,
    NO_EMERGENCY,
    OBLIGATION,
    PASS_ON,
    PERIOD,
    PRESENTER,
    RECIPIENT,
    RECORD,
    REPLACES,
    RESIDUAL,
    RESIDUALS,
    RESOURCE_TYPES,
    ROLE,
    RULES,
    SCOPE,
    SHOWN,
    TOTAL,
    TYPES,
    USES,
    Names,
    Stated,
)
from salus.fhir.labels import ACT_CODE, CONFIDENTIALITY, ORDER
from salus.fhir.validate import Json
from salus.policy.form import PLAIN, Attachment, Form
from salus.policy.purposes import ACT_REASON, BREAK_GLASS
from salus.policy.types import Coding, Effect, Grantee, GranteeKind, OrganisationRole, Provision, Redisclosure, Residual

_TYPES = {number: name for name, number in TYPES.items()}
_RESIDUALS = {number: name for name, number in RESIDUALS.items()}
_PERMIT = int(Effect.PERMIT)
_POSITIVE = 2**31  # what FHIR's positiveInt is less than


class _Writer:
    """Writes what has an id as the Consent called it, or plainly."""

    def __init__(self, names: Names, form: Form) -> None:
        self.called = dict(form.names)
        self.purposes = {number: pair for pair, number in names.purposes.items()}

    def reference(self, kind: str, found: bytes) -> Json:
        """Return a literal reference."""
        return {"reference": self.called.get(found, f"{kind}/{found.hex()}")}

    def record(self, found: bytes) -> Json:
        """Return a reference to a record, whose type is not known here."""
        called = self.called.get(found)
        return _identified(RECORD, found.hex()) if called is None else {"reference": called}

    def purpose_codings(self, numbers: Iterable[int]) -> list[Json]:
        """Return purposes as codings; raise NoFhirForm where the table lacks one."""
        pairs = [self.purposes.get(number) for number in numbers]
        if None in pairs:
            raise NoFhirForm
        return [_coding(*pair) for pair in pairs if pair is not None]

    def actors(self, grantees: Iterable[Grantee], persons: Iterable[bytes]) -> list[Json]:
        """Return recipients."""
        found = [self._grantee(grantee) for grantee in grantees]
        found += [self.reference("Practitioner", person) for person in persons]
        return [_recipient(target) for target in found]

    def _grantee(self, grantee: Grantee) -> Json:
        kind, name = grantee
        if kind == GranteeKind.ORGANISATION:
            return self.reference("Organization", name)
        if kind == GranteeKind.GROUP:
            return self.reference("Group", name)
        if kind != GranteeKind.ROLE:
            raise NoFhirForm
        return _identified(ROLE, OrganisationRole(int.from_bytes(name, "big")).name.lower())

    def provision(self, provision: Provision) -> Json:
        """Return which data a provision means; of its persons nothing."""
        p = provision
        data = [("instance", self.record(one)) for one in p.instances]
        data += [("related", self.reference("Encounter", one)) for one in p.encounters]
        data += [("authoredby", {"reference": one}) for one in p.authors]
        several = bool(p.types and p.classes) or bool(p.instances) + bool(p.encounters) + bool(p.authors) > 1
        modifiers: list[Json] = [{"url": EACH_KIND, "valueBoolean": True}] if several else []
        modifiers += [{"url": PERIOD, "valuePeriod": write_period(period)} for period in p.periods[1:]]
        classes = [(RESOURCE_TYPES, one) for one in p.types] + [(DATA_CLASS, one) for one in p.classes]
        return _filled(
            modifierExtension=modifiers,
            securityLabel=_labels(p.labels),
            **{"class": [_coding(*pair) for pair in classes]},
            code=[_concept(pair) for pair in p.codes],
            dataPeriod=write_period(p.periods[0]) if p.periods else None,
            data=[{"meaning": meaning, "reference": target} for meaning, target in data],
        )


def write_consent(stated: Stated, names: Names, *, id_: str | None = None) -> Json:
    """Return the Consent of what is stated. Raises NoFhirForm."""
    part = stated.sealed
    form = part.form or PLAIN
    writer = _Writer(names, form)
    patient = writer.reference("Patient", names.relation)
    source, shown = _source(form, part.text)
    return _filled(
        resourceType="Consent",
        id=id_,
        extension=_extensions(stated, shown),
        identifier=[_filled(system=system, value=value) for system, value in form.identifiers],
        status="active" if stated.active else "inactive",
        scope=_concept(SCOPE),
        category=[_concept(pair) for pair in form.categories or (CATEGORY,)],
        patient=patient,
        dateTime=None if part.presented is None else moment(part.presented),
        performer=[{"reference": text} for text in form.performers] or [patient],
        organization=[writer.reference("Organization", names.custodian)],
        **source,
        policy=None if part.policy_uri is None else [{"uri": part.policy_uri}],
        policyRule=_concept((ACT_CODE, RULES[stated.effect])) if part.policy_uri is None else None,
        provision=_root(stated, names, writer, form),
    )


def _root(stated: Stated, names: Names, writer: _Writer, form: Form) -> Json:
    part = stated.sealed
    if (stated.total and not stated.purposes) or (
        not stated.total and stated.purposes == names.all_purposes(stated.effect)
    ):
        purposes = None
    else:
        purposes = writer.purpose_codings(stated.purposes)
    data = writer.provision(part.base)
    if stated.uses >= _POSITIVE:
        raise NoFhirForm
    modifiers: list[Json] = [{"url": USES, "valuePositiveInt": stated.uses}] if stated.uses else []
    modifiers += [{"url": OBLIGATION, "valueCoding": _coding(ACT_CODE, code)} for code in part.obligations]
    modifiers += [{"url": TOTAL, "valueBoolean": True}] if stated.total else []
    start = stated.start or None
    end = None if stated.end >= FOREVER else stated.end
    return data | _filled(
        modifierExtension=modifiers + _listed(data, "modifierExtension"),
        type=_TYPES[stated.effect],
        period=None if start is None and end is None else write_period((start, end)),
        actor=_root_actors(stated, names, writer, form),
        purpose=purposes,
        provision=_exceptions(stated, writer, form),
    )


def _root_actors(stated: Stated, names: Names, writer: _Writer, form: Form) -> list[Json]:
    persons = stated.sealed.base.persons
    anyone: Grantee = (int(GranteeKind.ANYONE), b"")
    if persons or form.unnamed:  # whom they belong to, or the community, is known to who reads it
        if stated.grantees != (names.community if stated.effect == _PERMIT else anyone,):
            raise NoFhirForm
        return writer.actors((), persons)
    return [] if stated.grantees == (anyone,) else writer.actors(stated.grantees, ())


def _exceptions(stated: Stated, writer: _Writer, form: Form) -> list[Json]:
    found = []
    for effect, provision in stated.sealed.exceptions:
        actors = writer.actors((), provision.persons)
        found.append(_filled(type=_TYPES[effect], actor=actors) | writer.provision(provision))
    for one in stated.sealed.focused:
        if (one.grantees and one.provision.persons) or not (one.purposes or one.grantees):
            raise NoFhirForm
        actors, purposes = writer.actors(one.grantees, one.provision.persons), writer.purpose_codings(one.purposes)
        found.append(_filled(type=_TYPES[one.effect], actor=actors, purpose=purposes) | writer.provision(one.provision))
    if stated.emergency != NO_EMERGENCY:
        found.append(_break_glass(stated, form))
    return found


def _break_glass(stated: Stated, form: Form) -> Json:
    lift, ceiling, refuse = stated.emergency
    if ceiling > HIGHEST or (refuse and (lift or ceiling or form.break_glass)) or not (lift or refuse):
        raise NoFhirForm
    labels = () if refuse or ceiling == HIGHEST else needed(ceiling, stated.effect, stated.sealed.base.labels)
    return _filled(
        type="deny" if refuse else "permit",
        actor=[_recipient({"reference": text}) for text in form.break_glass],
        purpose=[_coding(ACT_REASON, BREAK_GLASS)],
        securityLabel=_labels(labels),
    )


def _extensions(stated: Stated, shown: str) -> list[Json]:
    part = stated.sealed
    residual = None if part.residual == Residual.GENERIC else _RESIDUALS[part.residual]
    replaces = None if stated.replaces is None else {"reference": f"Consent/{stated.replaces.hex()}"}
    values = (
        (LEGAL_BASIS, "valueString", part.legal_basis),
        (PRESENTER, "valueString", part.presenter),
        (SHOWN, "valueString", shown or None),
        (RESIDUAL, "valueCode", residual),
        (PASS_ON, "valueCode", "same-purpose" if stated.redisclosure == Redisclosure.SAME_PURPOSE else None),
        (REPLACES, "valueReference", replaces),
    )
    return [{"url": url, kind: value} for url, kind, value in values if value is not None]


def _source(form: Form, text: str) -> tuple[Json, str]:
    """Return the source, and the text that was shown where the source is another one."""
    if isinstance(form.source, str):
        return {"sourceReference": {"reference": form.source}}, text
    if form.source is not None:
        return {"sourceAttachment": _attachment(form.source)}, text
    if not text:
        return {}, ""
    return {"sourceAttachment": {"contentType": PLAIN_TEXT, "data": b64encode(text.encode()).decode()}}, ""


def _attachment(found: Attachment) -> Json:
    written = _filled(
        contentType=found.content_type,
        language=found.language,
        data=None if found.data is None else b64encode(found.data).decode(),
        url=found.url,
        size=found.size,
        hash=None if found.hash is None else b64encode(found.hash).decode(),
        title=found.title,
        creation=found.creation,
    )
    if not written:
        raise NoFhirForm
    return written


def _labels(labels: Iterable[str]) -> list[Json]:
    return [_coding(CONFIDENTIALITY if label in ORDER else ACT_CODE, label) for label in labels]


def _recipient(target: Json) -> Json:
    return {"role": _concept(RECIPIENT), "reference": target}


def _identified(system: str, value: str) -> Json:
    return {"identifier": {"system": system, "value": value}}


def _coding(system: str, code: str) -> Json:
    return {"system": system, "code": code}


def _concept(pair: Coding) -> Json:
    return {"coding": [_coding(*pair)]}


def _listed(node: Mapping[str, object], name: str) -> list[Json]:
    found = node.get(name)
    return list(found) if isinstance(found, list) else []


def _filled(**elements: object) -> Json:
    """Return an object of the elements that have a value: FHIR knows no empty one."""
    return {name: value for name, value in elements.items() if value is not None and value != []}
