"""The directory: endpoints that gateways sign, sealing keys by their ids; each lie and each old truth refused."""

import pytest
from apart_world import Apart
from api_world import World

from e2e.story_region import Story
from salus.api.guard import SignedGuard
from salus.bootstrap.serving import serving
from salus.core import cose
from salus.core.encoding import decode, encode
from salus.core.endpoint import Endpoint
from salus.core.hashing import NO_NETWORK
from salus.core.signatures import SigningKey
from salus.services.actors import Organisation
from salus.services.remote.addresses import Addresses, Listed
from salus.services.remote.directory import AHEAD_MS, MOST_KEYS, Directory
from salus.services.remote.endpoint import check_url, sign_endpoint
from salus.services.remote.errors import BadEndpoint, GatewayAway, NotReachable
from salus.vault.seals import PUBLIC_BYTES, SealKey, seal_key_id

COSE, OCTETS = "application/cose", "application/octet-stream"
HERE = "http://127.0.0.1:8080/north"


def endpoint(world: World, organisation: Organisation, url: str = HERE, later: int = 0) -> bytes:
    ledger = world.story.region.ledger
    return sign_endpoint(ledger.network, organisation.account, url, ledger.now() + later, organisation.gateway)


def registered(world: World, raw: bytes) -> tuple[int, int]:
    answer = world.call("POST", "/directory", raw, COSE)
    return answer.status_code, 0 if answer.is_success else answer.json()["code"]


def listed(world: World) -> list[str]:
    raws = decode(world.call("GET", "/directory").content, Listed).endpoints
    return [decode(cose.parse("endpoint", raw).payload, Endpoint).url for raw in raws]


def test_the_newest_address_of_a_member_is_listed(served: World) -> None:
    north = served.story.north
    first, second = endpoint(served, north), endpoint(served, north, "https://north.example:8443/salus/north", 10)
    assert [registered(served, raw) for raw in (first, first, second)] == [(204, 0)] * 3
    assert listed(served) == ["https://north.example:8443/salus/north"]
    assert registered(served, first) == (409, 0x6219)
    same_time = endpoint(served, north, "https://other.example/north", 10)
    assert registered(served, same_time) == (409, 0x6219)
    assert registered(served, endpoint(served, north, later=AHEAD_MS + 1)) == (409, 0x6219)
    assert listed(served) == ["https://north.example:8443/salus/north"]


def test_only_a_members_live_gateway_key_says_where_it_is(served: World) -> None:
    region, north, south = served.story.region, served.story.north, served.story.south
    now = region.ledger.now()
    by_another = sign_endpoint(region.network, north.account, HERE, now, south.gateway)
    by_nobody = sign_endpoint(region.network, north.account, HERE, now, SigningKey.from_seed(bytes(32)))
    by_administration = sign_endpoint(region.network, north.account, HERE, now, north.administration[0])
    for raw in (by_another, by_nobody, by_administration):
        assert registered(served, raw) == (403, 0x6218)
    good = endpoint(served, north)
    assert registered(served, good[:-1] + bytes((good[-1] ^ 1,))) == (403, 0x6218)
    other_network = sign_endpoint(bytes(32), north.account, HERE, now, north.gateway)
    assert registered(served, other_network) == (400, 0x0001)
    payload = encode(Endpoint(region.network, north.account, HERE, now))
    twice = cose.sign("endpoint", region.network, payload, [north.gateway, south.gateway])
    assert registered(served, twice) == (400, 0x0001)
    assert registered(served, b"\x00") == (400, 0x0001)
    assert listed(served) == []


BAD_URLS = (
    "http://north.example/north",
    "ftp://north.example",
    "https://north.example/",
    "https://user@north.example",
    "https://user:word@north.example",
    "https://north.example?x",
    "https://north.example#x",
    "https://",
    "https://north.example:99999/x",
    "https://north.example/a b",
    "https://nörd.example",
    "https://north.example/\n",
    "https://north.example/" + "x" * 256,
    "//north.example",
    "http://10.0.0.1/north",
    "http://localhost.example/north",
)


@pytest.mark.parametrize("url", BAD_URLS)
def test_an_address_is_a_plain_https_url(served: World, url: str) -> None:
    with pytest.raises(BadEndpoint):
        check_url(url)
    region, north = served.story.region, served.story.north
    payload = encode(Endpoint(region.network, north.account, url, region.ledger.now()))
    raw = cose.sign("endpoint", region.network, payload, [north.gateway])
    assert registered(served, raw) in ((400, 0x6217), (400, 0x0001))


@pytest.mark.parametrize(
    "url", ["https://north.example", "https://[::1]:8443/n", "http://[::1]/n", "http://localhost:1"]
)
def test_addresses_that_are_taken(url: str) -> None:
    check_url(url)


