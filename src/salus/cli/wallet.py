"""`salus wallet`: what a wallet does by itself."""

from pathlib import Path

import click

from salus.cli.listed import command_group
from salus.cli.options import acting, in_home, opened, person, save_option
from salus.cli.output import print_fields, print_json, print_table, short, when
from salus.cli.share import share_code
from salus.cli.terminal import terminal
from salus.core.errors import Kind, Refusal
from salus.services.actors import Person
from salus.services.recovery_status import recovery_status
from salus.services.sent import list_sent
from salus.services.wallet_due import Done, do_due
from salus.vault.files import LocalFiles

_LOOK_S = 600.0  # at least so often: a claim may have come
_AGAIN_S = 2.0  # where the home is in use


@command_group()
def command() -> None:
    """What a wallet does by itself: waiting wishes, appointments; receipts, share codes."""


@command.command("due")
@acting("The person.")
@click.option(
    "--for",
    "minutes",
    default=0,
    show_default=True,
    type=click.IntRange(0, 10_080),
    metavar="MINUTES",
    help="Stay so long, and do each thing at its very time.",
)
@in_home
def due(home: Path | None, as_json: bool, actor: str, minutes: int) -> None:
    """Do what is due: send waiting wishes, renew standing permits and keys, fetch one's records, make waiting claims.

    Best run all the time. A wallet opened now and then makes up for one missed appointment a day.
    """
    with opened(home) as region:
        clock = region.clock
        ends = clock.now_ms() + minutes * 60_000
        done = do_due(person(region, actor))
        alarms = _alarms(person(region, actor))
    while clock.now_ms() < ends:
        left = min(ends, done.next or ends) - clock.now_ms()
        terminal().pause(min(max(left, 0) / 1000, _LOOK_S))
        try:
            with opened(home) as region:  # between times others may use the home
                done = _and(done, do_due(person(region, actor)))
                alarms = _alarms(person(region, actor))
        except Refusal as refusal:
            if refusal.kind is not Kind.UNAVAILABLE:
                raise
            terminal().pause(_AGAIN_S)
    if as_json:
        print_json({**done._asdict(), "failed": [str(refusal) for refusal in done.failed], "alarms": alarms})
    else:
        print_done(done)
        for handle in alarms:
            click.echo(f"{short(handle)}: something waits that this device did not ask for (`salus recovery status`).")


@command.command("sent")
@acting("The person.")
@save_option("Write the signed receipts here.")
@in_home
def sent(home: Path | None, as_json: bool, actor: str, save: Path | None) -> None:
    """Show what members signed of what they were given to carry, each held against the own ledger.

    A member that signed for what is not there has lied, which its receipt proves to anybody (--save).
    """
    with opened(home) as region:
        found = list_sent(person(region, actor))
    if as_json:
        print_json([{**one._asdict(), "standing": one.standing.name.lower().replace("_", "-")} for one in found])
    else:
        rows = ((when(one.sent), short(one.envelope), one.name, one.height or "-", one.standing.value) for one in found)
        columns = ("sent", "envelope", "member", "block", "what became of it")
        print_table(columns, rows, empty="Nothing was sent from this wallet by way of others' servers.")
    for one in found if save is not None else ():
        if one.receipt and save is not None:
            LocalFiles().create_folder(save)
            LocalFiles().write(save / f"{one.envelope.hex()[:12]}-{one.member.hex()[:12]}.receipt", one.receipt)


def _alarms(who: Person) -> list[bytes]:
    return [one.handle for one in recovery_status(who) if one.alarming]


command.add_command(share_code)


def _and(before: Done, after: Done) -> Done:
    return Done(
        before.claimed + after.claimed,
        before.recovering + after.recovering,
        before.recovered + after.recovered,
        before.kept + after.kept,
        before.failed + after.failed,
        after.next,
    )


def print_done(done: Done) -> None:
    """Print what was done."""
    for claimed in done.claimed:
        print_fields({"claimed": claimed.handle.hex(), "short code": claimed.short_code})
        click.echo("Tell the desk the short code; it confirms with `salus patient confirm`.")
    for started in done.recovering:
        print_fields({"recovery started": started.handle.hex(), "final from": when(started.due)})
    for handle in done.recovered:
        click.echo(f"Recovered: {short(handle)}")
    rows = ((short(one.handle), one.fate.value, when(one.due)) for one in done.kept)
    print_table(("relation", "appointment", "next"), rows, empty="Nothing was due.")
    for refusal in done.failed:
        click.echo(f"Not done: {refusal}")
    if done.next is not None:
        click.echo(f"Next: {when(done.next)}.")
