"""The explorer's JSON: what it says of a played region, of what was refused, and what it does not say."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from api_world import World, world
from explorer_story import sealed, sent, tell

from salus.api.explorer import blocks as block_pages
from salus.api.explorer import index, portal
from salus.api.explorer.errors import NoSuchBlock, StillReading
from salus.api.explorer.operations import OPERATIONS
from salus.api.fence import PAGE_POLICY
from salus.api.openapi import document
from salus.api.problem import status_of
from salus.contracts.accounts.messages import AttestStaff, OpenAccounts, OpenOrganisation
from salus.core.genesis import read_genesis
from salus.core.keys import Role, list_key
from salus.core.signatures import SigningKey, key_id
from salus.vault import keystore

OPEN_ACCOUNTS, ATTEST = 0x0205, 0x0203


class Told(NamedTuple):
    """A played region; `handle` is a person's account."""

    world: World
    handle: str
    read: list[dict[str, Any]]

    def get(self, path: str) -> Any:
        answer = self.world.call("GET", f"/explorer/{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def envelopes(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Every envelope that any block shows, with its height."""
        for block in self.blocks():
            for batch in block["batches"]:
                for envelope in batch["envelopes"]:
                    yield block["height"], envelope

    def blocks(self) -> list[dict[str, Any]]:
        """Every block; asked for once, since each costs its caller much."""
        if not self.read:
            last = self.world.story.region.ledger.height()
            self.read.extend(self.get(f"blocks/{height}") for height in range(1, last + 1))
        return self.read

    def sentences(self) -> list[str]:
        return [message["sentence"]["en"] for _, one in self.envelopes() for message in one["messages"]]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(keystore, "MEMORY_KIB", 128)
        patched.setattr(keystore, "ITERATIONS", 1)
        with world(tmp_path_factory.mktemp("explorer") / "home") as made:
            yield Told(made, tell(made.story)[0].hex(), [])


def test_blocks_come_page_by_page_the_newest_first_and_each_once(told: Told) -> None:
    last = told.world.story.region.ledger.height()
    heights: list[int] = []
    page = told.get("blocks?most=7")
    while True:
        assert page["height"] == last and len(page["blocks"]) <= 7
        heights += [block["height"] for block in page["blocks"]]
        if page["before"] is None:
            break
        page = told.get(f"blocks?most=7&before={page['before']}")
    assert heights == list(range(last, 0, -1))


def test_a_page_is_bounded_whatever_is_asked(told: Told) -> None:
    last = told.world.story.region.ledger.height()
    assert len(told.get("blocks?most=100000")["blocks"]) == min(block_pages.MOST_BLOCKS, last)
    assert len(told.get("blocks?most=0")["blocks"]) == 1
    assert told.get("blocks?before=1")["blocks"] == []


def test_a_block_of_one_operator_names_the_key_that_signed_it_and_no_votes(told: Told) -> None:
    region = told.world.story.region
    (validator,) = read_genesis(region.genesis)[1].validators
    block = told.get("blocks/1")
    assert (block["node"], block["votes"]) == (key_id(region.network, validator.public).hex(), None)


def test_every_envelope_says_in_plain_words_what_it_did(told: Told) -> None:
    said = told.sentences()
    assert "North Hospital opened 16 accounts." in said
    assert "A person's decision: permit for Riverside Clinic, for treatment (TREAT)." in said
    assert (
        "North Hospital bound itself to release data to Riverside Clinic for treatment (TREAT), "
        "by the person's decision." in said
    )
    assert "North Hospital released data to Riverside Clinic in an emergency: The patient's life is in danger." in said
    assert "Regulator voted: yes." in said
    assert all("–" not in sentence and "cannot be read" not in sentence for sentence in said)


def test_a_proposal_shows_its_actions(told: Told) -> None:
    actions = [action for _, one in told.envelopes() for message in one["messages"] for action in message["actions"]]
    assert [action["name"] for action in actions] == ["SetGroup", "SetPolicySet", "SetPolicySet"]
    assert actions[0]["sentence"]["en"] == "Set the members of the group emergency."


def test_what_was_executed_is_in_effect_and_names_its_events(told: Told) -> None:
    for _, envelope in told.envelopes():
        assert envelope["outcome"] == "accepted" and envelope["events"]
    height, release = next((h, e) for h, e in told.envelopes() if e["messages"][0]["name"] == "RecordRelease")
    (event,) = release["events"]
    assert event["name"] == "RecordsReleased"
    logged = next(told.world.story.region.ledger.events(event["index"]))
    assert (logged.index, logged.height) == (event["index"], height)


def test_what_is_due_at_a_height_is_shown_apart(told: Told) -> None:
    own = [event["name"] for block in told.blocks() for event in block["own"]]
    assert own.count("ProposalApplied") == 3 and own.count("PolicySetVoted") == 2


def test_an_envelope_is_found_by_its_id_and_by_the_beginning_of_it(told: Told) -> None:
    height, envelope = next(told.envelopes())
    found = told.get(f"envelopes/{envelope['id']}")
    assert found["height"] == height and found["envelope"] == envelope
    assert found["carrier_name"] == "North Hospital"
    for digits in (8, 12, 16, 20, 64):
        (hit,) = told.get(f"search?q={envelope['id'][:digits]}")["hits"]
        assert (hit["kind"], hit["target"]) == ("envelope", envelope["id"])


def test_a_member_shows_roles_keys_state_and_since_when(told: Told) -> None:
    members = {one["name"]: one for one in told.get("members")["members"]}
    assert list(members) == ["North Hospital", "Regulator", "Riverside Clinic", "South Hospital"]
    north = told.get(f"members/{members['North Hospital']['account']}")
    assert north["member"]["founder"] and north["member"]["since"] == 1_790_000_000_000
    assert [role["en"] for role in north["member"]["roles"]] == ["hospital"]
    assert north["member"]["validator"] == 1 and north["threshold"] == 2
    assert sorted(key["role"]["en"] for key in north["keys"]) == ["administration"] * 3 + ["gateway"]
    assert all(key["live"] and key["end"] is None for key in north["keys"])
    assert [one["title"]["en"] for one in north["history"]].count("A proposal took effect") == 3


def test_policies_show_versions_clauses_and_who_breaks_the_glass(told: Told) -> None:
    strict, *others = told.get("policies")["policies"]
    assert (strict["name"], strict["version"], strict["rules"]) == ("strict-opt-in", 0, 0)
    (voted,) = [one for one in others if one["version"] == 2]
    page = told.get(f"policies/{voted['set']}")
    assert [one["version"] for one in page["versions"]] == [2, 1]
    assert page["rules"][0]["mode"] == "opt-in" and page["emergency_group"]["en"] == "emergency"
    assert told.get(f"policies/{voted['set']}?version=1")["rules"][0]["mode"] == "opt-out"
    shipped = next(one for one in others if one["name"] == "mandated")
    assert told.get(f"policies/{shipped['set']}")["rules"][0]["meaning"]["zh"]


def test_the_status_says_that_it_is_no_consensus(told: Told) -> None:
    status = told.get("status")
    assert status["trust"]["en"] == "one operator, tamper-evident, not consensus"
    ledger = told.world.story.region.ledger
    assert (status["height"], status["members"]) == (ledger.height(), 4)
    assert status["checkpoint"].splitlines()[1] == str(status["log_entries"]) and status["cosigned"] == []


def test_search_knows_heights_and_organisations_and_no_person(told: Told) -> None:
    north = told.get("members")["members"][0]
    assert [hit["target"] for hit in told.get("search?q=2")["hits"]] == ["2"]
    assert told.get("search?q=hospital")["hits"][0]["target"] == north["account"]
    key = told.get(f"members/{north['account']}")["keys"][0]["id"]
    assert [hit["target"] for hit in told.get(f"search?q={key}")["hits"]] == [north["account"]]
    device = next(
        signer["key"] for _, one in told.envelopes() for signer in one["signers"] if signer["person"]
    )  # a key of hers
    for hidden in (told.handle, told.handle[:12], device):
        assert told.get(f"search?q={hidden}") == {"hits": []}


def test_no_operation_lists_what_one_account_of_a_person_did(told: Told) -> None:
    assert told.world.refused("GET", f"/explorer/members/{told.handle}") == (404, 0x8065)
    assert {parameter.name for operation in OPERATIONS for parameter in operation.parameters} == {
        "height", "before", "most", "start", "version", "id", "account", "set", "q", "Last-Event-ID",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "refused"),
    [
        ("blocks/0", (404, 0x8063)),
        ("blocks/999999999999999", (404, 0x8063)),
        ("blocks/x", (400, 0x8007)),
        ("blocks/-1", (400, 0x8007)),
        ("blocks/٣", (400, 0x8007)),
        ("blocks/1?start=x", (400, 0x8007)),
        ("blocks?most=-1", (400, 0x8007)),
        ("blocks?before=1e3", (400, 0x8007)),
        (f"envelopes/{'0' * 64}", (404, 0x8064)),
        (f"envelopes/{'F' * 64}", (400, 0x8007)),
        ("envelopes/00", (400, 0x8007)),
        (f"members/{'0' * 64}", (404, 0x8065)),
        ("members/x", (400, 0x8007)),
        (f"policies/{'1' * 64}", (404, 0x8066)),
        (f"policies/{'0' * 64}?version=9", (404, 0x8066)),
        ("policies/x", (400, 0x8007)),
        ("search?q=", (400, 0x8007)),
        (f"search?q={'a' * 129}", (400, 0x8007)),
    ],
)
def test_what_is_not_of_its_form_or_not_there_is_refused(told: Told, path: str, refused: tuple[int, int]) -> None:
    assert told.world.refused("GET", f"/explorer/{path}") == refused


