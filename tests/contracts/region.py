"""A small region in a state of its own: a hospital, two clinics, a patient; for the contracts about data.

What accounts and governance hold is put there by their own keepers, and their own queries answer.
"""

from hashlib import sha256
from typing import Any

import msgspec

from contracts.precedence import NETWORK, NOW, Nothing, Scene
from salus.contracts import access, consent, records, representation
from salus.contracts.accounts import keeper as accounts_keeper
from salus.contracts.accounts.for_records import hand_over
from salus.contracts.accounts.types import Key, KeyStatus, Organisation, Person, PersonState, Staff
from salus.contracts.acting import Acting
from salus.contracts.consent import keeper as consent_keeper
from salus.contracts.consent.for_access import ForAccess
from salus.contracts.consent.lapse import lapse_at_transfer
from salus.contracts.consent.types import Chosen
from salus.contracts.consent.uses import count_use
from salus.contracts.context import Signer
from salus.contracts.governance import keeper as governance_keeper
from salus.contracts.governance import queries as governance
from salus.contracts.governance.types import Group, Member, MemberState, Policies
from salus.contracts.records import keeper as records_keeper
from salus.contracts.records import queries as records_queries
from salus.contracts.records.types import Relation
from salus.core import cose
from salus.core.encoding import encode
from salus.core.genesis import Purpose
from salus.core.glass import GlassReason
from salus.core.hashing import T
from salus.core.keys import FOREVER, Role
from salus.core.request import GLASS, REQUEST, GlassRequest, Request
from salus.core.signatures import SigningKey
from salus.core.types import Message
from salus.policy.policies import EmergencyRule, Mode, Order, PolicyRule, PolicySet
from salus.policy.purposes import ACT_REASON
from salus.policy.types import Directive, Effect, GranteeKind, OrganisationRole, Status
from salus.state.overlay import Overlay, Reader

ACTING = Acting()
SUCCESSION = b"\x01\x7f"  # of this region alone: 01 7f member -> its successor


def successor_of(state: Reader, member: bytes) -> bytes | None:
    """What governance answers once members can vote a successor."""
    return state.get(SUCCESSION + member)


RECORDS = records.contract(ACTING, governance, hand_over, lapse_at_transfer, successor_of)
CONSENT = consent.contract(ACTING, governance)
ACCESS = access.contract(ACTING, governance, records_queries, ForAccess(governance), count_use)
REPRESENTATION = representation.contract(ACTING, governance, ForAccess(governance), ACTING)
HANDLERS = {
    contract.messages[number]: handler
    for contract in (RECORDS, CONSENT, ACCESS, REPRESENTATION)
    for number, handler in contract.handlers.items()
}

TREAT, PAYMENT, EMERGENCY, BREAK_GLASS, RESEARCH, PATIENT = 1, 2, 3, 4, 5, 6
PURPOSES = (
    Purpose(TREAT, ACT_REASON, "TREAT", ()),
    Purpose(PAYMENT, ACT_REASON, "HPAYMT", ()),
    Purpose(EMERGENCY, ACT_REASON, "ETREAT", (TREAT,)),
    Purpose(BREAK_GLASS, ACT_REASON, "BTG", (EMERGENCY, TREAT)),  # a table nobody should vote for
    Purpose(RESEARCH, ACT_REASON, "HRESCH", ()),
    Purpose(PATIENT, ACT_REASON, "PATRQT", ()),
)


def name(text: str) -> bytes:
    return sha256(text.encode()).digest()


HOSPITAL, CLINIC, OTHER, REGULATOR = name("hospital"), name("clinic"), name("other clinic"), name("regulator")
RELATION, CUSTODIAL = name("relation"), name("custodial relation")
GROUP, STAFF, ROOT = name("group"), name("staff"), name("root")
DIRECTIVE, POLICY = name("directive"), name("policy set")


def key(text: str) -> SigningKey:
    return SigningKey.from_seed(name("key of " + text))


def kid(text: str) -> bytes:
    return key(text).id(NETWORK)


def signer(account: bytes, text: str, role: Role) -> Signer:
    return Signer(account, kid(text), int(role))


BY_HOSPITAL = signer(HOSPITAL, "hospital", Role.GATEWAY)
BY_CLINIC = signer(CLINIC, "clinic", Role.GATEWAY)
BY_REGULATOR = signer(REGULATOR, "regulator", Role.GATEWAY)
BY_PATIENT = signer(RELATION, "patient", Role.DEVICE)


def region() -> Overlay:
    """A state with members, purposes, a group, staff, a claimed and a custodial relation, one anchored root."""
    state = Overlay(Nothing())
    for account, text, role in (
        (HOSPITAL, "hospital", OrganisationRole.HOSPITAL),
        (CLINIC, "clinic", OrganisationRole.CLINIC),
        (OTHER, "other clinic", OrganisationRole.CLINIC),
        (REGULATOR, "regulator", OrganisationRole.REGULATOR),
    ):
        accounts_keeper.put_organisation(state, account, Organisation(text, "north", (int(role),), 1, bytes(32)))
        governance_keeper.put_member(state, account, Member(MemberState.ACTIVE, False, False))
        list_key(state, account, text, Role.GATEWAY)
    for purpose in PURPOSES:
        governance_keeper.put_purpose(state, purpose)
    governance_keeper.put_group(state, GROUP, Group("care network", 1, (CLINIC,)))
    accounts_keeper.put_staff(state, CLINIC, STAFF, Staff(0, FOREVER))
    accounts_keeper.put_person(state, RELATION, Person(HOSPITAL, PersonState.CLAIMED, 1, 1, bytes(32), False))
    accounts_keeper.put_person(state, CUSTODIAL, Person(HOSPITAL, PersonState.CUSTODIAL, 0, None, None, False))
    list_key(state, RELATION, "patient", Role.DEVICE)
    records_keeper.put_relation(state, RELATION, Relation(ROOT, 1, NOW - 1, None, None))
    return state


