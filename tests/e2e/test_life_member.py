"""East Hospital applies, is admitted, suspended in an emergency, winds down, is succeeded; its patient keeps access.

Its keys were in escrow with three members. When the hospital is gone and its keystore with it, the successor opens the
escrow, and the vault gives everything it held.
"""

import pytest
from story_members import decide, suspend
from story_region import DAY_MS, Story, ask, clinician, give_wallet, laboratory_terms, records_of, take_in

from salus.bootstrap import MemberSpec, enrol, escrow_secrets, keep_escrow, read_escrow, restore_secrets
from salus.contracts.accounts import errors as accounts_errors
from salus.contracts.accounts.messages import OpenAccounts
from salus.contracts.governance import errors as governance_errors
from salus.contracts.governance import queries as governance
from salus.contracts.governance.messages import AdmitMember, SetMemberState, SucceedMember
from salus.contracts.governance.types import MemberState
from salus.policy.reasons import Reason
from salus.policy.types import OrganisationRole
from salus.services.actors import Organisation, Person
from salus.services.anchor import anchor
from salus.services.attest_staff import attest_staff, list_staff
from salus.services.deliver import Delivery
from salus.services.deposit import deposit
from salus.services.errors import EscrowNotOpened, OtherEscrow, TooFewShares
from salus.services.grant import grant
from salus.services.inbox import collect, process_inbox
from salus.services.make_escrow import make_escrow
from salus.services.open_accounts import open_accounts
from salus.services.open_escrow import Opener, ask_holders, forget_shares, gather, open_file, read_file
from salus.services.receive import Received
from salus.services.receive_own import OwnView
from salus.services.refuse import Refused
from salus.services.rehearse_escrow import rehearse, view_escrow
from salus.services.release_share import release_share
from salus.services.request import request, request_own
from salus.services.restore_openings import restore_openings
from salus.services.winding_down import still_held
from salus.vault.errors import NoKeystore

EAST = MemberSpec("East Hospital", "east", (OrganisationRole.HOSPITAL,))


def own_access(east: Organisation, person: Person, handle: bytes) -> int:
    """Let a patient ask for her own; return how many records she got."""
    request_own(person, handle)
    (answer,) = [done for done in process_inbox(east) if done.kind == "request"]
    assert isinstance(answer.outcome, Delivery), answer.outcome
    (view,) = collect(person)
    assert isinstance(view, OwnView), view
    return len(view.records)


def asked_by_the_clinic(story: Story, east: Organisation, handle: bytes) -> object:
    """Let the clinic ask for treatment; return what it got, or why not."""
    ask(story, handle, clinician(story))
    (answer,) = process_inbox(east)
    if isinstance(answer.outcome, Refused):
        process_inbox(story.clinic)
        return answer.outcome.reason
    (received,) = [done.outcome for done in process_inbox(story.clinic) if done.kind == "delivery"]
    return received


