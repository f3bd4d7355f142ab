"""Commands of `salus record` about what is kept, changed and destroyed: petitions answered, holds, restriction."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from salus.bootstrap import master_key_age_ms, rotate_vault
from salus.cli.bundles import issue_lines
from salus.cli.options import FILE, acting, choose, in_home, opened, organisation
from salus.cli.output import print_json, print_result, print_table, short, when
from salus.cli.petition import find_open, outcome_words
from salus.cli.staff import find_badge, staff_option
from salus.cli.whom import find_patient
from salus.config import read_config
from salus.contracts.records.types import Ground, PetitionKind
from salus.fhir.bundle import BundleRefused
from salus.services.actors import Organisation
from salus.services.amend import accept_amendment, correct, refuse_petition
from salus.services.anchor_windows import WindowRule
from salus.services.answer import Answered
from salus.services.due import due
from salus.services.erase import erase
from salus.services.hold import lift_hold, list_holds, place_hold
from salus.services.inbox import process_inbox
from salus.services.lookup import DAY_MS
from salus.services.petition import PetitionView
from salus.services.read_records import list_records
from salus.services.restrict import restrict, restrict_as_asked
from salus.services.take_petition import list_open

T = TypeVar("T")
GROUNDS = {
    ground.name.lower().replace("_", "-"): ground
    for ground in (Ground.ACCURATE, Ground.NOT_OURS, Ground.NO_SUCH_RECORD, Ground.LAW, Ground.UNREADABLE)
}


@click.command("amend")
@acting("The custodian.")
@click.argument("petition")
@click.option("--content", type=FILE, default=None, help="The new version, where it is not to read as proposed.")
@in_home
def amend(home: Path | None, as_json: bool, actor: str, petition: str, content: Path | None) -> None:
    """Accept an amendment: a new version; the one before stays in the log. Earlier recipients are told."""
    octets = None if content is None else content.read_bytes()
    with opened(home) as region:
        custodian = organisation(region, actor)
        view = waiting(custodian, petition, PetitionKind.AMEND)
        done = told_of_issues(lambda: accept_amendment(custodian, view.petition, octets))
    print_answer(as_json, done)


@click.command("correct")
@acting("The custodian.")
@click.argument("handle")
@click.argument("record")
@click.option("--content", type=FILE, required=True, help="The new version, a whole FHIR resource.")
@staff_option
@in_home
def mend(
    home: Path | None, as_json: bool, actor: str, handle: str, record: str, content: Path, staff: str | None
) -> None:
    """Correct a record of one's own accord: a new version. Earlier recipients are told."""
    octets = content.read_bytes()
    with opened(home) as region:
        custodian = organisation(region, actor)
        relation = find_patient(custodian, handle)
        badge = find_badge(custodian, staff) if staff else None
        known = (header.record for header in list_records(custodian, relation, staff=badge))
        wanted = choose(record, known, "RECORD", "record list")
        done = told_of_issues(lambda: correct(custodian, relation, wanted, octets))
    words = f"Version {done.version} of record {short(done.record)}; the one before stays in the log."
    print_result(as_json, done, words)


@click.command("refuse")
@acting("The custodian.")
@click.argument("petition")
@click.option("--ground", required=True, type=click.Choice(list(GROUNDS)), help="It stands on the ledger.")
@click.option("--words", default="", help="For the person alone, sealed.")
@in_home
def refuse(home: Path | None, as_json: bool, actor: str, petition: str, ground: str, words: str) -> None:
    """Refuse a petition. Her statement is filed beside the record that she wanted amended."""
    with opened(home) as region:
        custodian = organisation(region, actor)
        view = waiting(custodian, petition)
        done = refuse_petition(custodian, view.relation, view.petition, GROUNDS[ground], words)
    print_answer(as_json, done)


@click.command("erase")
@acting("The custodian.")
@click.argument("petition")
@in_home
def destroy(home: Path | None, as_json: bool, actor: str, petition: str) -> None:
    """Erase what a petition asks for, for good; deferred while a legal hold or a retention rule stands."""
    with opened(home) as region:
        custodian = organisation(region, actor)
        done = erase(custodian, waiting(custodian, petition, PetitionKind.ERASE).petition)
    print_answer(as_json, done)


@click.command("hold")
@acting("The custodian.")
@click.argument("handle")
@click.option("--reason", required=True, help="Kept in the vault; the ledger has a salted commitment.")
@in_home
def hold(home: Path | None, as_json: bool, actor: str, handle: str, reason: str) -> None:
    """Place a legal hold: nothing of the patient's is destroyed while it stands. Reading goes on."""
    with opened(home) as region:
        custodian = organisation(region, actor)
        placed = place_hold(custodian, find_patient(custodian, handle), reason)
    print_result(as_json, {"hold": placed.hold, "placed": when(placed.placed)}, f"Hold {short(placed.hold)} stands.")