def list_key(state: Overlay, account: bytes, text: str, role: Role) -> None:
    entry = Key(1, int(role), key(text).public, 0, FOREVER, 0, int(KeyStatus.LISTED))
    accounts_keeper.list_key(state, account, kid(text), entry)


def change_key(state: Overlay, account: bytes, text: str, **fields: Any) -> None:
    entry = accounts_keeper.get_key(state, account, kid(text))
    assert entry is not None
    accounts_keeper.list_key(state, account, kid(text), msgspec.structs.replace(entry, **fields))


def change_member(state: Overlay, account: bytes, **fields: Any) -> None:
    entry = governance_keeper.get_member(state, account)
    assert entry is not None
    governance_keeper.put_member(state, account, msgspec.structs.replace(entry, **fields))


def change_directive(state: Overlay, directive: bytes = DIRECTIVE, **fields: Any) -> None:
    entry = consent_keeper.get_directive(state, RELATION, directive)
    assert entry is not None
    consent_keeper.put_directive(state, msgspec.structs.replace(entry, **fields))


def directive(**fields: Any) -> Directive:
    """An acknowledged permit for the clinic, for treatment, in force now."""
    sound = Directive(
        id=DIRECTIVE,
        version=1,
        chain=fields.get("id", DIRECTIVE),
        replaces=None,
        relation=RELATION,
        capacity=1,
        grantee=(int(GranteeKind.ORGANISATION), CLINIC),
        effect=int(Effect.PERMIT),
        total=False,
        purposes=(TREAT,),
        start=NOW - 10,
        end=NOW + 10,
        uses=0,
        redisclosure=0,
        emergency=(False, 0, False),
        sealed=bytes(32),
        status=int(Status.ACTIVE),
        granted=NOW - 10,
        under=None,
    )
    return msgspec.structs.replace(sound, **fields)


def total_deny(**fields: Any) -> Directive:
    """A total deny of everything to anyone, in force now."""
    terms: dict[str, Any] = {
        "id": name("deny"),
        "grantee": (int(GranteeKind.ANYONE), b""),
        "effect": int(Effect.DENY),
        "total": True,
        "purposes": (),
        "sealed": None,
    }
    return directive(**(terms | fields))


def request(**fields: Any) -> Request:
    """What the clinic's member of staff asks for treatment."""
    sound = Request(RELATION, name("filter"), TREAT, STAFF, name("seal key"), b"r" * 16, NOW + 1000)
    return msgspec.structs.replace(sound, **fields)


def glass_request(**fields: Any) -> GlassRequest:
    """What the clinic's member of staff asks and signs in an emergency."""
    asked = request(purpose=BREAK_GLASS)
    sound = GlassRequest(*(getattr(asked, name) for name in asked.__struct_fields__), int(GlassReason.UNCONSCIOUS))
    return msgspec.structs.replace(sound, **fields)


def signed(payload: Request, text: str = "clinic", network: bytes = NETWORK) -> bytes:
    kind = GLASS if isinstance(payload, GlassRequest) else REQUEST
    return cose.sign(kind, network, encode(payload), [key(text)])


def rule(
    mode: Mode, purpose: int = TREAT, role: int = int(OrganisationRole.CLINIC), objection: bool = True
) -> PolicyRule:
    """What a policy set says of treatment by a clinic."""
    return PolicyRule(purpose, role, int(mode), 5, objection, False)


def emergency(group: bytes = GROUP) -> EmergencyRule:
    """The emergency group of the region is the clinic's care network."""
    return EmergencyRule(group, 5, 1_000_000)


NOBODY = EmergencyRule(None, 0, 0)


def put_policy(
    state: Overlay,
    *rules: PolicyRule,
    preference: Any = (),
    emergency: EmergencyRule = NOBODY,
    version: int = 1,
) -> None:
    """Put a policy set in force, and the relation under it."""
    body = PolicySet("", rules, emergency, 5, ())
    governance_keeper.put_policies(state, POLICY, Policies(version, body))
    consent_keeper.put_chosen(state, RELATION, Chosen(POLICY, preference, 1))


def order(**fields: Any) -> Order:
    """An order of the regulator for the clinic, for treatment, in force now."""
    sound = Order(REGULATOR, CLINIC, TREAT, NOW - 10, NOW + 10, 5, bytes(32), False)
    return msgspec.structs.replace(sound, **fields)


def request_id(payload: Request) -> bytes:
    return T("request", NETWORK, encode(payload))


def scene(message: Message, *signers: Signer, state: Overlay | None = None) -> Scene:
    """The message in a fresh region, or in `state`."""
    return Scene(HANDLERS[type(message)], message, list(signers), region() if state is None else state)


def then(before: Scene, message: Message, *signers: Signer, nonce: bytes = b"o" * 16) -> Scene:
    """The message in what `before` left, at the same block time."""
    after = scene(message, *signers, state=before.state)
    after.nonce, after.time = nonce, before.time
    return after
