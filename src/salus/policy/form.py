"""What a directive's outside form, a FHIR Consent, says beside what is decided: kept in the sealed part, so that it can
be shown again as it was signed. Nothing here is evaluated."""

from typing import Annotated

from msgspec import Meta

from salus.core.record import Code
from salus.core.types import Message

Text = Annotated[str, Meta(min_length=1, max_length=1024)]
Named = Annotated[bytes, Meta(min_length=16, max_length=32)]


class Attachment(Message, frozen=True):
    """The document that was signed, or where it lies: https://hl7.org/fhir/R4/datatypes.html#Attachment"""

    content_type: Code | None
    language: Code | None
    data: Annotated[bytes, Meta(min_length=1, max_length=16384)] | None
    url: Text | None
    size: Annotated[int, Meta(ge=0, le=2**31 - 1)] | None
    hash: Annotated[bytes, Meta(min_length=20, max_length=20)] | None  # SHA-1
    title: Text | None
    creation: Code | None  # a dateTime, as it is written


class Form(Message, frozen=True):
    """The sides of a Consent that decide nothing; empty where the form is the plain one."""

    identifiers: Annotated[tuple[tuple[Text | None, Text], ...], Meta(max_length=8)]  # (system, value)
    categories: Annotated[tuple[tuple[Text, Code], ...], Meta(max_length=8)]  # (system, code); empty: LOINC 59284-0
    performers: Annotated[tuple[Text, ...], Meta(max_length=8)]  # who consented; empty: the person herself
    source: Text | Attachment | None  # a reference, or the document
    unnamed: bool  # the form names no recipient: everybody of the community
    break_glass: Annotated[tuple[Text, ...], Meta(max_length=8)]  # groups that it names as those who may
    names: Annotated[tuple[tuple[Named, Text], ...], Meta(max_length=1024)]  # how it calls what has an id; sorted


PLAIN = Form((), (), (), None, False, (), ())
