"""All parts of a life in one machine: what happens next is drawn by weight."""

from collections.abc import Callable
from random import Random

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from properties.lives.organisations import Organisations

EVERYDAY = {
    "claim": 2,
    "pass_time": 2,
    "grant": 6,
    "deny": 1,
    "revoke": 1,
    "acknowledge": 2,
    "restrict": 1,
    "change_keys": 2,
    "release": 6,
    "release_by_set": 4,
    "prefer": 4,
    "open_account": 1,
}
SELDOM = {
    "die": 2,
    "close": 1,
    "offer": 1,
    "accept": 2,
    "merge": 2,
    "unmerge": 1,
    "freeze": 1,
    "reprove": 2,
    "complete": 4,
    "name_helper": 4,
    "grant_by_helper": 4,
    "vote_on_member": 2,
    "suspend_at_once": 2,
    "vote_on_set": 2,
    "put_under": 3,
    "hold": 2,
    "ask_erasure": 2,
    "answer_erasure": 3,
}
ACTS = [name for part in (EVERYDAY, SELDOM) for name, weight in part.items() for _ in range(weight)]


class Lives(Organisations):
    """Everything that may happen to anybody, people and organisations."""

    @initialize()
    def begin(self) -> None:
        self.two_people()

    @rule(act=st.sampled_from(ACTS), drawn=st.integers(0, 2**64 - 1))
    def live(self, act: str, drawn: int) -> None:
        """Something happens; `drawn` decides to whom and how, so that a shorter life stays the same life."""
        do: Callable[[Random], None] = getattr(self, act)
        do(Random(drawn))
