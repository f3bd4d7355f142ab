"""One directive on one record: the sealed part, with its one level of exceptions.

An exception beats its base. Its effect says what it does:

| directive | exception | what a matching record becomes                                          |
|-----------|-----------|-------------------------------------------------------------------------|
| permit    | deny      | left out of this permit; other permits are not touched                  |
| permit    | permit    | covered, also outside the base ("normal and focused restricted")        |
| deny      | permit    | not denied by this deny; that alone permits nothing                     |
| deny      | deny      | denied, also outside the base                                           |

Among the exceptions of one directive deny wins. What permits must be sure, what denies possible
(`provision`).
"""

from salus.policy.policies import RESTRICTED
from salus.policy.provision import Facts, possibly_within, surely_within
from salus.policy.reasons import Reason
from salus.policy.types import Effect, SealedPart

_DENY = int(Effect.DENY)


def permit_gap(part: SealedPart, facts: Facts, staff: bytes | None, pending: int = RESTRICTED) -> Reason | None:
    """Return why the permit does not cover the record, None where it does."""
    covered = surely_within(part.base, facts, staff, pending)
    for effect, provision in part.exceptions:
        if effect == _DENY:
            if possibly_within(provision, facts, staff):
                return Reason.EXCEPTED
        elif not covered:
            covered = surely_within(provision, facts, staff, pending)
    return None if covered else Reason.OUTSIDE_PERMIT


def deny_covers(part: SealedPart, facts: Facts, staff: bytes | None, pending: int = RESTRICTED) -> bool:
    """True if the deny holds for the record."""
    lifted = False
    for effect, provision in part.exceptions:
        if effect == _DENY:
            if possibly_within(provision, facts, staff):
                return True
        elif not lifted:
            lifted = surely_within(provision, facts, staff, pending)
    return not lifted and possibly_within(part.base, facts, staff)
