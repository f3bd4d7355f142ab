"""The portal in headless Chromium: every page in both languages, widths and colour schemes, and what it does.

With `--screenshots` the pages are pictured into docs/images.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from api.api_world import World, world
from api.explorer_story import tell
from api.ledger_world import running
from e2e.story_region import take_in
from salus.api.explorer.portal import FOLDER
from salus.vault import keystore

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs/images"
AXE = ROOT / "portal/node_modules/axe-core/axe.min.js"
SOURCES = ROOT / "portal/src"
SIZES = {"desktop": (1280, 860), "phone": (390, 844)}
LOCALES = {"en": "en-GB", "zh": "zh-CN"}
LABEL = {"en": "one operator, tamper-evident, not consensus", "zh": "单一运营方，可发现篡改，并非共识"}
CUT_OFF = """[...document.querySelectorAll(".wide, pre, table, .facts, .card")]
  .filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.className || one.tagName)"""
HEADINGS = {
    "overview": ("Testland", "Testland"),
    "blocks": ("Blocks", "区块"),
    "block": ("Block 1", "第 1 区块"),
    "envelope": ("Envelope", "信封"),
    "members": ("Members", "成员"),
    "member": ("North Hospital", "North Hospital"),
    "policies": ("Policies", "政策"),
    "policy": ("Mandated reports, to try", "法定报告（试用）"),
    "verify": ("Verify", "核验"),
    "nowhere": ("There is no such page.", "没有此页面。"),
}
PICTURES = {
    ("overview", "en", "desktop", "light"): "explorer-overview.png",
    ("overview", "zh", "phone", "light"): "explorer-overview-phone-zh.png",
    ("block", "en", "desktop", "light"): "explorer-block.png",
    ("verify", "en", "desktop", "light"): "explorer-verify.png",
}
LOOKS = [
    ("en", "desktop", "light"),
    ("zh", "desktop", "dark"),
    ("en", "phone", "dark"),
    ("zh", "phone", "light"),
]


class Portal(NamedTuple):
    """A served region, and where its pages are."""

    world: World
    url: str
    paths: dict[str, str]
    evidence: bytes


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    if not (FOLDER / "index.html").exists():
        pytest.skip("the portal is not built: make portal")
    built = (FOLDER / "index.html").stat().st_mtime
    if any(source.stat().st_mtime > built for source in SOURCES.rglob("*") if source.is_file()):
        pytest.fail("the portal was changed since it was built: make portal")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(keystore, "MEMORY_KIB", 128)
        patched.setattr(keystore, "ITERATIONS", 1)
        with world(tmp_path_factory.mktemp("portal") / "home") as made, running(made.app) as url:
            _, evidence = tell(made.story)
            yield Portal(made, url, _paths(made), evidence)


def _paths(made: World) -> dict[str, str]:
    def get(path: str) -> dict[str, list[dict[str, str]]]:
        return made.call("GET", f"/explorer/{path}").json()

    (envelope,) = made.call("GET", "/explorer/blocks/1").json()["batches"][0]["envelopes"]
    north = next(one for one in get("members")["members"] if one["name"] == "North Hospital")
    mandated = next(one for one in get("policies")["policies"] if one["name"] == "mandated")
    return {
        "overview": "",
        "blocks": "blocks",
        "block": "blocks/1",
        "envelope": f"envelopes/{envelope['id']}",
        "members": "members",
        "member": f"members/{north['account']}",
        "policies": "policies",
        "policy": f"policies/{mandated['set']}",
        "verify": "verify",
        "nowhere": "nowhere/at/all",
    }


@pytest.fixture
def complaints() -> list[str]:
    """What the page wrote on its console; whoever expects some clears them."""
    return []


@pytest.fixture
def page(portal: Portal, chromium: Browser, complaints: list[str], request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of the look that the test's parameters name; what it complains of fails the test."""
    language, size, scheme = getattr(request, "param", ("en", "desktop", "light"))
    width, height = SIZES[size]
    context: BrowserContext = chromium.new_context(
        viewport={"width": width, "height": height},
        locale=LOCALES[language],
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    context.set_default_timeout(30_000)
    found = context.new_page()
    found.on("console", lambda line: complaints.append(line.text) if line.type in ("error", "warning") else None)
    found.on("pageerror", lambda error: complaints.append(str(error)))
    yield found
    context.close()
    assert complaints == []


def show(page: Page, portal: Portal, name: str, language: str = "en") -> None:
    page.goto(f"{portal.url}/#/{portal.paths[name]}")
    expect(page.locator("h1")).to_have_text(HEADINGS[name][language == "zh"])
    expect(page.locator(".loading")).to_have_count(0)


def faults(page: Page) -> list[tuple[str, str]]:
    """What axe-core finds, https://github.com/dequelabs/axe-core, of serious and critical impact."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: make portal")
    page.evaluate(AXE.read_text())  # by the debugger: the page's own policy stays as strict as it is
    found = page.evaluate("axe.run({ resultTypes: ['violations'] })")
    return [
        (one["id"], node["html"])
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("page", LOOKS, indirect=True, ids=["-".join(look) for look in LOOKS])
def test_every_page_in_each_look_reads_well(page: Page, portal: Portal, request: pytest.FixtureRequest) -> None:
    look = request.node.callspec.params["page"]
    language, size, _ = look
    for name in portal.paths:
        show(page, portal, name, language)
        if name == "verify":
            check(page, portal.evidence)
            expect(page.locator(".verdict")).to_be_visible()
        assert faults(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0], name
        assert page.evaluate(CUT_OFF) == [], name
        assert page.evaluate("document.documentElement.lang") == {"en": "en", "zh": "zh-Hans"}[language]
        expect(page.get_by_text(LABEL[language]).first).to_be_visible()
        picture = PICTURES.get((name, *look))
        if picture and request.config.getoption("--screenshots"):
            IMAGES.mkdir(exist_ok=True)
            page.screenshot(path=IMAGES / picture, full_page=name == "verify")


def check(page: Page, evidence: bytes) -> None:
    page.locator("input[type=file]").first.set_input_files(
        {"name": "release.evidence", "mimeType": "application/octet-stream", "buffer": evidence}
    )


def test_the_tail_grows_while_it_is_watched_and_stands_still_when_paused(page: Page, portal: Portal) -> None:
    show(page, portal, "overview")
    expect(page.locator(".connection")).to_have_text("Live")
    north = portal.world.story.north
    take_in(north, "Cara", "N-3")
    height = portal.world.story.region.ledger.height()
    row = page.locator(".blocks li", has_text=f"Block {height}").first
    expect(row).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".connection")).to_have_text("Paused")
    page.get_by_role("button", name="Resume").click()
    expect(page.locator(".connection")).to_have_text("Live")


def test_language_and_colours_are_chosen_once_and_remembered(page: Page, portal: Portal) -> None:
    show(page, portal, "members")
    page.get_by_label("Language").select_option("zh")
    expect(page.locator("h1")).to_have_text("成员")
    page.get_by_label("配色").select_option("dark")
    page.reload()
    expect(page.locator("h1")).to_have_text("成员")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    assert page.evaluate("document.documentElement.lang") == "zh-Hans"


def test_evidence_is_checked_here_step_by_step_and_one_changed_byte_refutes_it(page: Page, portal: Portal) -> None:
    show(page, portal, "verify")
    posted: list[str] = []
    page.on("request", lambda request: posted.append(f"{request.method} {request.url}"))
    check(page, portal.evidence)
    expect(page.locator(".verdict h2")).to_contain_text("Holds, unwitnessed")
    expect(page.locator(".steps li")).to_have_count(11)
    expect(page.locator(".steps li.failed")).to_have_count(0)
    changed = bytearray(portal.evidence)
    changed[len(changed) // 2] ^= 1
    check(page, bytes(changed))
    expect(page.locator(".verdict h2")).to_contain_text("Refuted")
    expect(page.locator(".steps li.failed")).to_have_count(1)
    page.get_by_label("None: look at the form alone").check()
    check(page, portal.evidence)
    expect(page.locator(".verdict h2")).to_contain_text("Not proved")
    beyond = {one for one in posted if not one.startswith(f"GET {portal.url}/assets/")}
    assert beyond == {f"GET {portal.url}/ledger/genesis"}  # and nothing was sent with any of them


def test_a_genesis_of_ones_own_is_what_counts(page: Page, portal: Portal) -> None:
    show(page, portal, "verify")
    page.get_by_label("A genesis file of my own").check()
    check(page, portal.evidence)
    expect(page.locator(".verdict")).to_have_count(0)  # nothing is said before there is one
    own = {"name": "genesis.cbor", "mimeType": "application/octet-stream", "buffer": portal.world.story.region.genesis}
    page.get_by_label("Choose a genesis file").set_input_files(own)
    expect(page.locator(".verdict h2")).to_contain_text("Holds, unwitnessed")
    page.get_by_label("Choose a genesis file").set_input_files({**own, "buffer": b"another"})
    expect(page.locator(".verdict h2")).to_contain_text("Refuted")
    page.get_by_label(re.compile("Keys of witnesses")).fill("no key")
    page.get_by_label(re.compile("Keys of witnesses")).blur()
    expect(page.get_by_role("alert")).to_contain_text("no witness's key")


def test_search_leads_to_what_was_meant_and_finds_no_person(page: Page, portal: Portal) -> None:
    show(page, portal, "overview")
    field = page.get_by_role("searchbox", name="Search")
    field.fill("2")
    field.press("Enter")
    expect(page.locator("h1")).to_have_text("Block 2")
    field.fill("hospital")
    field.press("Enter")
    expect(page.locator(".hits a")).to_have_text(["North Hospital", "South Hospital"])
    field.press("Escape")
    expect(page.locator(".hits")).to_be_hidden()
    field.fill("ff" * 32)
    field.press("Enter")
    expect(page.locator(".hits")).to_contain_text("Accounts of people cannot be searched")


def test_the_keyboard_alone_reaches_a_blocks_details(page: Page, portal: Portal) -> None:
    show(page, portal, "blocks")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the content")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_class("height")
    page.goto(f"{portal.url}/#/{portal.paths['block']}")
    summary = page.locator("summary").first
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.locator("details[open] dt").first).to_have_text("Custodian")


def test_a_server_that_does_not_answer_is_said_and_asked_again(
    page: Page, portal: Portal, complaints: list[str]
) -> None:
    show(page, portal, "members")
    page.context.set_offline(True)
    page.get_by_role("searchbox").fill("hospital")
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator(".hits")).to_have_text("The search was not answered. Try again.")
    page.evaluate("location.hash = '#/policies'")
    expect(page.get_by_role("alert")).to_contain_text("The server does not answer.")
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".cards li")).not_to_have_count(0)
    page.evaluate("location.hash = '#/blocks/999999'")
    expect(page.get_by_role("alert")).to_contain_text("There is no block of this height.")
    page.get_by_label("Language").select_option("zh")
    expect(page.get_by_role("alert")).to_contain_text("没有此高度的区块。")
    assert all(line.startswith("Failed to load resource") for line in complaints)
    complaints.clear()


def test_a_consortiums_block_says_whose_votes_decided_it(page: Page, portal: Portal) -> None:
    north = portal.paths["member"].removeprefix("members/")
    proposer = {"address": "ab" * 20, "member": north, "name": "North Hospital"}
    gone = {"address": "cd" * 20, "member": None, "name": ""}
    votes = {"proposer": proposer, "signed": [proposer, gone], "power_signed": 3, "power": 4}

    def block(route: Route) -> None:
        route.fulfill(json={**route.fetch().json(), "node": None, "votes": votes})

    def status(route: Route) -> None:
        route.fulfill(json={**route.fetch().json(), "engine": "cometbft", "behind_ms": behind_ms})

    behind_ms = 20_000
    page.route("**/explorer/blocks/1", block)
    page.route("**/explorer/status", status)
    show(page, portal, "block")
    facts = page.locator("#technical + .facts")
    expect(facts).to_contain_text("Proposed byNorth Hospital")
    expect(facts).to_contain_text("validators' power 3 of 4: North Hospital, cdcdcdcdcdcd…")
    expect(facts).not_to_contain_text("node key")
    votes["signed"] = None
    page.reload()
    expect(facts).to_contain_text("their votes for it are not here yet")
    show(page, portal, "overview")
    expect(page.locator(".trust")).to_have_class("trust voted")
    behind_ms = 90_000
    page.reload()
    expect(page.locator(".trust")).to_contain_text("90 seconds old")
    expect(page.locator(".trust")).to_have_class("trust")


def test_nothing_inline_runs_and_nothing_is_loaded_from_elsewhere(page: Page, portal: Portal) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    answer = page.goto(f"{portal.url}/")
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy and "default-src 'none'" in policy
    expect(page.locator("h1")).to_have_text("Testland")
    assert asked and all(url.startswith(portal.url) for url in asked)
    assert page.locator("[style], style, script:not([src])").count() == 0
