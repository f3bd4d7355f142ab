"""Members: state, roles, keys, since when, and what was decided about them."""

import msgspec
from starlette.responses import Response

from salus.api.explorer.answers import answer
from salus.api.explorer.decided import DecisionView, about
from salus.api.explorer.errors import NoSuchMember
from salus.api.explorer.index import Decided
from salus.api.explorer.parameters import ACCOUNT, identifier
from salus.api.explorer.shown import phrase
from salus.api.explorer.status import founded
from salus.api.explorer.view import Phrase
from salus.api.explorer.words.values import word
from salus.api.operation import JSON, Call, Content, Operation
from salus.api.served import Served
from salus.contracts.accounts import keeper
from salus.contracts.accounts.types import Key, KeyStatus
from salus.contracts.governance import queries as governance
from salus.contracts.governance.events import MemberAdmitted
from salus.contracts.governance.types import MemberState
from salus.core.keys import FOREVER, Role
from salus.policy.types import OrganisationRole
from salus.services import lookup
from salus.services.account.markup import clean
from salus.services.account.words import Text
from salus.services.members import MemberView, list_members


class MemberSummary(msgspec.Struct, frozen=True):
    """A member in a list. `since`: when members admitted it last; a founder's is the network's beginning."""

    account: str
    name: str
    realm: str
    roles: tuple[Phrase, ...]
    state: str  # active, winding-down, left, succeeded
    state_words: Phrase
    suspended_recipient: bool
    suspended_custodian: bool
    validator: int  # power of its validators, 0: none
    founder: bool
    since: int


class KeyView(msgspec.Struct, frozen=True):
    """A key of an organisation. `end` is None where it has none."""

    id: str
    role: Phrase
    public: str
    start: int
    end: int | None
    live: bool
    words: Phrase  # live, not yet, past its end, revoked


class MemberPage(msgspec.Struct, frozen=True):
    """A member with its keys, and what governance did about it, the newest first."""

    member: MemberSummary
    threshold: int
    seal_key: str
    successor: str | None
    successor_name: str | None
    emergency_until: int | None
    keys: tuple[KeyView, ...]
    history: tuple[DecisionView, ...]


class Members(msgspec.Struct, frozen=True):
    """All members, by name."""

    members: tuple[MemberSummary, ...]


_LIVE, _REVOKED = Text("live", "有效"), Text("revoked", "已作废")
_NOT_YET, _OVER = Text("not yet", "尚未生效"), Text("past its end", "已过期")


def show_members(served: Served) -> Members:
    """Return all members."""
    events = served.reading.chronicle.events()
    return Members(tuple(_summary(served, view, events) for view in list_members(served.ledger)))


def _summary(served: Served, view: MemberView, events: list[Decided]) -> MemberSummary:
    admitted = [
        one.time for one in events if isinstance(one.event, MemberAdmitted) and one.event.member == view.account
    ]
    validators = governance.validators(served.ledger.view())
    return MemberSummary(
        view.account.hex(),
        clean(view.name),
        clean(view.realm),
        tuple(phrase(word(OrganisationRole, role)) for role in view.roles),
        view.state,
        phrase(word(MemberState, MemberState[view.state.upper().replace("-", "_")])),
        view.suspended_recipient or view.emergency[0] > 0,
        view.suspended_custodian or view.emergency[1] > 0,
        sum(one.power for one in validators if one.member == view.account),
        not admitted,
        admitted[-1] if admitted else founded(served.genesis)[1],
    )


def show_member(served: Served, account: bytes) -> MemberPage:
    """Return one member; raise NoSuchMember."""
    ledger = served.ledger
    view = next((one for one in list_members(ledger) if one.account == account), None)
    if view is None:
        raise NoSuchMember
    state, now = ledger.view(), ledger.now()
    profile = lookup.organisation(state, account)
    events = served.reading.chronicle.events()
    successor = view.successor
    return MemberPage(
        _summary(served, view, events),
        profile.threshold,
        profile.seal_key.hex(),
        None if successor is None else successor.hex(),
        None if successor is None else clean(lookup.organisation(state, successor).name),
        max(view.emergency) or None,
        tuple(_key(key, entry, now) for key, entry in keeper.listed_keys(state, account)),
        about(served, events, account),
    )


def _key(key: bytes, entry: Key, now: int) -> KeyView:
    live = entry.status == KeyStatus.LISTED and entry.start <= now < entry.end
    words = (
        _LIVE if live else _REVOKED if entry.status != KeyStatus.LISTED else _NOT_YET if now < entry.start else _OVER
    )
    end = None if entry.end >= FOREVER else entry.end
    return KeyView(key.hex(), phrase(word(Role, entry.role)), entry.public.hex(), entry.start, end, live, phrase(words))


async def listed(call: Call) -> Response:
    """Answer all members."""
    await call.served.reading.chronicle.reader.caught_up()
    return answer(await call.served.work.run(show_members, call.served))


async def one(call: Call) -> Response:
    """Answer one member."""
    account = identifier(call, ACCOUNT)
    await call.served.reading.chronicle.reader.caught_up()
    return answer(await call.served.work.run(show_member, call.served, account))


OPERATIONS = (
    Operation(
        "GET",
        "/explorer/members",
        "explorerMembers",
        "explorer",
        "The members of the network.",
        listed,
        {200: Content(JSON, Members)},
        cost=5,
    ),
    Operation(
        "GET",
        "/explorer/members/{account}",
        "explorerMember",
        "explorer",
        "A member: state, roles, keys, what was decided about it.",
        one,
        {200: Content(JSON, MemberPage)},
        parameters=(ACCOUNT,),
        cost=5,
    ),
)
