"""The region: its hospitals and clinic, and what the patients of a hospital share."""

from salus.demo.generator.build import Bundle, Json, coded

HOSPITALS = ("north", "south")
CLINIC = "clinic"
NAMES = {"north": "Northern Sample Hospital", "south": "Southern Sample Hospital", "clinic": "Demonstration Clinic"}
SYSTEM = "https://example.org/salus/directory"
PRACTITIONERS = ("Doctoria Muster", "Medicus Tester", "Praxia Probe")
_TAXONOMY = "http://nucc.org/provider-taxonomy"


def organization(hospital: str) -> str:
    """Return the conditional reference to a hospital's organisation."""
    return f"Organization?identifier={SYSTEM}|{hospital}"


def location(hospital: str) -> str:
    """Return the conditional reference to a hospital's site."""
    return f"Location?identifier={SYSTEM}|{hospital}-site"


def practitioner(hospital: str, number: int) -> str:
    """Return the conditional reference to one of a hospital's practitioners."""
    return f"Practitioner?identifier={SYSTEM}|{hospital}-{number % len(PRACTITIONERS)}"


def shared_bundle(hospital: str) -> bytes:
    """Return the batch of organisation, site, practitioners and their roles."""
    bundle = Bundle("batch")
    name = NAMES[hospital]
    _once(bundle, {"resourceType": "Organization", "active": True, "name": name}, hospital)
    _once(bundle, {"resourceType": "Location", "status": "active", "name": f"{name}, main site"}, f"{hospital}-site")
    for number, who in enumerate(PRACTITIONERS):
        given, family = who.split()
        resource: Json = {
            "resourceType": "Practitioner",
            "active": True,
            "name": [{"family": family, "given": [given]}],
        }
        _once(bundle, resource, f"{hospital}-{number}")
        role: Json = {
            "resourceType": "PractitionerRole",
            "active": True,
            "practitioner": {"identifier": {"system": SYSTEM, "value": f"{hospital}-{number}"}, "display": who},
            "organization": {"identifier": {"system": SYSTEM, "value": hospital}, "display": name},
            "code": [coded(_TAXONOMY, "208D00000X", "General Practice")],
        }
        _once(bundle, role, f"{hospital}-{number}-role")
    return bundle.octets()


def _once(bundle: Bundle, resource: Json, value: str) -> None:
    resource["identifier"] = [{"system": SYSTEM, "value": value}]
    bundle.add(resource, f"identifier={SYSTEM}|{value}")
