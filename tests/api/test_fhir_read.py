"""read, vread: what comes back, in which version, to whom."""

from api_world import World
from fhir_scenes import Face, take_in


def test_try(served: World) -> None:
    face = Face(served)
    ids = take_in(face)
    print(ids)
    print(face.got(f"/Patient/{ids[0]}"))
    print(face.got(f"/Observation/{ids[1]}"))
    print(face.got(f"/Patient/{ids[0]}/$everything?_count=2"))
    print(face.everything(ids[0], "?_count=2"))
    print(face.got(f"/AuditEvent?patient={ids[0]}"))
    print(face.got(f"/Consent?patient={ids[0]}"))
    print(face.got("/Patient?identifier=urn:oid:1.2.3.4%7CN-1"))
    m = face.got("/metadata")
    print(str(m)[:1500])
