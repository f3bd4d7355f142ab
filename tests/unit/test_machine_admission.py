"""Each refusal of a batch and of an envelope alone, and every pair: the earlier in the order wins."""

from collections.abc import Callable
from itertools import combinations

import pytest
from machine_world import T0, codes, founded, run

from salus.contracts.accounts.messages import ChangeOrganisationKeys
from salus.contracts.governance.parameters import Parameter
from salus.core import cose
from salus.core.cose import parse
from salus.core.encoding import encode
from salus.core.envelope import (
    FORMAT,
    MAX_BATCH_BYTES,
    MAX_ENVELOPE_BYTES,
    WINDOW_MS,
    BatchPayload,
    Payload,
    parse_envelope,
)
from salus.core.errors import Malformed, Oversized, Refusal, WrongSignature
from salus.core.keys import FOREVER, KeyEntry, Role, possession
from salus.core.signatures import ED25519, SigningKey
from salus.machine import errors
from salus.machine.errors import (
    Expired,
    NotAMember,
    Replayed,
    RevokedKey,
    ShareExceeded,
    TooFarAhead,
    UnknownMessage,
    UnknownSigner,
)
from salus.testing.region import START_MS, Region, key

ENVELOPE_ORDER: list[type[Refusal]] = [
    Expired, TooFarAhead, Replayed, UnknownSigner, RevokedKey, WrongSignature, UnknownMessage,
]  # fmt: skip
BATCH_ORDER: list[type[Refusal]] = [
    Expired, TooFarAhead, Replayed, NotAMember, UnknownSigner, RevokedKey, WrongSignature,
]  # fmt: skip
# Two of these need opposite times, time to go back, one key in two states, or a key that is not there.
EXCLUSIVE = [
    {Expired, TooFarAhead},
    {TooFarAhead, Replayed},
    {UnknownSigner, RevokedKey},
    {Replayed, UnknownSigner},
    {Replayed, NotAMember},
]


class Form:
    """One envelope or batch with chosen defects, in a fresh world."""

    def __init__(self, *defects: type[Refusal]) -> None:
        self.defects = defects
        self.world = founded(2)
        self.region = self.world.region
        self.gateway = self.region.hospital.gateway
        self.account = self.region.hospital.id
        self.not_after = T0 + 1000
        if Expired in defects:
            self.not_after = T0
        if TooFarAhead in defects:
            self.not_after = T0 + WINDOW_MS + 1
        if RevokedKey in defects:
            self._list_second()
        if UnknownSigner in defects:
            self.gateway = key("nobody's")
        if NotAMember in defects:
            self.account = b"n" * 32

    def _list_second(self) -> None:
        """List a second gateway key, to be revoked later."""
        hospital, self.gateway = self.region.hospital, key("second gateway")
        proof = self.gateway.sign(possession(self.region.network, hospital.id, Role.GATEWAY, self.gateway.public))
        self._change((KeyEntry(ED25519, int(Role.GATEWAY), self.gateway.public, 0, FOREVER, proof),), ())

    def revoke(self) -> None:
        self._change((), (self.gateway.id(self.region.network),))

    def _change(self, add: tuple[KeyEntry, ...], revoke: tuple[bytes, ...]) -> None:
        hospital = self.region.hospital
        change = ChangeOrganisationKeys(hospital.id, add, revoke, 1, bytes(32))
        envelope = self.region.envelope([(hospital.id, hospital.administration)], change)
        assert codes(run(self.world.machine, [self.region.batch(envelope)], T0 - 1500)) == [0]

    def sign(self, kind: str, payload: bytes) -> bytes:
        kid = self.gateway.id(self.region.network)
        signed = cose.to_be_signed(kind, self.region.network, payload, kid)
        signature = key("another").sign(signed) if WrongSignature in self.defects else self.gateway.sign(signed)
        return cose.build(kind, payload, [(kid, signature)])

    def envelope(self) -> bytes:
        kid = self.gateway.id(self.region.network)
        number = 0x7FFF if UnknownMessage in self.defects else 0x0401
        message = encode(self.region.permit(self.world.handles[0]))
        payload = Payload(FORMAT, self.region.nonce(), self.not_after, ((self.account, kid),), ((number, message),))
        if Replayed in self.defects:  # the very payload was consumed before, well signed
            good = cose.sign("envelope", self.region.network, encode(payload), [self.gateway])
            run(self.world.machine, [self.region.batch(good)], T0 - 1000)
        if RevokedKey in self.defects:
            self.revoke()
        return self.sign("envelope", encode(payload))

    def batch(self) -> bytes:
        kid = self.gateway.id(self.region.network)
        inside = self.region.grant(self.world.handles[0])[0]
        payload = encode(BatchPayload(self.region.nonce(), self.not_after, (self.account, kid), (inside,)))
        if Replayed in self.defects:
            good = cose.sign("batch", self.region.network, payload, [self.gateway])
            run(self.world.machine, [good], T0 - 1000)
        if RevokedKey in self.defects:
            self.revoke()
        return self.sign("batch", payload)

    def time(self) -> int:
        return max(T0, self.world.machine.time)


