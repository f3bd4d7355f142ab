"""Rates of callers, by key once known and by address before; what is remembered of them is bounded."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from api_signing import NONCE, Guarded, guarded_world, signed

from e2e.story_region import give_wallet, take_in
from salus.api.admission import Places, counted_address
from salus.api.door import Door
from salus.api.errors import Busy, NoRoom, TooManyConnections, TooManyRequests
from salus.api.limits import BadLimits, Limits, read_limits
from salus.api.rates import Rates

# The buckets themselves.


def refused_after(rates: Rates, caller: object, now_s: float) -> int:
    """How many requests pass at one moment."""
    for count in range(100_000):
        try:
            rates.take(caller, 1, now_s)
        except TooManyRequests:
            return count
    raise AssertionError("never refused")


def test_a_caller_has_its_burst_and_then_its_rate() -> None:
    rates = Rates(2.0, 10.0, 100)
    assert refused_after(rates, "a", 0.0) == 10
    assert refused_after(rates, "b", 0.0) == 10  # another's is its own
    assert refused_after(rates, "a", 0.5) == 1
    assert refused_after(rates, "a", 3.5) == 6
    assert refused_after(rates, "a", 1_000.0) == 10


def test_it_is_told_after_how_many_seconds_it_may_go_on() -> None:
    rates = Rates(0.1, 1.0, 100)
    rates.take("a", 1, 0.0)
    with pytest.raises(TooManyRequests) as refused:
        rates.take("a", 1, 2.5)
    assert refused.value.retry_after_s == 8
    rates.take("a", 1, 2.5 + 8)


def test_what_costs_more_than_a_bucket_holds_waits_for_a_full_one() -> None:
    rates = Rates(1.0, 5.0, 100)
    rates.take("a", 8, 0.0)
    with pytest.raises(TooManyRequests):
        rates.take("a", 1, 3.9)
    rates.take("a", 1, 4.0)
    with pytest.raises(TooManyRequests):
        rates.take("a", 8, 5.0)


def test_a_refusal_takes_nothing() -> None:
    rates = Rates(1.0, 5.0, 100)
    assert refused_after(rates, "a", 0.0) == 5
    assert refused_after(rates, "a", 0.0) == 0
    assert refused_after(rates, "a", 1.0) == 1


def test_no_more_callers_are_remembered_than_may_be_and_none_gains_by_it() -> None:
    rates = Rates(1.0, 5.0, 10)
    for caller in range(10):
        assert refused_after(rates, caller, 0.0) == 5
    assert refused_after(rates, "new", 0.0) == 5
    assert refused_after(rates, "another", 0.0) == 0  # the newcomers share a bucket
    assert refused_after(rates, 3, 0.0) == 0
    assert len(rates) == 11
    assert refused_after(rates, "new", 10.0) == 5  # the others' are full again: they are forgotten
    assert len(rates) <= 11
    for caller in range(1_000):
        rates.take(f"n{caller}", 1, 20.0 + caller * 10)
        assert len(rates) <= 11


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
        ("a unix socket", "a unix socket"),
    ],
)
def test_one_customers_addresses_count_as_one(host: str, counted: str) -> None:
    assert counted_address(host) == counted


# Places and the door.


def test_places_and_bytes_are_given_back_whatever_happens() -> None:
    places = Places(Limits(under_way=2, under_way_of_address=1, bodies_mib=1))
    with places.enter("a") as held:
        held.hold(1_048_576)
        with pytest.raises(NoRoom):
            held.hold(1)
        with pytest.raises(TooManyRequests):
            places.enter("a")
        with places.enter("b"), pytest.raises(Busy):
            places.enter("c")
    with pytest.raises(ZeroDivisionError), places.enter("a") as held:
        held.hold(100)
        raise ZeroDivisionError
    assert (places.under_way, places.bytes_held) == (0, 0)


class _Peer:
    def __init__(self) -> None:
        self.open = True

    def evict(self) -> None:
        self.open = False


def test_the_longest_idle_goes_and_who_is_busy_stays() -> None:
    door = Door(Limits(connections=3, connections_of_address=2))
    first, second, third = _Peer(), _Peer(), _Peer()
    for peer, address in ((first, "a"), (second, "b"), (third, "c")):
        door.enter(peer, address)
    door.busy(first)
    door.enter(fourth := _Peer(), "d")
    assert [one.open for one in (first, second, third, fourth)] == [True, False, True, True]
    door.busy(third)
    door.busy(fourth)
    with pytest.raises(TooManyConnections):
        door.enter(_Peer(), "e")
    door.idle(third)
    door.enter(_Peer(), "e")
    assert (third.open, len(door)) == (False, 3)
    door.leave(first)
    door.leave(first)
    assert len(door) == 2


def test_of_one_address_its_own_oldest_goes() -> None:
    door = Door(Limits(connections=10, connections_of_address=2, proxies=("192.0.2.1",)))
    door.enter(other := _Peer(), "b")
    door.enter(oldest := _Peer(), "a")
    for _ in range(2):
        door.enter(_Peer(), "a")
    assert (other.open, oldest.open, len(door)) == (True, False, 3)
    for _ in range(4):
        door.enter(_Peer(), "192.0.2.1")  # a proxy has as many as come through it
    assert len(door) == 7


# Behind HTTP.


@contextmanager
def limited(tmp_path: Path, **limits: float) -> Iterator[Guarded]:
    with guarded_world(tmp_path / "home", Limits(**limits)) as made:
        yield made


def outcome(answer: httpx2.Response) -> tuple[int, int, str | None]:
    code = answer.json()["code"] if answer.status_code != 200 else 0
    return answer.status_code, code, answer.headers.get("retry-after")


def numbered(world: Guarded, key: object, path: str = "/account") -> Callable[[int], tuple[int, int, str | None]]:
    """Sign and send a request with a nonce of a number."""
    network = world.story.region.network
    return lambda number: outcome(world.send(signed(network, key, path, nonce=f"{NONCE}-{number}")))


def test_an_address_has_its_rate_and_what_costs_more_counts_more(tmp_path: Path) -> None:
    with limited(tmp_path, address_rate=1, address_burst=10) as world:
        assert [world.call("GET", "/dear").status_code for _ in range(3)] == [200, 200, 429]
        assert outcome(world.call("GET", "/dear")) == (429, 0x8001, "5")
        world.clock.monotonic_s += 5
        assert world.call("GET", "/dear").status_code == 200


def test_who_is_known_counts_by_key_and_not_by_address(tmp_path: Path) -> None:
    with limited(tmp_path, address_rate=0.001, address_burst=2, member_rate=0.5, member_burst=5) as world:
        north, south = (numbered(world, one.gateway) for one in (world.story.north, world.story.south))
        assert [north(n)[0] for n in range(5)] == [200] * 5
        assert [south(n)[0] for n in range(5)] == [200] * 5
        assert north(5) == (429, 0x8001, "2")
        assert north(6)[1] == 0x8001  # from now on its address pays
        assert north(7) == (429, 0x8001, "1000")


def test_a_person_has_a_smaller_rate_than_a_member(tmp_path: Path) -> None:
    with limited(tmp_path, person_rate=0.5, person_burst=2) as world:
        handle = take_in(world.story.north, "Alma", "N-1")
        person = give_wallet(world.story, world.story.north, handle, "alma")
        alma = numbered(world, person.wallet.relation(handle).device)
        assert [alma(n)[:2] for n in range(3)] == [(200, 0), (200, 0), (429, 0x8001)]
        assert numbered(world, world.story.north.gateway)(0)[0] == 200


def test_a_request_over_the_rate_may_be_sent_again_as_it_is(tmp_path: Path) -> None:
    with limited(tmp_path, member_rate=1, member_burst=1) as world:
        north = numbered(world, world.story.north.gateway)
        assert [north(0)[0], north(1)[0]] == [200, 429]
        world.clock.monotonic_s += 1
        assert north(1)[0] == 200


def test_repeating_anothers_request_costs_the_repeater_and_not_its_signer(tmp_path: Path) -> None:
    with limited(tmp_path, member_rate=0.001, member_burst=2, address_rate=0.001, address_burst=10) as world:
        north = numbered(world, world.story.north.gateway)
        assert north(0)[0] == 200
        assert [north(0)[1] for _ in range(9)] == [0x8018] * 9
        world.clock.monotonic_s += 2_000  # for the address
        assert north(1)[0] == 200


def test_what_is_not_signed_rightly_costs_its_address(tmp_path: Path) -> None:
    with limited(tmp_path, address_rate=0.001, address_burst=3) as world:
        network, key = world.story.region.network, world.story.north.gateway
        wrong = [signed(network, key, key_id="00" * 32) for _ in range(4)]
        assert [outcome(world.send(one))[1] for one in wrong] == [0x8015, 0x8015, 0x8015, 0x8001]


def test_a_forwarded_address_is_believed_of_a_proxy_alone() -> None:
    from api_sockets import GET, running, status

    forwarded = GET.replace(b"\r\n\r\n", b"\r\nX-Forwarded-For: 192.0.2.%d\r\n\r\n")
    once = Limits(address_rate=0.001, address_burst=1)
    with running(once) as server:
        assert [status(server.ask(forwarded % n)) for n in range(2)] == [200, 429]
    with running(Limits(address_rate=0.001, address_burst=1, proxies=("127.0.0.1",))) as server:
        assert [status(server.ask(forwarded % n)) for n in (0, 1, 1)] == [200, 200, 429]
        assert [status(server.ask(forwarded % n, "127.0.0.2")) for n in (2, 3)] == [200, 429]


# The file.


def test_limits_are_read_from_the_home(tmp_path: Path) -> None:
    assert read_limits(tmp_path) == Limits()
    (tmp_path / "limits.json").write_text('{"address_rate": 5, "proxies": ["192.0.2.1"]}')
    assert read_limits(tmp_path) == Limits(address_rate=5.0, proxies=("192.0.2.1",))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"adress_rate": 5}', '{"address_rate": 0}', '{"under_way": 1.5}', '{"callers": "all"}']
)
def test_limits_that_are_none_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "limits.json").write_text(text)
    with pytest.raises(BadLimits):
        read_limits(tmp_path)
