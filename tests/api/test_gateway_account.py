"""The account of a relation over HTTP: for the person by her key and for the custodian, for nobody else."""

import base64
from collections.abc import Iterator
from hashlib import sha256

import pytest
from api_world import World

from e2e.story_region import ask, clinician, give_wallet, grant_laboratory, take_in
from salus.core.signatures import SigningKey
from salus.evidence.report import Verdict
from salus.evidence.verify import verify
from salus.services.accounting import accounting
from salus.services.inbox import process_inbox


@pytest.fixture
def told(served: World) -> Iterator[tuple[World, bytes, SigningKey]]:
    """Alma's relation with a release to the clinic, and her device's key for it."""
    story = served.story
    handle = take_in(story.north, "Alma", "N-1")
    alma = give_wallet(story, story.north, handle, "alma")
    grant_laboratory(story, alma, handle)
    ask(story, handle, clinician(story))
    process_inbox(story.north)
    yield served, handle, alma.wallet.relation(handle).device


def test_the_person_and_the_custodian_read_the_same_account(told: tuple[World, bytes, SigningKey]) -> None:
    world, handle, device = told
    path = f"/north/relations/{handle.hex()}/accounting"
    own = world.call("GET", path, signed_by=device)
    assert (own.status_code, own.headers["content-type"]) == (200, "application/json")
    assert own.headers["cache-control"] == "no-store"
    lines = accounting(world.story.region.ledger, handle).lines
    shown = own.json()
    assert [(line["what"], line["index"]) for line in shown["lines"]] == [(line.what, line.index) for line in lines]
    assert shown["relation"] == handle.hex() and shown["custodian_name"] == "North Hospital"
    custodian = world.call("GET", path, signed_by=world.story.north.gateway).json()
    assert custodian["lines"] == shown["lines"]


def test_each_line_has_its_proof(told: tuple[World, bytes, SigningKey]) -> None:
    world, handle, device = told
    path = f"/north/relations/{handle.hex()}/accounting"
    lines = world.call("GET", path, signed_by=device).json()["lines"]
    index = next(line["index"] for line in lines if line["what"] == "released")
    proof = world.call("GET", f"{path}/{index}", signed_by=device)
    assert verify(proof.content, world.story.region.genesis).verdict is Verdict.UNWITNESSED
    assert world.refused("GET", f"{path}/0", signed_by=device) == (404, 0x8041)
    assert world.refused("GET", f"{path}/999999999", signed_by=device) == (404, 0x8041)
    for wrong in ("x", "-1", "1" * 16, "%C2%B2"):
        assert world.refused("GET", f"{path}/{wrong}", signed_by=device) == (400, 0x8007)


def test_the_page_allows_itself_nothing_but_its_own_style(told: tuple[World, bytes, SigningKey]) -> None:
    world, handle, device = told
    path = f"/north/relations/{handle.hex()}/accounting"
    for language, tag in (("en", 'lang="en"'), ("zh", 'lang="zh-Hans"')):
        page = world.call("GET", f"{path}?language={language}", signed_by=device, headers={"accept": "text/html"})
        assert page.headers["content-type"].startswith("text/html") and tag in page.text
        style = page.text.partition("<style>")[2].partition("</style>")[0]
        digest = base64.b64encode(sha256(style.encode()).digest()).decode()
        assert page.headers["content-security-policy"] == f"default-src 'none'; style-src 'sha256-{digest}'"
    assert world.refused("GET", f"{path}?language=xx", signed_by=device) == (400, 0x8007)


def test_nobody_else_reads_it(told: tuple[World, bytes, SigningKey]) -> None:
    world, handle, device = told
    story = world.story
    other = take_in(story.north, "Bert", "N-2")
    bert = give_wallet(story, story.north, other, "bert").wallet.relation(other).device
    for suffix in ("accounting", "accounting/1"):
        path = f"/north/relations/{handle.hex()}/{suffix}"
        assert world.refused("GET", path) == (401, 0x8008)
        for key in (bert, story.south.gateway, story.clinic.gateway):
            assert world.refused("GET", path, signed_by=key) == (403, 0x8009)
        # Nor is anybody told whether there is such a relation.
        nobody = f"/north/relations/{'00' * 32}/{suffix}"
        assert world.refused("GET", nobody, signed_by=story.south.gateway) == (403, 0x8009)
    assert world.refused("GET", f"/north/relations/{handle.hex()[:-1]}/accounting", signed_by=device) == (400, 0x8007)
    assert world.refused("GET", f"/north/relations/{handle.hex().upper()}/accounting", signed_by=device)[0] == 400
    assert world.refused("GET", f"/nowhere/relations/{handle.hex()}/accounting", signed_by=device) == (404, 0x800A)


def test_how_a_request_was_answered_is_proved_to_who_made_it(told: tuple[World, bytes, SigningKey]) -> None:
    world, handle, device = told
    story = world.story
    (released,) = [line for line in accounting(story.region.ledger, handle).lines if line.what == "released"]
    assert released.request is not None
    path = f"/north/relations/{handle.hex()}/releases/{released.request.hex()}"
    proofs = [world.call("GET", path, signed_by=key) for key in (story.clinic.gateway, device, story.north.gateway)]
    for proof in proofs:
        assert verify(proof.content, story.region.genesis).verdict is Verdict.UNWITNESSED
        assert released.request in proof.content
    assert world.refused("GET", path, signed_by=story.south.gateway) == (403, 0x8009)
    nothing = f"/north/relations/{handle.hex()}/releases/{'00' * 32}"
    assert world.refused("GET", nothing, signed_by=story.clinic.gateway) == (403, 0x8009)
    assert world.refused("GET", nothing, signed_by=device) == (404, 0x8043)
    assert world.refused("GET", f"{path}0", signed_by=device) == (400, 0x8007)
