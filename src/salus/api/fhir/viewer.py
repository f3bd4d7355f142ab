"""Who reads on the FHIR face: the organisation's own systems, or a person at her own relation.

1. The organisation signs by its gateway key. `Salus-Purpose` is a code of the network's table of purposes, TREAT where
   it is absent; `Salus-Staff` the commitment of a badge in hex, none: the gateway itself. The signature covers both
   where they are sent (NotCovered), since they stand in the access log and open segments.
2. A person signs by a device key. She sees her own relation, for her own request, and nothing of anybody else.
3. Everybody else is refused (NotHere), whatever the organisation holds.
"""

import re

from http_sf.compat import Dictionary
from starlette.requests import Request

from salus.api.errors import BadParameter, MalformedSignature
from salus.api.fhir.errors import NotCovered, NotHere
from salus.api.operation import Call, Parameter
from salus.client.signing import TAG
from salus.core.keys import Role
from salus.services.errors import NotCustodian
from salus.services.viewing import Viewer, own_viewer, person_viewer

PURPOSE, STAFF = "salus-purpose", "salus-staff"
_CODE, _COMMITMENT = "[A-Za-z][A-Za-z0-9_.-]{0,63}", "[0-9a-f]{64}"
HEADERS = (
    Parameter(
        "Salus-Purpose", "header", "Why it is read: a code of the network's purposes. TREAT where absent.", _CODE
    ),
    Parameter("Salus-Staff", "header", "Who reads: the commitment of a badge, in hex.", _COMMITMENT),
)


def viewer_of(call: Call) -> Viewer:
    """Return who reads. Raises NotHere, NotCovered, BadParameter, UnknownPurpose, NotAttested, StateTooOld."""
    caller, organisation = call.caller, call.organisation
    if caller is None:
        raise NotHere
    if caller.account == organisation.account and caller.member and caller.role == Role.GATEWAY:
        purpose, staff = _header(call.request, PURPOSE, _CODE), _header(call.request, STAFF, _COMMITMENT)
        return own_viewer(organisation, purpose or "TREAT", bytes.fromhex(staff) if staff else None)
    if caller.organisation or caller.role != Role.DEVICE:
        raise NotHere
    try:
        return person_viewer(organisation, caller.account)
    except NotCustodian:
        raise NotHere from None


def _header(request: Request, name: str, form: str) -> str | None:
    values = request.headers.getlist(name)
    if not values:
        return None
    if len(values) > 1 or not re.fullmatch(form, values[0]):
        raise BadParameter
    if name not in _covered(request):
        raise NotCovered
    return values[0]


def _covered(request: Request) -> list[str]:
    """Return what the signature that was verified covers."""
    found = Dictionary()
    try:
        found.parse(", ".join(request.headers.getlist("signature-input")).encode("ascii"))
        ours = [one for one in found.values() if one.params.get("tag") == TAG]
        return [str(item.value) for one in ours for item in one if not dict(item.params)]
    except (ValueError, TypeError, AttributeError, KeyError):
        raise MalformedSignature from None
