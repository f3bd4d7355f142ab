"""She has a record corrected; then one erased, which waits for a legal hold; the clinic is told of both."""

import orjson

from salus.contracts.records.types import Ground, Outcome, PetitionKind
from salus.core.record import LeafHeader, Status
from salus.demo.stage import CLINIC, PATIENT, Stage, Step
from salus.services.amend import accept_amendment
from salus.services.authorise import own_records
from salus.services.erase import erase
from salus.services.hold import lift_hold, place_hold
from salus.services.inbox import collect, process_inbox
from salus.services.notify import changes_of, list_notices
from salus.services.petition import petition
from salus.services.petition_letters import Change
from salus.services.read_records import read_record
from salus.services.receive_receipt import ReceiptView
from salus.services.received import list_received
from salus.services.records import Record
from salus.vault.errors import RecordErased
from salus.vault.vault import Vault

HOLD = "a lawsuit about another matter"


def amend_and_erase(stage: Stage) -> Step:
    """Ask, answer, hold, lift; look at what each side has in the end."""
    hospital, clinic = stage.organisation(stage.hospital), stage.organisation(CLINIC)
    measured, other = chosen([record for _, record in list_received(clinic)])
    wrong, unwanted = measured.header, other.header
    corrected = ask(stage, PetitionKind.AMEND, wrong, "This value is not mine.", reworded(measured))
    accept_amendment(hospital, corrected)
    version = read_record(hospital, stage.handle, wrong.record).header.version
    hold = place_hold(hospital, stage.handle, HOLD)
    wished = ask(stage, PetitionKind.ERASE, unwanted, "Please erase it.", None)
    deferred = erase(hospital, wished)
    (erased,) = lift_hold(hospital, stage.handle, hold.hold).erased
    process_inbox(clinic)
    told = changes_of(list_notices(clinic)).values()
    receipts = [view for view in collect(stage.patient) if isinstance(view, ReceiptView)]
    grave = read_record(hospital, stage.handle, unwanted.record).header
    checks = (
        version == 2,
        (deferred.outcome, deferred.ground) == (Outcome.DEFERRED, Ground.LEGAL_HOLD),
        (erased.petition, erased.outcome) == (wished, Outcome.DONE),
        [view.outcome for view in receipts] == [Outcome.DONE, Outcome.DEFERRED, Outcome.DONE],
        grave.status == Status.TOMBSTONE and not opens(hospital.vault, stage, unwanted),
        Change.ERASED in told,
    )
    return Step(
        "amend",
        "A record is corrected, and one is erased once a legal hold has ended",
        all(checks),
        {"receipts": len(receipts), "notices": len(told), "versions_of_the_corrected": version},
        (
            f"She asks for a correction, {hospital.name} accepts: version {version} names the one before, which stays",
            "She asks for an erasure while a legal hold stands: deferred, on the ground of the hold; reading goes on",
            "The hold is lifted and the erasure runs: content, keys and salts are gone, a tombstone stands in the list",
            f"Signed receipts she holds, each the very one that the ledger commits to: {len(receipts)}",
            f"{clinic.name}, which had received both records, is told: {words(list(told))}",
        ),
        (f"petition list --as {PATIENT} --at {stage.handle.hex()[:12]}",),
    )


def ask(stage: Stage, kind: PetitionKind, header: LeafHeader, text: str, proposed: bytes | None) -> bytes:
    """Let her ask, and the hospital take it in; return the petition."""
    made = petition(stage.patient, stage.handle, kind, [header.record], text, proposed)
    process_inbox(stage.organisation(stage.hospital))
    return made.petition


def chosen(records: list[Record]) -> tuple[Record, Record]:
    """Return a record with a value to correct, and another one to erase; what was received comes in no fixed order."""
    measured = next(record for record in records if "valueQuantity" in orjson.loads(record.octets))
    return measured, next(record for record in records if record.header.record != measured.header.record)


def reworded(record: Record) -> bytes:
    """Return the record as she says it should read."""
    resource = orjson.loads(record.octets)
    resource["valueQuantity"]["value"] = 1
    return orjson.dumps(resource)


def opens(vault: Vault, stage: Stage, header: LeafHeader) -> bool:
    """True if the vault still gives the content of the version that was erased."""
    scope = own_records(stage.organisation(stage.hospital), stage.handle, "administration", None)
    try:
        vault.read(scope, header.record, header.version)
    except RecordErased:
        return False
    return True


def words(told: list[Change]) -> str:
    """Return how many records were amended and erased."""
    return ", ".join(f"{told.count(change)} {change.name.lower()}" for change in dict.fromkeys(told))
