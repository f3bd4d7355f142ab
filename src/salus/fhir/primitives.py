"""The lexical forms of FHIR's primitive types, https://hl7.org/fhir/R4/datatypes.html#primitive

One regular expression per type serves the schema and the explaining pass alike, written in the common part of
both engines. Dates are exact: 30 February is no date, 29 February needs a leap year.
"""

_LEAP = r"(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
_YEAR = r"(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
_DAY = (
    rf"(?:{_YEAR}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    rf"|02-(?:0[1-9]|1[0-9]|2[0-8]))|{_LEAP}-02-29)"
)
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?"
_ZONE = r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
_TEXT = r"[^\x00-\x08\x0b\x0c\x0e-\x1f]+"
ID = r"[A-Za-z0-9\-\.]{1,64}"

FORMS: dict[str, str] = {
    "base64Binary": r"[ \t\r\n]*(?:[0-9A-Za-z+/]{4}[ \t\r\n]*)*(?:[0-9A-Za-z+/]{2}==|[0-9A-Za-z+/]{3}=)?[ \t\r\n]*",
    "canonical": r"[^\x00-\x20]+",
    "code": r"[^\x00-\x20]+(?:[ \t\r\n][^\x00-\x20]+)*",
    "date": rf"(?:{_YEAR}(?:-(?:0[1-9]|1[0-2]))?|{_DAY})",
    "dateTime": rf"(?:{_YEAR}(?:-(?:0[1-9]|1[0-2]))?|{_DAY}(?:T{_CLOCK}{_ZONE})?)",
    "id": ID,
    "instant": rf"{_DAY}T{_CLOCK}{_ZONE}",
    "markdown": _TEXT,
    "oid": r"urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+",
    "string": _TEXT,
    "time": _CLOCK,
    "uri": r"[^\x00-\x20]+",
    "url": r"[^\x00-\x20]+",
    "uuid": r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "xhtml": r"[ \t\r\n]*<div[ \t\r\n>/][^\x00-\x08\x0b\x0c\x0e-\x1f]*",
}
INTEGERS: dict[str, tuple[int, int]] = {  # inclusive
    "integer": (-(2**31), 2**31 - 1),
    "positiveInt": (1, 2**31 - 1),
    "unsignedInt": (0, 2**31 - 1),
}
MAX_STRING = 1 << 20  # characters of a string; base64Binary, markdown and xhtml are bounded by the resource


def reference_form(targets: str) -> str:
    """Return the form of a literal reference to one of `targets` (`A|B`) that needs no second look.

    A reference to an unknown URL may still be right; that is for the explaining pass to say.
    """
    instance = rf"(?:{targets})/{ID}(?:/_history/{ID})?"
    return rf"(?:#[^\x00-\x20]*|urn:[^\x00-\x20]+|(?:https?://[^\x00-\x20]+/)?{instance}|(?:{targets})\?[^\x00-\x20]+)"
