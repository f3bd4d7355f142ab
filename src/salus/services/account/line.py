"""A line of an account, and what the descriptions of events share."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from salus.contracts.accounts import queries as accounts
from salus.core.types import Message
from salus.policy.types import Grantee, GranteeKind, OrganisationRole
from salus.services import lookup
from salus.services.account.law import Law
from salus.services.account.words import Text
from salus.services.errors import UnknownPurpose
from salus.state.overlay import Reader

ACKNOWLEDGEMENT, CUSTODIAN, DESK, ANSWER, DEFERRED = "acknowledgement", "custodian", "desk", "answer", "deferred"
REVIEW = "review"
REPRESENTATIVE = "representative"
PERSON, ORGANISATION, ROLE, GROUP, ANYONE = "person", "organisation", "role", "group", "anyone"  # kinds of party


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened, at `index` of the ledger's log, where anybody can have it proved."""

    index: int
    height: int
    time: int
    leaf: bytes  # of the log, RFC 9162
    what: str = ""  # the row's name
    party: str = ""  # kind of the other side; empty where nobody in particular is meant
    organisation: bytes | None = None  # the other side, by account
    role: int | None = None  # the other side, where it is every member of a role
    name: str = ""  # of that side, in English words
    realm: str = ""  # of an organisation
    purposes: tuple[str, ...] = ()  # codes
    purpose: str = ""  # the same in one text; "everything" where a deny is for all
    basis: str = ""  # self, directive, policy, order, break-glass; empty where nothing was released
    directive: bytes | None = None  # or the policy set, or the order, that a release rests on
    version: int | None = None
    reason_number: int | None = None  # of a refusal, policy.reasons
    reason: str = ""  # in English; also of a break-glass, a verdict; who attested, who recorded an order
    request: bytes | None = None
    acknowledged: bool | None = None  # of a release: did the recipient confirm it
    waits_for: str = ""  # what is still to come: acknowledgement, custodian, desk, answer, deferred
    due: int | None = None  # until when it was to come, milliseconds
    law: Law | None = None  # the rule of the policy set that a release rests on, with its places in the law
    happened: int | None = None  # where it happened before it came to the ledger, milliseconds


Describe = Callable[[Reader, Line, Any, bytes], Line]  # (state, the line so far, event, relation)


class Row(NamedTuple):
    """How an account tells of one class of events."""

    what: str  # stable name, for programs
    text: Text  # for people
    describe: Describe


Rows = dict[type[Message], Row]


def ground_of(line: Line) -> str:
    """Return in a few words what a line rests on, or why it says no."""
    if line.directive is None:
        return line.reason or line.basis
    kind = "" if line.basis in ("", "directive") else line.basis
    stands = named_ground(kind, line.directive, line.version, line.law)
    return f"{stands}: {line.reason}" if line.reason else stands


def named_ground(kind: str, ground: bytes, version: int | None, law: Law | None) -> str:
    """Return a ground by its kind, name and version, with the rule and its places in the law where one is known."""
    named = f"{law.set} ({ground.hex()[:12]})" if law is not None and law.set else ground.hex()[:12]
    stands = f"{kind} {named}".strip() + (f", version {version}" if version else "")
    return f"{stands}, {law.words}" if law is not None and law.words else stands


def plain(state: Reader, line: Line, event: Message, relation: bytes) -> Line:
    """Describe an event by its other side, directive and version, as far as it has them."""
    side = next((found for name in ("custodian", "carrier") if (found := getattr(event, name, None))), None)
    line = line if side is None else other(state, line, side, relation)
    return replace(line, directive=getattr(event, "directive", None), version=getattr(event, "version", None))


def other(state: Reader, line: Line, account: bytes, relation: bytes) -> Line:
    """Return the line with the account as its other side."""
    if account == relation:
        return replace(line, party=PERSON, name="the person")
    if accounts.person(state, account) is not None:
        return replace(line, party=REPRESENTATIVE, name="who acts for the person")
    profile = accounts.organisation(state, account)
    line = replace(line, party=ORGANISATION, organisation=account)
    return line if profile is None else replace(line, name=profile.name, realm=profile.realm)


def to(state: Reader, line: Line, grantee: Grantee, purposes: tuple[int, ...]) -> Line:
    """Return the line with whom and what a directive is for."""
    kind, name = grantee
    codes = tuple(purpose(state, number) for number in purposes)
    line = replace(line, purposes=codes, purpose=", ".join(codes) or "everything")
    if kind == GranteeKind.ORGANISATION:
        return other(state, line, name, b"")
    if kind == GranteeKind.ROLE:
        role = OrganisationRole(int.from_bytes(name, "big"))
        return replace(line, party=ROLE, role=int(role), name=f"every {role.name.lower()}")
    group = kind == GranteeKind.GROUP
    return replace(line, party=GROUP if group else ANYONE, name="a group" if group else "anyone")


def purpose(state: Reader, number: int) -> str:
    """Return the code of a purpose, or its number where the table has lost it."""
    try:
        return lookup.purpose_code(state, number)
    except UnknownPurpose:
        return str(number)