def envelope_code(*defects: type[Refusal]) -> int:
    form = Form(*defects)
    raw = form.envelope()
    before = form.world.machine.log.size
    result = run(form.world.machine, [form.region.batch(raw, not_after=form.time() + 100_000)], form.time())
    (code,) = codes(result)
    assert (form.world.machine.log.size == before + 1) == bool(code)  # a refused envelope leaves no event
    return code


def batch_code(*defects: type[Refusal]) -> int:
    form = Form(*defects)
    raw = form.batch()
    machine, before = form.world.machine, form.world.machine.app_hash
    code = machine.check(raw, form.time())
    assert machine.process([raw], form.time()) == (code == 0)
    assert machine.prepare([raw], 4 * MAX_BATCH_BYTES, form.time()) == ([] if code else [raw])
    assert machine.app_hash == before
    return code


def possible(order: list[type[Refusal]]) -> list[tuple[type[Refusal], type[Refusal]]]:
    return [(a, b) for a, b in combinations(order, 2) if {a, b} not in EXCLUSIVE]


def test_codes_ascend_in_the_order_of_definition() -> None:
    defined = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, Refusal) and c is not Refusal]
    assert [c.code for c in defined] == sorted({c.code for c in defined})


def test_sound_forms_are_admitted() -> None:
    assert envelope_code() == 0
    assert batch_code() == 0


@pytest.mark.parametrize("defect", ENVELOPE_ORDER)
def test_envelope_with_one_defect(defect: type[Refusal]) -> None:
    assert envelope_code(defect) == defect.code


@pytest.mark.parametrize(("first", "second"), possible(ENVELOPE_ORDER))
def test_envelope_with_two_defects(first: type[Refusal], second: type[Refusal]) -> None:
    assert envelope_code(first, second) == first.code


@pytest.mark.parametrize("defect", BATCH_ORDER)
def test_batch_with_one_defect(defect: type[Refusal]) -> None:
    assert batch_code(defect) == defect.code


@pytest.mark.parametrize(("first", "second"), possible(BATCH_ORDER))
def test_batch_with_two_defects(first: type[Refusal], second: type[Refusal]) -> None:
    assert batch_code(first, second) == first.code


def test_envelope_is_valid_until_one_millisecond_before_not_after() -> None:
    world = founded(2)
    last = world.region.grant(world.handles[0], not_after=T0 + 1)[0]
    exact = world.region.grant(world.handles[1], not_after=T0)[0]
    furthest = world.region.grant(world.handles[1], not_after=T0 + WINDOW_MS)[0]
    assert codes(run(world.machine, [world.region.batch(last, exact, furthest)], T0)) == [0, Expired.code, 0]


def test_oversized_comes_before_all_but_the_parser() -> None:
    world = founded(1)
    assert world.machine.check(bytes(MAX_BATCH_BYTES + 1), T0) == Oversized.code
    big = bytes(MAX_ENVELOPE_BYTES + 1)
    assert codes(run(world.machine, [world.region.batch(big)])) == [Oversized.code]


