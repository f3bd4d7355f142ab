"""What governance did about a member, as a list."""

import msgspec

from salus.api.explorer.index import Decided
from salus.api.explorer.view import Phrase
from salus.api.explorer.words import EVENTS
from salus.api.explorer.words.values import word
from salus.api.served import Served
from salus.contracts.governance import events as e
from salus.contracts.governance.types import MemberState
from salus.core.types import Message
from salus.services import lookup
from salus.services.account.markup import clean

MOST = 50


class DecisionView(msgspec.Struct, frozen=True):
    """An event of governance, with its place in the log."""

    index: int
    height: int
    time: int
    title: Phrase
    detail: Phrase


def about(served: Served, events: list[Decided], account: bytes) -> tuple[DecisionView, ...]:
    """Return the newest events that name a member, the newest first."""
    found = [one for one in reversed(events) if _names(one.event, account)]
    return tuple(_view(served, one) for one in found[:MOST])


def _names(event: Message, account: bytes) -> bool:
    for name in getattr(type(event), "SUBJECTS", ()):
        value = getattr(event, name)
        if account in (value if isinstance(value, tuple) else (value,)):
            return True
    return False


def _view(served: Served, one: Decided) -> DecisionView:
    title = EVENTS[type(one.event)]
    return DecisionView(one.index, one.height, one.time, Phrase(title.en, title.zh), _detail(served, one.event))


def _detail(served: Served, event: Message) -> Phrase:
    state = served.ledger.view()
    match event:
        case e.MemberStateSet():
            words = word(MemberState, event.state)
            return Phrase(words.en, words.zh)
        case e.ProposalMade():
            return Phrase(f"takes effect at block {event.effective}", f"拟于第 {event.effective} 区块生效")
        case e.BallotCast():
            return Phrase("in favour", "赞成") if event.approve else Phrase("against", "反对")
        case e.ProposalApplied() | e.ProposalLapsed():
            said = f"{event.approvals} / {event.active}"
            return Phrase(said, said)
        case e.MemberSucceeded():
            name = clean(lookup.organisation(state, event.successor).name)
            return Phrase(f"by {name}", f"承继方：{name}")
        case e.GroupSet():
            return Phrase(*[clean(event.name)] * 2)
    return Phrase("", "")
