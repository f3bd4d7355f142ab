"""`salus recovery`: how a person comes back to an account, and what those who help do.

What goes from hand to hand is a file: a keyholder's public key, a device's, new keys, an approval. None is secret.
"""

from datetime import UTC, datetime
from pathlib import Path

import click

from salus.bootstrap import Region, create_person
from salus.cli import recovery_desk, recovery_devices
from salus.cli.listed import command_group
from salus.cli.options import FILE, OUT_FILE, WHOLE_ID, acting, at_option, in_home, opened, person
from salus.cli.output import print_fields, print_json, print_result, print_table, short, when
from salus.cli.recovery_devices import other_device, with_option
from salus.cli.whom import find_relation
from salus.contracts.accounts.recovery_messages import Approval
from salus.core import cose
from salus.core.encoding import decode
from salus.core.errors import Malformed
from salus.services.actors import Person
from salus.services.errors import UnusableApproval
from salus.services.keyholding import approve, hold_key, set_keyholders
from salus.services.recover import offered_keys, prepare_everywhere, recover_everywhere, start_recovery
from salus.services.recovery_status import AccountStatus, recovery_status
from salus.services.veto_recovery import veto_recovery
from salus.vault.files import LocalFiles


@command_group()
def command() -> None:
    """A lost or stolen phone: keyholders, devices, recover, veto, freeze; the desk's part."""


for part in (*recovery_devices.COMMANDS, *recovery_desk.COMMANDS):
    command.add_command(part)


@command.command("status")
@acting("The person.")
@in_home
def show(home: Path | None, as_json: bool, actor: str) -> None:
    """Show each account: who helps, what waits, what one did not ask for."""
    with opened(home) as region:
        found = recovery_status(person(region, actor))
    if as_json:
        print_json([{**one._asdict(), "alarming": one.alarming} for one in found])
        return
    rows = ((short(one.handle), one.keyholders, _words(one)) for one in found)
    print_table(("relation", "keyholders", "state"), rows, empty="No account yet (`salus patient claim`).")
    for one in found:
        for waiting in one.changes:
            whose = "you asked" if waiting.own else "NOT asked by this device: `salus recovery veto-change`"
            click.echo(f"{short(waiting.change)}: {waiting.what}, from {when(waiting.due)}; {whose}")
    if any(one.recovery_due is not None and not one.ours for one in found):
        click.echo("Somebody recovers an account of yours. If not you: `salus recovery veto`, and go to the desk.")


@command.command("hold")
@acting("The keyholder; a wallet is made where there is none.")
@click.argument("handle", type=WHOLE_ID)
@click.option("--out", type=OUT_FILE, required=True, help="The file for the person.")
@in_home
def hold(home: Path | None, as_json: bool, actor: str, handle: bytes, out: Path) -> None:
    """Make a key that helps recover somebody's account HANDLE; its public part goes to the person."""
    with opened(home) as region:
        LocalFiles().write(out, hold_key(_wallet(region, actor), handle))
    print_result(as_json, {"file": str(out)}, f"The key is kept here; give {out} to the person.")


@command.command("keyholders")
@acting("The person.")
@at_option
@with_option
@click.argument("files", nargs=-1, type=FILE)
@in_home
def name_them(
    home: Path | None, as_json: bool, actor: str, relation: str | None, second: str | None, files: tuple[Path, ...]
) -> None:
    """Name three or five keyholders by their FILES (`salus recovery hold`), of whom two or three must help.

    With --with at once, else after the network's delay. Without FILES nobody helps: two desks that know her do.
    """
    with opened(home) as region:
        who = person(region, actor)
        handle = find_relation(who, relation)
        offers = [file.read_bytes() for file in files]
        made = set_keyholders(who, handle, offers, other_device(region, second))
    recovery_devices.print_changed(as_json, made)


