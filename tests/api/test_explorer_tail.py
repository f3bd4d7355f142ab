"""The live tail over a real connection: blocks as they come, on from the last one seen, bounded, then ended."""

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from api_world import World
from ledger_world import running

from e2e.story_region import take_in
from salus.api.explorer import tail as tails
from salus.evidence.state import LOG_KEY

WAIT_S = 30


@pytest.fixture
def url(served: World) -> Iterator[str]:
    with running(served.app) as found:
        yield found


def settled(served: World) -> int:
    """Let the empty block be made that would come by itself a little later; return the height."""
    served.story.region.ledger.prove([LOG_KEY])
    return served.story.region.ledger.height()


def lines(answer: httpx2.Response) -> Iterator[str]:
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    return answer.iter_lines()


def blocks(found: Iterator[str], number: int) -> list[dict[str, Any]]:
    """Return the next blocks of a stream."""
    out: list[dict[str, Any]] = []
    for line in found:
        if line.startswith("data: "):
            out.append(json.loads(line.removeprefix("data: ")))
        if len(out) == number:
            return out
    raise AssertionError("the stream ended")


def test_a_new_block_comes_to_who_watches(served: World, url: str) -> None:
    before = settled(served)
    with httpx2.Client(timeout=WAIT_S) as client, client.stream("GET", f"{url}/explorer/tail") as answer:
        found = lines(answer)
        assert next(found) == "retry: 2000"
        take_in(served.story.north, "Alma", "N-1")
        first, second = blocks(found, 2)
        assert [first["height"], second["height"]] == [before + 1, before + 2]
        assert first["titles"] == [{"en": "Accounts for patients", "zh": "开立患者账户"}]


def test_who_comes_again_misses_nothing_but_what_is_too_far_back(
    served: World, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tails, "MOST_AT_ONCE", 3)
    for number in range(3):
        take_in(served.story.north, f"P{number}", f"N-{number}")
    last = settled(served)
    assert last > 4
    for seen, expected in ((last - 2, [last - 1, last]), (0, [last - 2, last - 1, last])):
        with (
            httpx2.Client(timeout=WAIT_S, headers={"last-event-id": str(seen)}) as client,
            client.stream("GET", f"{url}/explorer/tail") as answer,
        ):
            assert [one["height"] for one in blocks(lines(answer), len(expected))] == expected


def test_what_was_seen_of_a_ledger_before_this_one_hides_nothing(served: World, url: str) -> None:
    before = settled(served)
    with (
        httpx2.Client(timeout=WAIT_S, headers={"last-event-id": "999999"}) as client,
        client.stream("GET", f"{url}/explorer/tail") as answer,
    ):
        found = lines(answer)
        next(found)
        take_in(served.story.north, "Alma", "N-1")
        assert blocks(found, 1)[0]["height"] == before + 1


def test_heartbeats_keep_a_silent_stream_open(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tails, "HEARTBEAT_S", 0.0)
    with httpx2.Client(timeout=WAIT_S) as client, client.stream("GET", f"{url}/explorer/tail") as answer:
        assert ": still here" in lines(answer)


def test_more_than_can_watch_are_refused_and_room_is_given_back(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tails, "MOST_WATCHERS", 1)
    monkeypatch.setattr(tails, "LIFE_S", 0.5)  # a look later the stream ends by itself
    with httpx2.Client(timeout=WAIT_S) as client:
        with client.stream("GET", f"{url}/explorer/tail") as answer:
            found = lines(answer)
            next(found)
            refused = client.get(f"{url}/explorer/tail")
            assert (refused.status_code, refused.json()["code"]) == (503, 0x8061)
            assert int(refused.headers["retry-after"]) >= 1
            list(found)
        with client.stream("GET", f"{url}/explorer/tail") as answer:
            assert next(lines(answer)) == "retry: 2000"


def test_what_was_seen_last_must_be_a_height(url: str) -> None:
    for wrong in ("x", "-1", "1" * 16, "1 2"):
        answer = httpx2.get(f"{url}/explorer/tail", headers={"last-event-id": wrong}, timeout=WAIT_S)
        assert (answer.status_code, answer.json()["code"]) == (400, 0x8007)


def test_a_server_that_ends_ends_its_streams(served: World) -> None:
    with httpx2.Client(timeout=WAIT_S) as client:
        with running(served.app) as url:
            stream = client.stream("GET", f"{url}/explorer/tail")
            answer = stream.__enter__()
            found = lines(answer)
            next(found)
        assert all(line in ("", ": still here") for line in found)  # whole to its end, not cut off
        stream.__exit__(None, None, None)
