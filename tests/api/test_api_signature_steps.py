"""Each numbered step of `api.signatures`, and each way past it that is refused: its own code, and no other."""

import base64
import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
import story_members
from api_signing import NONCE, NOW_S, OPERATIONS, Guarded, again, guarded_world, make_guard, signed
from recovery_story import pass_time, with_second_device
from story_members import decide

from e2e.story_region import DAY_MS, give_wallet, take_in
from salus.api import signatures
from salus.api.app import make_app
from salus.api.work import Work
from salus.bootstrap import rotate_gateway
from salus.bootstrap.serving import served as made_served
from salus.client.signing import COVERED
from salus.contracts.governance.messages import SetMemberState, SucceedMember
from salus.contracts.governance.types import MemberState
from salus.core.errors import Refusal
from salus.core.signatures import SigningKey
from salus.services.change_devices import remove_device

Ask = Callable[..., tuple[int, int]]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Guarded]:
    with guarded_world(tmp_path / "home") as made:
        yield made


def code(world: Guarded, request: httpx2.Request) -> tuple[int, int]:
    """Return status and code of the answer; (200, 0) where it was let in."""
    answer = world.send(request)
    return answer.status_code, answer.json()["code"] if answer.status_code != 200 else 0


@pytest.fixture
def ask(world: Guarded) -> Ask:
    """Sign with the north hospital's gateway key, send, return the outcome."""

    def asked(path: str = "/member", body: bytes = b"{}", key: SigningKey | None = None, **named: object):
        return code(world, signed(world.story.region.network, key or world.story.north.gateway, path, body, **named))

    return asked


def with_field(name: str, value: str) -> Callable[[httpx2.Request], None]:
    return lambda request: request.headers.__setitem__(name, value)


def digest(algorithm: str, body: bytes) -> str:
    return f"{algorithm}=:{base64.b64encode(hashlib.new(algorithm.replace('-', ''), body).digest()).decode()}:"


def test_what_is_signed_rightly_is_let_in(ask: Ask) -> None:
    assert ask() == (200, 0)


# Step 1: one signature of ours.


def test_a_signature_with_another_tag_is_none_of_ours(ask: Ask) -> None:
    assert ask(tag="other/1") == (401, 0x8008)
    assert ask(tag=None) == (401, 0x8008)


def test_a_field_without_its_other_is_no_signature(world: Guarded) -> None:
    for name in ("signature", "signature-input"):
        request = signed(world.story.region.network, world.story.north.gateway)
        del request.headers[name]
        assert code(world, request) == (401, 0x8008)


def test_two_signatures_of_ours_are_refused(world: Guarded) -> None:
    north, south = world.story.north.gateway, world.story.south.gateway
    request = signed(world.story.region.network, north)
    two = signed(
        world.story.region.network,
        south,
        prepared=lambda made: made.headers.update(request.headers),
        label="second",
        append_if_signature_exists=True,
        use_existing_digest=True,
    )
    assert code(world, two) == (401, 0x8011)


def test_anothers_signature_beside_ours_is_others_affair(world: Guarded) -> None:
    request = signed(world.story.region.network, world.story.north.gateway, tag="proxy/1", label="proxy")
    both = signed(
        world.story.region.network,
        world.story.north.gateway,
        prepared=lambda made: made.headers.update(request.headers),
        append_if_signature_exists=True,
        use_existing_digest=True,
    )
    assert code(world, both) == (200, 0)


@pytest.mark.parametrize(
    "value", ["", "=", "sig=", 'sig=1;tag="salus/1"', "sig=(;", "sig=(1 2)", "a" * 9000, 'sig=("@method"']
)
def test_fields_that_are_no_structured_fields_are_refused(world: Guarded, value: str) -> None:
    request = signed(world.story.region.network, world.story.north.gateway)
    request.headers["signature-input"] = value
    assert code(world, request)[0] == 401
    request.headers["signature-input"] = f'sig={value};tag="salus/1"'
    assert code(world, request)[0] == 401


def test_letters_beyond_ascii_are_refused(world: Guarded) -> None:
    request = signed(world.story.region.network, world.story.north.gateway)
    fields = [
        (n, v.replace(b"nonce-of", b"\xfc\xff") if n == b"Signature-Input" else v) for n, v in request.headers.raw
    ]
    request.headers = httpx2.Headers(fields)
    assert code(world, request) == (401, 0x8011)


# Step 2: what is covered.


@pytest.mark.parametrize("left_out", COVERED)
def test_a_signature_that_leaves_out_a_component_is_refused(ask: Ask, left_out: str) -> None:
    covered = [name for name in (*COVERED, "content-digest") if name != left_out]
    assert ask(covered=covered) == (401, 0x8012)


