"""The trail of a patient's data at her custodian: the lines of the account, and the reads of the access log, in time.

The account says what left and what was decided; the access log who looked inside the custodian. What was shown as the
first page of a trail fixes how far both go, so that later pages stay the same.
"""

from collections.abc import Sequence
from typing import NamedTuple

from salus.contracts.accounts import queries as accounts
from salus.services import lookup
from salus.services.access_log import Read, list_reads
from salus.services.account.line import Line
from salus.services.accounting import accounting
from salus.services.actors import Organisation
from salus.services.errors import PageOver
from salus.services.viewing import Viewer, patient_id, patient_relation, scopes_of
from salus.vault.errors import NoSuchRelation


class Happened(NamedTuple):
    """One event of the trail: a line of the account, or a read with its number in the access log of its relation."""

    relation: bytes
    time: int
    what: Line | Read
    number: int  # in the network's log, or in the access log

    def __repr__(self) -> str:
        return f"Happened({type(self.what).__name__})"


class Trail(NamedTuple):
    """What happened, oldest first; `sizes` says how far it goes."""

    patient: str  # id in the base
    custodian: bytes
    custodian_name: str
    events: tuple[Happened, ...]
    sizes: tuple[int, ...]  # of the network's log, then of each relation's access log

    def __repr__(self) -> str:
        return f"Trail({len(self.events)})"


def trail(organisation: Organisation, viewer: Viewer, patient: str, sizes: Sequence[int] = ()) -> Trail:
    """Return the trail of a patient, as far as `sizes` say if they are given.

    Raises NoSuchResource, KeptAndNotUsed, NotAtPresent; PageOver where `sizes` are of another trail.
    """
    relation = patient_relation(organisation, viewer, patient)
    scopes = scopes_of(organisation, viewer, relation)
    told = {side: accounting(organisation.ledger, side) for side in scopes}
    reads = {}
    for side, scope in scopes.items():
        try:
            reads[side] = list_reads(organisation, scope)
        except NoSuchRelation:  # nothing was taken in yet
            reads[side] = ()
    now = (max(one.log_size for one in told.values()), *(len(listed) for listed in reads.values()))
    ends = tuple(sizes) or now
    if len(ends) != len(now) or any(end > most for end, most in zip(ends, now, strict=True)):
        raise PageOver
    events = [
        Happened(side, line.time, line, line.index)
        for side, one in told.items()
        for line in one.lines
        if line.index < ends[0]
    ]
    for (side, listed), end in zip(reads.items(), ends[1:], strict=True):
        events += [Happened(side, read.time, read, number) for number, read in enumerate(listed[:end])]
    events.sort(key=lambda one: (one.time, one.relation, isinstance(one.what, Read), one.number))
    profile = accounts.organisation(organisation.ledger.view(), organisation.account)
    name = organisation.name if profile is None else profile.name
    by_id = patient_id(organisation, scopes[relation])
    return Trail(by_id, organisation.account, name, tuple(events), ends)


def purpose_systems(organisation: Organisation) -> dict[str, str]:
    """Return code -> system of the governed table of purposes."""
    return {row.code: row.system for row in lookup.purposes(organisation.ledger.view())}
