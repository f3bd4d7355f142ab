"""The client for other programs, against a real server: what it proves, what it refuses, and the documented example."""

import asyncio
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ledger_world import running
from msgspec.structs import replace

from e2e.story_region import PASSPHRASE, START_MS, Story, found, take_in
from salus.api.guard import SignedGuard
from salus.bootstrap import serving as serving_module
from salus.client import AsyncClient, Client, Refused, SigningKey
from salus.client.checked import Unproved
from salus.client.program import NoReceipt, Unprovable
from salus.client.protective import submit_protective
from salus.client.remote import RemoteLedger
from salus.client.remote_errors import AnswerLost, UnreadableAnswer
from salus.client.submission import Submitted
from salus.contracts.accounts import queries as accounts
from salus.contracts.accounts.keys import organisation_key
from salus.contracts.accounts.messages import OpenAccounts
from salus.core.encoding import decode, encode
from salus.core.errors import Malformed
from salus.evidence.follow import Forked

PAGE = Path(__file__).parents[2] / "docs/reference/client.md"


class Place:
    """A served region: its story and where it is."""

    def __init__(self, story: Story, url: str) -> None:
        self.story, self.url = story, url
        self.genesis = story.region.genesis

    def client(self, **named: Any) -> Client:
        return Client(self.url, self.genesis, **named)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with found(tmp_path / "home") as story:
        take_in(story.north, "Nobody", "N-1", START_MS)
        names: set[str] = set()
        guard = SignedGuard(lambda: frozenset(names))
        with serving_module.serving(story.region, guard) as app, running(app) as url:
            names.add(url.removeprefix("http://"))
            yield Place(story, url)


def test_values_are_read_by_proofs(place: Place) -> None:
    north = place.story.north
    with place.client() as client:
        profile = accounts.organisation(client.state, north.account)
        assert profile is not None and profile.name == "North Hospital"
        assert client.state.get(organisation_key(bytes(32))) is None
        assert client.now() == place.story.region.ledger.now()
        with pytest.raises(Unprovable):
            client.state.scan(bytes(34))


def test_an_entry_is_proved_or_there_is_none(place: Place) -> None:
    with place.client() as client:
        events = [event for event in place.story.region.ledger.events() if event.body]
        entry = client.entry(events[-1].index)
        assert (entry.index, entry.body) == (events[-1].index, events[-1].body)
        with pytest.raises(LookupError):
            client.entry(10_000)


def test_envelopes_are_carried_and_their_receipts_checked(place: Place) -> None:
    south = place.story.south
    with place.client() as client:
        built = [client.builder().build([(south.account, south.gateway)], OpenAccounts(south.account, 1)) for _ in "ab"]
        found = client.submit("north", *(one.raw for one in built))
        assert [outcome.code for outcome in found.outcomes] == [0, 0] and len(found.receipts) >= 1
        assert client.submit("north", built[0].raw).outcomes[0].id == built[0].id