def test_a_body_whose_digest_is_not_covered_is_refused(ask: Ask) -> None:
    assert ask(covered=COVERED, body=b"{}", prepared=with_field("x", "y"), tag="salus/1") == (200, 0)


def test_a_missing_digest_is_refused(world: Guarded) -> None:
    request = signed(world.story.region.network, world.story.north.gateway, "/member", b"", covered=COVERED)
    request.headers["content-type"] = "application/json"
    assert code(world, again(request, body=b"{}")) == (401, 0x8012)


def test_a_digest_that_is_there_and_not_covered_is_refused(world: Guarded) -> None:
    request = signed(world.story.region.network, world.story.north.gateway, "/read", b"", method="GET")
    request.headers["content-digest"] = digest("sha-256", b"")
    assert code(world, request) == (401, 0x8012)


def test_no_time_or_no_nonce_is_refused(world: Guarded) -> None:
    for name in ("created", "nonce"):
        request = signed(world.story.region.network, world.story.north.gateway)
        parts = request.headers["signature-input"].split(";")
        request.headers["signature-input"] = ";".join(one for one in parts if not one.startswith(name))
        assert code(world, request) == (401, 0x8012)


@pytest.mark.parametrize("nonce", ["", "short", "x" * 65, "a nonce with spaces in it"])
def test_a_nonce_of_another_form_is_refused(ask: Ask, nonce: str) -> None:
    assert ask(nonce=nonce) == (401, 0x8011)


# Step 3: the host.


def test_a_signature_for_another_host_is_refused(ask: Ask) -> None:
    assert ask(host="192.0.2.1") == (401, 0x8013)
    assert ask(host="salus.test:8443") == (421, 0x800F)
    assert ask(host="evil.test") == (421, 0x800F)


def test_the_host_is_the_same_in_capital_letters(ask: Ask) -> None:
    assert ask(prepared=with_field("host", "SALUS.TEST")) == (200, 0)


def test_two_hosts_are_refused(world: Guarded) -> None:
    request = signed(world.story.region.network, world.story.north.gateway)
    request.headers = httpx2.Headers([*request.headers.raw, (b"Host", b"evil.test")])
    assert code(world, request) == (400, 0x801A)


def test_what_was_signed_for_one_host_is_none_for_another(world: Guarded) -> None:
    request = signed(world.story.region.network, world.story.north.gateway, host="192.0.2.1")
    assert code(world, again(request, url="http://salus.test/member")) == (401, 0x8016)


# Step 4: the time.


@pytest.mark.parametrize(("age_s", "outcome"), [(65, 200), (66, 401), (-5, 200), (-6, 401), (10**8, 401)])
def test_a_signature_counts_for_a_minute(ask: Ask, age_s: int, outcome: int) -> None:
    assert ask(created_s=NOW_S - age_s) == ((200, 0) if outcome == 200 else (401, 0x8014))


def test_a_signature_that_ends_itself_is_refused_afterwards(world: Guarded, ask: Ask) -> None:
    end = datetime.fromtimestamp(NOW_S + 10, UTC)
    world.clock.now_s = NOW_S + 11
    assert ask(expires=end) == (401, 0x8014)
    world.clock.now_s = NOW_S + 10
    assert ask(expires=datetime.fromtimestamp(NOW_S + 4_000_000_000, UTC)) == (200, 0)


# Step 5: the body.


def test_another_body_is_refused_by_its_digest(world: Guarded) -> None:
    request = signed(world.story.region.network, world.story.north.gateway)
    assert code(world, again(request, body=b"[]")) == (401, 0x8017)
    assert code(world, again(request, body=b"{} ")) == (401, 0x8017)


@pytest.mark.parametrize(
    "value", [digest("md5", b"{}"), digest("sha-1", b"{}"), "sha-256=:AAAA:", "sha-256=1", "sha-256", ""]
)
def test_a_weaker_or_malformed_digest_is_refused(world: Guarded, value: str) -> None:
    request = signed(world.story.region.network, world.story.north.gateway)
    request.headers["content-digest"] = value
    assert code(world, request) == (401, 0x8011)


def test_a_weaker_digest_beside_a_good_one_is_refused(world: Guarded) -> None:
    request = signed(world.story.region.network, world.story.north.gateway)
    request.headers["content-digest"] = f"{digest('sha-256', b'{}')}, {digest('md5', b'{}')}"
    assert code(world, request) == (401, 0x8011)


def test_a_digest_that_was_exchanged_after_signing_does_not_verify(world: Guarded) -> None:
    request = signed(world.story.region.network, world.story.north.gateway)
    request.headers["content-digest"] = digest("sha-256", b"[]")
    assert code(world, again(request, body=b"[]")) == (401, 0x8016)


