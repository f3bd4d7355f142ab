"""What a layman would expect: who holds an account, who may act for it, what stands, what may be released.

Plain dictionaries and no message, key layout or refusal of the contracts. Each `may_…` answers for one act.
"""

from dataclasses import dataclass, field


@dataclass
class Word:
    """A directive: somebody's word, permit or deny."""

    permit: bool
    total: bool
    grantee: str  # a member's name, or "" for anyone (a deny)
    purposes: frozenset[str]  # empty: all
    end: int
    uses: int  # 0: unlimited
    by_custodian: bool
    acknowledged: bool
    standing: bool = True
    used: int = 0


@dataclass
class Life:
    """One account and relation."""

    custodian: str
    claimed: bool = False
    devices: set[str] = field(default_factory=set)  # names of live keys
    words: dict[bytes, Word] = field(default_factory=dict)
    anchored: bool = False
    restricted: bool = False
    holds: int = 0


@dataclass
class Model:
    """All of them."""

    time: int
    lives: dict[bytes, Life] = field(default_factory=dict)
    suspended_recipient: set[str] = field(default_factory=set)
    suspended_custodian: set[str] = field(default_factory=set)

    def may_act(self, life: Life, signer: str, as_custodian: bool) -> bool:
        """May the signer act for the person, in the person's own name or as the custodian of a custodial account?"""
        if as_custodian:
            return not life.claimed and signer == life.custodian
        return life.claimed and signer in life.devices

    def may_release(self, life: Life, recipient: str, purpose: str, word: Word | None, own: bool) -> bool:
        """May the records go to the recipient, on this word or as the person's own?"""
        if own:
            return life.claimed and bool(life.devices)
        if recipient in self.suspended_recipient or life.custodian in self.suspended_custodian:
            return False
        if word is None or not self.in_force(word) or not word.permit or not word.acknowledged:
            return False
        if word.grantee != recipient or not covers(word, purpose) or (word.uses and word.used >= word.uses):
            return False
        return not life.restricted and not any(self.denies(other, recipient, purpose) for other in life.words.values())

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
