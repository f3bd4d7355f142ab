"""Policy sets: what is lawful without the person's word, what she may object to, and what an emergency may lift.

Members vote a set into force; a relation names one, and the person's preference under it. A network starts with
strict opt-in, which permits nothing that no directive permits. Confidentiality levels are numbers here, so that
a ceiling is one comparison: https://terminology.hl7.org/CodeSystem-v3-Confidentiality.html
"""

from enum import IntEnum
from typing import Annotated, NamedTuple

from msgspec import Meta

from salus.core.types import Count, Digest, Id, Message, Small, Time

LEVELS = ("U", "L", "M", "N", "R", "V")  # v3-Confidentiality, from unrestricted to very restricted
Level = Annotated[int, Meta(ge=0, le=5)]  # index into LEVELS; what lies above a ceiling stays
NORMAL, RESTRICTED, VERY_RESTRICTED = map(LEVELS.index, "NRV")


class Mode(IntEnum):
    """What a rule says of a purpose where no directive answers; from the loosest to the strictest."""

    MANDATED = 1  # the law requires it: whatever the person denied
    PERMITTED = 2  # without asking; her objection counts where the rule says so
    OPT_OUT = 3  # unless she opted out
    OPT_IN = 4  # only if she opted in


class Choice(IntEnum):
    """A person's preference for a purpose."""

    OUT = 1
    IN = 2


class PolicyRule(Message, frozen=True):
    """One purpose for one role of recipient."""

    purpose: Small  # of the governed table
    role: Small  # policy.types.OrganisationRole; 0: any
    mode: Annotated[int, Meta(ge=1, le=4)]
    ceiling: Level
    objection: bool  # of a permitted purpose: the person may object by opting out
    notice: bool  # the person is told of each release in words of her own


class EmergencyRule(Message, frozen=True):
    """Who may break the glass, up to which label, for how long."""

    group: Id | None  # of organisations; null: nobody
    ceiling: Level
    window_ms: Count  # a few hours at most


Rules = Annotated[tuple[PolicyRule, ...], Meta(max_length=256)]  # sorted by (purpose, role), distinct
Attested = Annotated[tuple[Small, ...], Meta(max_length=16)]  # sorted purposes that attested consent is honoured for
MAX_WINDOW_MS = 12 * 3_600_000  # of an emergency


class PolicySet(Message, frozen=True):
    """A jurisdiction's rules. Its version counts from 1; a release names the very version it rests on."""

    jurisdiction: Annotated[str, Meta(max_length=128)]  # the realm it is for; empty: any
    rules: Rules
    emergency: EmergencyRule
    pending: Level  # what a label that is still pending counts as
    attested: Attested


NO_SET = bytes(32)  # id of strict opt-in, version 0, which every network has
STRICT_OPT_IN = PolicySet("", (), EmergencyRule(None, 0, 0), RESTRICTED, ())

Preference = Annotated[tuple[tuple[Small, Annotated[int, Meta(ge=1, le=2)]], ...], Meta(max_length=16)]
"""(purpose, Choice), sorted by purpose, distinct; purpose 0 speaks of all that are not named."""


class PolicyInForce(NamedTuple):
    """What a relation is under: the set that its custodian named, as it stands now, and the person's preference."""

    set: bytes
    version: int
    body: PolicySet
    preference: Preference


STRICT = PolicyInForce(NO_SET, 0, STRICT_OPT_IN, ())  # where no set was named


class Order(Message, frozen=True):
    """A court's or an authority's order to hand over data of a relation, as the ledger shows it."""

    issuer: Id  # the authority that is a member, or the custodian that attests the order it was served
    recipient: Id
    purpose: Small
    start: Time
    end: Time  # start <= t < end
    ceiling: Level
    commitment: Digest  # T("writ", salt, document); the document goes to the custodian, sealed
    withdrawn: bool


class FoundingEmergency(Message, frozen=True):
    """As `EmergencyRule`; ids depend on the network, so the genesis document names a group by its place in it."""

    group: Small | None
    ceiling: Level
    window_ms: Count


class FoundingSet(Message, frozen=True):
    """A policy set as a genesis document holds it, encoded; in force from the start."""

    jurisdiction: Annotated[str, Meta(max_length=128)]
    rules: Rules
    emergency: FoundingEmergency
    pending: Level
    attested: Attested