@click.command("holds")
@acting("The custodian.")
@click.argument("handle")
@in_home
def holds(home: Path | None, as_json: bool, actor: str, handle: str) -> None:
    """List the legal holds that stand."""
    with opened(home) as region:
        custodian = organisation(region, actor)
        found = list_holds(custodian, find_patient(custodian, handle))
    if as_json:
        print_json([{"hold": one.hold, "placed": when(one.placed), "reason": one.reason} for one in found])
    else:
        rows = ((short(one.hold), when(one.placed), one.reason or "-") for one in found)
        print_table(("hold", "placed", "reason"), rows, empty="No hold stands.")


@click.command("lift")
@acting("The custodian.")
@click.argument("handle")
@click.argument("hold")
@in_home
def lift(home: Path | None, as_json: bool, actor: str, handle: str, hold: str) -> None:
    """Lift a legal hold; erasures that waited for it run now."""
    with opened(home) as region:
        custodian = organisation(region, actor)
        relation = find_patient(custodian, handle)
        known = (one.hold for one in list_holds(custodian, relation))
        done = lift_hold(custodian, relation, choose(hold, known, "HOLD", "record holds"))
    erased = [one.petition for one in done.erased]
    words = f"Lifted, in block {done.height}; {len(erased)} erasures that had waited were done."
    print_result(as_json, {"hold": done.hold, "height": done.height, "erased": erased}, words)


@click.command("restrict")
@acting("The custodian.")
@click.argument("what", metavar="PETITION|HANDLE")
@click.option("--off", is_flag=True, help="Let the records be used again.")
@in_home
def keep_only(home: Path | None, as_json: bool, actor: str, what: str, off: bool) -> None:
    """Keep a patient's records and do not use them, as a petition asks or of one's own accord."""
    kind = PetitionKind.UNRESTRICT if off else PetitionKind.RESTRICT
    with opened(home) as region:
        custodian = organisation(region, actor)
        process_inbox(custodian, ("petition",))
        asked = [v for v in list_open(custodian) if v.entry.kind == kind and v.petition.hex().startswith(what.lower())]
        if len(asked) == 1:
            print_answer(as_json, restrict_as_asked(custodian, asked[0].petition))
            return
        landed = restrict(custodian, find_patient(custodian, what), restricted=not off)
    words = "used again" if off else "kept and not used; only the person has access"
    data = {"restricted": not off, "height": landed.height}
    print_result(as_json, data, f"The records are {words}, from block {landed.height} on.")


@click.command("due")
@acting("The custodian.")
@in_home
def run_due(home: Path | None, as_json: bool, actor: str) -> None:
    """Do what is due: interrupted work, erasures whose hold or rule has ended, anchors of the windows that ended.

    Meant for a timer. SALUS_ANCHOR_WINDOW_S and SALUS_ANCHOR_CYCLE set the rule of the windows.
    """
    config = read_config()
    rule = WindowRule(config.anchor_window_s * 1000, config.anchor_cycle)
    with opened(home) as region:
        done = due(organisation(region, actor), rule)
        age = master_key_age_ms(region, actor)
    words = " ".join((*done.done, f"{done.anchored} relations anchored by the rule of windows."))
    if age is None or age >= config.master_key_days * DAY_MS:
        click.echo("The vault's master key is due to be rotated (`salus record rotate`).", err=True)
    print_result(as_json, done, words)


@click.command("rotate")
@acting("The custodian.")
@in_home
def rotate(home: Path | None, as_json: bool, actor: str) -> None:
    """Give the vault another master key: stolen or forgotten copies of its files from before open no longer.

    What was erased is beyond the keys of now once this is done. Copies of the keystore from before must go too.
    An escrow of before opens such copies alone: make a new one (`salus org escrow make`).
    """
    with opened(home, alone=True) as region:
        organisation(region, actor)
        rotate_vault(region, actor)
    print_result(as_json, {"rotated": True}, "The vault has another master key; older copies of it open no longer.")


COMMANDS = (amend, mend, refuse, destroy, hold, holds, lift, keep_only, rotate, run_due)


def waiting(custodian: Organisation, given: str, kind: PetitionKind | None = None) -> PetitionView:
    """Return the open petition that `given` begins, after taking in what waits in the inbox."""
    process_inbox(custodian, ("petition",))
    return find_open(given, tuple(v for v in list_open(custodian) if kind is None or v.entry.kind == kind))


def told_of_issues(act: Callable[[], T]) -> T:
    """Run `act`; print what is wrong with a resource that it refuses, a line each."""
    try:
        return act()
    except BundleRefused as refused:
        for line in issue_lines(refused.issues):
            click.echo(line, err=True)
        raise


def print_answer(as_json: bool, done: Answered) -> None:
    """Print what the custodian answered."""
    data = {
        "petition": done.petition,
        "outcome": done.outcome.name.lower(),
        "ground": done.ground.name.lower().replace("_", "-"),
        "receipt": done.receipt,
    }
    words = f"Petition {short(done.petition)} {outcome_words(done.outcome, done.ground)}."
    if done.receipt:
        words += " The person's receipt is in the exchange."
    print_result(as_json, data, words)
