"""Look-ups of the small region: the clinic asks the hospital, or a locator in the name of the care network."""

from typing import Any

import msgspec

from contracts.precedence import NETWORK, NOW, Defect, Scene
from contracts.region import (
    ACTING,
    BREAK_GLASS,
    BY_HOSPITAL,
    CLINIC,
    GROUP,
    HOSPITAL,
    RELATION,
    STAFF,
    TREAT,
    emergency,
    key,
    list_key,
    name,
    put_policy,
    region,
    signer,
)
from salus.contracts import discovery
from salus.contracts.accounts import keeper as accounts_keeper
from salus.contracts.accounts.types import Organisation
from salus.contracts.consent.for_access import ForAccess
from salus.contracts.context import Signer
from salus.contracts.discovery.keys import answer_key
from salus.contracts.discovery.messages import RecordLocate
from salus.contracts.discovery.types import Answered
from salus.contracts.governance import keeper as governance_keeper
from salus.contracts.governance import queries as governance
from salus.contracts.governance.types import Member, MemberState
from salus.contracts.records import queries as records_queries
from salus.core import cose
from salus.core.encoding import encode
from salus.core.hashing import T
from salus.core.keys import Role
from salus.core.lookup import LOOKUP, Lookup
from salus.core.types import Message
from salus.policy.types import OrganisationRole
from salus.state.overlay import Overlay

DISCOVERY = discovery.contract(ACTING, governance, records_queries, ForAccess(governance))
HANDLERS = {DISCOVERY.messages[number]: handler for number, handler in DISCOVERY.handlers.items()}
LOCATOR = name("locator")
BY_LOCATOR = signer(LOCATOR, "locator", Role.GATEWAY)


def with_locator() -> Overlay:
    """The region with a locator; the relation's set lets the care network break the glass."""
    state = region()
    accounts_keeper.put_organisation(
        state, LOCATOR, Organisation("locator", "north", (int(OrganisationRole.LOCATOR),), 1, bytes(32))
    )
    governance_keeper.put_member(state, LOCATOR, Member(MemberState.ACTIVE, False, False))
    list_key(state, LOCATOR, "locator", Role.GATEWAY)
    put_policy(state, emergency=emergency())
    return state


def lookup(**fields: Any) -> Lookup:
    """What the clinic's member of staff asks the hospital."""
    sound = Lookup(HOSPITAL, name("query"), TREAT, STAFF, name("seal key"), None, b"l" * 16, NOW + 1000)
    return msgspec.structs.replace(sound, **fields)


def emergency_lookup(**fields: Any) -> Lookup:
    """What the clinic's member of staff asks the locator."""
    return lookup(**({"answerer": LOCATOR, "purpose": BREAK_GLASS, "group": GROUP} | fields))


def signed(payload: Lookup, text: str = "clinic", network: bytes = NETWORK) -> bytes:
    return cose.sign(LOOKUP, network, encode(payload), [key(text)])


def lookup_id(payload: Lookup) -> bytes:
    return T("look-up", NETWORK, encode(payload))


def scene(message: Message, *signers: Signer, state: Overlay | None = None) -> Scene:
    return Scene(HANDLERS[type(message)], message, list(signers), with_locator() if state is None else state)


def matched(asked: Lookup | None = None, relation: bytes | None = RELATION) -> Scene:
    """The hospital answers a look-up among its own."""
    asked = lookup() if asked is None else asked
    s = scene(RecordLocate(HOSPITAL, signed(asked), relation), BY_HOSPITAL)
    s.notes["lookup"] = asked
    return s


def located(asked: Lookup | None = None, relation: bytes | None = RELATION) -> Scene:
    """The locator answers."""
    asked = emergency_lookup() if asked is None else asked
    s = scene(RecordLocate(LOCATOR, signed(asked), relation), BY_LOCATOR)
    s.notes["lookup"] = asked
    return s


def asking(**fields: Any) -> Defect:
    """Another look-up in its place; what is wrong with its bytes stays wrong."""

    def defect(s: Scene) -> None:
        s.notes["lookup"] = msgspec.structs.replace(s.notes["lookup"], **fields)
        rebuild(s)

    return defect


def noting(what: str) -> Defect:
    def defect(s: Scene) -> None:
        s.notes[what] = True
        rebuild(s)

    return defect


def rebuild(s: Scene) -> None:
    payload = s.notes["lookup"]
    raw = signed(payload)
    if s.notes.get("forged"):
        raw = raw[:-1] + bytes((raw[-1] ^ 1,))
    if s.notes.get("answered"):
        answer = Answered(payload.answerer, NOW - 1, payload.not_after, None)
        s.state.put(answer_key(CLINIC, lookup_id(payload)), encode(answer))
    s.change(lookup=raw[:-1] if s.notes.get("malformed") else raw)
