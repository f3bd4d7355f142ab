"""What a Consent that denies permits by its exceptions.

For FHIR such an exception is a permit. A deny that is lifted permits nothing by itself (ADR 5), so a permit is put in
force beside it: one for each set of purposes and recipients that the exceptions name.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from salus.fhir.consent.stated import Stated
from salus.policy.types import Effect, Excepted, Focused, Grantee, GranteeKind, Provision

_PERMIT, _DENY = int(Effect.PERMIT), int(Effect.DENY)
_Audience = tuple[tuple[int, ...], tuple[Grantee, ...]]  # purposes, recipients
_ALL: _Audience = ((), ())


def permits_of(stated: Stated, served: Sequence[int], community: Grantee | None) -> list[Stated] | None:
    """Return the permits that a deny holds in its exceptions; None where it is not said whom one of them permits.

    `served`: the purposes that a permit may have. `community`: whom a permit means that names nobody.
    """
    if stated.effect == _PERMIT:
        return []
    part = stated.sealed
    meant: dict[_Audience, list[Provision]] = {}
    for effect, provision in part.exceptions:
        if effect == _PERMIT:
            meant.setdefault(_ALL, []).append(provision)
    for one in part.focused:
        if one.effect == _PERMIT:
            meant.setdefault((one.purposes, one.grantees), []).append(one.provision)
    general = meant.get(_ALL, [])
    denies: list[Excepted] = [(effect, provision) for effect, provision in part.exceptions if effect == _DENY]
    focused = tuple(one for one in part.focused if one.effect == _DENY)
    permits = []
    for audience, provisions in meant.items():
        purposes = tuple(number for number in audience[0] or stated.purposes if number in served)
        grantees = audience[1] or _named(stated.grantees, community)
        if not grantees:
            return None
        if purposes:
            whole = provisions + (general if audience != _ALL else [])
            permits.append(_permit(stated, purposes, grantees, whole, denies, focused))
    return permits


def _named(grantees: tuple[Grantee, ...], community: Grantee | None) -> tuple[Grantee, ...]:
    if any(kind == GranteeKind.ANYONE for kind, _ in grantees):
        return () if community is None or community[0] == GranteeKind.ANYONE else (community,)
    return grantees


def _permit(
    stated: Stated,
    purposes: tuple[int, ...],
    grantees: tuple[Grantee, ...],
    provisions: list[Provision],
    denies: list[Excepted],
    focused: tuple[Focused, ...],
) -> Stated:
    base, *more = provisions
    exceptions = (*((_PERMIT, provision) for provision in more), *denies)
    part = replace(stated.sealed, base=base, exceptions=exceptions, focused=focused)
    return stated._replace(grantees=grantees, effect=_PERMIT, purposes=purposes, sealed=part)
