"""Custodial accounts and invitations: what is written, and the defects by name."""

from typing import Any

from contracts import people
from contracts.founding import Network, key
from contracts.people import DAY
from contracts.precedence import NOW, Outcome
from salus.contracts.accounts import errors, events, keys, queries
from salus.contracts.accounts.messages import (
    ClaimAccount,
    ConfirmClaim,
    InvitePerson,
    OpenAccounts,
)
from salus.contracts.accounts.types import (
    Invitation,
    Person,
    PersonState,
)
from salus.contracts.governance import keeper as governance_keeper
from salus.contracts.governance.types import Member, MemberState
from salus.core.encoding import encode
from salus.core.hashing import object_id
from salus.core.signatures import SigningKey
from salus.state.overlay import Overlay

NETWORK = Network()
FIRST, SECOND = NETWORK.members[0].id, NETWORK.members[1].id
PHONE, TABLET, THIEF = key("phone"), key("tablet"), key("thief")
DELAY = 259_200_000


def carry(state: Overlay, payload: Any, signers: list[SigningKey], time: int = NOW) -> Outcome:
    """Have the fourth member carry a claim; what it wrote is not kept."""
    message = ClaimAccount(NETWORK.members[3].id, people.signed_claim(NETWORK, payload, signers))
    scene = NETWORK.scene(message, NETWORK.gateway(3), state)
    scene.time = time
    return scene.run()


def confirm(state: Overlay, handle: bytes, claim: bytes, custodian: int = 0) -> Outcome:
    message = ConfirmClaim(NETWORK.members[custodian].id, handle, claim)
    return NETWORK.scene(message, NETWORK.gateway(custodian), state).commit()


def test_custodial_accounts_are_written_exactly() -> None:
    scene = NETWORK.scene(OpenAccounts(FIRST, 1000), NETWORK.gateway(0))
    outcome = scene.run()
    handles = [object_id("handle", NETWORK.id, FIRST, scene.nonce, 0, entry) for entry in range(1000)]
    person = Person(FIRST, PersonState.CUSTODIAL, 0, None, None, False)
    assert outcome.writes == {keys.person_key(handle): encode(person) for handle in handles}
    assert outcome.events == (events.AccountsOpened(FIRST, tuple(handles)),)


def test_handle_reused_at_two_custodians() -> None:
    state = NETWORK.state()
    one, other = people.open_account(NETWORK, state, 0), people.open_account(NETWORK, state, 1)
    assert one != other, "the same nonce gives each custodian handles of its own"
    assert queries.custodian_of(state, one) == FIRST
    assert queries.custodian_of(state, other) == SECOND
    again = NETWORK.scene(OpenAccounts(FIRST, 1), NETWORK.gateway(0), state)
    again.nonce = b"o" * 16
    assert again.run().code == errors.AccountExists.code


def test_claimed_account_is_not_reset_by_a_nonce_used_twice() -> None:
    state = NETWORK.state()
    handle = people.claimed(NETWORK, state, [PHONE])
    again = NETWORK.scene(OpenAccounts(FIRST, 1), NETWORK.gateway(0), state)
    again.nonce = b"o" * 16
    assert again.run().code == errors.AccountExists.code
    person = queries.person(state, handle)
    assert person is not None and person.state == PersonState.CLAIMED


def test_invitation_is_written_exactly_and_the_next_replaces_it() -> None:
    state = NETWORK.state()
    handle = people.open_account(NETWORK, state)
    for name in ("one", "two"):
        secret = key(name)
        scene = NETWORK.scene(InvitePerson(FIRST, handle, secret.public, NOW + DAY), NETWORK.gateway(0), state)
        outcome = scene.commit()
        assert outcome.writes == {
            keys.owner_key(secret.id(NETWORK.id)): handle,
            keys.invitation_key(handle): encode(Invitation(secret.public, NOW + DAY)),
        }
        assert outcome.events == (events.PersonInvited(handle, FIRST, NOW + DAY),)
    payload = people.claim_payload(NETWORK, handle, [PHONE])
    assert carry(state, payload, [key("one"), PHONE]).code == errors.WrongSigners.code, "the first is void"
    assert carry(state, payload, [key("two"), PHONE]).code == 0


def test_invitation_secret_used_for_two_handles() -> None:
    state = NETWORK.state()
    one = people.open_account(NETWORK, state, 0)
    other = people.open_account(NETWORK, state, 1)
    secret = people.invite(NETWORK, state, one)
    again = InvitePerson(SECOND, other, secret.public, NOW + DAY)
    assert NETWORK.scene(again, NETWORK.gateway(1), state).run().code == errors.KeyListed.code


def test_suspended_or_closing_custodian_still_lets_its_patients_claim() -> None:
    state = NETWORK.state()
    handle = people.open_account(NETWORK, state)
    governance_keeper.put_member(state, FIRST, Member(MemberState.WINDING_DOWN, True, True))
    confirm(state, handle, people.claim(NETWORK, state, handle, [PHONE]))
    person = queries.person(state, handle)
    assert person is not None and person.state == PersonState.CLAIMED
