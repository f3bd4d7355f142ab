"""The kept situations: what they may serve, and what they must not."""

from collections.abc import Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from salus.contracts.accounts import keeper as accounts
from salus.contracts.accounts.types import Organisation
from salus.contracts.consent import keeper as consent
from salus.contracts.governance import keeper as governance
from salus.contracts.governance.types import Member, Policies
from salus.core.encoding import encode
from salus.core.genesis import Purpose
from salus.policy.decision import decide_prepared
from salus.policy.policies import STRICT, STRICT_OPT_IN, Order
from salus.policy.public import Asked, Recipient
from salus.policy.purposes import ACT_REASON
from salus.policy.question import Decision
from salus.policy.reasons import Reason
from salus.policy.types import Directive, SealedPart, Status, sealed_commitment
from salus.services.objects import SealedPartOpening
from salus.services.situations import Situation, Situations, Who
from salus.state.overlay import Overlay
from salus.state.store import Store
from unit.policy_samples import CLINIC, NOW, OTHER, RELATION, RESEARCH, asked, deny, permit, question, record, sealed

NETWORK = bytes(32)


class World:
    """A state at a height, and a vault of sealed parts that counts how often it is read."""

    def __init__(self) -> None:
        self.overlay = Overlay(Store.in_memory())
        self.height, self.time = 1, NOW
        self.openings: dict[bytes, bytes] = {}
        self.reads = 0
        self.situations = Situations(NETWORK, most=2)

    def get(self, key: bytes) -> bytes | None:
        return self.overlay.get(key)

    def scan(self, prefix: bytes) -> list[tuple[bytes, bytes]]:
        return self.overlay.scan(prefix)

    def put(self, directive: Directive, part: SealedPart | None = None, *, at_hand: bool = True) -> None:
        if part is not None:
            salt, body = bytes(32), encode(part)
            sealed_ = sealed_commitment(NETWORK, directive.relation, directive.id, directive.version, salt, body)
            directive = replace(directive, sealed=sealed_)
            if at_hand:
                self.openings[directive.id] = encode(SealedPartOpening(salt, body))
        consent.put_directive(self.overlay, directive)
        self.height += 1

    def parts(self, relation: bytes = RELATION) -> Mapping[bytes, bytes]:
        self.reads += 1
        return dict(self.openings)

    def situation(self, relation: bytes = RELATION) -> Situation:
        return self.situations.of(self, relation, self.parts)

    def decided(self, asked_: Asked | None = None) -> Decision:
        found = self.situation()
        one = question(asked_, used=found.used, policy=found.policy, orders=found.orders, height=found.height)
        return decide_prepared(one, found.prepared, (record(),))


@pytest.fixture
def world() -> World:
    made = World()
    made.put(permit(), sealed())
    assert made.decided().permitted
    return made


def test_the_vault_is_read_once_while_the_directives_stay(world: World) -> None:
    for _ in range(3):
        world.decided()
        world.height += 1  # blocks of others
    assert world.reads == 1
    assert world.decided().height == world.height


def test_a_revocation_is_seen_by_the_very_next_decision(world: World) -> None:
    world.put(replace(permit(status=int(Status.REVOKED)), sealed=world.situation().held[0][0].sealed))
    assert world.decided().reasons == (Reason.NOT_PERMITTED, Reason.PERMIT_REVOKED)


def test_what_is_kept_serves_no_other_recipient_purpose_or_time(world: World) -> None:
    stranger = Recipient(OTHER, (2,), lambda group: False)
    for other in (asked(recipient=stranger), asked(purpose=RESEARCH), asked(time=permit().end)):
        assert world.decided().permitted and not world.decided(other).permitted


def test_a_permit_ends_at_its_end_without_any_block(world: World) -> None:
    height = world.height
    assert world.decided(asked(time=permit().end - 1)).permitted
    assert world.decided(asked(time=permit().end)).reasons == (Reason.NOT_PERMITTED, Reason.PERMIT_EXPIRED)
    assert world.height == height


