"""The life of Alma's account: thieves. One vetoes again and again, one strips her keys, two friends turn against her.

However they go about it, it comes to an end, and no grant of theirs is ever of use.
"""

import pytest
from recovery_story import (
    CONTESTED_MS,
    FRIENDS,
    RECOVERY_MS,
    approvals,
    begun,
    desk,
    new_phone,
    pass_time,
    started,
    with_keyholders,
    with_second_device,
)
from story_region import DAY_MS, Story, grant_laboratory, laboratory_terms

from salus.bootstrap import create_person
from salus.contracts.accounts import queries as accounts
from salus.contracts.accounts import recovery_errors as refused
from salus.contracts.accounts.recovery_types import RecoveryKind
from salus.contracts.consent import queries as consent
from salus.core.errors import Refusal
from salus.core.keys import Role
from salus.machine.errors import RevokedKey
from salus.policy.types import Effect, Status
from salus.services.accounting import accounting
from salus.services.actors import Person
from salus.services.attest_staff import attest_staff
from salus.services.change_devices import remove_device, veto_change
from salus.services.errors import NoRecovery
from salus.services.freeze import freeze_by_code, print_freeze_code
from salus.services.grant import grant
from salus.services.inbox import collect, process_inbox
from salus.services.keyholding import approve, hold_key, set_keyholders
from salus.services.receive_own import OwnView
from salus.services.recover import finish_recoveries, offered_keys, prepare_recovery, start_recovery
from salus.services.recovery_status import recovery_status
from salus.services.reprove import confirm_reproof, reprove
from salus.services.request import request_own
from salus.services.settle_recovery import complete_recovery, settle_recovery
from salus.services.veto_recovery import veto_recovery

THIEVES = ("thief", "fence", "cousin")


def permits(story: Story, handle: bytes) -> list[int]:
    """The status of each permit."""
    found = consent.directives(story.region.ledger.view(), handle)
    return [one.status for one in found if one.effect == Effect.PERMIT]


def tries_everything(story: Story, thief: Person, handle: bytes) -> None:
    """Who has the phone tries to grant, to name keyholders, and to read: all in vain."""
    with pytest.raises(Refusal):
        grant(thief, handle, laboratory_terms(story.clinic))
    with pytest.raises(Refusal):
        set_keyholders(thief, handle, [])
    with pytest.raises(Refusal):
        print_freeze_code(thief, handle)
    request_own(thief, handle)
    process_inbox(story.north)
    assert not any(isinstance(view, OwnView) for view in collect(thief))


def test_a_thief_who_vetoes_again_and_again(story: Story) -> None:
    """Scenario 7: frozen, re-proved, dead, and no grant of his meanwhile."""
    handle, thief = begun(story)  # alma's phone; from here on he has it
    with_keyholders(story, thief, handle)
    code = print_freeze_code(thief, handle)
    hers = grant_laboratory(story, thief, handle).directive
    story.clock.advance(DAY_MS)
    stolen_at = story.clock.time_ms

    # She has nothing but the printed code: any member takes it.
    freeze_by_code(story.clinic, code)
    tries_everything(story, thief, handle)

    # Friends help; he vetoes. They help again; he vetoes again, and that was his last act.
    started(story, handle, "phone-2", stolen_at)
    tries_everything(story, thief, handle)
    veto_recovery(thief, handle)
    with pytest.raises(NoRecovery):
        veto_recovery(thief, handle)
    tries_everything(story, thief, handle)  # the freeze outlives the veto
    started(story, handle, "phone-3", stolen_at)
    veto_recovery(thief, handle)
    (status,) = recovery_status(thief)
    assert status.contested
    with pytest.raises(refused.Contested):
        veto_recovery(thief, handle)
    with pytest.raises(Refusal) as frozen:
        grant(thief, handle, laboratory_terms(story.clinic))
    assert frozen.value.code == RevokedKey.code
    tries_everything(story, thief, handle)

    # Waiting alone does not help him, nor her: the desk has to see her.
    pass_time(story, CONTESTED_MS)
    with pytest.raises(refused.IdentityUnchecked):
        complete_recovery(story.south, handle)
    settle_recovery(story.north, handle, desk(story), confirmed=True)
    pass_time(story, 0)

    phone = story.region.person("phone-3")
    assert finish_recoveries(phone) == (handle,)
    assert accounts.recovered(story.region.ledger.view(), handle) == (2, story.clock.time_ms)
    tries_everything(story, thief, handle)
    assert permits(story, handle) == [Status.ACTIVE]  # hers of before, and none of his, ever
    assert consent.directive(story.region.ledger.view(), handle, hers).status == Status.ACTIVE
    own = phone.wallet.relation(handle).device.id(story.region.network)
    live = accounts.live_keys(story.region.ledger.view(), handle, Role.DEVICE, story.clock.time_ms)
    assert live == [own]
    told = [line.what for line in accounting(story.region.ledger, handle).lines]
    expected = ["frozen", "recovery", "recovery-vetoed", "recovery", "recovery-contested", "identity-checked"]
    assert [what for what in told if what in (*expected, "recovered")] == [*expected, "recovered"]


