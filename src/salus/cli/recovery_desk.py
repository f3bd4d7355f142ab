"""`salus recovery` for the desk: freeze, re-prove, settle, complete."""

from pathlib import Path

import click

from salus.cli.options import FILE, WHOLE_ID, acting, in_home, opened, organisation
from salus.cli.output import print_json, print_result, short
from salus.cli.staff import find_badge, staff_option
from salus.cli.whom import find_patient
from salus.services.freeze import freeze_by_code, freeze_in_person
from salus.services.reprove import confirm_reproof, reprove
from salus.services.settle_recovery import complete_due, complete_recovery, settle_recovery


@click.command("freeze")
@acting("The organisation: any member with --code, else the custodian.")
@click.argument("handle", required=False)
@click.option("--code", default=None, metavar="CODE", help="The person's printed code.")
@staff_option
@in_home
def freeze(
    home: Path | None, as_json: bool, actor: str, handle: str | None, code: str | None, staff: str | None
) -> None:
    """Freeze an account: by a printed code, or the patient HANDLE who is here and was identified."""
    if (handle is None) == (code is None):
        raise click.UsageError("give the patient's HANDLE or --code, one of them")
    with opened(home) as region:
        desk = organisation(region, actor)
        if code is not None:
            found = freeze_by_code(desk, code)
        else:
            found = find_patient(desk, handle or "")
            freeze_in_person(desk, found, find_badge(desk, staff))
    print_result(as_json, {"handle": found}, f"Account {short(found)} is frozen: only what protects is possible.")


@click.command("reprove")
@acting("The custodian.")
@click.argument("file", type=FILE)
@click.argument("short_code")
@staff_option
@in_home
def prove(home: Path | None, as_json: bool, actor: str, file: Path, short_code: str, staff: str | None) -> None:
    """Say that the person is who she says; FILE has the keys of her new wallet, which shows this short code.

    Of no effect until a second member says the same (`salus recovery confirm`).
    """
    with opened(home) as region:
        desk = organisation(region, actor)
        landed = reprove(desk, file.read_bytes(), short_code, find_badge(desk, staff))
    words = "Noted. She goes to a second member now (`salus recovery confirm`)."
    print_result(as_json, {"height": landed.height}, words)


@click.command("confirm")
@acting("A second member, not the custodian.")
@click.argument("handle", type=WHOLE_ID)
@click.argument("short_code")
@staff_option
@in_home
def confirm(home: Path | None, as_json: bool, actor: str, handle: bytes, short_code: str, staff: str | None) -> None:
    """Confirm as a second member that the person of account HANDLE is here, and her wallet shows this short code."""
    with opened(home) as region:
        desk = organisation(region, actor)
        landed = confirm_reproof(desk, handle, short_code, find_badge(desk, staff))
    print_result(as_json, {"height": landed.height}, f"The recovery began, in block {landed.height}.")


@click.command("settle")
@acting("The custodian.")
@click.argument("handle")
@click.option("--is-she/--is-not-she", "is_she", required=True, help="What the identity check found.")
@staff_option
@in_home
def settle(home: Path | None, as_json: bool, actor: str, handle: str, is_she: bool, staff: str | None) -> None:
    """Settle a contested recovery of the patient HANDLE: say whether the identity check found that it is she."""
    with opened(home) as region:
        desk = organisation(region, actor)
        landed = settle_recovery(desk, find_patient(desk, handle), find_badge(desk, staff), is_she)
    words = "It goes on, and is final after its delay." if is_she else "It is void, and the frozen key is live again."
    print_result(as_json, {"height": landed.height}, words)


@click.command("complete")
@acting("The organisation.")
@click.argument("handle", type=WHOLE_ID, required=False)
@in_home
def complete(home: Path | None, as_json: bool, actor: str, handle: bytes | None) -> None:
    """Complete what is due: of all own patients; with HANDLE the recovery of that account, which any member can."""
    with opened(home) as region:
        desk = organisation(region, actor)
        if handle is None:
            done = complete_due(desk)
        else:
            complete_recovery(desk, handle)
            done = (handle,)
    if as_json:
        print_json(done)
        return
    click.echo("\n".join(f"{short(one)}: done." for one in done) or "Nothing is due.")


COMMANDS = (freeze, prove, confirm, settle, complete)
