"""Asking over HTTP: the sealed answer in the answer; who goes away gets it as a letter; nothing is decided twice."""

import asyncio
from collections.abc import Iterator
from threading import Event, Thread

import pytest
from api_world import HOST, World

from e2e.story_region import ask, clinician, give_wallet, grant_laboratory, laboratory_terms, patient, take_in
from salus.api.gateway.ask import Opened
from salus.api.recent import Answer, AnswerUnderWay, RecentAnswers
from salus.contracts.access import queries as access
from salus.contracts.access.types import Outcome
from salus.core.encoding import decode, encode
from salus.core.errors import Kind
from salus.evidence.report import Verdict
from salus.evidence.verify import verify
from salus.services import answering
from salus.services.actors import Organisation
from salus.services.commit_release import release_tasks
from salus.services.grant import grant, provision
from salus.services.inbox import collect, process_inbox
from salus.services.look_up import MatchInput, ask_match
from salus.services.objects import RefusalLetter, RequestLetter
from salus.services.open_session import ask_session
from salus.services.receive import receive
from salus.services.receive_own import receive_own
from salus.services.receive_session import receive_closing, receive_page
from salus.services.release import Delivery
from salus.services.request import request_own
from salus.services.resume import resume
from salus.services.revoke import revoke
from salus.services.session_page import ask_close, ask_page
from salus.services.tickets import receive_ticket

CBOR = "application/cbor"


def letter(organisation: Organisation, kind: str) -> bytes:
    """Take the one letter of a kind out of an inbox, as if it had never been posted there."""
    (found,) = [one for one in organisation.exchange.inbox(organisation.account) if one.kind == kind]
    organisation.exchange.done(organisation.account, found.name)
    return found.body


def logged(world: World) -> int:
    """How many entries the log has; empty blocks, which come by themselves, add none."""
    return world.story.region.ledger.status().log_entries


def posted(world: World, what: str, package: bytes, kind: str) -> bytes:
    """Post what asks to the hospital; return the letter that answers."""
    answer = world.call("POST", f"/north/{what}", package, CBOR)
    assert (answer.status_code, answer.headers.get("salus-letter")) == (200, kind), answer.text
    assert int(answer.headers["content-length"]) == len(answer.content)
    return answer.content


@pytest.fixture
def chart(served: World) -> Iterator[tuple[World, bytes]]:
    """The clinic may have Alma's laboratory results."""
    handle = take_in(served.story.north, "Alma", "N-1")
    alma = give_wallet(served.story, served.story.north, handle, "alma")
    grant_laboratory(served.story, alma, handle)
    yield served, handle


def asked(world: World, handle: bytes) -> bytes:
    ask(world.story, handle, clinician(world.story))
    return letter(world.story.north, "request")


def test_a_release_comes_in_the_answer(chart: tuple[World, bytes]) -> None:
    world, handle = chart
    body = posted(world, "requests", asked(world, handle), "delivery")
    received = receive(world.story.clinic, body)
    assert (len(received.records), received.relation) == (2, handle)
    assert verify(received.evidence, world.story.region.genesis).verdict is Verdict.UNWITNESSED
    north, clinic = world.story.north, world.story.clinic
    assert clinic.exchange.inbox(clinic.account) == []
    assert release_tasks(north) == []


def test_the_person_herself_asks_the_same_way(chart: tuple[World, bytes]) -> None:
    world, handle = chart
    alma = world.story.region.person("alma")
    request_own(alma, handle)
    body = posted(world, "requests", letter(world.story.north, "request"), "delivery")
    assert len(receive_own(alma, body).records) == 5
    assert collect(alma) == ()


