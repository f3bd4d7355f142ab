"""What a layman would expect: who holds an account, who may act for it, what stands, what may be released.

Plain dictionaries and no message, key layout or refusal of the contracts. Each `may_…` answers for one act.
"""

from dataclasses import dataclass, field


@dataclass(eq=False)
class Word:
    """A directive: somebody's word, permit or deny."""

    permit: bool
    total: bool
    grantee: str  # a member's name, or "" for anyone (a deny)
    purposes: frozenset[str]  # empty: all
    end: int
    uses: int  # 0: unlimited
    by_custodian: bool
    granted: int
    acknowledged: bool
    standing: bool = True
    used: int = 0
    suspended: bool = False  # given while somebody else may have had the keys
    delegate: "Helper | None" = None  # who gave it for the person


@dataclass(eq=False)
class Recovery:
    """Two members identified the person, who has new keys from `due` on."""

    id: bytes
    device: str
    due: int
    since: int | None


@dataclass(eq=False)
class Helper:
    """A member that the person lets grant for her."""

    name: str
    end: int
    generation: int
    standing: bool = True


@dataclass(eq=False)
class Member:
    """An organisation among the others."""

    role: int
    winding: bool = False  # takes in nothing new and gets nothing; what it keeps it goes on with
    voted: tuple[bool, bool] = (False, False)  # suspended by vote: as recipient, as custodian
    until: tuple[int, int] = (0, 0)  # suspended in an emergency
    spent: set[str] = field(default_factory=set)  # who suspended it so, since members last voted on it

    def receives(self, at: int) -> bool:
        """May it be given anything?"""
        return not self.winding and not self.voted[0] and at >= self.until[0]

    def holds(self, at: int) -> bool:
        """May it take in and give out what it keeps?"""
        return not self.voted[1] and at >= self.until[1]

    def takes_new(self, at: int) -> bool:
        """May somebody new come to it?"""
        return not self.winding and self.holds(at)


@dataclass(eq=False)
class Rules:
    """A policy set of one rule, for treatment."""

    version: int
    mode: str  # mandated, permitted, opt-out, opt-in
    role: int  # of the recipient; 0: any
    objection: bool


@dataclass(eq=False)
class Life:
    """One account and relation."""

    custodian: str
    claimed: bool = False
    devices: set[str] = field(default_factory=set)  # names of live keys
    words: dict[bytes, Word] = field(default_factory=dict)
    root: bytes | None = None  # as it was anchored last
    restricted: bool = False
    deceased: bool = False
    closed: bool = False
    offered: str = ""  # the member to which custody is offered
    frozen: bool = False
    recovery: "Recovery | None" = None
    generation: int = 0
    helpers: dict[bytes, Helper] = field(default_factory=dict)
    merged: set[bytes] = field(default_factory=set)  # linked to it directly
    under: bytes | None = None  # the policy set
    choice: str = ""  # in, out
    chosen_by_custodian: bool = False
    holds: set[bytes] = field(default_factory=set)
    erasures: dict[bytes, str] = field(default_factory=dict)  # open, deferred, done, refused