def test_a_thief_without_a_freeze_is_re_proved_away(story: Story) -> None:
    """No keyholders, no printed code: two desks, and the same end."""
    handle, thief = begun(story)
    stolen_at = story.clock.time_ms
    his = grant(thief, handle, laboratory_terms(story.clinic)).directive
    process_inbox(story.north)
    north, south = desk(story), attest_staff(story.south, "Other Desk", "clerk")
    for attempt in (1, 2):
        phone, _ = new_phone(story, handle, f"phone-{attempt}", stolen_at)
        offered, code = offered_keys(phone, handle)
        reprove(story.north, offered, code, north)
        confirm_reproof(story.south, handle, code, south)
        veto_recovery(thief, handle)
    settle_recovery(story.north, handle, north, confirmed=True)
    pass_time(story, CONTESTED_MS)
    assert finish_recoveries(phone) == (handle,)
    assert consent.directive(story.region.ledger.view(), handle, his).status == Status.SUSPENDED
    with pytest.raises(Refusal):
        grant(thief, handle, laboratory_terms(story.clinic))


def test_a_thief_who_strips_keys_and_then_recovers(story: Story) -> None:
    """He has two of her three devices: he names his own people, strips the third, and recovers. She vetoes with it."""
    handle, thief = begun(story)
    tablet = with_second_device(story, thief, handle)
    laptop = with_second_device(story, thief, handle, "laptop")  # hers; it is old enough soon
    story.clock.advance(2 * RECOVERY_MS)
    people = [create_person(story.region, name) for name in THIEVES]
    set_keyholders(thief, handle, [hold_key(one, handle) for one in people], second=tablet)
    own = laptop.wallet.relation(handle).device.id(story.region.network)
    remove_device(thief, handle, own, second=tablet)
    with pytest.raises(Refusal) as stripped:
        grant(laptop, handle, laboratory_terms(story.clinic))
    assert stripped.value.code == RevokedKey.code
    his = create_person(story.region, "his-phone")
    prepared = prepare_recovery(his, handle)
    given = [approve(one, handle, prepared.recovery, prepared.short_code) for one in people[:2]]
    start_recovery(his, handle, given, via=story.south.account)
    veto_recovery(laptop, handle)
    assert recovery_status(laptop)[0].recovery == "none"

    # And then the desks, which also end the keyholders he named.
    phone, _ = new_phone(story, handle, "her-phone", story.clock.time_ms)
    offered, code = offered_keys(phone, handle)
    reprove(story.north, offered, code, desk(story))
    confirm_reproof(story.south, handle, code, attest_staff(story.south, "Other Desk", "clerk"))
    assert accounts.pending_recovery(story.region.ledger.view(), handle).kind == RecoveryKind.IN_PERSON
    pass_time(story, RECOVERY_MS)
    assert finish_recoveries(phone) == (handle,)
    assert accounts.keyholding(story.region.ledger.view(), handle).holders == ()


def test_one_stolen_device_changes_nothing_while_another_is_hers(story: Story) -> None:
    handle, alma = begun(story)
    thief = with_second_device(story, alma, handle)
    own = alma.wallet.relation(handle).device.id(story.region.network)
    waiting = remove_device(thief, handle, own)
    assert waiting.change is not None
    assert recovery_status(alma)[0].alarming
    veto_change(alma, handle, waiting.change)
    pass_time(story, RECOVERY_MS)
    grant(alma, handle, laboratory_terms(story.clinic))


def test_two_friends_who_collude_are_found_out_at_the_desk(story: Story) -> None:
    handle, alma = begun(story)
    with_keyholders(story, alma, handle)
    started(story, handle, "their-phone")
    veto_recovery(alma, handle)
    phone, prepared = new_phone(story, handle, "their-second-phone")
    start_recovery(phone, handle, approvals(story, prepared, *FRIENDS[1:]))
    veto_recovery(alma, handle)
    with pytest.raises(Refusal):
        grant(alma, handle, laboratory_terms(story.clinic))
    settle_recovery(story.north, handle, desk(story), confirmed=False)
    assert recovery_status(alma)[0].recovery == "none"
    grant(alma, handle, laboratory_terms(story.clinic))  # her key is live again
    pass_time(story, CONTESTED_MS)
    assert finish_recoveries(phone) == ()
