"""What a serving home does by itself, and what does not stop it."""

import logging
import threading
from collections.abc import Iterator

import pytest
from apart_world import Apart

from e2e.story_region import laboratory_terms
from salus.core import cose
from salus.core.encoding import decode
from salus.core.endpoint import Endpoint
from salus.services import tending
from salus.services.accounting import accounting
from salus.services.grant import grant
from salus.services.remote.addresses import Listed
from salus.services.remote.errors import GatewayAway
from salus.services.tending import Tending

WAIT_S = 30.0


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def tended(homes: Apart, slug: str, clock: Clock | None = None) -> Tending:
    region = homes.homes[slug].region
    assert region.elsewhere is not None
    places = f"{homes.homes[slug].url}/{{}}".format
    given = (region.organisations, region.organisation, region.elsewhere.directory, places, region.exchange.lying)
    return Tending(*given, now_s=clock) if clock is not None else Tending(*given)


def listed(homes: Apart) -> dict[bytes, Endpoint]:
    directory = homes.homes["south"].region.elsewhere
    assert directory is not None
    raws = decode(directory.directory.listed(), Listed).endpoints
    found = [decode(cose.parse("endpoint", raw).payload, Endpoint) for raw in raws]
    return {endpoint.member: endpoint for endpoint in found}


def test_the_directory_is_told_once_an_hour_and_where_the_key_changed(homes: Apart) -> None:
    clock = Clock()
    north = tended(homes, "north", clock)
    times = []
    for seconds in (0, 60, 3_500, 50):  # the last one passes the hour
        clock.now += seconds
        homes.clock.advance(10)
        north.tend()
        times.append(listed(homes)[homes.north.account].time)
    assert times[0] == times[1] == times[2] < times[3]
    assert listed(homes)[homes.north.account].url == f"{homes.homes['north'].url}/north"


def test_a_directory_that_is_away_is_told_after_growing_pauses(homes: Apart, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, asked = Clock(), list[float]()
    north = tended(homes, "north", clock)

    def away(endpoint: bytes) -> None:
        asked.append(clock.now)
        raise GatewayAway

    region = homes.homes["north"].region
    assert region.elsewhere is not None
    monkeypatch.setattr(region.elsewhere.directory, "register", away)
    for _ in range(40):
        north.tend()
        clock.now += 1
    assert [round(one - asked[0]) for one in asked] == [0, 1, 3, 7, 15, 31]


def test_one_organisations_bug_does_not_stop_the_others(
    homes: Apart, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    north = tended(homes, "north")
    grant(homes.alma, homes.handle, laboratory_terms(homes.clinic))

    def bug(*_: object) -> None:
        raise ValueError("Meyer")

    with monkeypatch.context() as patched, caplog.at_level(logging.INFO, "salus.tending"):
        patched.setattr(tending, "process_inbox", bug)
        north.tend()
    assert [(one.levelname, one.message, one.kind) for one in caplog.records] == [("ERROR", "bug", "ValueError")]  # type: ignore[attr-defined]
    assert "Meyer" not in caplog.text
    clock = Clock()
    tended(homes, "north", clock).tend()
    assert "in-force" in [line.what for line in accounting(homes.ledger, homes.handle).lines]


@pytest.fixture
def running(homes: Apart, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Tending, threading.Event]]:
    dealt, act = threading.Event(), tending.process_inbox

    def noticed(*given: object) -> object:
        done = act(*given)  # type: ignore[arg-type]
        dealt.set()
        return done

    monkeypatch.setattr(tending, "process_inbox", noticed)
    monkeypatch.setattr(tending, "TICK_S", 3_600.0)  # nothing but a letter wakes it
    north = tended(homes, "north")
    yield north, dealt
    north.close()


def test_a_letter_wakes_it(homes: Apart, running: tuple[Tending, threading.Event]) -> None:
    north, dealt = running
    begun, letters = threading.Event(), north._due

    def first(*given: object) -> None:
        letters(*given)  # type: ignore[arg-type]
        begun.set()

    north._due = first  # type: ignore[method-assign,assignment]
    north.start()
    assert begun.wait(WAIT_S)
    grant(homes.alma, homes.handle, laboratory_terms(homes.clinic))
    north.arrived(homes.north.account)
    assert dealt.wait(WAIT_S)
    north.close()
    assert "in-force" in [line.what for line in accounting(homes.ledger, homes.handle).lines]


def test_one_that_was_never_begun_ends(homes: Apart) -> None:
    tended(homes, "north").close()
