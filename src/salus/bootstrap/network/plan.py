"""Who is to be in a new network, and where each listens."""

from collections.abc import Sequence
from itertools import chain
from typing import Annotated

import msgspec

from salus.bootstrap.consensus import MOST_MEMBERS, Address, Slug, Url
from salus.bootstrap.layout import MemberSpec, may_name_organisation
from salus.bootstrap.network.errors import BadMembers
from salus.core.types import Name
from salus.policy.types import OrganisationRole

HERE = "127.0.0.1"
P2P, RPC, METRICS, BETWEEN = 26_656, 26_657, 26_660, 10  # CometBFT's own ports, and from one member's to the next's
LISTEN = 8080
_USUAL = (
    ("north", "Northside Hospital", OrganisationRole.HOSPITAL),
    ("south", "Southside Hospital", OrganisationRole.HOSPITAL),
    ("clinic", "Riverbank Clinic", OrganisationRole.CLINIC),
    ("regulator", "Health Regulator", OrganisationRole.REGULATOR),
    ("laboratory", "Central Laboratory", OrganisationRole.LABORATORY),
    ("pharmacy", "Market Pharmacy", OrganisationRole.PHARMACY),
    ("village", "Village Clinic", OrganisationRole.CLINIC),
)


class PlannedMember(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A member as the file of members says it. What it leaves out follows from its place in the list.

    `host` is where others reach its node; a member with a `host` of its own listens at every address of its machine,
    but for its Salus server where that has a `url`, and so a proxy in front of it.
    """

    slug: Slug
    name: Name
    roles: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=16)]
    host: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z._-]{1,150}$")] = HERE
    p2p: Annotated[int, msgspec.Meta(ge=1, le=65_535)] | None = None
    rpc: Annotated[int, msgspec.Meta(ge=1, le=65_535)] | None = None
    metrics: Annotated[int, msgspec.Meta(ge=1, le=65_535)] | None = None
    listen: Annotated[int, msgspec.Meta(ge=1, le=65_535)] | None = None
    url: Url | None = None  # of its Salus server, where it is not http://host:listen


class Place(msgspec.Struct, frozen=True):
    """A member, and all its addresses: what it listens at, and what others reach it by."""

    spec: MemberSpec
    p2p: Address
    rpc: Address
    metrics: Address
    listen: Address
    dialled: Address
    asked: Url
    url: Url


def usual(members: int, first_port: int = P2P, first_listen: int = LISTEN) -> tuple[Place, ...]:
    """Return so many members of sensible names and roles, all on this machine; raise BadMembers."""
    if not 1 <= members <= MOST_MEMBERS:
        raise BadMembers
    names = [_USUAL[n] if n < len(_USUAL) else _further(n) for n in range(members)]
    planned = [PlannedMember(slug, name, (role.name.lower(),)) for slug, name, role in names]
    return places(planned, first_port, first_listen)


def _further(number: int) -> tuple[str, str, OrganisationRole]:
    return f"clinic-{number + 1}", f"Clinic {number + 1}", OrganisationRole.CLINIC


def read_members(raw: bytes, first_port: int = P2P, first_listen: int = LISTEN) -> tuple[Place, ...]:
    """Return the members of a file: JSON, a list of `PlannedMember`. Raises BadMembers."""
    try:
        planned = msgspec.json.decode(raw, type=tuple[PlannedMember, ...])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise BadMembers from None
    if not 1 <= len(planned) <= MOST_MEMBERS:
        raise BadMembers
    return places(planned, first_port, first_listen)


def places(planned: Sequence[PlannedMember], first_port: int = P2P, first_listen: int = LISTEN) -> tuple[Place, ...]:
    """Return the members with all their addresses; raise BadMembers where two are the same."""
    made, here = [], 0
    for one in planned:
        made.append(_place(one, first_port + BETWEEN * here, first_listen + here))
        here += one.host == HERE
    slugs = [place.spec.slug for place in made]
    taken = list(chain.from_iterable((one.dialled, one.asked.removeprefix("http://"), one.url) for one in made))
    taken += [f"{place.spec.slug}/{place.metrics}" if place.p2p[0] == "0" else place.metrics for place in made]
    if len(set(slugs)) != len(slugs) or len(set(taken)) != len(taken):
        raise BadMembers
    return tuple(made)


def _place(one: PlannedMember, first: int, listen: int) -> Place:
    roles = {name.upper().replace("-", "_") for name in one.roles}
    if not roles <= set(OrganisationRole.__members__) or not may_name_organisation(one.slug):
        raise BadMembers
    p2p, rpc = one.p2p or first, one.rpc or first + RPC - P2P
    metrics, served = one.metrics or first + METRICS - P2P, one.listen or listen
    if max(p2p, rpc, metrics, served) > 65_535:
        raise BadMembers
    bound = HERE if one.host == HERE else "0.0.0.0"  # noqa: S104 - a member on a host of its own
    return Place(
        MemberSpec(one.name, one.slug, tuple(sorted(OrganisationRole[role] for role in roles))),
        f"{bound}:{p2p}",
        f"{bound}:{rpc}",
        f"{HERE}:{metrics}",
        f"{bound if one.url is None else HERE}:{served}",
        f"{one.host}:{p2p}",
        f"http://{one.host}:{rpc}",
        one.url or f"http://{one.host}:{served}",
    )
