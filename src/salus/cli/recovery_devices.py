"""`salus recovery` for devices: a further one, one that goes, the printed code, what a recovery suspended."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from salus.bootstrap import Region, create_person
from salus.cli.options import FILE, OUT_FILE, WHOLE_ID, acting, at_option, choose, in_home, opened, person
from salus.cli.output import print_fields, print_json, print_result, short, when
from salus.cli.whom import find_relation
from salus.contracts.accounts import queries
from salus.contracts.consent import queries as consent
from salus.core.keys import Role
from salus.services.actors import Person
from salus.services.change_devices import Changed, add_device, offer_device, remove_device, veto_change
from salus.services.freeze import lift_freeze, print_freeze_code
from salus.services.reaffirm import reaffirm
from salus.vault.files import LocalFiles

Command = TypeVar("Command", bound=Callable[..., Any])


def with_option(command: Command) -> Command:
    """Give a command --with."""
    return click.option("--with", "second", metavar="WALLET", default=None, help="A second device of the account.")(
        command
    )


def other_device(region: Region, slug: str | None) -> Person | None:
    """Return the second device that --with names."""
    return None if slug is None else person(region, slug)


def print_changed(as_json: bool, made: Changed) -> None:
    """Print what became of a change."""
    if made.change is None:
        print_result(as_json, made, f"Done, in block {made.height}.")
        return
    words = f"It waits until {when(made.due)}, as {short(made.change)}; any other device can veto it meanwhile."
    print_result(as_json, made, words)


@click.command("device")
@acting("The new device's wallet; made where there is none.")
@click.argument("handle", type=WHOLE_ID)
@click.option("--out", type=OUT_FILE, required=True, help="The file for the first device.")
@in_home
def new_device(home: Path | None, as_json: bool, actor: str, handle: bytes, out: Path) -> None:
    """Make keys of a further device for the account HANDLE."""
    with opened(home) as region:
        who = region.person(actor) if actor in region.people() else create_person(region, actor)
        LocalFiles().write(out, offer_device(who, handle))
    print_result(as_json, {"file": str(out)}, f"Take {out} to the first device: `salus recovery add-device`.")


@click.command("add-device")
@acting("The person, on a device that is listed.")
@at_option
@with_option
@click.argument("file", type=FILE)
@in_home
def add(home: Path | None, as_json: bool, actor: str, relation: str | None, second: str | None, file: Path) -> None:
    """List the device of FILE: with a second one at once, else after the network's delay."""
    with opened(home) as region:
        who = person(region, actor)
        made = add_device(who, find_relation(who, relation), file.read_bytes(), other_device(region, second))
    print_changed(as_json, made)


@click.command("remove-device")
@acting("The person.")
@at_option
@with_option
@click.argument("key", required=False)
@in_home
def remove(
    home: Path | None, as_json: bool, actor: str, relation: str | None, second: str | None, key: str | None
) -> None:
    """End a device's KEY; without one list the keys. One's own ends at once."""
    with opened(home) as region:
        who = person(region, actor)
        handle = find_relation(who, relation)
        listed = queries.live_keys(region.ledger.view(), handle, Role.DEVICE, region.ledger.now())
        if key is None:
            own = who.wallet.relation(handle).device.id(region.network)
            if as_json:
                print_json([{"key": one, "own": one == own} for one in listed])
            else:
                print_fields({short(one): "this device" if one == own else "another" for one in listed})
            return
        found = choose(key, listed, "KEY", "recovery remove-device")
        made = remove_device(who, handle, found, other_device(region, second))
    print_changed(as_json, made)


@click.command("veto-change")
@acting("The person.")
@at_option
@click.argument("change")
@in_home
def veto_it(home: Path | None, as_json: bool, actor: str, relation: str | None, change: str) -> None:
    """Stop a CHANGE that waits (`salus recovery status`)."""
    with opened(home) as region:
        who = person(region, actor)
        handle = find_relation(who, relation)
        waiting = [entry.id for _, entry in queries.pending_changes(region.ledger.view(), handle)]
        done = veto_change(who, handle, choose(change, waiting, "CHANGE", "recovery status"))
    print_result(as_json, {"height": done.height}, f"Stopped, in block {done.height}.")


@click.command("code")
@acting("The person.")
@at_option
@in_home
def code(home: Path | None, as_json: bool, actor: str, relation: str | None) -> None:
    """Make a code to print: whoever shows it to any member freezes the account, and can do nothing else with it."""
    with opened(home) as region:
        who = person(region, actor)
        printed = print_freeze_code(who, find_relation(who, relation))
    print_result(
        as_json, {"code": printed}, f"{printed}\nKeep it on paper, away from the phone. The wallet forgets it."
    )


@click.command("lift")
@acting("The person.")
@at_option
@click.option("--with", "second", metavar="WALLET", required=True, help="A second device of the account.")
@in_home
def lift(home: Path | None, as_json: bool, actor: str, relation: str | None, second: str) -> None:
    """Let a freeze end after the network's delay; with one device alone go to the desk."""
    with opened(home) as region:
        who = person(region, actor)
        handle = find_relation(who, relation)
        landed = lift_freeze(who, person(region, second), handle)
        frozen = queries.frozen(region.ledger.view(), handle, region.ledger.now())
    due = None if frozen is None else frozen.lifts
    print_result(as_json, {"height": landed.height, "due": when(due)}, f"The freeze ends at {when(due)}.")


@click.command("reaffirm")
@acting("The person.")
@at_option
@click.argument("directive")
@in_home
def confirm(home: Path | None, as_json: bool, actor: str, relation: str | None, directive: str) -> None:
    """Bring a permit that a recovery suspended back into force: it was oneself who gave it."""
    with opened(home) as region:
        who = person(region, actor)
        handle = find_relation(who, relation)
        known = [one.id for one in consent.directives(region.ledger.view(), handle)]
        found = choose(directive, known, "DIRECTIVE", "consent list")
        landed = reaffirm(who, handle, found)
    print_result(as_json, {"height": landed.height}, f"In force again, from block {landed.height} on.")


COMMANDS = (new_device, add, remove, veto_it, code, lift, confirm)