def test_sha_512_is_taken(world: Guarded) -> None:
    request = signed(
        world.story.region.network,
        world.story.north.gateway,
        prepared=with_field("content-digest", digest("sha-512", b"{}")),
        use_existing_digest=True,
    )
    assert code(world, request) == (200, 0)


# Step 6: the key.


@pytest.mark.parametrize("keyid", ["", "00", "0" * 64, "g" * 64, "AB" * 32])
def test_a_key_that_is_not_listed_is_refused(world: Guarded, keyid: str) -> None:
    request = signed(world.story.region.network, world.story.north.gateway)
    own = world.story.north.gateway.id(world.story.region.network).hex()
    request.headers["signature-input"] = request.headers["signature-input"].replace(own, keyid)
    assert code(world, request) == (401, 0x8015)


def test_a_revoked_gateway_key_is_refused(world: Guarded) -> None:
    old = world.story.clinic.gateway
    assert code(world, signed(world.story.region.network, old)) == (200, 0)
    rotate_gateway(world.story.region, "clinic", at_once=True)
    assert code(world, signed(world.story.region.network, old, nonce=NONCE + "2")) == (401, 0x8015)
    assert code(world, signed(world.story.region.network, world.story.clinic.gateway)) == (200, 0)


def test_a_persons_revoked_device_is_refused(world: Guarded) -> None:
    story = world.story
    handle = take_in(story.north, "Alma", "N-1")
    person = give_wallet(story, story.north, handle, "alma")
    tablet = with_second_device(story, person, handle)
    key = tablet.wallet.relation(handle).device
    assert code(world, signed(story.region.network, key, "/account")) == (200, 0)
    assert code(world, signed(story.region.network, key, "/member", nonce=NONCE + "2")) == (403, 0x8009)
    remove_device(tablet, handle, key.id(story.region.network))
    pass_time(story, DAY_MS)
    assert code(world, signed(story.region.network, key, "/account", nonce=NONCE + "3")) == (401, 0x8015)


def test_an_administrators_key_signs_no_requests(world: Guarded) -> None:
    (key, *_) = world.story.north.administration
    assert code(world, signed(world.story.region.network, key, "/member")) == (403, 0x8009)
    assert code(world, signed(world.story.region.network, key, "/account", nonce=NONCE + "2")) == (403, 0x8009)


def test_who_is_a_member_no_more_is_refused(world: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    region = world.story.region
    clinic = world.story.clinic
    decide(world.story, SetMemberState(clinic.account, int(MemberState.WINDING_DOWN), False, False))
    assert code(world, signed(region.network, clinic.gateway)) == (200, 0)
    monkeypatch.setattr(story_members, "FOUNDERS", ("north", "south", "regulator"))  # who may vote still
    with pytest.raises(Refusal, match="0x0008"):  # the clinic's own line at the end comes too late
        decide(world.story, SucceedMember(clinic.account, world.story.south.account))
    assert code(world, signed(region.network, clinic.gateway, nonce=NONCE + "2")) == (403, 0x8009)


# Step 7: the signature.


@pytest.mark.parametrize("change", ["method", "path", "query", "flip", "alg", "other key", "small"])
def test_what_was_changed_does_not_verify(world: Guarded, change: str) -> None:
    network, north = world.story.region.network, world.story.north.gateway
    request = signed(network, north, "/read", b"", method="GET")
    match change:
        case "method":
            assert world.send(again(request, method="HEAD")).status_code == 401
            return
        case "path":
            request = again(signed(network, north, "/member"), url="http://salus.test/account")
        case "query":
            request = again(request, url="http://salus.test/read?more=1")
        case "flip":
            value = request.headers["signature"]
            at = value.index(":") + 8
            request.headers["signature"] = value[:at] + ("A" if value[at] != "A" else "B") + value[at + 1 :]
        case "alg":
            given = request.headers["signature-input"]
            request.headers["signature-input"] = given.replace('alg="ed25519"', 'alg="hmac-sha256"')
        case "other key":
            request = signed(
                network, world.story.south.gateway, "/read", b"", method="GET", key_id=north.id(network).hex()
            )
        case "small":
            request.headers["signature"] = "pyhms=:AAAA:"
    assert code(world, request) == (401, 0x8016)


def test_a_components_parameter_does_not_stand_for_the_component(ask: Ask) -> None:
    covered = ('"content-type";sf', *COVERED[1:], "content-digest")
    assert ask(covered=covered) == (401, 0x8012)


def test_a_component_covered_twice_does_not_verify(world: Guarded) -> None:
    request = signed(world.story.region.network, world.story.north.gateway)
    given = request.headers["signature-input"]
    request.headers["signature-input"] = given.replace('("@method"', '("@method" "@method"')
    assert code(world, request) == (401, 0x8016)


# Step 8: the nonce.


def test_the_same_request_again_is_refused_and_another_keys_nonce_is_its_own(world: Guarded) -> None:
    network = world.story.region.network
    request = signed(network, world.story.north.gateway)
    assert [code(world, again(request)) for _ in range(2)] == [(200, 0), (401, 0x8018)]
    assert code(world, signed(network, world.story.south.gateway)) == (200, 0)
    assert code(world, signed(network, world.story.north.gateway, "/account")) == (401, 0x8018)


def test_nonces_are_forgotten_when_their_signatures_no_longer_count() -> None:
    nonces = signatures.Nonces(most=2)
    for nonce in ("a", "b"):
        nonces.check(b"key", nonce, 100)
        nonces.remember(b"key", nonce, 100)
    with pytest.raises(signatures.Busy):
        nonces.check(b"key", "c", 170)
    nonces.check(b"key", "c", 171)
    assert len(nonces) == 0


# A restart.


def restarted(world: Guarded, floor: Path) -> Guarded:
    """The same region behind a guard that remembers nothing but its file."""
    guard = make_guard(world.clock, floor=floor)
    app = make_app(made_served(world.story.region, Work()), OPERATIONS, guard)
    return Guarded(world.story, app, guard, world.clock)


def test_a_request_is_not_used_again_after_a_crash(world: Guarded, tmp_path: Path) -> None:
    floor, network, north = tmp_path / "signed-until", world.story.region.network, world.story.north.gateway
    before = restarted(world, floor)
    request = signed(network, north)
    assert code(before, again(request)) == (200, 0)
    after = restarted(world, floor)  # nothing was closed
    answer = after.send(again(request))
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, 0x8019, "8")
    world.clock.now_s = NOW_S + 3
    assert code(after, signed(network, north, created_s=NOW_S + 2)) == (503, 0x8019)
    assert code(after, signed(network, north, created_s=NOW_S + 3)) == (200, 0)


