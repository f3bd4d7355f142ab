"""What the tests of the FHIR face share: calls as the hospital's systems and as a person, and the story's patient."""

import json
from dataclasses import dataclass
from typing import Any

import httpx2
from api_world import URL, World

from e2e.story_region import START_MS, bundle, give_wallet, records_of
from salus.client.signing import sign_request
from salus.core.signatures import SigningKey
from salus.fhir.validate import validate
from salus.services.actors import Organisation, Person
from salus.services.attest_staff import Badge

FHIR = "application/fhir+json"
LOINC, ACCOUNT = "http://loinc.org", "urn:salus:account"


@dataclass(frozen=True)
class Face:
    """The FHIR face of one organisation of a served world; every resource that it gives is validated."""

    world: World
    slug: str = "north"

    @property
    def organisation(self) -> Organisation:
        return self.world.story.region.organisation(self.slug)

    def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        key: SigningKey | None = None,
        headers: dict[str, str] | None = None,
        covered: bool = True,
        media_type: str = FHIR,
    ) -> httpx2.Response:
        """Send one request, signed with `key`: by default the organisation's own gateway."""
        url = path if path.startswith("http") else f"{URL}/{self.slug}/fhir{path}"
        request = httpx2.Request(method, url, content=body, headers=headers)
        if body:
            request.headers["content-type"] = media_type
        also = [name.lower() for name in headers or {} if name.lower().startswith("salus-")] if covered else []
        key = key or self.organisation.gateway
        sign_request(request, self.world.story.region.network, key, body, also=also)
        answer = self.world.send(request)
        if answer.content and method != "HEAD":
            assert answer.headers["content-type"] == FHIR, answer.text
            resource = answer.json()
            assert validate(resource, answer.content) == [], resource
        return answer

    def get(self, path: str, **named: Any) -> httpx2.Response:
        """Send a GET."""
        return self.send("GET", path, **named)

    def got(self, path: str, **named: Any) -> dict[str, Any]:
        """Send a GET that is answered with a resource."""
        answer = self.get(path, **named)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def posted(self, body: bytes, **named: Any) -> dict[str, Any]:
        """Send a bundle that is taken in."""
        answer = self.send("POST", "", body, **named)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def refused(self, answer: httpx2.Response) -> tuple[int, str, int]:
        """Return (status, issue code, refusal code) of an OperationOutcome."""
        outcome = answer.json()
        assert outcome["resourceType"] == "OperationOutcome", outcome
        (issue,) = outcome["issue"]
        return answer.status_code, issue["code"], int(issue["details"]["coding"][0]["code"], 16)

    def everything(self, patient: str, query: str = "", **named: Any) -> list[dict[str, Any]]:
        """Return the resources of all pages of $everything."""
        bundle = self.got(f"/Patient/{patient}/$everything{query}", **named)
        found = resources(bundle)
        while (following := link(bundle, "next")) is not None:
            bundle = self.got(following, **named)
            found += resources(bundle)
        return found


def resources(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in bundle.get("entry", []) if entry["search"]["mode"] == "match"]


def link(bundle: dict[str, Any], relation: str) -> str | None:
    return next((one["url"] for one in bundle["link"] if one["relation"] == relation), None)


def take_in(face: Face, family: str = "Alma", value: str = "N-1", now: int = START_MS) -> list[str]:
    """Post a patient with two laboratory results of late, one older and a vital sign; return their ids, hers first."""
    answer = face.posted(records_of(family, value, now))
    return [entry["response"]["location"].split("/")[1] for entry in answer["entry"]]


def device(person: Person, handle: bytes) -> SigningKey:
    return person.signer(handle)[1]


def staff(badge: Badge, purpose: str) -> dict[str, str]:
    return {"Salus-Purpose": purpose, "Salus-Staff": badge.commitment.hex()}


__all__ = ["bundle", "give_wallet", "json"]
