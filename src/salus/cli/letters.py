"""What became of letters, in words; and what of them is kept in files."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import click

from salus.cli.output import print_json, print_table, short
from salus.cli.petition import outcome_words
from salus.core.errors import Refusal
from salus.services.account.line import ground_of
from salus.services.ahead import ReceivedAhead
from salus.services.answer_lookup import LookupAnswered
from salus.services.custody_letters import Surrendered
from salus.services.defer import Deferred
from salus.services.deliver import Withheld
from salus.services.locator_key import Epoch
from salus.services.open_session import SessionOpened
from salus.services.petition_letters import Change
from salus.services.push import NotPushed
from salus.services.receive import LeftOut, Received
from salus.services.receive_bulk import ReceivedBulk
from salus.services.receive_for import ReceivedFor
from salus.services.receive_own import OwnView
from salus.services.receive_receipt import ReceiptView
from salus.services.receive_session import ClosedSession, ReceivedPage
from salus.services.records import Record
from salus.services.register_tokens import Registered
from salus.services.release import Delivery, Refused
from salus.services.sealed_orders import SilentOrder
from salus.services.session_page import PageSent, SessionOver
from salus.services.tell_release import ToldView
from salus.services.tickets import TicketView
from salus.vault.files import LocalFiles


class Told(NamedTuple):
    """What became of one letter. `id` is the request's, the release's, the directive's or the petition's."""

    letter: str
    id: bytes | None
    outcome: str
    records: int | None = None
    code: int | None = None  # of a refusal


def tell(letter: str, outcome: object, ground: str = "") -> Told:
    """Return what became of a letter; `ground` names the rule that a release rests on (`services.explain`)."""
    by = f", by {ground}" if ground else ""
    match outcome:
        case Delivery():
            return Told(letter, outcome.request, f"released {outcome.records} records{by}", outcome.records)
        case Refused():
            return Told(letter, outcome.request, f"refused: {outcome.reason.name.lower().replace('_', ' ')}")
        case Received():
            count = len(outcome.records)
            words = f"received and verified {count} records{by}; {left_out(outcome.left_out)}"
            return Told(letter, outcome.release, words, count)
        case Deferred():
            return Told(letter, outcome.release, f"released {outcome.records} records in an outage", outcome.records)
        case ReceivedAhead():
            count, when = len(outcome.records), "silence is over" if outcome.silent else "the ledger is back"
            return Told(letter, outcome.release, f"received {count} records; the release shows once {when}", count)
        case ReceivedBulk():
            count = sum(len(part.records) for part in outcome.parts)
            words = f"received and verified {count} records of {len(outcome.parts)} relations"
            return Told(letter, outcome.bulk, words, count)
        case SilentOrder():
            return Told(letter, outcome.order, "taken in: an order that forbids notice")
        case OwnView():
            count = len(outcome.records)
            words = f"all {count} records, {outcome.log_size} versions; the list is complete"
            return Told(letter, outcome.release, words, count)
        case ReceivedFor():
            count = len(outcome.records)
            words = f"received and verified {count} records of the person it acts for"
            return Told(letter, outcome.release, words, count)
        case Withheld() | NotPushed():
            return Told(letter, getattr(outcome, "release", None), f"withheld: {outcome.text}")
        case SessionOpened():
            return Told(letter, outcome.session, "session opened")
        case PageSent():
            return Told(letter, outcome.session, f"page {outcome.number}: {outcome.records} records", outcome.records)
        case SessionOver():
            return Told(letter, outcome.session, f"session closed: {outcome.text}")
        case ReceivedPage():
            count = len(outcome.records)
            words = f"page {outcome.number}: received and verified {count} records; {left_out(outcome.left_out)}"
            return Told(letter, outcome.session, words, count)
        case ClosedSession():
            words = f"session closed: its log holds {outcome.pages} pages, the {outcome.received} received among them"
            return Told(letter, outcome.session, words)
        case ReceiptView():
            kind = outcome.kind.name.lower()
            words = f"receipt: {kind} {outcome_words(outcome.outcome, outcome.ground)}"
            return Told(letter, outcome.petition, words)
        case ToldView():
            line = outcome.line
            words = f"{line.name or 'somebody'} received data for {line.purpose} by {ground_of(line)}"
            return Told(letter, outcome.release, words)
        case Surrendered():
            return Told(letter, outcome.relation, "the former custodian destroyed what it had")
        case LookupAnswered():
            listed = f", {outcome.listed} listed" if outcome.listed else ""
            return Told(letter, outcome.lookup, f"answered: {'found' if outcome.found else 'nothing told'}{listed}")
        case TicketView():
            words = "nobody was found" if outcome.relation is None else f"found, {outcome.how}"
            return Told(letter, outcome.lookup, f"ticket: {words} (`salus discover tickets`)")
        case Registered():
            return Told(
                letter, None, f"{outcome.tokens} tokens of {outcome.relations} relations, epoch {outcome.epoch}"
            )
        case Epoch():
            return Told(letter, None, f"the group's key of epoch {outcome.epoch} is kept")
        case Refusal():
            return Told(letter, None, f"refused: {outcome}", code=outcome.code)
        case bytes() if letter in ("grant", "petition"):
            return Told(letter, outcome, "acknowledged" if letter == "grant" else "taken in, waits for an answer")
        case bytes() if letter == "approval":
            return Told(letter, outcome, "approval of a merge taken in (`salus relation merge`)")
        case tuple() if letter == "notice":
            kinds = sorted({Change(notice.change).name.lower().replace("_", " ") for notice in outcome})
            release = outcome[0].release if outcome else None
            return Told(letter, release, f"{len(outcome)} records received before: {', '.join(kinds)}", len(outcome))
    return Told(letter, None, "noted")


def left_out(said: LeftOut) -> str:
    """Return what the custodian may say of what it did not release."""
    if said.how_many is not None:
        return f"{said.how_many} were left out"
    return "some were left out" if said.some else "more may exist"


def print_told(told: Iterable[Told], as_json: bool, empty: str) -> None:
    """Print what became of letters."""
    listed = list(told)
    if as_json:
        print_json(listed)
    else:
        print_table(("letter", "id", "outcome"), ((t.letter, short(t.id), t.outcome) for t in listed), empty)


def keep(folder: Path | None, evidence: dict[str, bytes], records: Iterable[Record]) -> None:
    """Write evidence (name -> file) and records into a folder, each readable by its owner alone."""
    if folder is None:
        return
    files, written = LocalFiles(), 0
    files.create_folder(folder)
    for name, raw in evidence.items():
        files.write(folder / f"{name}.evidence", raw)
    for written, record in enumerate(records, start=1):  # noqa: B007 - counted
        files.write(folder / f"{record.header.record.hex()}-{record.header.version}.json", record.octets)
    click.echo(f"{len(evidence)} evidence files and {written} records written to {folder}.", err=True)


def keep_receipts(folder: Path | None, receipts: Iterable[ReceiptView]) -> None:
    """Write signed receipts into a folder, each readable by its owner alone."""
    if folder is not None:
        files = LocalFiles()
        files.create_folder(folder)
        for view in receipts:
            files.write(folder / f"{short(view.petition)}.receipt", view.raw)
