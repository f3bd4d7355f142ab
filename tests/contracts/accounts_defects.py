"""Defects that several messages of the accounts contract share."""

from collections.abc import Callable
from typing import Any

import msgspec

from contracts.founding import Network, key
from contracts.precedence import Scene
from salus.contracts.accounts import keeper
from salus.contracts.context import Signer
from salus.contracts.governance import keeper as governance_keeper
from salus.contracts.governance.parameters import Parameter
from salus.contracts.governance.types import Member, MemberState

NETWORK = Network()
FIRST, SECOND, CARRIER = NETWORK.members[0].id, NETWORK.members[1].id, NETWORK.members[3].id
DEVICES = [key("phone"), key("tablet"), key("laptop")]
STAFF = b"t" * 32
DELAY = 259_200_000


def change(**fields: Any) -> Callable[[Scene], None]:
    return lambda scene: scene.change(**fields)


def change_keys(field: str, **fields: Any) -> Callable[[Scene], None]:
    """A defect of the first key that the message lists."""

    def defect(scene: Scene) -> None:
        first, *rest = getattr(scene.message, field)
        scene.change(**{field: (msgspec.structs.replace(first, **fields), *rest)})

    return defect


def state_of(member: bytes, state: MemberState, suspended_custodian: bool = False) -> Callable[[Scene], None]:
    entry = Member(state, False, suspended_custodian)
    return lambda scene: governance_keeper.put_member(scene.state, member, entry)


def not_serving(member: bytes) -> tuple[Callable[[Scene], None], ...]:
    return tuple(state_of(member, state) for state in (MemberState.LEFT, MemberState.SUCCEEDED))


def not_active(member: bytes) -> tuple[Callable[[Scene], None], ...]:
    return (*not_serving(member), state_of(member, MemberState.WINDING_DOWN))


def signed_otherwise(*signers: list[Signer]) -> tuple[Callable[[Scene], None], ...]:
    return tuple(lambda scene, s=s: setattr(scene, "signers", list(s)) for s in signers)  # type: ignore[misc]


def no_gateway(n: int) -> tuple[Callable[[Scene], None], ...]:
    return signed_otherwise([], NETWORK.administration(n), NETWORK.gateway(2))


def parameter(number: Parameter, value: int) -> Callable[[Scene], None]:
    return lambda scene: governance_keeper.put_parameter(scene.state, number, value)


def reserved(name: str) -> Callable[[Scene], None]:
    """The key of this name was listed once, for whatever account."""
    return lambda scene: keeper.reserve_key(scene.state, key(name).id(NETWORK.id), FIRST)