@dataclass(eq=False)
class Model:
    """All of them."""

    time: int
    lives: dict[bytes, Life] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    sets: dict[bytes, Rules] = field(default_factory=dict)

    def may_act(self, life: Life, signer: str, as_custodian: bool, protects: bool) -> bool:
        """May the signer act for the person, in the person's own name or as the custodian of a custodial account?"""
        if life.deceased or (not protects and (life.closed or self.barred(life))):
            return False
        return self.speaks(life, signer, as_custodian)

    def speaks(self, life: Life, signer: str, as_custodian: bool) -> bool:
        """Is the signer who it says: the custodian of an account that nobody claimed, or a device of one that is?"""
        if as_custodian:
            return not life.claimed and signer == life.custodian
        return life.claimed and signer in life.devices

    def may_petition(self, life: Life, signer: str, as_custodian: bool) -> bool:
        """May the signer ask something of the custodian for the person, whose relation may be closed?"""
        if life.deceased or self.barred(life):
            return False
        return (
            not life.claimed and signer == life.custodian if as_custodian else life.claimed and signer in life.devices
        )

    def may_answer(self, life: Life, before: str, said: str) -> bool:
        """May the custodian answer an erasure so? Nothing is destroyed while a hold stands, nor put off without one."""
        if before in ("done", "refused") or before == said:
            return False
        if said == "refused":
            return before == "open"
        return bool(life.holds) == (said == "deferred")

    def may_release(self, life: Life, recipient: str, purpose: str, word: Word | None, own: bool) -> bool:
        """May the records go to the recipient, on this word or as the person's own?"""
        if life.root is None:
            return False
        if own:
            return bool(life.devices) and not life.deceased and not self.barred(life)
        if life.deceased or life.closed:
            return False
        if not self.members[recipient].receives(self.time) or not self.members[life.custodian].holds(self.time):
            return False
        if word is None or not self.in_force(word) or not word.permit or not word.acknowledged:
            return False
        if word.grantee != recipient or not covers(word, purpose) or (word.uses and word.used >= word.uses):
            return False
        if word.suspended or not self.authority_holds(life, word):
            return False
        every = [other for one in self.group(life) for other in one.words.values()]
        return not life.restricted and not any(self.denies(other, recipient, purpose) for other in every)

    def may_release_by_set(self, life: Life, recipient: str, purpose: str, named: bytes, version: int) -> bool:
        """May the records go to the recipient because members so voted, without a word of the person's?"""
        if life.root is None or life.restricted or named != life.under or self.sets[named].version != version:
            return False
        if not self.members[recipient].receives(self.time) or not self.members[life.custodian].holds(self.time):
            return False
        rule = self.sets[named]
        if rule.role not in (0, self.members[recipient].role):
            return False
        if rule.mode == "mandated":
            return True
        group = self.group(life)
        if (
            life.deceased
            or life.closed
            or any(self.denies(w, recipient, purpose) for g in group for w in g.words.values())
        ):
            return False
        if rule.mode == "permitted" and not rule.objection:
            return True
        if any(one.choice == "out" for one in group):
            return False
        return rule.mode != "opt-in" or life.choice == "in"

    def may_suspend(self, name: str, by: set[str], what: tuple[bool, bool], at: int) -> bool:
        """May these members suspend another at once?"""
        active = {one for one, member in self.members.items() if not member.winding}
        out = {one for one, member in self.members.items() if max(member.until) > at}
        member = self.members[name]
        adds = any(wanted and end <= at for wanted, end in zip(what, member.until, strict=True))
        if not adds or len(by) < 2 or name in by or not by <= active or by & out or by & member.spent:
            return False
        return member.winding or 3 * len(active - out - {name}) > 2 * len(active)

    def barred(self, life: Life) -> bool:
        """Is the account frozen, or being recovered?"""
        return life.frozen or life.recovery is not None

    def authority_holds(self, life: Life, word: Word) -> bool:
        """Does the authority of who gave the word for the person still stand?"""
        return word.delegate is None or self.helps(life, word.delegate)

    def helps(self, life: Life, helper: Helper) -> bool:
        """May the helper act: named, in its time, and by the keys that the account has?"""
        live = helper.standing and self.time < helper.end and helper.generation == life.generation
        return live and not life.deceased

    def group(self, life: Life) -> list[Life]:
        """The life, and all that are merged with it, directly or by way of others."""
        names = [name for name, one in self.lives.items() if one is life]
        for name in names:
            names += [other for other in sorted(self.lives[name].merged) if other not in names]
        return [self.lives[name] for name in names]

    def denies(self, word: Word, recipient: str, purpose: str) -> bool:
        """Is this a deny of everything, for this recipient and purpose, now? One that nobody acknowledged is."""
        return (
            not word.permit
            and self.in_force(word)
            and (word.total or not word.acknowledged)
            and word.grantee in ("", recipient)
            and covers(word, purpose)
        )

    def in_force(self, word: Word) -> bool:
        """Does the word stand at this time?"""
        return word.standing and self.time < word.end


def covers(word: Word, purpose: str) -> bool:
    """Does the word speak of this purpose?"""
    return not word.purposes or purpose in word.purposes
