"""A lost phone, a thief: freezing, re-proving at two desks, the end of it; and helpers, who end with the keys."""

from hashlib import sha256
from random import Random

from properties.lives.base import DAY_MS, device
from properties.lives.changes import Changes
from properties.lives.consents import MEMBERS, TREAT
from properties.lives.model import Helper, Recovery, Word
from salus.contracts.accounts.recovery_messages import (
    CompleteRecovery,
    ConfirmReproof,
    FreezeInPerson,
    ReproveAccount,
)
from salus.contracts.consent.messages import AckDirective, GrantConsent
from salus.contracts.governance.parameters import BOUNDS, Parameter
from salus.contracts.representation.messages import EndDelegate, NameDelegate
from salus.core.hashing import object_id
from salus.core.keys import Role, list_key
from salus.policy.types import Capacity, Effect, GranteeKind, Power
from salus.testing.region import TREATMENT

DELAY_MS = BOUNDS[Parameter.RECOVERY_DELAY_MS].default


class Keys(Changes):
    """What happens to an account's keys, and to whom the person lets act."""

    def freeze(self, r: Random) -> None:
        handle, life = self.life(r)
        who = r.choice((life.custodian, life.custodian, *MEMBERS))
        message = FreezeInPerson(self.members[who].id, self.badge(who), handle)
        may = who == life.custodian and life.claimed and not life.frozen
        if self.expect(may, self.gateway(who), message):
            life.frozen = True

    def reprove(self, r: Random) -> None:
        """The custodian and a second member identify the person, who has new keys."""
        handle, life = self.life(r)
        name, nonce = self.fresh("device"), self.nonce()
        member = self.members[life.custodian]
        staff = self.badge(life.custodian)
        since = r.choice((None, self.model.time - r.choice((0, 1, 10)) * DAY_MS))
        entry = list_key(self.network, handle, Role.DEVICE, device(name))
        message = ReproveAccount(member.id, staff, handle, (entry,), sha256(handle).digest(), since)
        if not self.expect(life.claimed and life.recovery is None, self.gateway(life.custodian), message, nonce=nonce):
            return
        recovery = object_id("recovery", self.network, handle, nonce, 0, 0)
        second = r.choice([one for one in MEMBERS if one != life.custodian])
        confirm = ConfirmReproof(self.members[second].id, self.badge(second), handle, recovery)
        if self.expect(not self.model.members[second].winding, self.gateway(second), confirm):
            life.recovery = Recovery(recovery, name, self.model.time + DELAY_MS, since)

    def complete(self, r: Random) -> None:
        """Somebody carries the end of a recovery, in time or too early."""
        waiting = [(handle, life) for handle, life in sorted(self.model.lives.items()) if life.recovery]
        if not waiting:
            return
        handle, life = r.choice(waiting)
        recovery = life.recovery
        assert recovery is not None
        if r.random() < 0.8:
            self.model.time = max(self.model.time, recovery.due)
        message = CompleteRecovery(self.members["clinic"].id, handle, recovery.id)
        if not self.expect(self.model.time + 1000 >= recovery.due, self.gateway("clinic"), message):
            return
        life.devices, life.recovery, life.frozen = {recovery.device}, None, False
        life.generation += 1
        for word in life.words.values():
            if recovery.since is not None and word.permit and word.standing and word.granted >= recovery.since:
                word.suspended, word.standing = word.acknowledged, word.acknowledged
        if recovery.since is not None and life.choice == "in":
            life.choice = ""

    def name_helper(self, r: Random) -> None:
        """The person lets a member grant for her, or ends that."""
        handle, life = self.life(r)
        who = self.somebody(r, life)
        standing = sorted(name for name, helper in life.helpers.items() if helper.standing)
        if standing and r.random() < 0.4:
            name = r.choice(standing)
            may = self.model.may_act(life, who, False, protects=True)
            if self.expect(may, self.signer(handle, who), EndDelegate(handle, handle, name)):
                life.helpers[name].standing = False
            return
        helper, nonce, end = r.choice(MEMBERS), self.nonce(), self.model.time + 20 * DAY_MS
        message = NameDelegate(handle, self.members[helper].id, (int(Power.GRANT),), (TREATMENT,), self.model.time, end)
        already = any(
            one.name == helper
            and one.standing
            and one.end > self.model.time + 1000
            and one.generation == life.generation
            for one in life.helpers.values()
        )
        may = self.model.may_act(life, who, False, protects=False) and helper != life.custodian and not already
        if self.expect(may, self.signer(handle, who), message, nonce=nonce):
            name = object_id("delegation", self.network, handle, nonce, 0, 0)
            life.helpers[name] = Helper(helper, end, life.generation)

    def grant_by_helper(self, r: Random) -> None:
        handle, life = self.life(r)
        if not life.helpers:
            return
        name = r.choice(sorted(life.helpers))
        helper, nonce, end = life.helpers[name], self.nonce(), self.model.time + 60 * DAY_MS
        grantee = r.choice([one for one in MEMBERS if one != helper.name])
        message = GrantConsent(
            handle,
            int(Capacity.DELEGATE),
            None,
            (int(GranteeKind.ORGANISATION), self.members[grantee].id),
            int(Effect.PERMIT),
            (TREATMENT,),
            self.model.time,
            end,
            0,
            0,
            (False, 0, False),
            sha256(nonce).digest(),
        )
        self.model.time += 1000  # as the act will
        helpers = [one for one in life.helpers.values() if one.name == helper.name and self.model.helps(life, one)]
        self.model.time -= 1000
        may = bool(helpers) and not life.closed and not self.model.barred(life)
        if self.expect(may, self.gateway(helper.name), message, nonce=nonce):
            word = Word(True, False, grantee, TREAT, end, 0, False, self.model.time, True, delegate=helpers[0])
            life.words[object_id("directive", self.network, handle, nonce, 0, 0)] = word
            custodian = self.members[life.custodian]
            made = object_id("directive", self.network, handle, nonce, 0, 0)
            self.expect(True, self.gateway(life.custodian), AckDirective(custodian.id, handle, made))