def test_a_refusal_stands_on_the_ledger_and_is_an_answer(chart: tuple[World, bytes]) -> None:
    world, handle = chart
    made = ask(world.story, handle, clinician(world.story), purpose="HRESCH")
    package = letter(world.story.north, "request")
    assert decode(posted(world, "requests", package, "refusal"), RefusalLetter).request == made.request
    entry = access.answer(world.story.region.ledger.view(), handle, made.request)
    assert entry is not None and entry.outcome == Outcome.REFUSED
    clinic = world.story.clinic
    assert clinic.exchange.inbox(clinic.account) == []


def test_asked_again_it_is_the_same_answer_and_later_a_conflict(chart: tuple[World, bytes]) -> None:
    world, handle = chart
    package = asked(world, handle)
    first, entries = posted(world, "requests", package, "delivery"), logged(world)
    assert posted(world, "requests", package, "delivery") == first
    assert logged(world) == entries
    north = world.story.north
    with pytest.raises(Exception, match="was answered"):
        answering.answer_request(north, package, lambda kind, body: True)


def test_what_is_no_request_or_not_for_this_member_is_refused(chart: tuple[World, bytes]) -> None:
    world, handle = chart
    package = asked(world, handle)
    entries = logged(world)
    for body in (b"", b"\x80", package[:-1]):
        assert world.refused("POST", "/north/requests", body, CBOR) == (400, 1)
    assert world.refused("POST", "/south/requests", package, CBOR)[0] == 403
    forged = decode(package, RequestLetter)
    raw = encode(RequestLetter(forged.request[:-1] + bytes((forged.request[-1] ^ 1,)), forged.sealed))
    assert world.refused("POST", "/north/requests", raw, CBOR) == (401, 3)
    assert logged(world) == entries
    posted(world, "requests", package, "delivery")  # none of that used it up


async def _peer(world: World, package: bytes, after: int) -> list[bytes]:
    """Post as a peer that goes away once it has `after` chunks of the answer; return what it got."""
    got: list[bytes] = []
    gone = asyncio.Event()
    headers = [(b"host", HOST.encode()), (b"content-type", CBOR.encode())]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "path": "/north/requests",
        "raw_path": b"/north/requests",
        "root_path": "",
        "scheme": "http",
        "query_string": b"",
        "headers": headers,
    }
    body = iter([{"type": "http.request", "body": package, "more_body": False}])

    async def receive() -> dict[str, object]:
        message = next(body, None)
        if message is None:
            await gone.wait()
            return {"type": "http.disconnect"}
        return message

    async def send(message: dict[str, object]) -> None:
        if message["type"] == "http.response.body":
            got.append(message["body"])
            if len(got) >= after:
                gone.set()
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    if after == 0:
        gone.set()
    await world.app(scope, receive, send)
    return got


@pytest.mark.parametrize("after", [0, 1])
def test_who_goes_away_before_all_was_sent_gets_it_as_a_letter(chart: tuple[World, bytes], after: int) -> None:
    world, handle = chart
    north, clinic = world.story.north, world.story.clinic
    got = asyncio.run(_peer(world, asked(world, handle), after))
    _until(lambda: clinic.exchange.inbox(clinic.account) != [])
    (found,) = clinic.exchange.inbox(clinic.account)
    assert found.kind == "delivery" and (after == 0 or got[0] == found.body[: len(got[0])])
    (done,) = process_inbox(clinic)
    assert len(done.outcome.records) == 2
    _until(lambda: release_tasks(north) == [])


def _until(true: object) -> None:
    """Wait for another thread, ten seconds at most."""
    pause = Event()
    for _ in range(1000):
        if true():  # type: ignore[operator]
            return
        pause.wait(0.01)
    raise AssertionError("it did not come")


def test_a_crash_while_it_was_sent_loses_nothing(chart: tuple[World, bytes]) -> None:
    world, handle = chart
    package, north, clinic = asked(world, handle), world.story.north, world.story.clinic

    def killed(kind: str, body: bytes) -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        answering.answer_request(north, package, killed)
    assert clinic.exchange.inbox(clinic.account) == []
    assert resume(north) == ("A release was delivered.",)
    assert len(process_inbox(clinic)[0].outcome.records) == 2


