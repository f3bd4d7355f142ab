"""The life of Alma's account: her phone is lost. With keyholders two friends help; without, two desks who know her."""

import pytest
from recovery_story import (
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
from story_region import DAY_MS, Story, ask, clinician, give_wallet, grant_laboratory, laboratory_terms, take_in

from salus.bootstrap import create_person
from salus.contracts.accounts import queries as accounts
from salus.contracts.accounts import recovery_errors as refused
from salus.contracts.consent import queries as consent
from salus.core.errors import Refusal
from salus.machine.errors import RevokedKey
from salus.policy.reasons import Reason
from salus.policy.types import GranteeKind, Status
from salus.services.accounting import accounting
from salus.services.attest_staff import attest_staff
from salus.services.deny import deny_totally
from salus.services.errors import NoRecovery, NotAKeyholder, UnusableApproval, WrongRecoveryCode
from salus.services.freeze import freeze_by_code, freeze_in_person, lift_freeze, print_freeze_code
from salus.services.grant import grant
from salus.services.inbox import collect, process_inbox
from salus.services.keyholding import approve, hold_key, set_keyholders
from salus.services.reaffirm import reaffirm
from salus.services.receive import Received
from salus.services.receive_own import OwnView
from salus.services.recover import (
    finish_recoveries,
    offered_keys,
    prepare_everywhere,
    recover_everywhere,
    start_recovery,
)
from salus.services.recovery_status import recovery_status
from salus.services.refuse import Refused
from salus.services.release import release
from salus.services.reprove import confirm_reproof, reprove
from salus.services.request import request_own
from salus.services.settle_recovery import complete_due, complete_recovery
from salus.services.wallet_due import do_due


def test_two_friends_give_her_the_account_back(story: Story) -> None:
    handle, alma = begun(story)
    with_keyholders(story, alma, handle)
    before = grant_laboratory(story, alma, handle).directive
    story.clock.advance(DAY_MS)
    lost_at = story.clock.time_ms
    story.clock.advance(DAY_MS)
    # Whoever found the phone gives somebody a permit.
    after = grant(alma, handle, laboratory_terms(story.clinic)).directive
    process_inbox(story.north)

    phone, prepared = new_phone(story, handle, "new-phone", lost_at)
    with pytest.raises(NotAKeyholder):
        approve(create_person(story.region, "stranger"), handle, prepared.recovery, prepared.short_code)
    with pytest.raises(WrongRecoveryCode):
        approve(story.region.person("sister"), handle, prepared.recovery, "0000-0000")
    one = approvals(story, prepared, "sister")
    with pytest.raises(refused.TooFewApprovals):
        start_recovery(phone, handle, one)
    begun_at = start_recovery(phone, handle, [*one, *approvals(story, prepared, "lawyer")])

    # Every device is told; nothing is granted, denying stays possible; treatment goes on.
    (status,) = recovery_status(alma)
    assert (status.recovery, status.recovery_due, status.alarming) == ("by keyholders", begun_at.due, True)
    (status,) = recovery_status(phone)
    assert status.ours and not status.alarming
    with pytest.raises(Refusal) as barred:
        grant(alma, handle, laboratory_terms(story.clinic))
    assert barred.value.code == 0x0404
    denied = deny_totally(alma, handle, (int(GranteeKind.ORGANISATION), story.south.account), days=30).directive
    badge = clinician(story)
    ask(story, handle, badge)
    process_inbox(story.north)
    assert any(isinstance(done.outcome, Received) for done in process_inbox(story.clinic))

    with pytest.raises(refused.RecoveryDelayed):
        complete_recovery(story.south, handle)
    pass_time(story, RECOVERY_MS)
    assert finish_recoveries(phone) == (handle,)
    with pytest.raises(Refusal) as dead:
        grant(alma, handle, laboratory_terms(story.clinic))
    assert dead.value.code == RevokedKey.code

    # What was granted before she lost the phone stands, what came after is suspended, the deny stays.
    state = story.region.ledger.view()
    found = {one.id: one.status for one in consent.directives(state, handle)}
    assert found == {before: Status.ACTIVE, after: Status.SUSPENDED, denied: Status.ACTIVE}
    reaffirm(phone, handle, after)
    assert consent.directive(story.region.ledger.view(), handle, after).status == Status.ACTIVE

    # She has her records on the new phone.
    request_own(phone, handle)
    process_inbox(story.north)
    (view,) = [each for each in collect(phone) if isinstance(each, OwnView)]
    assert len(view.records) == 5
    assert accounts.recovered(story.region.ledger.view(), handle) == (2, begun_at.due)
    told = [line.what for line in accounting(story.region.ledger, handle).lines]
    assert [what for what in told if what in ("recovery", "recovered", "suspended", "reaffirmed")] == [
        "recovery",
        "recovered",
        "suspended",
        "reaffirmed",
    ]


def test_without_keyholders_two_desks_that_know_her_do(story: Story) -> None:
    handle, alma = begun(story)
    phone, _ = new_phone(story, handle, "new-phone", story.clock.time_ms)
    offered, code = offered_keys(phone, handle)
    north, south = desk(story), attest_staff(story.south, "Other Desk", "clerk")
    with pytest.raises(WrongRecoveryCode):
        reprove(story.north, offered, "0000-0000", north)
    reprove(story.north, offered, code, north)
    assert recovery_status(alma)[0].recovery == "none"  # one desk alone does nothing
    with pytest.raises(WrongRecoveryCode):
        confirm_reproof(story.south, handle, "0000-0000", south)
    with pytest.raises(refused.ByOneMember):
        confirm_reproof(story.north, handle, code, north)
    confirm_reproof(story.south, handle, code, south)
    assert recovery_status(alma)[0].recovery == "in person"
    assert recovery_status(phone)[0].ours
    pass_time(story, RECOVERY_MS)
    assert finish_recoveries(phone) == (handle,)
    granted = grant_laboratory(story, phone, handle)
    assert consent.directive(story.region.ledger.view(), handle, granted.directive).status == Status.ACTIVE


def test_a_printed_code_freezes_at_any_desk_and_own_access_stops(story: Story) -> None:
    handle, alma = begun(story)
    tablet = with_second_device(story, alma, handle)
    code = print_freeze_code(alma, handle)
    asked = request_own(alma, handle)
    assert freeze_by_code(story.south, code) == handle
    assert recovery_status(alma)[0].frozen
    (done,) = process_inbox(story.north)  # whoever has the phone gets nothing
    assert isinstance(done.outcome, Refused) and done.outcome.reason is Reason.ACCOUNT_BARRED
    assert asked.request is not None
    with pytest.raises(Refusal) as barred:
        grant(alma, handle, laboratory_terms(story.clinic))
    assert barred.value.code == 0x0404
    lift_freeze(alma, tablet, handle)
    freeze_in_person(story.north, handle, desk(story))  # she has the phone not yet
    story.clock.advance(RECOVERY_MS)
    assert recovery_status(alma)[0].frozen
    lift_freeze(alma, tablet, handle)
    story.clock.advance(RECOVERY_MS)
    assert not recovery_status(alma)[0].frozen
    grant(alma, handle, laboratory_terms(story.clinic))


def test_one_act_recovers_all_accounts_each_at_its_own_time(story: Story) -> None:
    handle, alma = begun(story)
    other = take_in(story.south, "Alma", "S-1")
    give_wallet(story, story.south, other, "alma")
    for name in FRIENDS:
        create_person(story.region, name)
    for each in (handle, other):
        set_keyholders(alma, each, [hold_key(story.region.person(name), each) for name in FRIENDS])
    pass_time(story, RECOVERY_MS)
    complete_due(story.south)
    phone = create_person(story.region, "new-phone")
    prepared = prepare_everywhere(phone, [handle, other], since=story.clock.time_ms)
    given = [(one.handle, approvals(story, one, *FRIENDS[:2])) for one in prepared]
    with pytest.raises(UnusableApproval):
        recover_everywhere(phone, [(handle, given[1][1])])
    waiting = recover_everywhere(phone, given)
    assert len({one.due for one in waiting}) == 2
    started_at = []
    while any(one.due is not None for one in phone.wallet.recoveries()):
        story.clock.time_ms = min(one.due for one in phone.wallet.recoveries() if one.due is not None)
        done = do_due(phone)
        assert done.failed == () and len(done.recovering) == 1
        started_at.append(story.clock.time_ms)
    assert len(set(started_at)) == 2
    pending = [accounts.pending_recovery(story.region.ledger.view(), each) for each in (handle, other)]
    assert all(one.since % DAY_MS == 0 and one.since <= story.clock.time_ms for one in pending)  # no moment is shared
    story.clock.advance(RECOVERY_MS)
    complete_due(story.north)
    complete_due(story.south)
    assert set(do_due(phone).recovered) == {handle, other}
    keys = {one.device.public for one in phone.wallet.relations()}
    assert len(keys) == 2  # no key stands at both


def test_an_approval_of_another_recovery_is_told_before_it_is_sent(story: Story) -> None:
    handle, alma = begun(story)
    with_keyholders(story, alma, handle)
    _, first = new_phone(story, handle, "new-phone")
    phone, second = new_phone(story, handle, "newer-phone")
    for wrong in ([b""], approvals(story, first, "sister", "friend"), [*approvals(story, second, "sister"), b"x"], []):
        with pytest.raises(UnusableApproval):
            start_recovery(phone, handle, wrong)
    assert accounts.pending_recovery(story.region.ledger.view(), handle) is None
    with pytest.raises(NoRecovery):
        start_recovery(alma, handle, approvals(story, second, "sister", "friend"))


def test_release_of_what_a_recovery_suspended_is_refused(story: Story) -> None:
    handle, alma = begun(story)
    with_keyholders(story, alma, handle)
    lost_at = story.clock.time_ms
    grant_laboratory(story, alma, handle)
    started(story, handle, "new-phone", lost_at)
    pass_time(story, RECOVERY_MS)
    answer = release(story.north, ask(story, handle, clinician(story)).raw)
    assert isinstance(answer, Refused) and answer.reason is Reason.PERMIT_SUSPENDED
