"""Scenario 10: a death is recorded in error and reversed; every decision is again what it was, and so is the state."""

from typing import Any

import pytest
from story_family import Adult, adult, attest, terms
from story_policies import policy_set, prefer, put_under, record_order, rule
from story_region import DAY_MS, START_MS, Story, ask, give_wallet, grant_laboratory, records_of, take_in

from salus.contracts.consent import errors as consent_errors
from salus.contracts.representation.types import Kind, Springs
from salus.core.errors import Refusal
from salus.core.request import Request
from salus.policy.filter import UNFILTERED
from salus.policy.policies import Choice, Mode
from salus.policy.reasons import Reason
from salus.policy.types import Capacity, Power
from salus.services import lookup
from salus.services.accounting import accounting
from salus.services.act_for import ActsFor, accounting_for, grant_for
from salus.services.actors import Organisation
from salus.services.attest_staff import Badge, attest_staff
from salus.services.authorise import AskedFor, Authorised, authorise, pushed_to
from salus.services.death import death_notes, record_death, reverse_death
from salus.services.delegates import name_delegate
from salus.services.deliver import Delivery
from salus.services.deposit import deposit
from salus.services.errors import ActsForNobody
from salus.services.inbox import collect, process_inbox
from salus.services.life_state import LifeState, life_state, life_state_at
from salus.services.receive_for import ReceivedFor
from salus.services.refuse import Refused
from salus.services.represent import Mandate, name_proxy
from salus.services.request import request_for, request_own


class Scene:
    """Alma granted the clinic her laboratory results, opted in to research, and a court ordered a report."""

    def __init__(self, story: Story) -> None:
        self.story, self.handle = story, take_in(story.north, "Alma", "N-1")
        self.alma = give_wallet(story, story.north, self.handle, "alma")
        grant_laboratory(story, self.alma, self.handle)
        policies = policy_set(story, rule(story, "HRESCH", Mode.OPT_IN), rule(story, "PUBHLTH", Mode.MANDATED))
        put_under(story, self.handle, policies)
        prefer(story, self.alma, self.handle, "HRESCH", int(Choice.IN))
        record_order(story, self.handle, "regulator", "HPAYMT")
        self.doctor: Badge = attest_staff(story.north, "Doctor Somebody", "physician")

    @property
    def north(self) -> Organisation:
        return self.story.north

    def asked(self, recipient: str, code: str) -> AskedFor:
        state = self.north.ledger.view()
        account = self.story.region.organisation(recipient).account
        return pushed_to(self.north, bytes(32), self.handle, account, lookup.purpose_number(state, code), UNFILTERED)

    def own(self) -> AskedFor:
        number = lookup.purpose_number(self.north.ledger.view(), "PATRQT")
        payload = Request(self.handle, bytes(32), number, None, bytes(32), bytes(16), 0)
        return AskedFor(bytes(32), b"own", payload, self.handle, True, UNFILTERED, b"")

    def decisions(self) -> list[Any]:
        """What the gateway decides about a list of questions: the treatment, research, a mandate, an order, her own."""
        questions = [
            *(self.asked("clinic", code) for code in ("TREAT", "HRESCH", "PUBHLTH", "HPAYMT")),
            *(self.asked("south", code) for code in ("TREAT", "HRESCH")),
            self.asked("regulator", "HPAYMT"),
            self.own(),
        ]
        return [plain(authorise(self.north, question)) for question in questions]

    def state(self) -> dict[bytes, bytes]:
        """Every key of every contract; the heads of log and ids that were seen are the machine's."""
        store = self.story.region.ledger._chain.machine.store
        return {key: value for key, value in store.items() if 1 <= key[0] < 16}


def plain(answer: Authorised | Reason) -> Any:
    return answer if isinstance(answer, Reason) else answer.decision._replace(height=0)


@pytest.fixture
def scene(story: Story) -> Scene:
    return Scene(story)


def test_a_reversal_restores_each_decision_and_the_exact_state(scene: Scene) -> None:
    before, state = scene.decisions(), scene.state()
    assert [isinstance(one, Reason) for one in before] == [False, False, False, True, True, True, False, False]

    record_death(scene.north, scene.handle, scene.doctor, "certificate 17")
    died = scene.decisions()
    over = Reason.PERSON_DECEASED
    barred = [one if isinstance(one, Reason) else None for one in died]
    assert barred == [over, over, None, over, over, over, None, over]
    assert (died[2], died[6]) == (before[2], before[6]), "what the law demands goes on as before"
    changed = {key for key in scene.state().keys() | state.keys() if scene.state().get(key) != state.get(key)}
    assert changed == {b"\x03\x10" + scene.handle}

    reverse_death(scene.north, scene.handle, scene.doctor, "the certificate was another patient's")
    assert scene.decisions() == before
    assert scene.state() == state