def test_others_decide_while_an_answer_is_sent(chart: tuple[World, bytes]) -> None:
    world, handle = chart
    package, other = asked(world, handle), asked(world, handle)
    north, kinds = world.story.north, []

    def sending(kind: str, body: bytes) -> bool:
        again = Thread(target=lambda: kinds.append(answering.answer_request(north, other, lambda *_: True)))
        again.start()
        again.join(20)
        return True

    assert isinstance(answering.answer_request(north, package, sending), Delivery)
    assert [type(kind) for kind in kinds] == [Delivery]


def test_a_session_is_opened_searched_and_closed(served: World) -> None:
    story = served.story
    handle = take_in(story.north, "Alma", "N-1")
    alma = give_wallet(story, story.north, handle, "alma")
    granted = grant(alma, handle, laboratory_terms(story.clinic))
    process_inbox(story.north)
    sessions = []
    for _ in range(2):
        made = ask_session(story.clinic, handle, "TREAT", clinician(story))
        answer = served.call("POST", "/north/sessions", letter(story.north, "session"), CBOR)
        opened = decode(answer.content, Opened)
        assert (answer.status_code, opened.session, opened.relation) == (200, made.request, handle)
        assert opened.ends > story.region.ledger.now()
        sessions.append(made.request)
    first, second = sessions
    ask_page(story.clinic, first, provision())
    page = receive_page(story.clinic, posted(served, "sessions/pages", letter(story.north, "page-request"), "page"))
    assert (page.number, len(page.records)) == (1, 2)
    ask_close(story.clinic, first)
    closing = posted(served, "sessions/pages", letter(story.north, "page-request"), "closing")
    assert receive_closing(story.clinic, closing).pages == 1
    revoke(alma, handle, granted.directive)  # stops the next page of the other
    ask_page(story.clinic, second, provision())
    posted(served, "sessions/pages", letter(story.north, "page-request"), "closing")
    ask_session(story.clinic, handle, "TREAT", clinician(story))
    posted(served, "sessions", letter(story.north, "session"), "refusal")


def test_a_look_up_is_answered_with_a_ticket(served: World) -> None:
    story = served.story
    take_in(story.north, "Alma", "N-1")
    who = MatchInput(patient("Alma", "N-1"))
    ask_match(story.clinic, story.north.account, "TREAT", clinician(story), who)
    body = posted(served, "match", letter(story.north, "look-up"), "ticket")
    assert receive_ticket(story.clinic, body) is not None


def test_what_is_under_way_is_not_begun_again() -> None:
    recent = RecentAnswers()
    key, nothing = recent.begin("north", b"a")
    assert nothing is None
    with pytest.raises(AnswerUnderWay) as refused:
        recent.begin("north", b"a")
    assert refused.value.kind is Kind.CONFLICT
    assert recent.begin("south", b"a")[0] != key
    recent.keep(key, Answer("page", b"12"))
    assert recent.begin("north", b"a") == (key, Answer("page", b"12"))  # while what follows it is done
    recent.end(key)
    assert recent.begin("north", b"a") == (key, Answer("page", b"12"))


def test_answers_are_kept_within_bounds_of_bytes_and_time() -> None:
    now = [0.0]
    recent = RecentAnswers(10, lambda: now[0])
    for name in (b"a", b"b", b"c"):
        key, _ = recent.begin("x", name)
        recent.keep(key, Answer("page", bytes(4)))
        recent.end(key)
    large, _ = recent.begin("x", b"large")
    recent.keep(large, Answer("page", bytes(11)))
    recent.end(large)
    kept = {name: recent.begin("x", name)[1] is not None for name in (b"a", b"b", b"c", b"large")}
    assert kept == {b"a": False, b"b": True, b"c": True, b"large": False}
    now[0] = 601.0
    assert recent.begin("x", b"b")[1] is None