def test_who_asks_while_the_ledger_is_read_is_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    reader = index.Reader(lambda: go_on.wait(30))
    monkeypatch.setattr(index, "WAIT_S", 0.0)
    with pytest.raises(StillReading):
        asyncio.run(reader.caught_up())
    assert status_of(StillReading()) == 503
    monkeypatch.undo()
    go_on.set()
    asyncio.run(reader.caught_up())
    reader.close()


def test_the_document_describes_every_operation() -> None:
    made = document(OPERATIONS, "0")
    assert len(made["paths"]) == len(OPERATIONS) == 10
    assert made["components"]["schemas"]["EnvelopeView"]["properties"]["outcome"]


def test_without_a_built_portal_the_page_says_how_to_build_it(told: Told, tmp_path: Path) -> None:
    files = portal.read_files(tmp_path)
    assert files == {}
    page, asset = portal.routes(files)
    told.world.app.router.routes[:0] = [page, asset]
    try:
        assert told.world.refused("GET", "/") == (404, 0x8060)
        assert told.world.refused("GET", "/assets/x.js") == (404, 0x800B)
    finally:
        del told.world.app.router.routes[:2]


def test_files_are_sent_once_compressed_and_under_a_policy_without_inline_code(told: Told, tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html>")
    (tmp_path / "assets/a.js").write_text("0;" * 500)
    told.world.app.router.routes[:0] = portal.routes(portal.read_files(tmp_path))
    try:
        page = told.world.call("GET", "/", headers={"accept-encoding": "identity"})
        assert page.text == "<!doctype html>" and page.headers["cache-control"] == "no-cache"
        assert page.headers["content-security-policy"] == PAGE_POLICY and "unsafe" not in PAGE_POLICY
        script = told.world.call("GET", "/assets/a.js", headers={"accept-encoding": "gzip"})
        assert script.headers["content-encoding"] == "gzip" and script.text == "0;" * 500
        assert "immutable" in script.headers["cache-control"] and script.headers["x-content-type-options"] == "nosniff"
        again = told.world.call("GET", "/assets/a.js", headers={"if-none-match": script.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        same = told.world.call("GET", "/", headers={"if-none-match": page.headers["etag"]})
        assert same.status_code == 304 and same.headers["content-security-policy"] == PAGE_POLICY
        for other in ("/assets/..%2Findex.html", "/assets/../index.html%00", "/assets/%2e%2e%2f%2e%2e%2fserved.py"):
            assert told.world.refused("GET", other) == (404, 0x800B)
    finally:
        del told.world.app.router.routes[:2]


def test_what_was_refused_has_no_effect_and_is_shown_all_the_same(served: World) -> None:
    story = served.story
    north, south = story.north, story.south
    good = sealed(story, north, b"a" * 16, OPEN_ACCOUNTS, OpenAccounts(north.account, 2))
    wrong = sealed(story, north, b"b" * 16, OPEN_ACCOUNTS, OpenAccounts(south.account, 2))
    done = sent(story, north, b"1" * 16, [good, wrong, good])
    assert [result.code == 0 for result in done.results] == [True, False, False]
    told = Told(served, "", [])
    found = told.get(f"blocks/{done.height}")["batches"][0]["envelopes"]
    assert [one["outcome"] for one in found] == ["accepted", "without-effect", "again"]
    assert [len(one["events"]) for one in found] == [1, 0, 0]
    assert found[1]["messages"][0]["sentence"]["en"] == "South Hospital opened 2 accounts."
    assert told.get(f"envelopes/{found[0]['id']}")["envelope"]["outcome"] == "accepted"  # where it stands first


def test_two_envelopes_with_one_nonce_are_told_apart_by_nothing(served: World) -> None:
    story = served.story
    north = story.north
    now = story.region.ledger.now()
    one = sealed(story, north, b"n" * 16, OPEN_ACCOUNTS, OpenAccounts(north.account, 1))
    other = sealed(story, north, b"n" * 16, ATTEST, AttestStaff(north.account, bytes(32), now, now + 1000))
    own = sealed(story, north, bytes(16), OPEN_ACCOUNTS, OpenAccounts(north.account, 1))  # the nonce of the height's
    done = sent(story, north, b"1" * 16, [one, other, own])
    block = Told(served, "", []).get(f"blocks/{done.height}")
    assert [one["outcome"] for one in block["batches"][0]["envelopes"]] == ["unknown"] * 3


def test_bytes_that_are_no_envelope_or_no_message_are_shown_as_such(served: World) -> None:
    story = served.story
    north = story.north
    unknown = sealed(story, north, b"u" * 16, 0x7777, OpenAccounts(north.account, 1))
    done = sent(story, north, b"1" * 16, [b"no envelope", unknown])
    found = Told(served, "", []).get(f"blocks/{done.height}")["batches"][0]["envelopes"]
    assert [one["outcome"] for one in found] == ["without-effect"] * 2
    assert [one["messages"][0]["sentence"]["en"] for one in found] == ["This cannot be read as a message."] * 2


def test_a_large_block_comes_in_pages(served: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block_pages, "MOST_ENVELOPES", 3)
    story = served.story
    north = story.north
    envelopes = [
        sealed(story, north, bytes((n,)) * 16, OPEN_ACCOUNTS, OpenAccounts(north.account, 1)) for n in range(1, 9)
    ]
    height = sent(story, north, b"1" * 16, envelopes).height
    seen, start = [], 0
    while start is not None:
        block = Told(served, "", []).get(f"blocks/{height}?start={start}")
        seen += [one["id"] for batch in block["batches"] for one in batch["envelopes"]]
        start = block["next"]
    assert len(seen) == len(set(seen)) == 8
    assert Told(served, "", []).get(f"blocks/{height}?start=99")["batches"] == []


def test_what_reading_raised_is_told_to_who_waits() -> None:
    def fails() -> bool:
        raise NoSuchBlock

    reader = index.Reader(fails)
    for _ in range(2):  # and it is tried again
        with pytest.raises(NoSuchBlock):
            asyncio.run(reader.caught_up())


def test_a_name_turns_no_sentence_round(served: World) -> None:
    story = served.story
    key = SigningKey.from_seed(b"k" * 32)
    entries = (list_key(story.region.network, bytes(32), Role.ADMINISTRATION, key),)
    message = OpenOrganisation(story.north.account, "Evil \u202eClinic\x07", "org", (2,), 1, entries, bytes(32))
    height = sent(story, story.north, b"1" * 16, [sealed(story, story.north, b"o" * 16, 0x0201, message)]).height
    (found,) = Told(served, "", []).get(f"blocks/{height}")["batches"][0]["envelopes"]
    sentence = found["messages"][0]["sentence"]["en"]
    assert sentence == "North Hospital opened an account for Evil \ufffdClinic\ufffd."


def test_answers_are_of_the_shapes_they_declare(told: Told) -> None:
    for operation in OPERATIONS:
        content = operation.gives[200]
        if content is None or content.shape is None or "{" in operation.path:
            continue
        path = operation.path + ("?q=north" if operation.name == "explorerSearch" else "")
        msgspec.json.decode(told.world.call("GET", path).content, type=content.shape)


def test_what_a_second_member_carries_later_is_told_from_what_was_refused(served: World) -> None:
    story = served.story
    north, south = story.north, story.south
    good = sealed(story, north, b"a" * 16, OPEN_ACCOUNTS, OpenAccounts(north.account, 2))
    first = sent(story, north, b"1" * 16, [good])
    second = sent(story, south, b"2" * 16, [good])
    assert first.results[0].code == 0 and second.results[0].code != 0 and second.height > first.height
    (again,) = Told(served, "", []).get(f"blocks/{second.height}")["batches"][0]["envelopes"]
    assert (again["outcome"], again["events"]) == ("again", [])


def test_what_reads_whole_blocks_costs_a_caller_more() -> None:
    costs = {operation.name: operation.cost for operation in OPERATIONS}
    assert costs["explorerStatus"] == 1
    assert all(costs[name] >= 20 for name in ("explorerBlock", "explorerEnvelope", "explorerSearch"))