def test_a_death_ends_who_acted_for_her_and_starts_her_estate_and_the_reversal_restores_them(scene: Scene) -> None:
    story, alma, handle = scene.story, scene.alma, scene.handle
    friend, helper, executor = (adult(story, name) for name in ("friend", "helper", "executor"))
    name_proxy(alma, handle, Mandate(friend.account, Kind.PROXY, ("TREAT",)))
    name_delegate(alma, handle, helper.account, (Power.GRANT,), ("TREAT",), 30)
    attest(story, handle, executor, kind=Kind.ESTATE, springs=Springs.DEATH)
    living = ((friend, Capacity.REPRESENTATIVE), (helper, Capacity.DELEGATE))

    def permits(who: Adult, capacity: Capacity) -> bool:
        """Whether one of them may permit something for her, whatever its own wallet thinks of it."""
        try:
            grant_for(who.person, ActsFor(who.account, handle, capacity), terms(story, "TREAT"))
        except consent_errors.NotAuthorised:
            return False
        assert isinstance(process_inbox(scene.north)[-1].outcome, bytes)  # acknowledged
        return True

    assert all(permits(*one) for one in living)
    with pytest.raises(ActsForNobody):
        accounting_for(executor.person, handle)
    before, state = scene.decisions(), scene.state()

    # She has died: they do nothing for her any more, and the executor sees her account.
    record_death(scene.north, handle, scene.doctor, "certificate 17")
    assert not any(permits(*one) for one in living)
    assert accounting_for(executor.person, handle).lines[-1].what == "died"

    # It was an error: all is as it was, to the byte, and each of them again may what it might.
    reverse_death(scene.north, handle, scene.doctor, "she walked in")
    assert scene.decisions() == before and scene.state() == state
    with pytest.raises(ActsForNobody):
        accounting_for(executor.person, handle)
    assert all(permits(*one) for one in living)

    # At the end she does die, and her estate receives what the hospital keeps of her.
    record_death(scene.north, handle, scene.doctor, "certificate 18")
    request_for(executor.person, executor.account, handle)
    (done,) = process_inbox(scene.north)
    assert isinstance(done.outcome, Delivery)
    (view,) = collect(executor.person)
    assert isinstance(view, ReceivedFor) and len(view.records) == 5

    # What an estate permits is held, and releases nothing: what rests on a living person's word is over.
    assert permits(executor, Capacity.REPRESENTATIVE)
    ask(story, handle, attest_staff(story.clinic, "Doctor Nobody", "physician"))
    (answer,) = process_inbox(scene.north)
    assert isinstance(answer.outcome, Refused) and answer.outcome.reason == Reason.PERSON_DECEASED


def test_after_a_death_her_own_keys_do_nothing(scene: Scene) -> None:
    record_death(scene.north, scene.handle, scene.doctor, "certificate 17")
    with pytest.raises(Refusal, match="may act"):
        grant_laboratory(scene.story, scene.alma, scene.handle)
    request_own(scene.alma, scene.handle)
    (answer,) = process_inbox(scene.north)
    assert isinstance(answer.outcome, Refused) and answer.outcome.reason == Reason.PERSON_DECEASED
    assert collect(scene.alma) == ()
    reverse_death(scene.north, scene.handle, scene.doctor, "an error")
    request_own(scene.alma, scene.handle)
    process_inbox(scene.north)
    assert len(collect(scene.alma)) == 1


def test_a_clinic_that_asks_for_treatment_of_the_dead_is_told(scene: Scene) -> None:
    badge = attest_staff(scene.story.clinic, "Doctor Nobody", "physician")
    record_death(scene.north, scene.handle, scene.doctor, "certificate 17")
    ask(scene.story, scene.handle, badge)
    (answer,) = process_inbox(scene.north)
    assert isinstance(answer.outcome, Refused) and answer.outcome.reason == Reason.PERSON_DECEASED


def test_late_findings_are_still_taken_in(scene: Scene) -> None:
    record_death(scene.north, scene.handle, scene.doctor, "certificate 17")
    assert deposit(scene.north, records_of("Alma", "N-1", START_MS + DAY_MS)).records == 5


def test_how_and_when_stay_in_the_vault(scene: Scene) -> None:
    record_death(scene.north, scene.handle, scene.doctor, "found at home on a Tuesday")
    (note,) = death_notes(scene.north, scene.handle)
    assert (note.evidence, note.reversal, note.staff) == ("found at home on a Tuesday", False, scene.doctor.commitment)
    assert not any(b"Tuesday" in value for value in scene.state().values())
    reverse_death(scene.north, scene.handle, scene.doctor, "she walked in")
    assert sorted(one.reversal for one in death_notes(scene.north, scene.handle)) == [False, True]


def test_the_wallet_and_the_account_show_it(scene: Scene) -> None:
    view = scene.alma.ledger.view
    assert life_state(view(), scene.handle, scene.story.clock.time_ms) == (LifeState.CLAIMED,)
    record_death(scene.north, scene.handle, scene.doctor, "certificate 17")
    assert life_state(view(), scene.handle, scene.story.clock.time_ms) == (LifeState.CLAIMED, LifeState.DECEASED)
    assert life_state_at(scene.north, scene.handle) == (LifeState.CLAIMED, LifeState.DECEASED)
    reverse_death(scene.north, scene.handle, scene.doctor, "an error")
    assert life_state(view(), scene.handle, scene.story.clock.time_ms) == (LifeState.CLAIMED,)
    account = accounting(scene.alma.ledger, scene.handle)
    told = [line.what for line in account.lines if line.what in ("died", "lives")]
    assert sorted(told) == ["died", "lives"]
