"""Who acts for the patient of `region`: a mother and a father, a proxy, an agency, a helper."""

from typing import Any

import msgspec

from contracts.precedence import NOW, Scene
from contracts.region import (
    HOSPITAL,
    REGULATOR,
    RELATION,
    RESEARCH,
    TREAT,
    list_key,
    name,
    region,
    scene,
    signer,
)
from salus.contracts.accounts import keeper as accounts_keeper
from salus.contracts.accounts.types import Person, PersonState
from salus.contracts.context import Signer
from salus.contracts.representation import keeper
from salus.contracts.representation.types import Delegation, Representation, Rule, Springs, Standing
from salus.core.keys import Role
from salus.core.types import Message
from salus.policy.types import Power
from salus.state.overlay import Overlay

MOTHER, FATHER, AUNT = name("mother"), name("father"), name("aunt")
BY_MOTHER, BY_FATHER, BY_AUNT = (signer(name(who), who, Role.DEVICE) for who in ("mother", "father", "aunt"))
OF_MOTHER, OF_FATHER, OF_AUNT = name("of the mother"), name("of the father"), name("of the aunt")
ALL_POWERS = tuple(int(power) for power in Power)
PROTECT = (int(Power.PROTECT),)


def representation(**fields: Any) -> Representation:
    """What a parent has: every power, for treatment and research, each by itself."""
    sound = Representation(
        representative=MOTHER,
        powers=ALL_POWERS,
        purposes=(TREAT, RESEARCH),
        rule=int(Rule.ANY),
        place=0,
        springs=int(Springs.NOTHING),
        start=NOW - 10,
        end=NOW + 10,
        sealed=bytes(32),
        attester=HOSPITAL,
        standing=int(Standing.ACTIVE),
        goes_on=(),
    )
    if "powers" in fields and int(Power.GRANT) not in fields["powers"]:
        fields = {"purposes": ()} | fields
    return msgspec.structs.replace(sound, **fields)


def delegation(**fields: Any) -> Delegation:
    sound = Delegation(AUNT, ALL_POWERS, (TREAT,), NOW - 10, NOW + 10, 1, ended=False)
    return msgspec.structs.replace(sound, **fields)


def family(state: Overlay | None = None) -> Overlay:
    """Accounts at the hospital for three who act for others."""
    state = region() if state is None else state
    for who in ("mother", "father", "aunt"):
        accounts_keeper.put_person(state, name(who), Person(HOSPITAL, PersonState.CLAIMED, 1, 1, bytes(32), False))
        list_key(state, name(who), who, Role.DEVICE)
    return state


def put(state: Overlay, representation_id: bytes, **fields: Any) -> None:
    keeper.put_representation(state, RELATION, representation_id, representation(**fields))


def parents(rule: Rule = Rule.ANY, **fields: Any) -> Overlay:
    """Both parents under one rule; the mother is the first where there is an order."""
    state = family()
    ordered = rule == Rule.ORDERED
    put(state, OF_MOTHER, rule=int(rule), place=int(ordered), **fields)
    put(state, OF_FATHER, representative=FATHER, rule=int(rule), place=2 * ordered, **fields)
    return state


def at_home(message: Message, *signers: Signer, state: Overlay | None = None) -> Scene:
    """The message in a family of its own, or in `state`."""
    return scene(message, *signers, state=family() if state is None else state)


__all__ = ["REGULATOR", "at_home", "delegation", "family", "parents", "put", "representation"]