def test_sealing_keys_are_found_by_both_ids(served: World) -> None:
    network, key = served.story.region.network, SealKey.from_seed(b"k" * 32)
    north = served.story.north
    publish = served.call("POST", "/directory/keys", key.public, OCTETS, signed_by=north.gateway)
    assert publish.status_code == 204
    for known in (key.id(network), seal_key_id(NO_NETWORK, key.public)):
        answer = served.call("GET", f"/directory/keys/{known.hex()}")
        assert (answer.status_code, answer.content) == (200, key.public)
    assert served.refused("GET", f"/directory/keys/{'00' * 32}") == (404, 0x8031)
    assert served.refused("GET", "/directory/keys/..%2f..") == (404, 0x800B)
    assert served.refused("GET", "/directory/keys/XY") == (404, 0x8031)


def test_who_may_not_publish_a_key(served: World) -> None:
    north = served.story.north
    public = SealKey.from_seed(b"k" * 32).public
    assert served.refused("POST", "/directory/keys", public, OCTETS) == (401, 0x8008)
    key = north.administration[0]
    assert served.refused("POST", "/directory/keys", public, OCTETS, signed_by=key) == (403, 0x8009)
    short = public[:-1]
    assert served.refused("POST", "/directory/keys", short, OCTETS, signed_by=north.gateway) == (400, 0x621A)
    long = public + b"\x00"
    assert served.refused("POST", "/directory/keys", long, OCTETS, signed_by=north.gateway) == (413, 0x8003)


def test_a_member_has_so_many_keys(served: World) -> None:
    north = served.story.north
    for number in range(MOST_KEYS):
        public = number.to_bytes(2, "big") * (PUBLIC_BYTES // 2)
        assert served.call("POST", "/directory/keys", public, OCTETS, signed_by=north.gateway).status_code == 204
    public = b"xy" * (PUBLIC_BYTES // 2)
    assert served.refused("POST", "/directory/keys", public, OCTETS, signed_by=north.gateway) == (429, 0x621B)
    south = served.story.south  # which has room of its own
    assert served.call("POST", "/directory/keys", public, OCTETS, signed_by=south.gateway).status_code == 204


def test_it_is_at_the_node_alone(homes: Apart) -> None:
    region = homes.homes["north"].region
    with serving(region, SignedGuard(lambda: frozenset(("salus.test",)))) as app:
        world = World(Story(region, homes.clock), app)
        for method, path in (("GET", "/directory"), ("GET", f"/directory/keys/{'00' * 32}")):
            assert world.refused(method, path) == (404, 0x8030)
        assert registered(world, b"\x00") == (404, 0x8030)


def test_it_outlives_a_restart(served: World) -> None:
    region, north = served.story.region, served.story.north
    key = SealKey.from_seed(b"k" * 32)
    registered(served, endpoint(served, north))
    served.call("POST", "/directory/keys", key.public, OCTETS, signed_by=north.gateway)
    (region.home / "directory/endpoints/half.tmp").write_bytes(b"x")
    again = Directory(region.home / "directory", region.network)
    assert len(again.endpoints()) == 1
    assert again.find(key.id(region.network)) == key.public


class Book:
    """A directory whose answers are given."""

    def __init__(self, *raws: bytes) -> None:
        self.raws: tuple[bytes, ...] | None = raws
        self.asked = 0

    def __call__(self) -> bytes:
        self.asked += 1
        if self.raws is None:
            raise GatewayAway
        return encode(Listed(self.raws))


def test_addresses_are_checked_kept_and_never_older(served: World) -> None:
    region, north, south = served.story.region, served.story.north, served.story.south
    now = [1000.0]
    older, newer = endpoint(served, north, "https://old.example"), endpoint(served, north, "https://new.example", 5)
    forged = sign_endpoint(region.network, south.account, "https://evil.example", region.ledger.now(), north.gateway)
    book, kept = Book(newer, forged), region.home / "exchange/directory.cbor"
    addresses = Addresses(region.ledger, book, kept, near=False, now_s=lambda: now[0])
    assert addresses.url(north.account) == "https://new.example"
    assert addresses.members() == (north.account,)
    with pytest.raises(NotReachable):
        addresses.url(south.account)
    assert book.asked == 1
    book.raws = (older,)  # a directory that goes back
    now[0] += 61
    assert (addresses.url(north.account), book.asked) == ("https://new.example", 2)
    away = Book()
    away.raws = None
    later = Addresses(region.ledger, away, kept, near=False)
    assert later.url(north.account) == "https://new.example"


def test_a_loopback_address_counts_beside_a_directory_on_the_same_machine_alone(served: World) -> None:
    region, north = served.story.region, served.story.north
    book, kept = Book(endpoint(served, north)), region.home / "exchange/directory.cbor"
    assert Addresses(region.ledger, book, kept, near=True).url(north.account) == HERE
    with pytest.raises(NotReachable):
        Addresses(region.ledger, book, kept.with_name("other"), near=False).url(north.account)
