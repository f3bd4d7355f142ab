"""By what a patient is found in her custodian's index, before anybody is compared (`linkage.keys`).

They stand among the vault's identifiers as (`Patient.search`, key, place) -> place, the relation and record in hex:
they go with the record when it is erased.
"""

from collections.abc import Iterable, Iterator

import orjson

from salus.contracts.accounts import queries as accounts
from salus.core.record import Status
from salus.linkage.demographics import Demographics, of_patient
from salus.linkage.keys import search_keys
from salus.services.access_log import Looked, What, log_reads
from salus.services.actors import Organisation
from salus.services.authorise import for_lookup, own_shared
from salus.vault.errors import NoSuchRelation, RelationDestroyed
from salus.vault.reading import ReadRecord
from salus.vault.shared import Identifier, SharedResource

KIND = "Patient.search"  # no FHIR type has this name


def found_by(relation: bytes, record: bytes, octets: bytes) -> list[Identifier]:
    """Return the identifiers by which a Patient resource is found."""
    place = f"{relation.hex()}/{record.hex()}"
    return [Identifier(KIND, key, place, place) for key in search_keys(demographics_of(octets))]


def demographics_of(octets: bytes) -> Demographics:
    """Return who a Patient resource, which was validated when it was taken in, says that she is."""
    return of_patient(orjson.loads(octets))


def own_patients(
    organisation: Organisation, relations: Iterable[bytes], rule: bytes
) -> Iterator[tuple[bytes, list[ReadRecord]]]:
    """Yield each relation that the organisation holds with its current Patient resources; the caller logs the reads."""
    state, vault = organisation.ledger.view(), organisation.vault
    for relation in relations:
        if accounts.custodian_of(state, relation) != organisation.account:
            continue  # a copy of what another holds
        scope = for_lookup(organisation, relation, rule)
        try:
            headers = [header for header in vault.headers(scope) if header.status == Status.CURRENT]
            yield relation, [vault.read(scope, header.record, header.version) for header in headers]
        except (NoSuchRelation, RelationDestroyed):
            continue


def index_patients(organisation: Organisation) -> int:
    """Enter all patients anew, those of before there was an index among them; return how many resources."""
    rule, looked, found, count = own_shared(organisation).predicate, list[Looked](), list[Identifier](), 0
    for relation, reads in own_patients(organisation, organisation.vault.relations(), rule):
        looked.append(Looked(for_lookup(organisation, relation, rule), What.LABELS, [read.header for read in reads]))
        for read in reads:
            found += found_by(relation, read.header.record, read.octets)
            count += 1
    log_reads(organisation, looked)
    organisation.vault.shared.put(list[SharedResource](), found)
    return count
