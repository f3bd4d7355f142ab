"""Inboxes over HTTP: who may post, fetch and remove, and how each other way ends."""

import pytest
from api_world import World

from e2e.story_region import give_wallet, take_in
from salus.bootstrap import MemberSpec, enrol
from salus.core.encoding import decode
from salus.core.signatures import SigningKey
from salus.policy.types import OrganisationRole
from salus.services.actors import Person
from salus.services.remote import inboxes
from salus.services.remote.exchange import Fetched

CBOR, COSE = "application/cbor", "application/cose"
BODY = b"\x81\x41x"


def post(world: World, to: bytes, key: SigningKey | None, org: str = "north", **named: object) -> object:
    path = f"/{org}/letters/{to.hex()}/{named.pop('kind', 'request')}"
    return world.call("POST", path, named.pop("body", BODY), named.pop("media_type", CBOR), signed_by=key, **named)  # type: ignore[arg-type]


def outcome(answer: object) -> tuple[int, int]:
    """Return (status, code), the code 0 of a success."""
    status = answer.status_code  # type: ignore[attr-defined]
    return status, 0 if status < 300 else answer.json()["code"]  # type: ignore[attr-defined]


def lying(world: World, account: bytes) -> list[str]:
    return [letter.kind for letter in world.story.region.exchange.lying(account)]


@pytest.fixture
def alma(served: World) -> tuple[Person, bytes]:
    handle = take_in(served.story.north, "Meyer", "N-1")
    return give_wallet(served.story, served.story.north, handle, "alma"), handle


def test_a_member_and_a_person_leave_letters_once(served: World, alma: tuple[Person, bytes]) -> None:
    north, clinic = served.story.north, served.story.clinic
    device = alma[0].wallet.relation(alma[1]).device
    assert outcome(post(served, north.account, clinic.gateway)) == (204, 0)
    assert outcome(post(served, north.account, clinic.gateway)) == (204, 0)
    assert outcome(post(served, north.account, device)) == (204, 0)  # the same letter of another: still one
    assert lying(served, north.account) == ["request"]
    assert outcome(post(served, north.account, device, kind="grant", media_type=COSE)) == (204, 0)
    assert outcome(post(served, alma[1], clinic.gateway, kind="delivery")) == (204, 0)
    assert (lying(served, north.account), lying(served, alma[1])) == (["request", "grant"], ["delivery"])


def test_who_may_not_post(served: World, alma: tuple[Person, bytes]) -> None:
    north, south, clinic = served.story.north, served.story.south, served.story.clinic
    device = alma[0].wallet.relation(alma[1]).device
    assert outcome(post(served, north.account, None)) == (401, 0x8008)
    assert outcome(post(served, north.account, SigningKey.from_seed(bytes(32)))) == (401, 0x8015)
    assert outcome(post(served, north.account, clinic.administration[0])) == (403, 0x8009)
    assert outcome(post(served, alma[1], device, kind="delivery")) == (404, 0x621C)  # a person writes to no person
    assert outcome(post(served, alma[1], clinic.gateway, "south")) == (404, 0x621C)  # not her custodian
    assert outcome(post(served, south.account, clinic.gateway)) == (404, 0x621C)
    assert outcome(post(served, bytes(32), clinic.gateway)) == (404, 0x621C)
    assert outcome(post(served, north.account, clinic.gateway, "nowhere")) == (404, 0x800A)
    for account in (north.account, south.account, alma[1]):
        assert lying(served, account) == []


def test_letters_of_another_form_are_refused(served: World) -> None:
    north, key = served.story.north, served.story.clinic.gateway
    assert outcome(post(served, north.account, key, kind="nothing")) == (400, 0x8007)
    assert outcome(post(served, north.account, key, body=b"")) == (400, 0x8007)
    assert outcome(post(served, north.account, key, media_type="text/plain")) == (415, 0x8006)
    assert outcome(post(served, b"\xff" * 31, key)) == (400, 0x8007)
    assert outcome(post(served, north.account, key, headers={"salus-height": "-1"})) == (400, 0x8007)
    upper = f"/north/letters/{'AB' * 32}/request"
    assert outcome(served.call("POST", upper, BODY, CBOR, signed_by=key)) == (400, 0x8007)
    assert lying(served, north.account) == []


