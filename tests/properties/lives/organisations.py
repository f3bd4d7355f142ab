"""What members vote and do together: suspensions, winding down, policy sets; and what they keep a relation under."""

from hashlib import sha256
from random import Random

from hypothesis.stateful import invariant

from properties.lives.consents import MEMBERS
from properties.lives.keys import Keys
from properties.lives.model import Rules
from salus.contracts.access.messages import RecordRelease
from salus.contracts.consent import keeper as consent_keeper
from salus.contracts.consent.messages import NamePolicySet, SetPreference
from salus.contracts.governance.messages import ACTIONS, EmergencySuspend, Propose, SetMemberState, SetPolicySet, Vote
from salus.contracts.governance.parameters import BOUNDS, Parameter
from salus.contracts.governance.policies import policy_set_id
from salus.contracts.governance.types import MemberState
from salus.contracts.records.messages import AnswerPetition, LiftHold, Petition, PlaceHold
from salus.contracts.records.types import Ground, Outcome, PetitionKind
from salus.core import cose
from salus.core.encoding import encode
from salus.core.hashing import object_id
from salus.core.request import Request
from salus.core.signatures import SigningKey
from salus.core.types import Message
from salus.policy.policies import (
    NO_SET,
    NORMAL,
    RESTRICTED,
    Choice,
    EmergencyRule,
    Mode,
    PolicyRule,
    PolicySet,
)
from salus.policy.types import BasisKind, Capacity, OrganisationRole, Trigger
from salus.testing.region import TREATMENT

LASTS_MS = BOUNDS[Parameter.EMERGENCY_SUSPENSION_MS].default
NUMBER = {shape: number for number, shape in ACTIONS.items()}
MODES = {"mandated": Mode.MANDATED, "permitted": Mode.PERMITTED, "opt-out": Mode.OPT_OUT, "opt-in": Mode.OPT_IN}
ANSWERS = {"done": Outcome.DONE, "refused": Outcome.REFUSED, "deferred": Outcome.DEFERRED}
GROUNDS = {"done": Ground.NONE, "refused": Ground.LAW, "deferred": Ground.LEGAL_HOLD}


