"""All operations of the FHIR face, the ones with a fixed word in their path before those that take any."""

from salus.api.fhir import audit_event, consent, everything, metadata, patient, read, transaction
from salus.api.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *metadata.OPERATIONS,
    *transaction.OPERATIONS,
    *everything.OPERATIONS,
    *patient.OPERATIONS,
    *consent.OPERATIONS,
    *audit_event.OPERATIONS,
    *read.OPERATIONS,
)
