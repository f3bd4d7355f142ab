"""Retaining: which retention set a custodian uses, and which rule it gives to what comes in.

Of somebody whose date of birth is not known it is taken that she is a minor: then it is kept the longer.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from salus.core.encoding import decode, encode
from salus.core.record import Status
from salus.core.types import Message, Small
from salus.fhir.bundle import Entry, Transaction
from salus.fhir.retention_sets import RetentionSet, load
from salus.fhir.times import span
from salus.services.actors import Organisation
from salus.services.authorise import for_labels, own_shared
from salus.services.retention import YEAR_MS
from salus.vault.errors import NoSuchRecord, NoSuchRelation
from salus.vault.shared import SharedResource

KIND, NAME = "RetentionSet", "in-use"  # no FHIR type has this name
_PATIENTS = "Patient"


class InUse(Message, frozen=True):
    """What a custodian chose; null: nothing it takes in is kept by a rule."""

    number: Small | None


def choose_retention(organisation: Organisation, number: int | None) -> None:
    """Let what comes in from now on be kept by a set's rules; what is kept already stays under its own.

    Raises NoSuchRetentionSet, RetentionSetDamaged.
    """
    if number is not None:
        load(number)
    chosen = SharedResource(KIND, NAME, encode(InUse(number)), "application/cbor")
    organisation.vault.shared.put([chosen])


def retention_in_use(organisation: Organisation) -> RetentionSet | None:
    """Return the set in use, None where the custodian chose none."""
    scope, shared = own_shared(organisation), organisation.vault.shared
    if NAME not in shared.names(scope, KIND):
        return None
    number = decode(shared.get(scope, KIND, NAME)[1], InUse).number
    return None if number is None else load(number)


class Retaining:
    """The rules for one bundle. Whether a patient is a minor is asked once."""

    def __init__(
        self, organisation: Organisation, transaction: Transaction, relations: Mapping[str, bytes], now: int
    ) -> None:
        self._organisation, self._now = organisation, now
        self._rules = retention_in_use(organisation)
        self._minor: dict[bytes, bool] = {}
        if self._rules is not None and self._rules.asks_age:
            for entry in transaction.entries:
                if entry.type == _PATIENTS and entry.id in relations and not entry.exists:
                    self._minor[relations[entry.id]] = self._is_minor(entry.resource)

    def rule_of(self, entry: Entry, relation: bytes) -> int | None:
        """Return the number of the rule that keeps what an entry brings; None: none does."""
        if self._rules is None:
            return None
        about = entry.description
        minor = self._rules.asks_age and self._of(relation)
        return self._rules.rule_for(entry.type, about.data_class, minor=minor)

    def _of(self, relation: bytes) -> bool:
        if relation not in self._minor:
            self._minor[relation] = self._is_minor(self._kept(relation))
        return self._minor[relation]

    def _kept(self, relation: bytes) -> Any:
        """Return the patient's resource that is kept; nothing where there is none to read."""
        scope, vault = for_labels(self._organisation, relation), self._organisation.vault
        try:
            headers = [header for header in vault.headers(scope) if header.type == _PATIENTS]
            current = [header for header in headers if header.status == Status.CURRENT]
            return orjson.loads(vault.read(scope, current[-1].record).octets) if current else {}
        except (NoSuchRelation, NoSuchRecord):
            return {}

    def _is_minor(self, patient: Any) -> bool:
        rules, born = self._rules, span(str(patient.get("birthDate", "")))
        return born is None or rules is None or self._now < born[1] + rules.majority_years * YEAR_MS
