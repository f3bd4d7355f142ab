"""Refusals of the FHIR face, in order of precedence."""

from salus.core.errors import Kind, Refusal


class NotAcceptable(Refusal):
    code, kind, text = 0x8050, Kind.INVALID, "Only JSON is given: application/fhir+json."


class NotCovered(Refusal):
    code, kind, text = 0x8051, Kind.UNAUTHENTICATED, "The signature must cover the purpose and staff headers."


class NotHere(Refusal):
    code, kind, text = 0x8052, Kind.FORBIDDEN, "Only the organisation's own systems and its patients may read here."


class UnknownParameter(Refusal):
    code, kind, text = 0x8053, Kind.INVALID, "A parameter is not supported here, and handling is to be strict."


class PatientMissing(Refusal):
    code, kind, text = 0x8054, Kind.INVALID, "The search needs the parameter patient."


class NotThatType(Refusal):
    code, kind, text = 0x8055, Kind.NOT_FOUND, "FHIR R4 has no resource type of this name."
