"""One hospital, three laws: what waits for her word, what goes unless she objects, what goes whatever she said.

The northern hospital puts Alma under one policy set after the other. Each receipt names the very version of the set
it rests on, `salus verify` says so offline, and her account names the rule and its place in the law.
"""

from pathlib import Path

import pytest
from command_line import salus
from story_policies import enact, put_under
from story_region import Story, ask, clinician, give_wallet, laboratory_terms, take_in

from salus.contracts.governance.messages import SetPolicySet
from salus.contracts.governance.policies import policy_set_id
from salus.core import cose
from salus.core.encoding import decode, encode
from salus.core.errors import Malformed, WrongSignature
from salus.policy.policies import Choice
from salus.policy.sets import GDPR, HIPAA, OPT_OUT, PART2, PIPL, ShippedSet
from salus.policy.shipped import policy_set
from salus.services.account.line import Line, ground_of
from salus.services.accounting import accounting
from salus.services.close_session import close_session
from salus.services.deliver import Delivery
from salus.services.deny import deny_totally
from salus.services.errors import NotForUs, NotReleased
from salus.services.grant import grant, to_anyone
from salus.services.inbox import collect, process_inbox
from salus.services.objects import parse_signed, sign
from salus.services.open_session import SessionOpened, ask_session
from salus.services.policies import purpose_numbers
from salus.services.preference import set_preference
from salus.services.push import NotPushed, push
from salus.services.receive import Received
from salus.services.refuse import Refused
from salus.services.tell_release import KIND, ReleaseNotice, ToldView, receive_told


def vote_in(story: Story, shipped: ShippedSet, of: bytes | None = None) -> bytes:
    """Let the members vote a shipped set, or its next version; return its id."""
    body = policy_set(shipped, purpose_numbers(story.region.ledger.view()))
    proposal = enact(story, SetPolicySet(of, body))
    return policy_set_id(story.region.network, proposal, 0) if of is None else of


def answered(story: Story, handle: bytes, badge: object, purpose: str = "TREAT") -> Received | str:
    """Let the clinic ask and the hospital answer: what the clinic received, or why it was refused."""
    ask(story, handle, badge, purpose)  # type: ignore[arg-type]
    (done,) = process_inbox(story.north)
    if isinstance(done.outcome, Refused):
        return done.outcome.reason.name
    assert isinstance(done.outcome, Delivery), done.outcome
    return received(story, "clinic")


def received(story: Story, slug: str) -> Received:
    got = [item.outcome for item in process_inbox(story.region.organisation(slug))]
    (found,) = [one for one in got if isinstance(one, Received)]
    return found


def last_line(story: Story, handle: bytes) -> Line:
    return [line for line in accounting(story.region.ledger, handle).lines if line.basis][-1]


def test_opt_in_denies_opt_out_permits_and_a_mandate_goes_despite_her_deny(story: Story, tmp_path: Path) -> None:
    handle, badge = take_in(story.north, "Alma", "N-1"), clinician(story)
    alma = give_wallet(story, story.north, handle, "alma")

    # 1. The set for substance use records waits for her word.
    part2 = vote_in(story, PART2)
    put_under(story, handle, part2)
    assert answered(story, handle, badge) == "NOT_OPTED_IN"
    refusals = [line for line in accounting(story.region.ledger, handle).lines if line.what == "refused"]
    assert [line.reason for line in refusals] == ["The policy asks for an opt-in, and there is none."]

    # 2. Under opt-out the same request is answered, until she objects.
    opt_out = vote_in(story, OPT_OUT)
    put_under(story, handle, opt_out)
    got = answered(story, handle, badge)
    assert isinstance(got, Received) and got.basis == (3, opt_out, 1) and len(got.records) == 5
    assert ground_of(last_line(story, handle)) == f"policy opt-out ({opt_out.hex()[:12]}), version 1, rule 2"
    set_preference(alma, handle, {"TREAT": Choice.OUT})
    assert answered(story, handle, badge) == "OPTED_OUT"

    # 3. HIPAA's reports are mandated: she denies everything to everybody, and the authority is told all the same.
    hipaa = vote_in(story, HIPAA)
    assert vote_in(story, HIPAA, of=hipaa) == hipaa  # voted again: version 2
    put_under(story, handle, hipaa)
    deny_totally(alma, handle, to_anyone())
    assert answered(story, handle, badge) == "TOTALLY_DENIED"
    regulator = story.region.organisation("regulator")
    assert isinstance(push(story.north, regulator.account, handle, "PUBHLTH"), Delivery)
    told = received(story, "regulator")
    assert told.basis == (3, hipaa, 2) and len(told.records) == 5
    assert isinstance(push(story.north, story.clinic.account, handle, "PUBHLTH"), NotPushed), "to the authority alone"

    # 4. The receipts hold offline, each under the version that it names; the account names the rule and the law.
    for receipt, named, version in ((got, opt_out, 1), (told, hipaa, 2)):
        file = tmp_path / f"{version}.evidence"
        file.write_bytes(receipt.evidence)
        verified = salus("verify", file, "--genesis", story.region.home / "genesis.cbor", "--json")
        assert verified.status == 3, "it holds, unwitnessed"
        assert any(named.hex()[:12] in words and f"version {version}" in words for words in verified.data["proved"])
    line = last_line(story, handle)
    assert ground_of(line) == (
        f"policy hipaa ({hipaa.hex()[:12]}), version 2, "
        "rule 8: 45 CFR 164.512(a), 45 CFR 164.512(b)(1)(i), 45 CFR 164.522(a)(1)(v)"
    )
    assert line.law is not None
    assert line.law.sources[0] == ("45 CFR 164.512(a)", "https://www.ecfr.gov/current/title-45/section-164.512")