def test_signer_with_a_key_of_another_account_is_unknown() -> None:
    world = founded(1)
    raw = world.region.envelope(
        [(world.region.other.id, world.region.hospital.gateway)], world.region.permit(world.handles[0])
    )
    assert codes(run(world.machine, [world.region.batch(raw)])) == [UnknownSigner.code]


def test_batch_signed_by_an_administration_key_is_refused() -> None:
    world = founded(1)
    hospital = world.region.hospital
    payload = BatchPayload(
        world.region.nonce(), T0 + 1000, (hospital.id, hospital.administration.id(world.region.network)), (b"x",)
    )
    raw = cose.sign("batch", world.region.network, encode(payload), [hospital.administration])
    assert world.machine.check(raw, T0) == UnknownSigner.code


def test_envelope_of_another_genesis_has_a_wrong_signature() -> None:
    world, foreign = founded(1), Region("another region")
    payload = parse_envelope(world.region.network, world.region.grant(world.handles[0])[0]).payload_bytes
    kid = world.region.hospital.gateway.id(world.region.network)
    signature = world.region.hospital.gateway.sign(cose.to_be_signed("envelope", foreign.network, payload, kid))
    raw = cose.build("envelope", payload, [(kid, signature)])
    assert codes(run(world.machine, [world.region.batch(raw)])) == [WrongSignature.code]


def test_whole_batch_of_another_genesis_is_refused() -> None:
    world, foreign = founded(1), Region("another region")
    assert world.machine.check(foreign.batch(b"x"), T0) == UnknownSigner.code  # key ids bind the network too


@pytest.mark.parametrize("kind", [kind for kind in cose.KINDS if kind != "envelope"])
def test_other_kind_offered_as_envelope(kind: str) -> None:
    world = founded(1)
    payload = parse_envelope(world.region.network, world.region.grant(world.handles[0])[0]).payload_bytes
    kid = world.region.hospital.gateway.id(world.region.network)
    signature = world.region.hospital.gateway.sign(cose.to_be_signed(kind, world.region.network, payload, kid))
    wrapped = cose.build(kind, payload, [(kid, signature)])
    relabelled = cose.build("envelope", payload, [(kid, signature)])
    result = run(world.machine, [world.region.batch(wrapped, relabelled)])
    assert codes(result) == [Malformed.code, WrongSignature.code]


Change = Callable[[list[tuple[bytes, bytes]]], list[tuple[bytes, bytes]]]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda s: s[:1], Malformed.code),
        (lambda s: s[::-1], Malformed.code),
        (lambda s: [*s, s[0]], Malformed.code),
        (lambda s: [s[0], s[0]], Malformed.code),
        (lambda s: [(s[0][0], s[1][1]), (s[1][0], s[0][1])], WrongSignature.code),
        (lambda s: s, 0),
    ],
    ids=["stripped", "permuted", "added", "doubled", "swapped signatures", "sound"],
)
def test_signers_changed(change: Change, code: int) -> None:
    world = founded(1)
    region = world.region
    signers = [*region.by_hospital, (region.clinic.id, region.clinic.gateway)]
    signed = parse("envelope", region.envelope(signers, region.permit(world.handles[0])))
    raw = cose.build("envelope", signed.payload, change(list(signed.signatures)))
    assert codes(run(world.machine, [region.batch(raw)])) == [code]


def test_signature_of_low_order_is_refused() -> None:
    world = founded(1)
    raw = world.region.grant(world.handles[0])[0]
    low = raw[:-64] + bytes((1, *bytes(31))) + bytes(32)
    assert codes(run(world.machine, [world.region.batch(low)])) == [WrongSignature.code]


def test_good_payload_under_a_bad_signature_is_not_let_through_by_the_cache() -> None:
    world = founded(1)
    raw = world.region.grant(world.handles[0])[0]
    bad = raw[:-1] + bytes((raw[-1] ^ 1,))
    assert world.machine.check(world.region.batch(raw), T0) == 0  # verified and remembered
    assert codes(run(world.machine, [world.region.batch(bad)])) == [WrongSignature.code]
    assert codes(run(world.machine, [world.region.batch(raw)])) == [0]  # and its id was not taken by the bad one


