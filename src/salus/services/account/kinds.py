"""What only the custodian can add to an account: which kinds of data went, are kept, for how long, and from whom."""

from collections.abc import Mapping
from typing import NamedTuple

from salus.core.record import Status
from salus.services.access_log import Looked, What, list_reads, log_reads
from salus.services.actors import Organisation
from salus.services.authorise import own_records
from salus.services.retention import FOREVER_MS, RULES, kept_until

PURPOSE = "administration"  # for which a restricted relation may be looked at as well


class Kept(NamedTuple):
    """Kinds are data classes of record headers, sorted."""

    released: Mapping[bytes, tuple[str, ...]]  # by release; without what was erased since
    kinds: tuple[str, ...]
    rules: tuple[str, ...]  # of retention, in words
    until: int | None  # when the last of these rules ends; None: none applies
    from_others: int  # records that came from another custodian


def kept_kinds(organisation: Organisation, relation: bytes) -> Kept:
    """Return what the vault and the access log say; looking at the headers stands in the access log first.

    Raises NotCustodian, NoSuchRelation.
    """
    scope = own_records(organisation, relation, PURPOSE, None)
    headers = [header for header in organisation.vault.headers(scope) if header.status != Status.TOMBSTONE]
    log_reads(organisation, [Looked(scope, What.LIST)])
    kinds = {header.record: header.data_class for header in headers}
    released: dict[bytes, set[str]] = {}
    for read in list_reads(organisation, scope):
        if read.what == What.RELEASE:
            found = released.setdefault(read.rule, set())
            found.update(kinds[record] for record, _ in read.records if record in kinds)
    until = max((kept_until(header) for header in headers), default=0)
    rules = {header.retention for header in headers if header.retention is not None}
    return Kept(
        {release: tuple(sorted(found)) for release, found in released.items()},
        tuple(sorted(set(kinds.values()))),
        tuple(RULES[number].text if number in RULES else f"rule {number}" for number in sorted(rules)),
        None if until == 0 else min(until, FOREVER_MS),
        sum(header.origin is not None for header in headers),
    )