def test_after_an_orderly_end_only_what_was_used_is_refused(world: Guarded, tmp_path: Path) -> None:
    floor, network, north = tmp_path / "signed-until", world.story.region.network, world.story.north.gateway
    before = restarted(world, floor)
    request = signed(network, north)
    assert code(before, again(request)) == (200, 0)
    before.guard.close()
    after = restarted(world, floor)
    assert code(after, again(request)) == (503, 0x8019)
    assert code(after, signed(network, north, created_s=NOW_S + 1)) == (200, 0)


def test_a_clock_set_back_opens_no_door(world: Guarded, tmp_path: Path) -> None:
    floor, network, north = tmp_path / "signed-until", world.story.region.network, world.story.north.gateway
    before = restarted(world, floor)
    assert code(before, signed(network, north)) == (200, 0)
    world.clock.now_s = NOW_S - 3600
    after = restarted(world, floor)
    assert code(after, signed(network, north, created_s=NOW_S - 3600)) == (503, 0x8019)


def test_a_file_that_cannot_be_read_counts_as_everything_up_to_now(world: Guarded, tmp_path: Path) -> None:
    floor, network, north = tmp_path / "signed-until", world.story.region.network, world.story.north.gateway
    floor.write_bytes(b"soon\n")
    after = restarted(world, floor)
    assert code(after, signed(network, north, created_s=NOW_S + 5)) == (503, 0x8019)
    world.clock.now_s = NOW_S + 6
    assert code(after, signed(network, north, created_s=NOW_S + 6)) == (200, 0)


def test_where_the_disk_is_full_nothing_is_let_in(world: Guarded, tmp_path: Path) -> None:
    before = restarted(world, tmp_path / "no such folder" / "signed-until")
    network, north = world.story.region.network, world.story.north.gateway
    assert code(before, signed(network, north)) == (503, 0x8000)


# The deputy.


def test_a_members_signature_is_none_of_anothers(world: Guarded) -> None:
    network, south = world.story.region.network, world.story.south.gateway
    assert code(world, signed(network, south, "/north/itself")) == (403, 0x8009)
    assert code(world, signed(network, south, "/nobody/itself", nonce=NONCE + "2")) == (403, 0x8009)
    carried = again(signed(network, south, "/south/itself", nonce=NONCE + "3"), url="http://salus.test/north/itself")
    assert code(world, carried) == (401, 0x8016)


def test_nothing_of_the_request_comes_back(world: Guarded) -> None:
    canary = "canary-of-the-caller"
    request = signed(world.story.region.network, world.story.north.gateway, f"/member?{canary}", nonce=canary)
    request.headers["signature"] = "pyhms=:AAAA:"
    answer = world.send(request)
    assert answer.status_code == 401
    assert canary not in answer.text and canary not in str(answer.headers)
