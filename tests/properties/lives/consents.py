"""Accounts, directives, releases, restriction: the everyday part of a life."""

from hashlib import sha256
from random import Random

from properties.lives.base import DAY_MS, Simulated, device
from properties.lives.model import Life, Word
from salus.contracts.access.messages import RecordRelease
from salus.contracts.accounts.messages import AddKey, RevokeKey, RevokeOwnKey
from salus.contracts.consent.messages import AckDirective, DenyTotally, GrantConsent, RevokeConsent
from salus.contracts.records.messages import AnchorRelations, RestrictRelation
from salus.core import cose
from salus.core.encoding import encode
from salus.core.hashing import object_id
from salus.core.keys import Role, list_key
from salus.core.request import Request
from salus.policy.types import BasisKind, Capacity, Effect, GranteeKind, Trigger
from salus.testing.region import TREATMENT

MEMBERS = ("hospital", "other", "clinic", "authority")
MOST_LIVES = 4  # so that much happens to each
TREAT = frozenset({"TREAT"})


class Consents(Simulated):
    """Everyday acts by whoever comes: the right one, the wrong one, a stranger."""

    def life(self, r: Random) -> tuple[bytes, Life]:
        handle = r.choice(sorted(self.model.lives))
        return handle, self.model.lives[handle]

    def somebody(self, r: Random, life: Life) -> str:
        """Draw a signer: mostly one who might."""
        likely = sorted(life.devices) or [life.custodian]
        return r.choice((*likely, *likely, *MEMBERS))

    def two_people(self) -> None:
        self.claimed(self.opened("hospital"), 2)
        self.opened("hospital")

    def open_account(self, r: Random) -> None:
        if len(self.model.lives) < MOST_LIVES:
            self.opened(r.choice(MEMBERS))

    def claim(self, r: Random) -> None:
        handle, life = self.life(r)
        if not life.claimed or r.random() < 0.1:  # a second claim is refused, and seldom tried
            self.claimed(handle, r.randint(1, 3))

    def pass_time(self, r: Random) -> None:
        self.model.time += r.choice((1, 3, 31)) * DAY_MS

    def grant(self, r: Random) -> None:
        permit, grantee = r.random() < 0.7, r.choice(MEMBERS)
        days, uses = r.choice((1, 30, 400)), r.randint(0, 2)
        handle, life = self.life(r)
        who, as_custodian = self.somebody(r, life), r.random() < 0.5
        nonce = self.nonce()
        name = object_id("directive", self.network, handle, nonce, 0, 0)
        end = self.model.time + days * DAY_MS
        message = GrantConsent(
            handle,
            int(Capacity.CUSTODIAN if as_custodian else Capacity.SELF),
            None,
            (int(GranteeKind.ORGANISATION), self.members[grantee].id),
            int(Effect.PERMIT if permit else Effect.DENY),
            (TREATMENT,),
            self.model.time,
            end,
            uses if permit else 0,
            0,
            (False, 0, False),
            sha256(nonce).digest(),
        )
        if self.expect(self.may_grant(handle, life, who, as_custodian), self.signer(handle, who), message, nonce=nonce):
            life.words[name] = Word(
                permit, False, grantee, TREAT, end, uses if permit else 0, as_custodian, self.model.time, False
            )
            if r.randint(0, 3):  # mostly at once
                self.expect(
                    True, self.gateway(life.custodian), AckDirective(self.members[life.custodian].id, handle, name)
                )
                life.words[name].acknowledged = True

    def may_grant(self, handle: bytes, life: Life, who: str, as_custodian: bool) -> bool:
        return self.model.may_act(life, who, as_custodian, protects=False)

    def deny(self, r: Random) -> None:
        grantee = r.choice(("", *MEMBERS))
        handle, life = self.life(r)
        who, as_custodian = self.somebody(r, life), r.random() < 0.5
        nonce = self.nonce()
        end = self.model.time + 30 * DAY_MS
        named = (int(GranteeKind.ORGANISATION), self.members[grantee].id) if grantee else (int(GranteeKind.ANYONE), b"")
        capacity = int(Capacity.CUSTODIAN if as_custodian else Capacity.SELF)
        message = DenyTotally(handle, capacity, named, (), self.model.time, end)
        if self.expect(
            self.may_protect(handle, life, who, as_custodian), self.signer(handle, who), message, nonce=nonce
        ):
            name = object_id("directive", self.network, handle, nonce, 0, 0)
            life.words[name] = Word(False, True, grantee, frozenset(), end, 0, as_custodian, self.model.time, True)

    def may_protect(self, handle: bytes, life: Life, who: str, as_custodian: bool) -> bool:
        return self.model.may_act(life, who, as_custodian, protects=True)

    def revoke(self, r: Random) -> None:
        handle, life = self.life(r)
        if not life.words:
            return
        who, as_custodian = self.somebody(r, life), r.random() < 0.5
        name = r.choice(sorted(life.words))
        word = life.words[name]
        message = RevokeConsent(handle, int(Capacity.CUSTODIAN if as_custodian else Capacity.SELF), name)
        may = self.may_protect(handle, life, who, as_custodian) and word.standing
        if self.expect(may, self.signer(handle, who), message):
            word.standing = False

    def acknowledge(self, r: Random) -> None:
        handle, life = self.life(r)
        waiting = sorted(name for name, word in life.words.items() if not word.total)
        if not waiting:
            return
        name = r.choice(waiting)
        word = life.words[name]
        who = r.choice((life.custodian, life.custodian, *MEMBERS))
        message = AckDirective(self.members[who].id, handle, name)
        may = who == life.custodian and word.standing and not word.acknowledged and self.model.time + 1000 < word.end
        if self.expect(may, self.gateway(who), message):
            word.acknowledged = True

    def restrict(self, r: Random) -> None:
        on, who = r.random() < 0.3, r.choice(MEMBERS)
        handle, life = self.life(r)
        message = RestrictRelation(self.members[who].id, handle, on)
        if self.expect(who == life.custodian and life.restricted != on, self.gateway(who), message):
            life.restricted = on

    def change_keys(self, r: Random) -> None:
        handle, life = self.life(r)
        devices = sorted(life.devices)
        if not devices:
            return
        if len(devices) == 1 or r.random() < 0.5:
            name = self.fresh("device")
            entry = list_key(self.network, handle, Role.DEVICE, device(name))
            two = [(handle, device(one)) for one in devices[:2]]
            if self.expect(len(devices) > 1 and self.may_change_keys(life), two, AddKey(handle, entry)):
                life.devices.add(name)
            return
        gone = r.choice(devices)
        kid = device(gone).id(self.network)
        own = r.random() < 0.5
        message = RevokeOwnKey(handle, kid) if own else RevokeKey(handle, kid)
        signers = [gone] if own else devices[:2]
        if self.expect(own or self.may_change_keys(life), [(handle, device(one)) for one in signers], message):
            life.devices.discard(gone)

    def may_change_keys(self, life: Life) -> bool:
        return not self.model.barred(life)

    def release(self, r: Random) -> None:
        recipient = r.choice(MEMBERS)
        handle, life = self.life(r)
        own = not r.randint(0, 4) and bool(life.devices)
        good = sorted(name for name, word in life.words.items() if word.permit and self.model.in_force(word))
        among = good if good and r.randint(0, 3) else sorted(life.words)
        name = None if own or not among else r.choice(among)
        if not own and name is None:
            return
        word = None if name is None else life.words[name]
        if word is not None and word.grantee and r.randint(0, 5):
            recipient = word.grantee  # mostly the one that is meant
        root = self.anchor(handle, life)
        asker = device(r.choice(sorted(life.devices))) if own else self.members[recipient].gateway
        request = Request(handle, bytes(32), TREATMENT, None, bytes(32), self.nonce(), self.model.time + 60_000)
        raw = cose.sign("request", self.network, encode(request), [asker])
        version = 1 if word is not None else 0
        message = RecordRelease(
            self.members[life.custodian].id,
            raw,
            (int(BasisKind.SELF if own else BasisKind.DIRECTIVE), name, version),
            root,
            sha256(raw).digest(),
            int(Trigger.REQUEST),
            self.model.time + 30_000,
        )
        self.model.time += 1000  # as the act will: a word may end in this very second
        may = self.may_release(handle, life, recipient, word, own)
        self.model.time -= 1000
        if self.expect(may, self.gateway(life.custodian), message) and word is not None:
            word.used += 1

    def may_release(self, handle: bytes, life: Life, recipient: str, word: Word | None, own: bool) -> bool:
        return self.model.may_release(life, recipient, "TREAT", word, own)

    def anchor(self, handle: bytes, life: Life) -> bytes:
        """Give the relation a new root, unless its custody is offered: then it stays as it was handed over."""
        member = self.members[life.custodian]
        new = sha256(self.nonce()).digest()
        entry = (handle, life.root, new)
        may = self.model.members[life.custodian].holds(self.model.time + 1000)
        if self.expect(may, self.gateway(life.custodian), AnchorRelations(member.id, (entry,))) and not life.offered:
            life.root = new
        return life.root or bytes(32)
