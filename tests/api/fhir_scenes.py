"""What the tests of the FHIR face share: calls as the hospital's systems and as a person, and the story's patient."""

from dataclasses import dataclass
from typing import Any

import httpx2
from api_world import URL, World

from e2e.story_region import START_MS, give_wallet, records_of
from salus.client.signing import sign_request
from salus.core.signatures import SigningKey
from salus.fhir.outcome import Issue
from salus.fhir.structure import explain
from salus.fhir.validate import validate
from salus.services.access_log import Read, list_reads
from salus.services.actors import Organisation, Person
from salus.services.attest_staff import Badge
from salus.services.authorise import for_decision
from salus.services.patients import relation_of

FHIR = "application/fhir+json"


@dataclass(frozen=True)
class Face:
    """The FHIR face of one organisation of a served world; every resource that it gives is validated."""

    world: World
    slug: str = "north"

    @property
    def organisation(self) -> Organisation:
        return self.world.story.region.organisation(self.slug)

    def request(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        key: SigningKey | None = None,
        headers: dict[str, str] | None = None,
        also: list[str] | None = None,
        media_type: str = FHIR,
    ) -> httpx2.Request:
        """Return a request signed with `key`, by default the organisation's own gateway key."""
        url = path if path.startswith("http") else f"{URL}/{self.slug}/fhir{path}"
        request = httpx2.Request(method, url, content=body, headers=headers)
        if body:
            request.headers["content-type"] = media_type
        covered = [name.lower() for name in headers or {} if name.lower().startswith("salus-")]
        network = self.world.story.region.network
        sign_request(request, network, key or self.organisation.gateway, body, also=covered if also is None else also)
        return request

    def send(self, method: str, path: str, body: bytes = b"", **named: Any) -> httpx2.Response:
        """Send one request and validate what it is answered with."""
        answer = self.world.send(self.request(method, path, body, **named))
        if answer.content:
            assert answer.headers["content-type"] == FHIR, answer.text
            assert wrong_with(answer.json(), answer.content) == [], answer.text
        return answer

    def get(self, path: str, **named: Any) -> httpx2.Response:
        return self.send("GET", path, **named)

    def got(self, path: str, **named: Any) -> dict[str, Any]:
        """Send a GET that is answered with a resource."""
        answer = self.get(path, **named)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def posted(self, body: bytes, **named: Any) -> list[dict[str, Any]]:
        """Send a bundle that is taken in; return the entries of the answer."""
        answer = self.send("POST", "", body, **named)
        assert answer.status_code == 200, answer.text
        entries: list[dict[str, Any]] = answer.json().get("entry", [])
        return entries

    def refused(self, path: str, **named: Any) -> tuple[int, str, int]:
        """Send a GET that is refused."""
        return refusal(self.get(path, **named))

    def everything(self, patient: str, query: str = "", **named: Any) -> list[dict[str, Any]]:
        """Return the resources of all pages of $everything."""
        bundle = self.got(f"/Patient/{patient}/$everything{query}", **named)
        found = resources(bundle)
        while (following := link(bundle, "next")) is not None:
            bundle = self.got(following, **named)
            found += resources(bundle)
        return found

    def relation(self, patient: str) -> bytes:
        """Return the relation of a patient's id."""
        found = relation_of(self.organisation.vault.shared, patient)
        assert found is not None
        return found

    def reads(self, patient: str) -> tuple[Read, ...]:
        """Return the access log of a patient."""
        return list_reads(self.organisation, for_decision(self.organisation, self.relation(patient)))


@dataclass(frozen=True)
class Alma:
    """A patient of the face, with three laboratory results, the last long ago, and a vital sign; and her wallet."""

    face: Face
    ids: tuple[str, ...]  # the Patient's first
    person: Person

    @property
    def id(self) -> str:
        return self.ids[0]

    @property
    def handle(self) -> bytes:
        return self.face.relation(self.id)

    @property
    def key(self) -> SigningKey:
        return self.person.signer(self.handle)[1]


def wrong_with(resource: dict[str, Any], raw: bytes) -> list[Issue]:
    """Return the issues of an answer; references within a resource of a Bundle are that resource's own."""
    if resource["resourceType"] != "Bundle":
        return validate(resource, raw)
    inside = [entry["resource"] for entry in resource.get("entry", []) if "resource" in entry]
    return explain(resource) + [issue for one in inside for issue in validate(one)]


def refusal(answer: httpx2.Response) -> tuple[int, str, int]:
    """Return (status, issue code, refusal code) of an OperationOutcome."""
    outcome = answer.json()
    assert outcome["resourceType"] == "OperationOutcome", outcome
    (issue,) = outcome["issue"]
    return answer.status_code, issue["code"], int(issue["details"]["coding"][0]["code"], 16)


def resources(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in bundle.get("entry", []) if entry["search"]["mode"] == "match"]


def link(bundle: dict[str, Any], relation: str) -> str | None:
    return next((one["url"] for one in bundle["link"] if one["relation"] == relation), None)


def located(entries: list[dict[str, Any]]) -> list[str]:
    """Return the ids that the entries of a transaction's answer got."""
    return [entry["response"]["location"].split("/")[1] for entry in entries]


def take_in(face: Face, family: str = "Alma", value: str = "N-1", now: int = START_MS) -> list[str]:
    """Post a patient with her four observations; return their ids, hers first."""
    return located(face.posted(records_of(family, value, now)))


def alma_of(face: Face, family: str = "Alma", value: str = "N-1", slug: str = "alma") -> Alma:
    """Take in a patient and give her a wallet."""
    ids = take_in(face, family, value)
    story = face.world.story
    return Alma(face, tuple(ids), give_wallet(story, face.organisation, face.relation(ids[0]), slug))


def as_staff(badge: Badge, purpose: str) -> dict[str, str]:
    return {"Salus-Purpose": purpose, "Salus-Staff": badge.commitment.hex()}