def test_the_life_of_a_member_and_what_its_patient_has_meanwhile(story: Story) -> None:
    # An applicant has an account and may nothing.
    east = enrol(story.region, "north", EAST)
    assert still_held(east).state == "applicant"
    with pytest.raises(accounts_errors.NotMember):
        story.north.carrier.submit_now(east.build(OpenAccounts(east.account, 1)).raw)

    # Admitted, it takes in a patient, who has a wallet and lets the clinic see her laboratory results.
    decide(story, AdmitMember(east.account))
    handle = take_in(east, "Alma", "E-1")
    alma = give_wallet(story, east, handle, "alma")
    grant(alma, handle, laboratory_terms(story.clinic))
    process_inbox(east)
    doctor = attest_staff(east, "Doctor East", "physician")
    assert isinstance(asked_by_the_clinic(story, east, handle), Received)

    # Its keys go into escrow: three holders, any two of whom can give them back.
    holders = [story.north, story.south, story.clinic]
    make_escrow(
        east,
        escrow_secrets(story.region, "east"),
        [holder.account for holder in holders],
        2,
        lambda raw: keep_escrow(story.region, "east", raw),
    )
    for holder in holders:
        assert [done.kind for done in process_inbox(holder)] == ["share"]
    assert [done.kind for done in process_inbox(east)] == ["share-receipt"] * 3
    assert b"Doctor" not in read_escrow(story.region, "east") and handle not in read_escrow(story.region, "east")
    rehearsed = rehearse(east, read_escrow(story.region, "east"))
    assert (rehearsed.confirmed, rehearsed.holders, rehearsed.threshold, rehearsed.joined) == (3, 3, 2, 3)

    # Two members suspend it in an emergency. The patient has her own, and it ends by itself.
    ends = suspend(story, east, "south", "regulator", recipient=True, custodian=True)
    assert ends.custodian_until == story.region.ledger.now() + 3 * DAY_MS
    with pytest.raises(accounts_errors.CustodianSuspended):
        open_accounts(east, 1)
    with pytest.raises(accounts_errors.CustodianSuspended):  # not even into an account that it opened before
        take_in(east, "Cilla", "E-2")
    assert asked_by_the_clinic(story, east, handle) is Reason.NOT_PERMITTED
    elsewhere = take_in(story.north, "Berta", "N-2")
    request(east, elsewhere, "TREAT", doctor)
    (refused,) = process_inbox(story.north)
    assert isinstance(refused.outcome, Refused) and refused.outcome.reason is Reason.RECIPIENT_SUSPENDED
    assert own_access(east, alma, handle) == 5
    with pytest.raises(governance_errors.AlreadySuspended):
        suspend(story, east, "south", "regulator", custodian=True)
    story.clock.advance(3 * DAY_MS)
    with pytest.raises(governance_errors.SaidBefore):
        suspend(story, east, "south", "regulator", custodian=True)
    assert isinstance(asked_by_the_clinic(story, east, handle), Received)

    # It winds down: nobody new, and everything for the patients it has.
    decide(story, SetMemberState(east.account, int(MemberState.WINDING_DOWN), False, False))
    with pytest.raises(accounts_errors.NotMember):
        open_accounts(east, 1)
    with pytest.raises(accounts_errors.NotMember):
        take_in(east, "Cilla", "E-2")
    deposit(east, records_of("Alma", "E-1", story.region.ledger.now()))  # for a patient it has
    assert anchor(east).refused == ()
    assert isinstance(asked_by_the_clinic(story, east, handle), Received)
    assert own_access(east, alma, handle) == 10
    held = still_held(east)
    assert (held.state, held.relations, held.claimed, held.clear) == ("winding-down", (handle,), 1, False)

    # South Hospital succeeds it, and inherits no grant.
    decide(story, SucceedMember(east.account, story.south.account))
    assert governance.successor_of(story.region.ledger.view(), east.account) == story.south.account
    story.reopen()
    alma = story.region.person("alma")
    east = story.region.organisation("east")
    assert own_access(east, alma, handle) == 10
    assert asked_by_the_clinic(story, east, handle) is Reason.NOT_PERMITTED
    request(story.south, handle, "TREAT", attest_staff(story.south, "Doctor South", "physician"))
    (nothing,) = process_inbox(east)
    assert isinstance(nothing.outcome, Refused) and nothing.outcome.reason is Reason.NOT_PERMITTED

    # Its keystore is lost. The successor's administration asks for the shares; the holders see that on the ledger.
    home = story.region.home
    story.region.release_actors()
    (home / "organisations/east/keystore.sealed").unlink()
    with pytest.raises(NoKeystore):
        story.region.organisation("east")
    with pytest.raises(EscrowNotOpened):
        release_share(story.north, east.account)
    file = read_file(story.region.ledger, read_escrow(story.region, "east"))
    with pytest.raises(governance_errors.NotEntitled):
        story.north.send_administration(ask_holders(story.north, east.account))
    story.south.send_administration(ask_holders(story.south, east.account))
    opener = Opener(story.south.account, story.south.seal_key, story.region.ledger, story.region.exchange)
    assert release_share(story.north, east.account) == story.south.account
    with pytest.raises(TooFewShares):
        open_file(story.region.network, file, gather(opener, file.header).shares.values())
    release_share(story.clinic, east.account)
    gathered = gather(opener, file.header)
    assert sorted(gathered.shares) == sorted([story.north.account, story.clinic.account]) and gathered.unfit == ()
    escrowed = open_file(story.region.network, file, gathered.shares.values())
    assert len(escrowed.staff) == 1 and [part[0] for part in escrowed.parts] == [handle]

    # The vault opens, reads everything, and the patient still has her own.
    assert "vault" in restore_secrets(story.region, "east", escrowed)
    assert (forget_shares(opener, file.header), gather(opener, file.header).shares) == (2, {})
    east = story.region.organisation("east")
    assert [badge.name for badge in list_staff(east)] == ["Doctor East"]
    assert restore_openings(east, escrowed) == (1, 1, 0)
    assert own_access(east, alma, handle) == 10
    view = view_escrow(east, file)
    assert view is not None and view.opened_by == story.south.account
    assert all(holder.received for holder in view.holders)


def test_a_newer_escrow_ends_the_one_before(story: Story) -> None:
    accounts = [story.south.account, story.clinic.account]
    files: list[bytes] = []
    secrets = escrow_secrets(story.region, "north")
    for _ in range(2):
        make_escrow(story.north, secrets, accounts, 2, files.append)
    with pytest.raises(OtherEscrow):
        read_file(story.region.ledger, files[0])
    outcomes = [done.outcome for done in process_inbox(story.south)]
    assert isinstance(outcomes[0], OtherEscrow) and not isinstance(outcomes[1], OtherEscrow)
    assert read_file(story.region.ledger, files[1]).header.threshold == 2
