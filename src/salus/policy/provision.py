"""Does a record lie within a provision? AND across its fields, OR inside each list.

What is not known of a record is outside every permit and inside every deny. Hence two questions:
`surely_within` for what permits, `possibly_within` for what denies. They differ in these places:

| field      | surely                               | possibly, besides what is sure             |
|------------|--------------------------------------|--------------------------------------------|
| periods    | the whole clinical period within one | any overlap; period unknown                |
| labels     | one in common; see `labels.counted`  | no label at all; one that is pending       |
| codes      | one in common                        | codes unknown; a code outside ASCII        |
| authors    | the author is listed                 | author unknown                             |
| encounters | the encounter is listed              | encounter unknown                          |
| persons    | who asks is listed                   | who asks is unknown                        |

Texts are compared byte for byte. A code outside ASCII may look like another without being it: it
permits only what is spelled the same, and is suspected by every deny that names codes.
"""

from typing import NamedTuple

from salus.core.record import LeafHeader
from salus.policy.labels import counted, uncertain
from salus.policy.policies import RESTRICTED
from salus.policy.types import Coding, Period, Provision

NO_ENCOUNTER = b""


class Facts(NamedTuple):
    """What is known of one record when it is decided on."""

    header: LeafHeader
    codes: tuple[Coding, ...] | None  # (system, code); None: not known
    encounter: bytes | None  # record id; NO_ENCOUNTER: belongs to none; None: not known


def surely_within(provision: Provision, facts: Facts, staff: bytes | None, pending: int = RESTRICTED) -> bool:
    """True if all that `provision` asks is known to hold.

    `staff`: commitment of who asks. `pending`: what the policy set counts a pending label as.
    """
    p, h = provision, facts.header
    return (
        (not p.classes or h.data_class in p.classes)
        and (not p.types or h.type in p.types)
        and (not p.instances or h.record in p.instances)
        and (not p.labels or _common(counted(h.labels, pending), p.labels))
        and (not p.codes or (facts.codes is not None and _common(facts.codes, p.codes)))
        and (not p.periods or _within_one(p.periods, h))
        and (not p.persons or staff in p.persons)
        and (not p.authors or h.author in p.authors)
        and (not p.encounters or facts.encounter in p.encounters)
    )


def possibly_within(provision: Provision, facts: Facts, staff: bytes | None) -> bool:
    """True unless something that `provision` asks is known not to hold."""
    p, h = provision, facts.header
    return (
        (not p.classes or h.data_class in p.classes)
        and (not p.types or h.type in p.types)
        and (not p.instances or h.record in p.instances)
        and (not p.labels or uncertain(h.labels) or _common(h.labels, p.labels))
        and (not p.codes or facts.codes is None or _suspect(facts.codes, p.codes))
        and (not p.periods or not _known(h) or any(_overlaps(period, h) for period in p.periods))
        and (not p.persons or staff is None or staff in p.persons)
        and (not p.authors or h.author is None or h.author in p.authors)
        and (not p.encounters or facts.encounter is None or facts.encounter in p.encounters)
    )


# Plain loops: a decision comes here once for each record and directive, and they cost half of `any`.


def _common(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    for item in one:  # noqa: SIM110
        if item in other:
            return True
    return False


def _suspect(codes: tuple[Coding, ...], listed: tuple[Coding, ...]) -> bool:
    return _common(codes, listed) or not all(system.isascii() and code.isascii() for system, code in codes)


def _known(header: LeafHeader) -> bool:
    """A period with one end missing is open there; one that is empty or backwards is not known."""
    if header.start is None or header.end is None:
        return header.start is not header.end
    return header.start < header.end


def _within_one(periods: tuple[Period, ...], header: LeafHeader) -> bool:
    """True if the clinical period is known and lies within one of `periods` as a whole."""
    if not _known(header):
        return False
    first, last = header.start, header.end
    for start, end in periods:
        if (start is None or (first is not None and start <= first)) and (
            end is None or (last is not None and last <= end)
        ):
            return True
    return False


def _overlaps(period: Period, header: LeafHeader) -> bool:
    start, end = period
    return (start is None or header.end is None or start < header.end) and (
        end is None or header.start is None or header.start < end
    )
