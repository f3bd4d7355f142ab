"""Posting envelopes, claims, recoveries and vetoes: outcomes, receipts, and what a member does not carry."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from threading import Event

import httpx2
import msgspec
import pytest
from api_world import HOST, URL, World

from e2e.recovery_story import FRIENDS, approvals, begun, new_phone, with_keyholders
from e2e.story_region import give_wallet, take_in
from salus.api.admission import PeerGone
from salus.api.errors import Busy
from salus.api.executed import REPLAYED, Executed
from salus.api.gateway.submit import Recovery
from salus.api.posts import SHARED, Posts, encoded
from salus.bootstrap import create_person
from salus.client.batcher import Landed
from salus.client.envelopes import EnvelopeBuilder
from salus.client.ledger import EnvelopeResult
from salus.client.submission import Outcome, Submitted, read_receipt
from salus.contracts.accounts import queries as accounts
from salus.contracts.accounts.messages import ClaimPayload, OpenAccounts, RevokeOwnKey, RotateSealKey
from salus.contracts.accounts.recovery_messages import Approval
from salus.core import cose
from salus.core.encoding import decode, encode
from salus.core.envelope import Envelope, parse_envelope
from salus.core.errors import Malformed, WrongSignature
from salus.core.signatures import SigningKey, verify
from salus.services.actors import Organisation
from salus.services.carry import Carrying
from salus.services.claim import claim
from salus.services.invite import invite
from salus.services.recover import start_recovery
from salus.services.remote.errors import GatewayAway
from salus.services.settle_claim import confirm_claim
from salus.services.veto_recovery import veto_recovery

COSE, CBOR = "application/cose", "application/cbor"


def opening(organisation: Organisation, count: int = 1) -> bytes:
    return organisation.build(OpenAccounts(organisation.account, count)).raw


def logged(world: World) -> int:
    """How many entries the log has; empty blocks, which come by themselves, add none."""
    return world.story.region.ledger.status().log_entries


def posted(world: World, body: bytes, media_type: str = COSE, path: str = "/north/envelopes") -> Submitted:
    answer = world.call("POST", path, body, media_type)
    assert (answer.status_code, answer.headers["content-type"]) == (200, CBOR), answer.text
    return decode(answer.content, Submitted)


def test_one_envelope_is_carried_and_receipted(served: World) -> None:
    built = served.story.south.build(OpenAccounts(served.story.south.account, 2))
    submitted = posted(served, built.raw)
    ledger = served.story.region.ledger
    (outcome,) = submitted.outcomes
    assert (outcome.id, outcome.code) == (built.id, 0)
    assert len(outcome.events) == 1
    said = read_receipt(ledger.view(), ledger.network, ledger.now(), submitted.receipts[0])
    assert (said.member, said.ids, said.height, said.time, said.codes) == (
        served.story.north.account, (built.id,), outcome.height, outcome.time, (0,)
    )  # fmt: skip
    assert built.raw in ledger.block(said.height)


def test_many_are_carried_in_one_block_each_with_its_own_outcome(served: World) -> None:
    north = served.story.north
    good = [opening(north) for _ in range(3)]
    refused = north.build(RotateSealKey(bytes(32), bytes(32))).raw  # of nobody's account
    submitted = posted(served, encode([good[0], refused, *good[1:]]), CBOR)
    assert [outcome.code == 0 for outcome in submitted.outcomes] == [True, False, True, True]
    assert len({outcome.height for outcome in submitted.outcomes}) == 1
    (receipt,) = submitted.receipts
    ledger = served.story.region.ledger
    said = read_receipt(ledger.view(), ledger.network, ledger.now(), receipt)
    assert said.codes == tuple(outcome.code for outcome in submitted.outcomes)


def test_posted_again_the_answer_is_the_same(served: World) -> None:
    raw = opening(served.story.north)
    first, entries = posted(served, raw), logged(served)
    assert posted(served, raw).outcomes == first.outcomes
    assert posted(served, encode([raw]), CBOR).outcomes == first.outcomes
    assert logged(served) == entries


def test_through_another_member_it_is_not_executed_twice(served: World) -> None:
    raw, south = opening(served.story.north), "/south/envelopes"
    first = posted(served, raw)
    again = posted(served, raw, path=south)
    assert again.outcomes == first.outcomes  # where it stands, and what came of it
    assert executions(served, raw) == 1
    served.story.region.release_actors()  # what gateways remember is gone, as after a restart
    assert posted(served, raw).outcomes == posted(served, encode([raw]), CBOR).outcomes == first.outcomes
    assert executions(served, raw) == 1
    ledger = served.story.region.ledger
    said = read_receipt(ledger.view(), ledger.network, ledger.now(), again.receipts[0])
    assert (said.member, said.height, said.codes) == (served.story.south.account, first.outcomes[0].height, (0,))


def executions(world: World, raw: bytes) -> int:
    """How many events the log has of an envelope that opens one account."""
    nonce = parse_envelope(world.story.region.network, raw).payload.nonce
    return sum(nonce in event.body for event in world.story.region.ledger.events())


def test_of_what_left_no_event_only_that_it_was_executed_is_told(served: World) -> None:
    north = served.story.north
    void = north.build(OpenAccounts(served.story.south.account, 1)).raw
    first = posted(served, void).outcomes[0]
    assert first.code not in (0, REPLAYED)
    served.story.region.release_actors()
    again = posted(served, void).outcomes[0]
    assert (again.code, again.height > first.height) == (REPLAYED, True)


def test_a_nonce_that_two_envelopes_share_tells_of_neither(served: World) -> None:
    north, nonce = served.story.north, b"n" * 16
    builder = EnvelopeBuilder(north.network, north.ledger.now, nonce=lambda: nonce)
    twins = [builder.build([(north.account, north.gateway)], OpenAccounts(north.account, n)).raw for n in (1, 2)]
    assert [one.code for one in posted(served, encode(twins), CBOR).outcomes] == [0, 0x0212]
    served.story.region.release_actors()
    assert [one.code for one in posted(served, encode(twins), CBOR).outcomes] == [REPLAYED] * 2


def test_what_is_of_longer_ago_than_is_remembered_is_not_told(served: World) -> None:
    raws = [opening(served.story.north) for _ in range(3)]
    first = [posted(served, raw).outcomes[0] for raw in raws]
    ledger, network = served.story.region.ledger, served.story.region.network
    executed = Executed(ledger, 1)  # of the log's last entry alone
    found = []
    for raw, outcome in zip(raws, first, strict=True):
        refused = Outcome(outcome.id, REPLAYED, outcome.height + 9, outcome.time, ())
        one = Carrying(outcome.id, Busy(), parse_envelope(network, raw).payload.nonce)
        found.append(executed.told(one, refused).code)
    assert found == [REPLAYED, REPLAYED, 0]


def test_an_answer_is_made_quickly_and_is_the_same() -> None:
    for events in ((), (b"event",), (bytes(300), b"")):
        outcome = Outcome(bytes(range(32)), 0x1234, 70_000, 1_790_000_000_000, events)
        for receipts in ((), (bytes(500),), (b"a", b"b")):
            assert encoded(outcome, receipts) == encode(Submitted((outcome,), receipts))


def test_posts_at_once_go_together_and_share_a_receipt(served: World) -> None:
    north, south, posts = served.story.north, served.story.south, Posts()
    raws = [opening(north if number % 2 else south) for number in range(40)]
    bad = [b"no envelope", late(served, served.story.region.ledger.now())]

    async def at_once() -> list[object]:
        found = served.story.region.organisation
        posted = (posts.carry(found, "north", raw) for raw in (*raws, *bad))
        return await asyncio.gather(*posted, return_exceptions=True)

    *answers, malformed, expired = asyncio.run(at_once())
    assert [answer.outcome.code for answer in answers] == [0] * 40
    assert (malformed.code, expired.code, posts.waiting) == (1, 5, 0)
    assert len({answer.outcome.height for answer in answers}) < 10
    ledger = served.story.region.ledger
    for answer in answers:
        (receipt,) = answer.receipts
        said = read_receipt(ledger.view(), ledger.network, ledger.now(), receipt)
        assert answer.outcome.id in said.ids and said.height == answer.outcome.height and len(said.ids) <= SHARED
    assert len({answer.receipts for answer in answers}) < 12
    posts.close()


def test_more_posts_than_may_wait_are_refused(served: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("salus.api.posts.MOST_WAITING", 1)
    go, posts, raws = Event(), Posts(), [opening(served.story.north) for _ in range(4)]

    def found(slug: str) -> Organisation:
        assert go.wait(20)
        return served.story.region.organisation(slug)

    async def one_too_many() -> list[object]:
        tasks = [asyncio.ensure_future(posts.carry(found, "north", raw)) for raw in raws]
        await asyncio.wait(tasks[3:])  # two groups are under way, one waits, one is refused
        go.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    *carried, refused = asyncio.run(one_too_many())
    assert [one.outcome.code for one in carried] == [0, 0, 0]
    assert isinstance(refused, Busy)
    posts.close()


def test_requests_at_once_all_land(served: World) -> None:
    raws = [opening(served.story.north) for _ in range(20)]

    async def at_once() -> list[httpx2.Response]:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(served.app)) as client:
            headers = {"content-type": COSE}
            return await asyncio.gather(
                *(client.post(f"{URL}/north/envelopes", content=raw, headers=headers) for raw in raws)
            )

    answers = asyncio.run(at_once())
    assert [decode(answer.content, Submitted).outcomes[0].code for answer in answers] == [0] * 20


def test_json_for_people(served: World) -> None:
    raw = opening(served.story.north)
    answer = served.call("POST", "/north/envelopes", raw, COSE, headers={"accept": "application/json"})
    shown, (outcome,) = answer.json(), posted(served, raw).outcomes
    assert answer.headers["content-type"] == "application/json"
    assert shown["outcomes"] == [
        {
            "id": outcome.id.hex(),
            "code": 0,
            "height": outcome.height,
            "time": outcome.time,
            "events": [event.hex() for event in outcome.events],
        }
    ]
    assert len(shown["receipts"]) == 1


def test_what_is_no_envelope_is_refused_before_any_is_sent(served: World) -> None:
    entries, good = logged(served), opening(served.story.north)
    for body in (b"", b"\x00", good[:-1], good + b"\x00", encode([good])):
        assert served.refused("POST", "/north/envelopes", body, COSE) == (400, 1)
    for body in (good, encode([]), encode([good, b"no"]), encode([good, 1]), encode([good] * 501), encode([[good]])):
        assert served.refused("POST", "/north/envelopes", body, CBOR) == (400, 1)
    assert logged(served) == entries


def late(world: World, not_after: int, key: SigningKey | None = None, account: bytes | None = None) -> bytes:
    north = world.story.north
    builder = EnvelopeBuilder(north.network, lambda: not_after - 1, 1)
    return builder.build([(account or north.account, key or north.gateway)], OpenAccounts(north.account, 1)).raw


@pytest.mark.parametrize(
    ("case", "status", "code"),
    [("over", 410, 0x05), ("ahead", 400, 0x06), ("stranger", 401, 0x09), ("other's", 401, 0x09), ("forged", 401, 0x03)],
)
def test_what_nobody_entitled_signed_is_not_carried(served: World, case: str, status: int, code: int) -> None:
    now, south = served.story.region.ledger.now(), served.story.south
    good = late(served, now + 1000)
    bad = {
        "over": lambda: late(served, now),
        "ahead": lambda: late(served, now + 600_001),
        "stranger": lambda: late(served, now + 1000, SigningKey.from_seed(bytes(32))),
        "other's": lambda: late(served, now + 1000, south.gateway),
        "forged": lambda: good[:-1] + bytes((good[-1] ^ 1,)),
    }[case]()
    entries = logged(served)
    assert served.refused("POST", "/north/envelopes", bad, COSE) == (status, code)
    assert logged(served) == entries
    outcomes = posted(served, encode([bad, opening(south)]), CBOR).outcomes
    assert [(outcome.code, outcome.height > 0) for outcome in outcomes] == [(code, False), (0, True)]


def test_a_member_that_the_server_does_not_have_is_not_found(served: World) -> None:
    for slug in ("nowhere", "..", "%2e%2e", "North"):
        assert served.refused("POST", f"/{slug}/envelopes", opening(served.story.north), COSE)[0] == 404


def test_a_receipt_is_the_members_alone(served: World) -> None:
    submitted = posted(served, opening(served.story.north))
    ledger, south = served.story.region.ledger, served.story.south
    state, now = ledger.view(), ledger.now()
    ((kid, signature),) = cose.parse("submission", submitted.receipts[0]).signatures
    payload = cose.parse("submission", submitted.receipts[0]).payload
    forged = cose.sign("submission", ledger.network, payload, [south.gateway])
    changed = cose.build("submission", payload, [(kid, bytes((signature[0] ^ 1,)) + signature[1:])])
    for raw in (forged, changed):
        with pytest.raises(WrongSignature):
            read_receipt(state, ledger.network, now, raw)
    with pytest.raises(Malformed):
        read_receipt(state, ledger.network, now, submitted.receipts[0][:-1])
    with pytest.raises(Malformed):
        read_receipt(state, bytes(32), now, submitted.receipts[0])


class OverHttp:
    """Carriers whose members are asked over HTTP; keeps what was posted."""

    def __init__(self, world: World) -> None:
        self._world, self.bodies = world, []
        region = world.story.region
        self._slugs = {region.account(slug): slug for slug in region.organisations()}

    def carry(self, member: bytes, envelope: bytes) -> Future[Landed]:
        return self._post(member, "envelopes", envelope, COSE)

    def carry_claim(self, member: bytes, claim: bytes) -> Future[Landed]:
        return self._post(member, "claims", claim, COSE)

    def carry_recovery(self, member: bytes, recovery: bytes, approval: bytes) -> Future[Landed]:
        return self._post(member, "recoveries", encode(Recovery(recovery, approval)), CBOR)

    def carry_veto(self, member: bytes, veto: bytes) -> Future[Landed]:
        return self._post(member, "vetoes", veto, COSE)

    def members(self) -> tuple[bytes, ...]:
        return tuple(sorted(self._slugs))

    def _post(self, member: bytes, what: str, body: bytes, media_type: str) -> Future[Landed]:
        self.bodies.append((what, body))
        (one,) = posted(self._world, body, media_type, f"/{self._slugs[member]}/{what}").outcomes
        future: Future[Landed] = Future()
        future.set_result(Landed(one.height, one.time, EnvelopeResult(one.id, one.code, one.events)))
        return future


def flipped(raw: bytes) -> bytes:
    return raw[:-1] + bytes((raw[-1] ^ 1,))


def test_a_claim_is_carried_by_any_member(served: World) -> None:
    story, carriers = served.story, OverHttp(served)
    handle, other = take_in(story.north, "Eins", "1"), take_in(story.north, "Zwei", "2")
    person = replace(create_person(story.region, "ada"), carriers=carriers)
    claimed = claim(person, invite(story.north, handle).code, via=story.south.account)
    ((what, body),) = carriers.bodies
    assert (what, claimed.handle) == ("claims", handle)
    confirm_claim(story.north, handle, claimed.short_code)
    entries = logged(served)
    # The invitation is used up: what it signed costs the member nothing more.
    assert served.refused("POST", "/south/claims", body, COSE) == (404, 0x020F)
    assert served.refused("POST", "/south/claims", body[:-1], COSE) == (400, 1)
    invite(story.north, other)
    signed = cose.parse("claim", body)
    strange = encode(msgspec.structs.replace(decode(signed.payload, ClaimPayload), handle=other))
    raw = cose.sign("claim", story.region.network, strange, [SigningKey.from_seed(bytes(32))])
    entries = logged(served)
    assert served.refused("POST", "/south/claims", raw, COSE) == (400, 0x0220)
    assert logged(served) == entries


def test_an_approved_recovery_and_a_veto_are_carried_by_any_member(served: World) -> None:
    story, carriers = served.story, OverHttp(served)
    handle, person = begun(story)
    with_keyholders(story, person, handle)
    phone, prepared = new_phone(story, handle, "phone")
    given = approvals(story, prepared, *FRIENDS[:2])
    start_recovery(replace(phone, carriers=carriers), handle, given)
    veto_recovery(replace(person, carriers=carriers), handle)
    assert {what for what, _ in carriers.bodies} == {"recoveries", "vetoes"}
    assert accounts.pending_recovery(story.region.ledger.view(), handle) is None


class LosingTheFirst(OverHttp):
    """Carriers of which the first that is asked brings a veto to the ledger, and its answer is lost."""

    def carry_veto(self, member: bytes, veto: bytes) -> Future[Landed]:
        answered = super().carry_veto(member, veto)
        if len(self.bodies) > 1:
            return answered
        lost: Future[Landed] = Future()
        lost.set_exception(GatewayAway())
        return lost


def test_a_veto_counts_where_the_second_member_finds_the_recovery_void_and_the_firsts_answer_is_lost(
    served: World,
) -> None:
    story, carriers = served.story, LosingTheFirst(served)
    handle, person = begun(story)
    with_keyholders(story, person, handle)
    phone, prepared = new_phone(story, handle, "phone")
    start_recovery(phone, handle, approvals(story, prepared, *FRIENDS[:2]))
    height = story.region.ledger.height() + 1
    landed = veto_recovery(replace(person, carriers=carriers), handle)
    assert (landed.height, landed.result.code, len(carriers.bodies)) == (height, 0, 2)
    assert accounts.pending_recovery(story.region.ledger.view(), handle) is None


def test_recoveries_and_vetoes_that_nobody_entitled_signed_are_not_carried(served: World) -> None:
    story, carriers, stranger = served.story, OverHttp(served), SigningKey.from_seed(bytes(32))
    handle, person = begun(story)
    with_keyholders(story, person, handle)
    phone, prepared = new_phone(story, handle, "phone")
    start_recovery(replace(phone, carriers=carriers), handle, approvals(story, prepared, *FRIENDS[:2]))
    veto_recovery(replace(person, carriers=carriers), handle)
    bodies, network = dict(carriers.bodies), story.region.network
    recovery, veto = decode(bodies["recoveries"], Recovery), bodies["vetoes"]
    payload = cose.parse("approval", recovery.approval).payload
    entries = logged(served)

    def refused(approval: bytes) -> tuple[int, int]:
        return served.refused("POST", "/south/recoveries", encode(Recovery(recovery.recovery, approval)), CBOR)

    assert refused(flipped(recovery.approval)) == (401, 3)
    assert refused(cose.sign("approval", network, payload, [stranger])) == (403, 0x0240)
    assert refused(cose.sign("approval", network, encode(Approval(bytes(32))), [stranger])) == (403, 0x0240)
    assert served.refused("POST", "/south/recoveries", b"\x80", CBOR) == (400, 1)
    assert served.refused("POST", "/south/vetoes", flipped(veto), COSE) == (401, 3)
    foreign = cose.sign("veto", network, cose.parse("veto", veto).payload, [stranger])
    assert served.refused("POST", "/south/vetoes", foreign, COSE) == (403, 0x0241)
    assert served.refused("POST", "/south/vetoes", b"", COSE) == (400, 1)
    assert logged(served) == entries


def test_no_other_path_method_or_media_type_takes_envelopes(served: World) -> None:
    raw = opening(served.story.north)
    assert served.refused("POST", "//envelopes", raw, COSE)[0] == 404
    assert served.refused("POST", "/north/north/envelopes", raw, COSE)[0] == 404
    assert served.refused("GET", "/north/envelopes")[0] == 405
    assert served.refused("POST", "/north/envelopes", raw, "text/plain") == (415, 0x8006)


@pytest.mark.parametrize("sent", [b"", b"half a body"])
def test_a_peer_that_goes_away_in_the_middle_of_a_post_leaves_nothing(served: World, sent: bytes) -> None:
    parts = iter([{"type": "http.request", "body": sent, "more_body": True}, {"type": "http.disconnect"}])
    headers = [(b"host", HOST.encode()), (b"content-type", COSE.encode()), (b"content-length", b"400")]
    scope = {
        "type": "http", "method": "POST", "path": "/north/envelopes", "raw_path": b"/north/envelopes",
        "query_string": b"", "root_path": "", "scheme": "http", "client": ("127.0.0.1", 1), "headers": headers,
    }  # fmt: skip

    async def receive() -> dict[str, object]:
        return next(parts)

    async def send(message: dict[str, object]) -> None:
        raise PeerGone  # as the connection does

    asyncio.run(served.app(scope, receive, send))
    assert 'operation="postEnvelopes",status="0"} 1.0' in served.call("GET", "/metrics").text


def test_what_a_gateway_checked_its_ledger_does_not_check_again(served: World, monkeypatch: pytest.MonkeyPatch) -> None:
    south, checked = served.story.south, []

    def counting(public: bytes, message: bytes, signature: bytes) -> bool:
        checked.append(public)
        return verify(public, message, signature)

    monkeypatch.setattr("salus.machine.signing.verify", counting)
    raws = [opening(south) for _ in range(3)]
    assert posted(served, raws[0]).outcomes[0].code == 0
    assert posted(served, encode(raws[1:]), CBOR).outcomes[1].code == 0
    assert checked.count(south.gateway.public) == 3
    bad = opening(south)
    assert served.refused("POST", "/north/envelopes", flipped(bad), COSE) == (401, 3)
    assert served.refused("POST", "/north/envelopes", flipped(bad), COSE) == (401, 3)
    assert checked.count(south.gateway.public) == 5  # a bad one is not remembered


def test_a_key_revoked_between_the_check_and_the_block_acts_no_more(
    served: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    story, late_ones = served.story, list[bytes]()
    handle = take_in(story.north, "Eins", "1")
    alma = give_wallet(story, story.north, handle, "alma")
    raw = alma.build(handle, RotateSealKey(handle, bytes(32))).raw
    carrier = story.north.carrier
    send = carrier.submit_parsed

    def after_the_check(envelopes: Sequence[Envelope]) -> list[Future[Landed]]:
        if envelopes and envelopes[0].raw == raw and not late_ones:
            late_ones.append(raw)
            kid = alma.wallet.relation(handle).device.id(story.region.network)
            story.south.carrier.submit_now(alma.build(handle, RevokeOwnKey(handle, kid)).raw)
        return send(envelopes)

    monkeypatch.setattr(carrier, "submit_parsed", after_the_check)
    (outcome,) = posted(served, raw).outcomes
    assert late_ones and (outcome.code, outcome.height > 0) == (0x000A, True)


def test_what_a_sender_saw_is_waited_for_before_it_is_judged(served: World) -> None:
    height = served.story.region.ledger.height()
    raw = opening(served.story.north)
    assert served.refused("POST", "/north/envelopes", raw, COSE, headers={"salus-height": "x"}) == (400, 0x8007)
    assert served.refused("POST", "/north/claims", raw, COSE, headers={"salus-height": "-1"}) == (400, 0x8007)
    assert served.refused("POST", "/north/requests", raw, CBOR, headers={"salus-height": "x"}) == (400, 0x8007)
    answer = served.call("POST", "/north/envelopes", raw, COSE, headers={"salus-height": str(height)})
    assert decode(answer.content, Submitted).outcomes[0].code == 0