def test_remembered_signature_does_not_make_a_revoked_key_live() -> None:
    form = Form(RevokedKey)
    raw = form.region.envelope([(form.account, form.gateway)], form.region.permit(form.world.handles[0]))
    batch = form.region.batch(raw)
    assert form.world.machine.check(batch, T0) == 0
    admitted = form.world.machine.admit(batch, T0).batch
    assert admitted is not None
    assert form.world.machine.signed(form.world.machine.read(admitted), T0) == []  # it is known to be good
    form.revoke()
    assert codes(run(form.world.machine, [form.region.batch(raw)])) == [RevokedKey.code]


def test_share_of_one_carrier() -> None:
    world = founded(1, ((int(Parameter.CARRIER_SHARE_PERCENT), 10),))
    region = world.region
    big = [region.batch(bytes(250_000), bytes(200_000)) for _ in range(2)]
    other = region.batch(bytes(250_000), member=region.other)
    answers = world.machine.screen([big[0], big[1], other], T0)
    assert [answer.code for answer in answers] == [0, ShareExceeded.code, 0]
    assert not world.machine.process(big, T0)
    prepared = world.machine.prepare([*big, other], 4 * MAX_BATCH_BYTES, T0)
    assert prepared == [big[0], other]
    assert world.machine.process(prepared, T0)


def test_block_has_a_limit_of_bytes() -> None:
    world = founded(1)
    batches = [world.region.batch(bytes(250_000), bytes(250_000), bytes(250_000)) for _ in range(8)]
    prepared = world.machine.prepare(batches, 2 * 1024**2, T0)
    assert len(prepared) == 2
    assert len(world.machine.prepare(batches, 64 * 1024**2, T0)) == 5  # the parameter's 4 MiB
    assert not world.machine.process(batches, T0)


def test_same_batch_twice_in_a_block_is_a_replay() -> None:
    world = founded(1)
    batch = world.region.batch(b"x")
    assert [answer.code for answer in world.machine.screen([batch, batch], T0)] == [0, Replayed.code]


@pytest.mark.parametrize("raw", [b"", b"\x00", bytes(100), b"\xd8\x62\x84", b"\xff" * 400])
def test_garbage_proposals_are_refused(raw: bytes) -> None:
    world = founded(1)
    before = world.machine.app_hash
    assert not world.machine.process([raw], T0)
    assert world.machine.check(raw, T0) == Malformed.code
    assert world.machine.app_hash == before


def test_decided_garbage_harms_nothing() -> None:
    world = founded(1)  # more than two thirds of the validators would have to be faulty
    good = world.region.batch(world.region.grant(world.handles[0])[0])
    result = run(world.machine, [b"garbage", good, good])
    assert [batch.code for batch in result.batches] == [Malformed.code, 0, Replayed.code]
    assert codes(result) == [Malformed.code, 0, Replayed.code]


def test_seed_is_not_shown_by_a_key() -> None:
    assert key("x").seed.hex() not in repr(SigningKey.from_seed(key("x").seed))


def test_time_before_the_last_block_is_refused_by_process() -> None:
    world = founded(1)
    batch = world.region.batch(b"x", not_after=START_MS + 1000)
    assert not world.machine.process([batch], world.machine.time - 1)


def test_an_answer_does_not_outlive_the_state_it_was_given_on() -> None:
    world = founded(1)
    machine, batch = world.machine, world.region.batch(b"x")
    assert machine.process([batch], T0)
    run(machine, [batch])
    assert not machine.process([batch], T0)
    machine.undo()
    assert machine.process([batch], T0)
    run(machine, [world.region.batch(b"y")])
    assert machine.process([batch], T0)
    assert not machine.process([batch], T0 + WINDOW_MS)
    assert machine.prepare([batch], len(batch) - 1, T0) == []
    assert machine.prepare([batch], len(batch), T0) == [batch]