def test_a_letter_from_who_has_seen_more_waits(served: World, monkeypatch: pytest.MonkeyPatch) -> None:
    north, key, height = served.story.north, served.story.clinic.gateway, served.story.region.ledger.height()
    monkeypatch.setattr("salus.api.letters.heights.WAIT_S", 0.0)
    monkeypatch.setattr("salus.api.letters.operations.caught_up.__defaults__", (0.0,))
    ahead = post(served, north.account, key, headers={"salus-height": str(height + 1)})
    assert outcome(ahead) == (503, 0x8039)
    assert ahead.headers["retry-after"] == "1"  # type: ignore[attr-defined]
    assert lying(served, north.account) == []
    assert outcome(post(served, north.account, key, headers={"salus-height": str(height)})) == (204, 0)


def fetch(world: World, of: bytes, key: SigningKey, after: str = "") -> object:
    return world.call("GET", f"/north/letters/{of.hex()}{after}", signed_by=key)


def test_an_inbox_is_its_owners(served: World, alma: tuple[Person, bytes]) -> None:
    north, clinic = served.story.north, served.story.clinic
    device = alma[0].wallet.relation(alma[1]).device
    post(served, alma[1], clinic.gateway, kind="delivery")
    for key in (north.gateway, clinic.gateway):  # not even its custodian, which has the files
        assert outcome(fetch(served, alma[1], key)) == (403, 0x803A)
    page = decode(fetch(served, alma[1], device).content, Fetched)  # type: ignore[attr-defined]
    ((name, kind, body),) = page.letters
    assert (kind, body, page.more) == ("delivery", BODY, False)
    path = f"/north/letters/{alma[1].hex()}/{name}"
    assert outcome(served.call("DELETE", path, signed_by=clinic.gateway)) == (403, 0x803A)
    assert outcome(served.call("DELETE", f"{path}x.y", signed_by=device)) == (400, 0x8007)
    assert lying(served, alma[1]) == ["delivery"]
    for _ in range(2):
        assert outcome(served.call("DELETE", path, signed_by=device)) == (204, 0)
    assert lying(served, alma[1]) == []


def test_an_inbox_comes_in_pages(served: World, monkeypatch: pytest.MonkeyPatch) -> None:
    north, clinic = served.story.north, served.story.clinic
    monkeypatch.setattr(inboxes, "MOST_PAGE", 2 * len(BODY) + 1)
    for letter in range(5):
        post(served, north.account, clinic.gateway, body=b"\x81\x41" + bytes((letter,)))
    found, after, pages = [], "", 0
    while True:
        page = decode(fetch(served, north.account, north.gateway, after).content, Fetched)  # type: ignore[attr-defined]
        found += [body[2] for _, _, body in page.letters]
        pages += 1
        if not page.more:
            break
        after = f"?after={page.letters[-1][0]}"
    assert (found, pages) == ([0, 1, 2, 3, 4], 3)
    assert outcome(fetch(served, north.account, north.gateway, "?after=../x")) == (400, 0x8007)


def test_nobody_fills_an_inbox(served: World, alma: tuple[Person, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    north, south, clinic = served.story.north, served.story.south, served.story.clinic
    device = alma[0].wallet.relation(alma[1]).device
    monkeypatch.setattr(inboxes, "OF_PERSON", inboxes.Room(2, 100))
    monkeypatch.setattr(inboxes, "OF_MEMBER", inboxes.Room(100, 20))
    monkeypatch.setattr(inboxes, "OF_ALL", inboxes.Room(5, 1000))

    def left(key: SigningKey, number: int, size: int = 1) -> tuple[int, int]:
        return outcome(post(served, north.account, key, body=bytes((0x80 + number,)) * size))

    assert [left(device, n) for n in range(3)] == [(204, 0), (204, 0), (429, 0x621D)]
    assert [left(clinic.gateway, 3 + n, 10) for n in range(3)] == [(204, 0), (204, 0), (429, 0x621D)]
    assert [left(south.gateway, 6 + n) for n in range(2)] == [(204, 0), (429, 0x621D)]  # it holds five of all
    assert len(lying(served, north.account)) == 5


def test_an_organisation_that_is_no_member_posts_nothing(served: World) -> None:
    spec = MemberSpec("Applicant", "applicant", (OrganisationRole.CLINIC,))
    applicant = enrol(served.story.region, "north", spec)
    assert outcome(post(served, served.story.north.account, applicant.gateway)) == (403, 0x8009)
    assert outcome(fetch(served, applicant.account, applicant.gateway)) == (200, 0)  # its own it may read