def test_what_protects_goes_through_two_members_and_is_executed_once(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    south, height = place.story.south, place.story.region.ledger.height
    with place.client() as one, place.client() as other:

        def built() -> bytes:
            return one.builder().build([(south.account, south.gateway)], OpenAccounts(south.account, 1)).raw

        raw = built()
        outcome = submit_protective([(one, "north"), (other, "south")], raw)
        assert outcome.code == 0
        again = submit_protective([(one, "clinic")], raw)
        assert (again.code, again.id, again.height) == (0, outcome.id, outcome.height)  # it is told where it stands

        assert submit_protective([(one, "nowhere"), (other, "south")], built()).code == 0
        with pytest.raises(Refused):
            submit_protective([(one, "nowhere"), (other, "elsewhere")], built())
        with pytest.raises(ValueError, match="no member"):
            submit_protective([], built())

        landed, submit = threading.Event(), one.submit

        def losing(member: str, *envelopes: bytes) -> Submitted:
            submit(member, *envelopes)
            landed.set()
            raise AnswerLost

        def second(member: str, *envelopes: bytes) -> Submitted:
            assert landed.wait(30)
            return submit(member, *envelopes)

        monkeypatch.setattr(one, "submit", losing)
        monkeypatch.setattr(other, "submit", second)
        before = height()
        assert submit_protective([(one, "north"), (other, "south")], built()).code == 0
        assert height() > before


def test_what_is_refused_says_why(place: Place) -> None:
    south = place.story.south
    with place.client() as client:
        built = client.builder().build([(south.account, south.gateway)], OpenAccounts(south.account, 1))
        with pytest.raises(Refused) as refused:
            client.submit("nowhere", built.raw)
        assert (refused.value.status, refused.value.reason) == (404, 0x800A)
        with pytest.raises(Malformed):
            client.submit("north", b"nonsense")


def test_requests_are_signed_by_a_key_of_the_ledger(place: Place) -> None:
    north = place.story.north
    with place.client() as client:
        assert client.ask("GET", f"/north/letters/{north.account.hex()}", north.gateway).status == 200
        answer = client.ask("GET", f"/north/letters/{north.account.hex()}", SigningKey.from_seed(bytes(32)))
        assert (answer.status, answer.code) == (401, 0x8015)


def test_a_member_that_signs_no_receipt_is_caught(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    south = place.story.south
    with place.client() as client:
        built = client.builder().build([(south.account, south.gateway)], OpenAccounts(south.account, 1))
        honest = client._server.post

        def changed(**fields: Any) -> None:
            def post(*arguments: Any, **named: Any) -> Any:
                answer = honest(*arguments, **named)
                submitted = decode(answer.body, Submitted)
                values = {name: getattr(submitted, name) for name in submitted.__struct_fields__} | fields
                return answer._replace(body=encode(Submitted(**values)))

            monkeypatch.setattr(client._server, "post", post)

        changed(receipts=())
        with pytest.raises(NoReceipt):
            client.submit("north", built.raw)
        changed(outcomes=())
        with pytest.raises(UnreadableAnswer):
            client.submit("north", built.raw)


def test_a_value_without_its_proof_is_not_believed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = RemoteLedger.prove

    def lying(self: RemoteLedger, keys: Any) -> Any:
        proof = honest(self, keys)
        return proof._replace(values=(b"another", *proof.values[1:]))

    monkeypatch.setattr(RemoteLedger, "prove", lying)
    with place.client() as client, pytest.raises(Unproved):
        client.values([organisation_key(place.story.north.account)])


def test_a_ledger_that_is_another_than_remembered_is_found_out(place: Place) -> None:
    with place.client() as client:
        client.now()
        before = client.remembered
    assert before is not None
    other = replace(before, log_root=bytes(32))
    with place.client(remembered=other) as client, pytest.raises(Forked):
        client.now()


def test_the_same_with_coroutines(place: Place) -> None:
    south = place.story.south

    async def use() -> list[int]:
        async with AsyncClient(place.url, place.genesis) as client:
            builder = await client.builder()
            built = [builder.build([(south.account, south.gateway)], OpenAccounts(south.account, 1)) for _ in range(8)]
            found = await asyncio.gather(*(client.submit("north", one.raw) for one in built))
            assert (await client.entry(1)).body
            return [one.outcomes[0].code for one in found]

    assert asyncio.run(use()) == [0] * 8


def test_the_documented_examples_run(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    home = place.story.region.home
    names = {"URL": place.url, "HOME": home, "GENESIS": home / "genesis.cbor", "ACCOUNT": place.story.south.account}
    examples = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
    assert len(examples) == 2
    for example in examples:
        exec(compile(example, str(PAGE), "exec"), {**names, "PASSPHRASE": PASSPHRASE})
    said = capsys.readouterr().out
    assert "South Hospital" in said and re.search(r"^0 at height \d+$", said, re.M)