def test_an_older_view_is_not_served_what_a_newer_one_holds_nor_the_other_way_round(world: World) -> None:
    older = World()
    older.put(permit(), sealed())
    older.situations, older.height = world.situations, world.height
    world.put(deny(total=True, sealed=None, purposes=()))
    assert not world.decided().permitted
    assert older.decided().permitted
    assert not world.decided().permitted


def test_a_sealed_part_that_comes_later_is_found_without_any_block(world: World) -> None:
    late = sealed()
    world.put(permit(2), late, at_hand=False)
    world.put(replace(permit(status=int(Status.REVOKED)), sealed=bytes(32)))
    assert world.decided().reasons == (Reason.NOT_PERMITTED, Reason.SEALED_PART_MISSING, Reason.PERMIT_REVOKED)
    world.openings[permit(2).id] = encode(SealedPartOpening(bytes(32), encode(late)))
    assert world.decided().permitted


def test_uses_preference_policy_and_orders_are_those_of_the_height(world: World) -> None:
    world.put(permit(uses=1), sealed())
    assert world.decided().permitted
    consent.put_uses(world.overlay, RELATION, permit().chain, 1)
    world.height += 1
    assert Reason.PERMIT_EXHAUSTED in world.decided().reasons
    assert world.situation().policy == STRICT
    governance.put_policies(world.overlay, b"p" * 32, Policies(2, replace(STRICT_OPT_IN, attested=(1,))))
    consent.put_chosen(world.overlay, RELATION, consent.get_chosen(world, RELATION).__class__(b"p" * 32, ((0, 1),), 1))
    consent.put_order(world.overlay, RELATION, b"w" * 32, Order(OTHER, CLINIC, 1, NOW, NOW + 1, 5, bytes(32), False))
    assert world.situation().policy == STRICT, "the view of this height is as it was"
    world.height += 1
    assert (world.situation().policy.version, world.situation().policy.preference) == (2, ((0, 1),))
    assert [name for name, _ in world.situation().orders] == [b"w" * 32]


def test_a_part_that_does_not_open_its_commitment_is_not_at_hand(world: World) -> None:
    for wrong in (b"", encode(SealedPartOpening(b"x" * 32, encode(sealed())))):
        world.openings[permit().id] = wrong
        world.put(permit(end=permit().end + world.height), sealed(), at_hand=False)
        assert Reason.SEALED_PART_MISSING in world.decided().reasons


def test_only_the_last_relations_are_kept(world: World) -> None:
    names: list[Any] = [bytes((n,)) * 32 for n in range(3)]
    for name in names:
        world.situation(name)
    before = world.reads
    world.situation(names[2])
    assert world.reads == before
    world.situation(RELATION)
    assert world.reads == before + 1


def test_what_is_kept_of_a_recipient_is_of_the_height_alone(world: World) -> None:
    governance.put_purpose(world.overlay, Purpose(1, ACT_REASON, "TREAT", (2,)))
    governance.put_purpose(world.overlay, Purpose(4, ACT_REASON, "BTG", (1,)))
    accounts.put_organisation(world.overlay, CLINIC, Organisation("Clinic", "org", (2, 5), 1, bytes(32)))
    governance.put_member(world.overlay, CLINIC, Member(2, False, False))
    for _ in range(2):
        assert world.situations.who(world, CLINIC, 1) == Who((2, 5), True, 0, (1, 2), False)
        assert world.situations.who(world, CLINIC, 4) == Who((2, 5), True, 0, (4, 1), True)
        assert world.situations.who(world, OTHER, 1) == Who((), False, 0, (1, 2), False)
        assert world.situations.who(world, CLINIC, 9) == Who((2, 5), True, 0, (), True)
    governance.put_member(world.overlay, CLINIC, Member(2, True, False))
    world.height += 1
    assert world.situations.who(world, CLINIC, 1).may_receive is False
