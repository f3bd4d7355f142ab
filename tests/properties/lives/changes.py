"""Death and its reversal, closing, change of custody, merging."""

from hashlib import sha256
from random import Random

from properties.lives.consents import MEMBERS, Consents
from salus.contracts.accounts.messages import AttestStaff
from salus.contracts.records.messages import MergeRelations, UnmergeRelations
from salus.contracts.records.messages_life import (
    AcceptCustody,
    CloseRelation,
    OfferCustody,
    RecordDeath,
    ReopenRelation,
    ReverseDeath,
    WithdrawOffer,
)
from salus.core import cose
from salus.core.approval import APPROVAL, MergeApproval
from salus.core.encoding import encode
from salus.core.keys import FOREVER
from salus.policy.types import Capacity
from salus.testing.region import key


class Changes(Consents):
    """What happens to a relation as a whole."""

    def badge(self, member: str) -> bytes:
        """Somebody whom the member attests."""
        badges = self.__dict__.setdefault("_badges", {})
        if member not in badges:
            commitment = sha256(f"staff of {member}".encode()).digest()
            message = AttestStaff(self.members[member].id, commitment, 0, FOREVER)
            self.expect(True, self.gateway(member), message)
            badges[member] = commitment
        found: bytes = badges[member]
        return found

    def die(self, r: Random) -> None:
        handle, life = self.life(r)
        who = r.choice((life.custodian, life.custodian, *MEMBERS))
        kind = ReverseDeath if life.deceased and r.random() < 0.8 else RecordDeath
        message = kind(self.members[who].id, handle, self.badge(who), sha256(self.nonce()).digest())
        may = who == life.custodian and life.deceased == (kind is ReverseDeath)
        if self.expect(may, self.gateway(who), message):
            life.deceased = kind is RecordDeath

    def close(self, r: Random) -> None:
        handle, life = self.life(r)
        who = r.choice((life.custodian, life.custodian, *MEMBERS))
        kind = ReopenRelation if life.closed and r.random() < 0.8 else CloseRelation
        may = who == life.custodian and life.closed == (kind is ReopenRelation)
        may = may and (kind is CloseRelation or self.model.members[who].holds(self.model.time + 1000))
        if self.expect(may, self.gateway(who), kind(self.members[who].id, handle)):
            life.closed = kind is CloseRelation

    def offer(self, r: Random) -> None:
        """Offer the custody, or take the offer back. The message itself stands; what became of its entry is a code."""
        handle, life = self.life(r)
        who = r.choice((life.custodian, life.custodian, *MEMBERS))
        if life.offered and r.random() < 0.3:
            self.expect(True, self.gateway(who), WithdrawOffer(self.members[who].id, (handle,)))
            if who == life.custodian:
                life.offered = ""
            return
        to = r.choice([name for name in MEMBERS if name != who])
        message = OfferCustody(self.members[who].id, self.members[to].id, (handle,))
        made = self.expect(self.model.members[to].takes_new(self.model.time + 1000), self.gateway(who), message)
        if made and who == life.custodian and not life.offered and not life.merged:
            life.offered = to

    def accept(self, r: Random) -> None:
        handle, life = self.life(r)
        who = life.offered or r.choice(MEMBERS)
        root = life.root if r.random() < 0.9 else sha256(b"another root").digest()
        message = AcceptCustody(self.members[who].id, ((handle, root),))
        done = self.expect(self.model.members[who].takes_new(self.model.time + 1000), self.gateway(who), message)
        if not done or life.offered != who or root != life.root:
            return
        life.custodian, life.offered = who, ""
        self.lapse_of_custodian(life)
        for word in life.words.values():
            if not word.total:
                word.acknowledged = False

    def merge(self, r: Random) -> None:
        """Merge two relations: every claimed account of either group approves, or one forgets to."""
        one, other = sorted(r.sample(sorted(self.model.lives), 2))
        first, second = self.model.lives[one], self.model.lives[other]
        group = self.model.group(first) + [life for life in self.model.group(second) if life is not first]
        custodian = self.members[first.custodian]
        together = second in self.model.group(first)
        whole, approvals = True, []
        for name, life in sorted(self.model.lives.items()):
            if life not in group or not life.claimed:
                continue
            device = r.choice(sorted(life.devices)) if life.devices and r.random() < 0.9 else ""
            whole = whole and bool(device) and not life.deceased and not life.closed and not self.model.barred(life)
            if device:
                approvals.append(self.approval(name, one, other, device))
        may = whole and not together and first.custodian == second.custodian
        may = may and not any((life.deceased or life.closed) for life in group if not life.claimed)
        if self.expect(may, self.gateway(first.custodian), MergeRelations(custodian.id, one, other, tuple(approvals))):
            first.merged.add(other)
            second.merged.add(one)

    def approval(self, relation: bytes, one: bytes, other: bytes, device: str) -> bytes:
        until = self.model.time + 86_400_000
        payload = MergeApproval(relation, int(Capacity.SELF), one, other, self.nonce(), until)
        return cose.sign(APPROVAL, self.network, encode(payload), [key("device: " + device)])

    def unmerge(self, r: Random) -> None:
        linked = sorted((a, b) for a, life in self.model.lives.items() for b in life.merged if a < b)
        if not linked:
            return
        one, other = r.choice(linked)
        first, second = self.model.lives[one], self.model.lives[other]
        by = self.members[first.custodian].id
        if self.expect(True, self.gateway(first.custodian), UnmergeRelations(by, int(Capacity.CUSTODIAN), one, other)):
            first.merged.discard(other)
            second.merged.discard(one)
