"""A region is founded, opened again, joined; its staff comes and goes; what it holds can be looked at."""

import pytest
from story_region import PASSPHRASE, SPEC, Story, clinician, give_wallet, take_in

from salus.bootstrap import MemberSpec, RegionSpec, create_person, create_region, enrol, open_person, open_region
from salus.contracts.accounts import errors as accounts_errors
from salus.contracts.accounts.messages import OpenAccounts
from salus.contracts.governance.messages import AdmitMember
from salus.evidence.report import Verdict
from salus.evidence.verify import verify
from salus.ledger.errors import LedgerLocked
from salus.policy.types import OrganisationRole
from salus.services.access_log import What, list_reads
from salus.services.anchor import anchor
from salus.services.attest_staff import attest_staff, list_staff
from salus.services.authorise import own_records
from salus.services.end_staff import end_staff
from salus.services.errors import (
    ActorExists,
    NoRegion,
    NoSuchActor,
    NotCustodian,
    ReadOnly,
    RegionExists,
    UnusableName,
)
from salus.services.inspect import export_state, inspect_block, ledger_status, prove_state
from salus.services.members import list_members
from salus.services.open_accounts import open_accounts
from salus.services.propose import propose
from salus.services.read_records import list_records, read_record
from salus.services.vote import vote
from salus.vault.errors import WrongPassphrase
from salus.wallet.wallet import WalletExists

PHARMACY = MemberSpec("Corner Pharmacy", "pharmacy", (OrganisationRole.PHARMACY,))


def test_the_founders_are_members(story: Story) -> None:
    views = list_members(story.region.ledger)
    assert [view.name for view in views] == ["North Hospital", "Regulator", "Riverside Clinic", "South Hospital"]
    assert {view.state for view in views} == {"active"} and views[2].roles == (OrganisationRole.CLINIC,)


def test_an_applicant_joins_by_vote(story: Story) -> None:
    pharmacy = enrol(story.region, "north", PHARMACY)
    with pytest.raises(accounts_errors.NotMember):
        open_accounts_of(story, pharmacy)
    proposed = propose(story.north, [AdmitMember(pharmacy.account)])
    for slug in ("north", "south", "clinic"):
        vote(story.region.organisation(slug), proposed.proposal)
    while story.region.ledger.height() < proposed.effective:
        clinician(story)
    assert "Corner Pharmacy" in [view.name for view in list_members(story.region.ledger)]
    story.reopen()
    attest_staff(story.region.organisation("pharmacy"), "Somebody", "pharmacist")
    with pytest.raises(ActorExists):
        enrol(story.region, "north", PHARMACY)


def open_accounts_of(story: Story, applicant) -> None:
    """Send an applicant's message through a member: as a carrier of its own it would not even be heard."""
    story.north.carrier.submit_now(applicant.build(OpenAccounts(applicant.account, 1)).raw)


def test_two_thirds_are_needed(story: Story) -> None:
    pharmacy = enrol(story.region, "north", PHARMACY)
    proposed = propose(story.north, [AdmitMember(pharmacy.account)])
    vote(story.north, proposed.proposal)
    vote(story.south, proposed.proposal)
    while story.region.ledger.height() < proposed.effective:
        clinician(story)
    assert pharmacy.account not in [view.account for view in list_members(story.region.ledger)]


def test_staff_comes_and_goes(story: Story) -> None:
    badge = attest_staff(story.clinic, "Doctor Nobody", "physician", days=1)
    assert list_staff(story.clinic) == (badge,) and list_staff(story.north) == ()
    assert badge.opening.commitment(story.region.network) == badge.commitment
    end_staff(story.clinic, badge.commitment)
    assert list_staff(story.clinic) == ()
    short = attest_staff(story.clinic, "Doctor Nobody", "physician", days=1)
    assert short.commitment != badge.commitment  # salted
    story.clock.time_ms = short.end
    assert list_staff(story.clinic) == ()


def test_every_read_stands_in_the_access_log(story: Story) -> None:
    handle, badge = take_in(story.north, "Alma", "N-1"), attest_staff(story.north, "Nurse", "nurse")
    headers = list_records(story.north, handle, staff=badge)
    read_record(story.north, handle, headers[0].record, purpose="HOPERAT")
    scope = own_records(story.north, handle, "test", None)
    assert [(e.what, e.purpose, e.staff, e.records) for e in list_reads(story.north, scope)] == [
        (What.LIST, "TREAT", badge.commitment, ()),
        (What.READ, "HOPERAT", None, ((headers[0].record, 1),)),
    ]
    assert anchor(story.north) == (1, ())  # the log of reads is part of what is anchored
    with pytest.raises(NotCustodian):
        list_records(story.south, handle)


def test_a_region_is_founded_once_and_opened_by_its_passphrase(story: Story) -> None:
    home = story.region.home
    with pytest.raises(RegionExists):
        create_region(home, SPEC, PASSPHRASE)
    with pytest.raises(LedgerLocked):
        open_region(home, PASSPHRASE, clock=story.clock)
    story.region.close()
    with pytest.raises(WrongPassphrase):
        open_region(home, "another", clock=story.clock)
    with pytest.raises(NoRegion):
        open_region(home / "nothing", PASSPHRASE)
    with open_region(home, PASSPHRASE, read_only=True, clock=story.clock) as region:
        assert len(list_members(region.ledger)) == 4
        for opened in (region.organisation, region.person):
            with pytest.raises(ReadOnly):
                opened("north")
        with pytest.raises(ReadOnly):
            create_person(region, "anna")


def test_names_of_actors(story: Story, tmp_path) -> None:
    for slug in ("", "../x", "Ä", "-a", "a" * 41):
        with pytest.raises(UnusableName):
            create_person(story.region, slug)
    create_person(story.region, "anna")
    with pytest.raises(WalletExists):
        create_person(story.region, "anna")
    assert story.region.people() == ("anna",) and open_person(story.region, "anna").slug == "anna"
    for opened in (story.region.organisation, story.region.person):
        with pytest.raises(NoSuchActor):
            opened("nobody")
    for members in ((), (SPEC.members[0], SPEC.members[0])):
        with pytest.raises(UnusableName):
            create_region(tmp_path / "other", RegionSpec("x", members), PASSPHRASE)
    assert not (tmp_path / "other").exists()


def test_the_ledger_can_be_looked_at(story: Story, tmp_path) -> None:
    handle = take_in(story.north, "Alma", "N-1")
    give_wallet(story, story.north, handle, "alma")
    ledger = story.region.ledger
    status = ledger_status(ledger)
    assert (status.network, status.height) == (story.region.network, ledger.height()) and status.log_size > 4
    messages = [e.messages for n in range(1, status.height + 1) for e in inspect_block(ledger, n).envelopes]
    assert messages[:3] == [("OpenAccounts",), ("AnchorRelations",), ("InvitePerson",)]
    evidence, value = prove_state(ledger, b"\x02\x04" + handle)
    assert value == ledger.view().get(b"\x02\x04" + handle)
    assert verify(evidence, story.region.genesis).verdict is Verdict.UNWITNESSED
    assert prove_state(ledger, b"\x02\x04" + bytes(32))[1] is None
    manifest, chunks = export_state(ledger, tmp_path / "export")
    assert (tmp_path / "export/manifest.cbor").read_bytes() == manifest
    assert len(list((tmp_path / "export").glob("chunk-*.cbor"))) == chunks >= 1
    assert len(open_accounts(story.north, 3)) == 3