@command.command("prepare")
@acting("The person, on a new device; a wallet is made where there is none.")
@click.argument("handles", nargs=-1, type=WHOLE_ID)
@click.option("--all-of", "backup", metavar="WALLET", default=None, help="All accounts of this wallet, a backup.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="When the old phone was last safe.")
@in_home
def prepare(
    home: Path | None,
    as_json: bool,
    actor: str,
    handles: tuple[bytes, ...],
    backup: str | None,
    since: datetime | None,
) -> None:
    """Make new keys for the accounts HANDLES. Read each short code to the keyholders, who know the voice.

    What was permitted on DATE or later is suspended at the end, until one reaffirms it.
    """
    day = None if since is None else int(since.replace(tzinfo=UTC).timestamp() * 1000)
    if bool(handles) == (backup is not None):
        raise click.UsageError("give HANDLES or --all-of, one of them")
    with opened(home) as region:
        if backup is not None:
            handles = tuple(kept.handle for kept in person(region, backup).wallet.relations())
        made = prepare_everywhere(_wallet(region, actor), handles, day)
    if as_json:
        print_json(made)
        return
    for one in made:
        print_fields({"handle": one.handle.hex(), "recovery": one.recovery.hex(), "short code": one.short_code})


@command.command("approve")
@acting("The keyholder.")
@click.argument("handle", type=WHOLE_ID)
@click.argument("recovery", type=WHOLE_ID)
@click.argument("short_code")
@click.option("--out", type=OUT_FILE, required=True, help="The file for the person.")
@in_home
def agree(
    home: Path | None, as_json: bool, actor: str, handle: bytes, recovery: bytes, short_code: str, out: Path
) -> None:
    """Approve the RECOVERY of somebody's account HANDLE, whose new wallet shows this short code."""
    with opened(home) as region:
        LocalFiles().write(out, approve(person(region, actor), handle, recovery, short_code))
    print_result(as_json, {"file": str(out)}, f"Approved; give {out} to the person.")


@command.command("start")
@acting("The person, on the new device.")
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option("--at-once", is_flag=True, help="Now; of several accounts the ledger then shows that they are one's.")
@in_home
def start(home: Path | None, as_json: bool, actor: str, files: tuple[Path, ...], at_once: bool) -> None:
    """Start the recovery of all accounts that the approvals in FILES are for, each at its own time within three days.

    `salus wallet due` starts them then. For one account alone, say --at-once.
    """
    with opened(home) as region:
        who = person(region, actor)
        given = list(_sorted_out(who, [file.read_bytes() for file in files]).items())
        if at_once:
            done = [start_recovery(who, handle, approvals) for handle, approvals in given]
            words = "\n".join(f"{short(one.handle)}: started, final from {when(one.due)}." for one in done)
            print_result(as_json, done, words)
            return
        waiting = recover_everywhere(who, given)
    data = [{"handle": one.handle, "due": when(one.due)} for one in waiting]
    words = "\n".join(f"{short(one.handle)}: starts at {when(one.due)} (`salus wallet due`)." for one in waiting)
    print_result(as_json, data, words)


@command.command("offer")
@acting("The person, on the new device.")
@click.argument("handle", type=WHOLE_ID)
@click.option("--out", type=OUT_FILE, required=True, help="The file for the desk.")
@in_home
def offer(home: Path | None, as_json: bool, actor: str, handle: bytes, out: Path) -> None:
    """Write the prepared keys of HANDLE for the desks that re-identify the person; show the short code at each."""
    with opened(home) as region:
        raw, code = offered_keys(person(region, actor), handle)
        LocalFiles().write(out, raw)
    print_result(as_json, {"file": str(out), "short_code": code}, f"Short code {code}; give {out} to the desk.")


@command.command("veto")
@acting("The person, or whoever has a device of hers.")
@at_option
@in_home
def veto(home: Path | None, as_json: bool, actor: str, relation: str | None) -> None:
    """Stop a recovery that one did not ask for. Once in the network's period; after that the desk decides."""
    with opened(home) as region:
        who = person(region, actor)
        landed = veto_recovery(who, find_relation(who, relation))
    print_result(as_json, {"height": landed.height}, f"Vetoed, in block {landed.height}. Go to the desk as well.")


def _wallet(region: Region, slug: str) -> Person:
    return region.person(slug) if slug in region.people() else create_person(region, slug)


def _sorted_out(who: Person, raws: list[bytes]) -> dict[bytes, list[bytes]]:
    """Return handle -> approvals; raise UnusableApproval where one is of no recovery of this wallet."""
    handles = {kept.recovery: kept.handle for kept in who.wallet.recoveries()}
    found: dict[bytes, list[bytes]] = {}
    for raw in raws:
        try:
            recovery = decode(cose.parse("approval", raw).payload, Approval).recovery
        except Malformed:
            raise UnusableApproval from None
        if recovery not in handles:
            raise UnusableApproval
        found.setdefault(handles[recovery], []).append(raw)
    return found


def _words(one: AccountStatus) -> str:
    said = []
    if one.frozen:
        said.append("frozen" + ("" if one.lifts is None else f" until {when(one.lifts)}"))
    if one.recovery_due is not None:
        whose = "yours" if one.ours else "NOT YOURS"
        said.append(f"recovery {one.recovery}, {whose}, final from {when(one.recovery_due)}")
    if one.contested:
        said.append("contested: the desk decides")
    return "; ".join(said) or "in use"