class Organisations(Keys):
    """What happens to organisations, and what the law that they voted does to people."""

    @invariant()
    def what_was_chosen_stands(self) -> None:
        """The set that the custodian named, and what the person or the custodian prefers, are what the model says."""
        for handle, life in self.model.lives.items():
            chosen = consent_keeper.get_chosen(self.machine.store, handle)
            said = ((TREATMENT, int(Choice[life.choice.upper()])),) if life.choice else ()
            assert (chosen.set, chosen.preference) == (life.under or NO_SET, said)

    def administration(self, name: str) -> list[tuple[bytes, SigningKey]]:
        """The administration key of a member as signer."""
        return [(self.members[name].id, self.members[name].administration)]

    def decided(self, r: Random, action: Message, possible: bool) -> bytes | None:
        """Let a member propose and the others vote; return the proposal that was carried out."""
        proposer, nonce = r.choice(MEMBERS), self.nonce()
        active = [name for name in MEMBERS if not self.model.members[name].winding]
        votes = [(name, r.random() < 0.9) for name in active]
        effective = self.machine.height + len(votes) + 2
        propose = Propose(self.members[proposer].id, effective, ((NUMBER[type(action)], encode(action)),))
        if not self.expect(possible and proposer in active, self.administration(proposer), propose, nonce=nonce):
            return None
        proposal = object_id("proposal", self.network, self.members[proposer].id, nonce, 0, 0)
        for name, approves in votes:
            self.expect(True, self.administration(name), Vote(self.members[name].id, proposal, approves))
        self.idle()
        return proposal if 3 * sum(approves for _, approves in votes) > 2 * len(active) else None

    def vote_on_member(self, r: Random) -> None:
        """Suspend a member, let it wind down, or let it be as the others."""
        name, winding = r.choice(MEMBERS), r.random() < 0.15
        what = (r.random() < 0.2, r.random() < 0.2)
        state = MemberState.WINDING_DOWN if winding else MemberState.ACTIVE
        possible = not winding or name != "hospital"  # which runs the validator
        if self.decided(r, SetMemberState(self.members[name].id, int(state), *what), possible) is not None:
            member = self.model.members[name]
            member.winding, member.voted, member.until, member.spent = winding, what, (0, 0), set()

    def suspend_at_once(self, r: Random) -> None:
        """Some members suspend another until a time, which nobody has to end."""
        name, by = r.choice(MEMBERS), set(r.sample(MEMBERS, r.choice((1, 2, 2, 2))))
        what = (r.random() < 0.7, r.random() < 0.7)
        at = self.model.time + 1000
        message = EmergencySuspend(self.members[name].id, *what, tuple(sorted(self.members[one].id for one in by)))
        signers = sorted(signer for one in by for signer in self.administration(one))
        if self.expect(self.model.may_suspend(name, by, what, at), signers, message):
            member = self.model.members[name]
            ends = [at + LASTS_MS if add and end <= at else end for add, end in zip(what, member.until, strict=True)]
            member.until, member.spent = (ends[0], ends[1]), member.spent | by

    def vote_on_set(self, r: Random) -> None:
        """Vote a policy set, or its next version."""
        mode, role, objection = r.choice(sorted(MODES)), r.choice((0, *OrganisationRole)[:3]), r.random() < 0.5
        rule = PolicyRule(TREATMENT, int(role), int(MODES[mode]), NORMAL, objection, False)
        body = PolicySet("", (rule,), EmergencyRule(None, 0, 0), RESTRICTED, ())
        sets = sorted(self.model.sets)
        old = r.choice((None, *sets) if len(sets) < 3 else sets)
        proposal = self.decided(r, SetPolicySet(old, body), possible=True)
        if proposal is not None:
            named = policy_set_id(self.network, proposal, 0) if old is None else old
            version = 1 if old is None else self.model.sets[named].version + 1
            self.model.sets[named] = Rules(version, mode, int(role), objection)

    def put_under(self, r: Random) -> None:
        handle, life = self.life(r)
        who, named = r.choice((life.custodian, life.custodian, *MEMBERS)), r.choice((NO_SET, *sorted(self.model.sets)))
        message = NamePolicySet(self.members[who].id, handle, named)
        if self.expect(who == life.custodian, self.gateway(who), message):
            life.under = None if named == NO_SET else named

    def prefer(self, r: Random) -> None:
        handle, life = self.life(r)
        who, as_custodian = self.somebody(r, life), r.random() < 0.3
        choice = r.choice(("in", "in", "in", "out", ""))
        said = ((TREATMENT, int(Choice[choice.upper()])),) if choice else ()
        message = SetPreference(handle, int(Capacity.CUSTODIAN if as_custodian else Capacity.SELF), said)
        if self.expect(self.model.may_act(life, who, as_custodian, protects=False), self.signer(handle, who), message):
            life.choice, life.chosen_by_custodian = choice, as_custodian

    def release_by_set(self, r: Random) -> None:
        """Release without any word of the person's, on the set that the relation is under or on another."""
        if not self.model.sets:
            return
        placed = sorted(name for name, life in self.model.lives.items() if life.under is not None)
        handle = r.choice(placed) if placed and r.random() < 0.9 else r.choice(sorted(self.model.lives))
        life = self.model.lives[handle]
        named = life.under if life.under is not None and r.random() < 0.9 else r.choice(sorted(self.model.sets))
        meant = [name for name in MEMBERS if self.model.sets[named].role in (0, self.model.members[name].role)]
        recipient, root = r.choice((*meant, *meant, *MEMBERS)), self.anchor(handle, life)
        version = max(self.model.sets[named].version - (r.random() < 0.1), 1)
        until = self.model.time + 60_000
        request = Request(handle, bytes(32), TREATMENT, None, bytes(32), self.nonce(), until)
        raw = cose.sign("request", self.network, encode(request), [self.members[recipient].gateway])
        basis = (int(BasisKind.POLICY), named, version)
        by, leaves = self.members[life.custodian].id, sha256(raw).digest()
        message = RecordRelease(by, raw, basis, root, leaves, int(Trigger.REQUEST), until - 30_000)
        self.model.time += 1000  # as the act will
        may = self.model.may_release_by_set(life, recipient, "TREAT", named, version)
        self.model.time -= 1000
        self.expect(may, self.gateway(life.custodian), message)

    def hold(self, r: Random) -> None:
        """Place a hold, or lift one."""
        handle, life = self.life(r)
        who = r.choice((life.custodian, life.custodian, *MEMBERS))
        if life.holds and r.random() < 0.6:
            name = r.choice(sorted(life.holds))
            if self.expect(who == life.custodian, self.gateway(who), LiftHold(self.members[who].id, handle, name)):
                life.holds.discard(name)
            return
        nonce = self.nonce()
        message = PlaceHold(self.members[who].id, handle, sha256(nonce).digest())
        if self.expect(who == life.custodian, self.gateway(who), message, nonce=nonce):
            life.holds.add(object_id("hold", self.network, self.members[who].id, nonce, 0, 0))

    def ask_erasure(self, r: Random) -> None:
        handle, life = self.life(r)
        who, as_custodian, nonce = self.somebody(r, life), r.random() < 0.3, self.nonce()
        capacity = int(Capacity.CUSTODIAN if as_custodian else Capacity.SELF)
        message = Petition(handle, capacity, int(PetitionKind.ERASE), sha256(nonce).digest())
        may = self.model.may_petition(life, who, as_custodian)
        if self.expect(may, self.signer(handle, who), message, nonce=nonce):
            life.erasures[object_id("petition", self.network, handle, nonce, 0, 0)] = "open"

    def answer_erasure(self, r: Random) -> None:
        """Say that it was done, refused, or put off for a hold."""
        waiting = sorted(name for name, life in self.model.lives.items() if life.erasures)
        if not waiting:
            return
        handle = r.choice(waiting)
        life = self.model.lives[handle]
        who, name = r.choice((life.custodian, life.custodian, *MEMBERS)), r.choice(sorted(life.erasures))
        said = r.choice(sorted(ANSWERS))
        by, receipt = self.members[who].id, sha256(self.nonce()).digest()
        message = AnswerPetition(by, handle, name, int(ANSWERS[said]), int(GROUNDS[said]), receipt)
        may = who == life.custodian and self.model.may_answer(life, life.erasures[name], said)
        if self.expect(may, self.gateway(who), message):
            life.erasures[name] = said
