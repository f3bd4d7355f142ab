"""`salus patient`: an organisation's patients, and how they come to hold their own keys."""

from pathlib import Path

import click

from salus.bootstrap import create_person
from salus.cli.listed import command_group
from salus.cli.options import acting, days_option, in_home, opened, organisation, purpose_option
from salus.cli.output import print_fields, print_json, print_result, print_table, short, when
from salus.cli.segment import command as segments
from salus.cli.staff import find_badge, staff_option
from salus.cli.whom import find_patient
from salus.services.claim import claim, hold_claim
from salus.services.invite import invite
from salus.services.life_state import LifeState
from salus.services.patients import PatientView, list_patients
from salus.services.settle_claim import complete_claim, confirm_claim, reject_claim
from salus.wallet.invitation import read_code

_WORDS = {"claimed": LifeState.CLAIMED.words}  # of a state that says more than is known


@command_group()
def command() -> None:
    """Patients of an organisation: list, invite, claim, confirm; confidential segments."""


command.add_command(segments)


@command.command("list")
@acting("The organisation.")
@purpose_option("administration")
@staff_option
@in_home
def show_all(home: Path | None, as_json: bool, actor: str, purpose: str, staff: str | None) -> None:
    """List the organisation's patients, from its own vault; merged relations are one patient.

    Segments show themselves to staff for the purposes they were opened for.
    """
    with opened(home) as region:
        custodian = organisation(region, actor)
        patients = list_patients(custodian, purpose, find_badge(custodian, staff) if staff else None)
    if as_json:
        print_json(patients)
        return
    rows = (
        (patient_words(p), p.name or p.segment, p.birth_date, _WORDS.get(p.state, p.state), p.records) for p in patients
    )
    columns = ("handle", "name", "born", "account", "records")
    print_table(columns, rows, empty="No patients yet (`salus record import`).")


@command.command("invite")
@acting("The organisation.")
@click.argument("handle")
@days_option(14, 90)
@in_home
def send(home: Path | None, as_json: bool, actor: str, handle: str, days: int) -> None:
    """Make an invitation; its code is the secret that lets her claim the account."""
    with opened(home) as region:
        custodian = organisation(region, actor)
        made = invite(custodian, find_patient(custodian, handle), days)
    if as_json:
        print_json({"handle": made.handle, "code": made.code, "link": made.link, "end": when(made.end)})
        return
    print_fields({"code": made.code, "link": made.link, "valid until": when(made.end)})
    click.echo("Give it to the patient and to nobody else: `salus patient claim --as HER-WALLET CODE`.")


@command.command("claim")
@acting("The person; a wallet is made where there is none.")
@click.argument("code")
@click.option("--at-once", is_flag=True, help="Now: for who stands at the desk, or has no other account.")
@in_home
def take(home: Path | None, as_json: bool, actor: str, code: str, at_once: bool) -> None:
    """Claim the account of an invitation, by its CODE or link, with fresh keys of one's own.

    Unless it is to be at once, the claim waits for a time drawn by chance before the invitation ends (`salus wallet
    due` makes it then): two claims made in one sitting would link the accounts.
    """
    with opened(home) as region:
        read_code(region.network, code)  # a mistyped one makes no wallet
        known = actor in region.people()
        who = region.person(actor) if known else create_person(region, actor)
        if not at_once:
            held = hold_claim(who, code)
            words = f"The claim waits until {when(held.due)} (`salus wallet due`). At a desk, say --at-once."
            print_result(as_json, {"handle": held.handle, "due": when(held.due)}, words)
            return
        claimed = claim(who, code)
    if as_json:
        print_json(claimed)
        return
    print_fields({"handle": claimed.handle.hex(), "short code": claimed.short_code})
    click.echo("Tell the desk the short code; it confirms with `salus patient confirm`.")


@command.command("confirm")
@acting("The organisation.")
@click.argument("handle")
@click.argument("short_code")
@in_home
def agree(home: Path | None, as_json: bool, actor: str, handle: str, short_code: str) -> None:
    """Make a claim final: the person is here and her wallet shows this short code."""
    with opened(home) as region:
        custodian = organisation(region, actor)
        landed = confirm_claim(custodian, find_patient(custodian, handle), short_code)
    print_result(as_json, {"height": landed.height}, f"The account is hers, from block {landed.height} on.")


@command.command("reject")
@acting("The organisation.")
@click.argument("handle")
@in_home
def turn_down(home: Path | None, as_json: bool, actor: str, handle: str) -> None:
    """Void a claim and its invitation: the short code was not hers."""
    with opened(home) as region:
        custodian = organisation(region, actor)
        landed = reject_claim(custodian, find_patient(custodian, handle))
    words = f"Rejected, in block {landed.height}; the invitation is void."
    print_result(as_json, {"height": landed.height}, words)


@command.command("complete")
@acting("The organisation.")
@click.argument("handle")
@in_home
def finish(home: Path | None, as_json: bool, actor: str, handle: str) -> None:
    """Make a claim final that nobody confirmed or rejected, once the network's delay is over."""
    with opened(home) as region:
        custodian = organisation(region, actor)
        landed = complete_claim(custodian, find_patient(custodian, handle))
    print_result(as_json, {"height": landed.height}, f"The account is hers, from block {landed.height} on.")


def patient_words(patient: PatientView) -> str:
    """Return the handles of a patient, of a segment with that of the main relation."""
    sides = ", ".join(map(short, (patient.handle, *patient.merged)))
    return sides if patient.segment_of is None else f"{sides} of {short(patient.segment_of)}"
