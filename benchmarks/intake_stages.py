"""Where the time of taking in a bundle goes, stage by stage, in microseconds of a processor a resource.

Everything runs in one process here, bundle by bundle: what the reader would do with it, and what the vault does. The
sum, `all`, is about the processor time of the import, but for the start of its second process. `waiting` is no work but
what the vault waits for, the disk above all; `hand_over` what passing a bundle between the two processes adds.
"""

import msgspec

from benchmarks.stages import Place, Stages
from salus.fhir.reader import Given, Outcome, read_given
from salus.services.actors import Organisation
from salus.services.deposit import deposit
from salus.services.read_ahead import VaultAnswers, uncollected

_BUNDLE, _RESOURCE, _READER = "salus.fhir.bundle", "salus.fhir.resource", "salus.fhir.reader"
_AHEAD, _DEPOSIT, _STORE = "salus.services.read_ahead", "salus.services.deposit", "salus.vault.deposit"
PLACES = (
    Place(_AHEAD, "likely_questions", "questions"),
    Place(_AHEAD, "ask", "questions"),
    Place(_AHEAD, "read_given", "digest"),  # and letting go of what was read
    Place(_READER, "read_bundle", "bundle"),  # what is between the stages below
    Place(_BUNDLE, "open_bundle", "wrapper"),
    Place(_BUNDLE, "Identities", "ids"),
    Place(_BUNDLE, "read_resource", "resource"),  # what is between the stages below
    Place(_RESOURCE, "_resolved", "references"),
    Place(_RESOURCE, "parse", "parse"),
    Place(_RESOURCE, "survey", "survey"),
    Place(_RESOURCE, "accepted", "schema"),
    Place(_RESOURCE, "describe", "describe"),
    Place(_RESOURCE, "subject_of", "describe"),
    Place(_DEPOSIT, "_deposit", "place"),
    Place(_DEPOSIT, "take_spare", "accounts", waits=True),
    Place("salus.vault.vault", "Vault.deposit", "commit", waits=True),
    Place(_STORE, "store", "rows"),
    Place("salus.vault.blobs", "Blobs.put", "blobs"),
    Place(_STORE, "_seal_all", "seal"),
    Place("salus.vault.relation", "Relation.append", "log_and_map"),
    Place(_STORE, "put_shared", "identifiers"),
)
_GIVEN, _OUTCOME = msgspec.msgpack.Decoder(Given), msgspec.msgpack.Decoder(Outcome)


def breakdown(hospital: Organisation, bundles: list[bytes]) -> dict[str, float]:
    """Return the figures of taking in `bundles`, which must be new to the hospital."""
    stages = Stages()
    hand_over = stages.timed("hand_over", _hand_over)
    resources = 0
    for raw in bundles:
        with uncollected():
            hand_over(raw, read_given(raw, VaultAnswers(hospital.vault.shared, raw)))
    with stages.watching(PLACES):
        for raw in bundles:
            done = deposit(hospital, raw)
            resources += done.records + done.shared
    each = {"all": sum(stages.seconds.values()), "waiting": stages.waited, **stages.seconds}
    return {f"intake_stage_{stage}_us": round(spent / resources * 1e6, 1) for stage, spent in each.items()}


def _hand_over(raw: bytes, outcome: Outcome) -> None:
    _GIVEN.decode(msgspec.msgpack.encode(Given(raw, outcome.asked)))
    _OUTCOME.decode(msgspec.msgpack.encode(outcome))
