"""Who is to be in a network, and where each listens."""

from collections.abc import Iterable, Sequence
from typing import Annotated, NamedTuple
from urllib.parse import urlsplit

import msgspec

from salus.bootstrap.consensus import MOST_MEMBERS, Address, ConsensusFile, Peer, Slug, Url
from salus.bootstrap.layout import MemberSpec, may_name_organisation
from salus.bootstrap.network.errors import BadMembers
from salus.bootstrap.network.founding_errors import SameAddress, SameName, UnusableAddress
from salus.core.types import Name
from salus.policy.types import OrganisationRole
from salus.shapes import made

HERE = "127.0.0.1"
P2P, RPC, METRICS, BETWEEN = 26_656, 26_657, 26_660, 10  # CometBFT's own ports, and from one member's to the next's
LISTEN = 8080
Host = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z._-]{1,150}$")]
_ANYWHERE = frozenset(("", "0.0.0.0", "::"))  # noqa: S104 - what nobody can be reached by
_USUAL_PORTS = {"http": 80, "https": 443}
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
    host: Host = HERE
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
        planned = msgspec.json.decode(raw, type=made(tuple[PlannedMember, ...]))
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise BadMembers from None
    if not 1 <= len(planned) <= MOST_MEMBERS:
        raise BadMembers
    return places(planned, first_port, first_listen)


def places(planned: Sequence[PlannedMember], first_port: int = P2P, first_listen: int = LISTEN) -> tuple[Place, ...]:
    """Return the members with all their addresses; raise BadMembers, and what `check_members` raises."""
    made, here = [], 0
    for one in planned:
        made.append(_place(one, first_port + BETWEEN * here, first_listen + here))
        here += one.host == HERE
    check_members([Shown(one.spec.slug, one.spec.name, (one.dialled, one.asked, one.url)) for one in made])
    local = [place for place in made if place.p2p == place.dialled]
    taken = [at for place in local for at in (place.p2p, place.rpc, place.metrics, place.listen)]
    if len(set(taken)) != len(taken):
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


def place_of(spec: MemberSpec, host: str, first_port: int, listen: int, url: str | None) -> Place:
    """Return one member with all its addresses; raise UnusableAddress, BadMembers."""
    try:
        host, url = msgspec.convert(host, made(Host)), msgspec.convert(url, made(Url | None))
    except msgspec.ValidationError:
        raise UnusableAddress(spec.slug) from None
    roles = tuple(role.name.lower() for role in spec.roles)
    (place,) = places([PlannedMember(spec.slug, spec.name, roles, host, url=url)], first_port, listen)
    return place


class Shown(NamedTuple):
    """A member as others see it; `addresses` are HOST:PORT and URLs, its node's first."""

    slug: str
    name: str
    addresses: tuple[str, ...]


def check_members(members: Sequence[Shown]) -> None:
    """Raise unless these can be members of one network: SameName, SameAddress, UnusableAddress."""
    _distinct(SameName, ((one, one.slug) for one in members))
    _distinct(SameName, ((one, _plain(one.name)) for one in members))
    _distinct(SameAddress, ((one, _plain(at.removeprefix("http://"))) for one in members for at in one.addresses))
    apart = any(not is_of_this_machine(one.addresses[0]) for one in members)
    for one in members:
        if not all(map(_is_reachable, one.addresses)) or (apart and any(map(is_of_this_machine, one.addresses))):
            raise UnusableAddress(one.slug)


def _distinct(refusal: type[SameName | SameAddress], given: Iterable[tuple[Shown, str]]) -> None:
    first: dict[str, str] = {}
    for member, value in given:
        if value in first:
            raise refusal(f"{first[value]}, {member.slug}")
        first[value] = member.slug


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _is_reachable(address: str) -> bool:
    """True if others can reach what is said to be at HOST:PORT or at a URL, as far as its words tell."""
    host, port = _host_and_port(address)
    return host not in _ANYWHERE and port is not None


def is_of_this_machine(address: str) -> bool:
    """True if nobody on another machine means this one by HOST:PORT or a URL."""
    host, _ = _host_and_port(address)
    return host in ("localhost", "::1") or host.startswith("127.")


def _host_and_port(address: str) -> tuple[str, int | None]:
    """Return the host in lower case and its port, None where that is none; of a URL the usual one."""
    scheme, _, rest = address.rpartition("://")
    try:
        found = urlsplit(f"//{rest}")
        port = found.port if found.port is not None else _USUAL_PORTS.get(scheme)
    except ValueError:
        return "", None
    return found.hostname or "", port or None


def consensus_of(member: Place, peers: tuple[Peer, ...], heartbeat: int, *, alone: bool) -> ConsensusFile:
    """Return what the consensus.json of a member says."""
    apart = member.dialled != member.p2p
    host = member.dialled.rpartition(":")[0]
    return ConsensusFile(
        name=member.spec.slug,
        p2p=member.p2p,
        rpc=member.rpc,
        metrics=member.metrics,
        listen=member.listen,
        names=(host,) if apart else (),
        external=member.dialled if apart else None,
        url=member.url if apart else None,
        peers=peers,
        one_machine=alone,
        heartbeat_ms=heartbeat,
    )