def test_the_account_names_the_rule_of_the_version_of_that_day(story: Story) -> None:
    handle, badge = take_in(story.north, "Alma", "N-1"), clinician(story)
    gdpr = vote_in(story, GDPR)
    put_under(story, handle, gdpr)
    assert isinstance(answered(story, handle, badge), Received)
    vote_in(story, PART2, of=gdpr)  # the members changed their mind: version 2 has other rules
    assert answered(story, handle, badge) == "NOT_OPTED_IN"
    line = last_line(story, handle)
    assert line.version == 1 and line.law is not None
    assert (line.law.set, line.law.rule, line.law.mode, line.law.notice) == ("gdpr", 2, "permitted", True)


def test_a_rule_that_asks_for_notice_has_the_person_told_of_the_release(story: Story) -> None:
    handle, badge = take_in(story.north, "Alma", "N-1"), clinician(story)
    alma = give_wallet(story, story.north, handle, "alma")
    put_under(story, handle, vote_in(story, PIPL))
    assert answered(story, handle, badge) == "NOT_OPTED_IN"
    assert collect(alma) == (), "nothing left, so there is nothing to tell"
    set_preference(alma, handle, {"TREAT": Choice.IN})
    got = answered(story, handle, badge)
    assert isinstance(got, Received)
    (view,) = collect(alma)
    assert isinstance(view, ToldView) and (view.relation, view.release) == (handle, got.release)
    assert (view.line.name, view.line.purpose) == ("Riverside Clinic", "TREAT")
    assert view.line.law is not None and view.line.law.notice and "PIPL Art. 23" in view.line.law.words
    assert collect(alma) == (), "she is told once"


def test_she_is_told_of_nothing_where_the_rule_does_not_ask_or_her_own_word_is_the_ground(story: Story) -> None:
    handle, badge = take_in(story.north, "Alma", "N-1"), clinician(story)
    alma = give_wallet(story, story.north, handle, "alma")
    put_under(story, handle, vote_in(story, HIPAA))
    assert isinstance(answered(story, handle, badge), Received)
    put_under(story, handle, vote_in(story, PIPL))
    grant(alma, handle, laboratory_terms(story.clinic))
    process_inbox(story.north)
    got = answered(story, handle, badge)
    assert isinstance(got, Received) and got.basis[0] == 2
    assert collect(alma) == ()


def test_a_release_that_is_delivered_again_after_a_crash_is_told_once(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle, badge = take_in(story.north, "Alma", "N-1"), clinician(story)
    give_wallet(story, story.north, handle, "alma")
    put_under(story, handle, vote_in(story, GDPR))
    ask(story, handle, badge)
    with monkeypatch.context() as broken:
        broken.setattr("salus.services.deliver.drop_task", interrupt)
        with pytest.raises(KeyboardInterrupt):
            process_inbox(story.north)
    story.reopen()  # which delivers it again
    letters = [letter.kind for letter in story.north.exchange.inbox(handle)]
    assert letters == [KIND]


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_notice_that_is_not_the_custodians_or_not_the_ledgers_is_refused(story: Story) -> None:
    handle, badge = take_in(story.north, "Alma", "N-1"), clinician(story)
    alma = give_wallet(story, story.north, handle, "alma")
    gdpr = vote_in(story, GDPR)
    put_under(story, handle, gdpr)
    got = answered(story, handle, badge)
    assert isinstance(got, Received)
    (letter,) = alma.exchange.inbox(handle)
    notice = decode(parse_signed("release-notice", letter.body).payload, ReleaseNotice)
    network, north, south = story.region.network, story.north, story.south

    def signed(gateway: object = north.gateway, **changes: object) -> bytes:
        fields = {name: getattr(notice, name) for name in notice.__struct_fields__} | changes
        return sign("release-notice", network, ReleaseNotice(**fields), gateway)  # type: ignore[arg-type]

    for wrong, refusal in (
        (b"\x80", Malformed),
        (cose.sign("notice", network, encode(notice), [north.gateway]), Malformed),
        (signed(custodian=south.account), NotForUs),
        (signed(south.gateway), WrongSignature),
        (signed(release=bytes(32)), NotReleased),
        (signed(version=2), NotReleased),
    ):
        with pytest.raises(refusal):
            receive_told(alma, wrong)
    assert receive_told(alma, signed()).release == got.release


def test_a_session_is_told_when_it_closes(story: Story) -> None:
    handle, badge = take_in(story.north, "Alma", "N-1"), clinician(story)
    alma = give_wallet(story, story.north, handle, "alma")
    put_under(story, handle, vote_in(story, GDPR))
    opened = ask_session(story.clinic, handle, "TREAT", badge).request  # type: ignore[arg-type]
    (done,) = process_inbox(story.north)
    assert isinstance(done.outcome, SessionOpened)
    assert collect(alma) == ()
    close_session(story.north, opened)
    (view,) = collect(alma)
    assert isinstance(view, ToldView) and view.release == opened and view.line.what == "session"
