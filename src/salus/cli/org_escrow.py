"""`salus org escrow`: an organisation's keys in escrow with other members, and how they come back."""

from collections.abc import Sequence
from pathlib import Path

import click

from salus.bootstrap import Region, escrow_secrets, keep_escrow, read_escrow, restore_secrets
from salus.cli.listed import command_group
from salus.cli.options import acting, in_home, opened, organisation
from salus.cli.output import print_json, print_result, print_table, short, when
from salus.cli.signing import by_file, member_id, write_file
from salus.cli.status import NO
from salus.services.actors import Organisation
from salus.services.escrow_objects import EscrowFile, EscrowView
from salus.services.hold_share import Held, list_held
from salus.services.inbox import process_inbox
from salus.services.make_escrow import draw_up_escrow, make_escrow
from salus.services.members import member_name
from salus.services.open_escrow import Opener, ask_holders, forget_shares, gather, open_file, read_file
from salus.services.rehearse_escrow import check_held, rehearse, view_escrow
from salus.services.release_share import release_share
from salus.services.restore_openings import restore_openings


@command_group("escrow")
def group() -> None:
    """Keys in escrow: other members hold shares, and enough of these give the keys back."""


@group.command("make")
@acting("The organisation whose keys it is.")
@click.option("--shares", type=click.IntRange(2, 16), default=None, help="How many; by default one for each --to.")
@click.option("--threshold", required=True, type=click.IntRange(2, 16), help="How many give the keys back.")
@click.option("--to", "holders", multiple=True, required=True, metavar="MEMBER", help="Who holds a share; repeat it.")
@by_file
@in_home
def make(
    home: Path | None,
    as_json: bool,
    actor: str,
    shares: int | None,
    threshold: int,
    holders: tuple[str, ...],
    out: Path | None,
    signers: tuple[str, ...],
) -> None:
    """Make an escrow, in place of an earlier one. Its file belongs with the backups of the vault."""
    if shares not in (None, len(holders)):
        raise click.BadParameter("name as many members with --to", param_hint="--shares")
    with opened(home) as region:
        own = organisation(region, actor)
        accounts = [member_id(region, one, "--to") for one in holders]
        secrets = escrow_secrets(region, actor)

        def keep(raw: bytes) -> None:
            keep_escrow(region, actor, raw)

        if out is not None:
            drawn = draw_up_escrow(own, secrets, accounts, threshold, keep)
            write_file(region, own, drawn.message, out, signers, as_json)
            return
        drawn = make_escrow(own, secrets, accounts, threshold, keep)
    words = (
        f"Escrow {short(drawn.commitment)}: {threshold} of {len(accounts)} shares open it. Its file goes with backups."
    )
    print_result(as_json, {"commitment": drawn.commitment, "threshold": threshold, "shares": len(accounts)}, words)


@group.command("list")
@acting("The organisation.")
@in_home
def show(home: Path | None, as_json: bool, actor: str) -> None:
    """Show one's own escrow and who confirmed, and the shares one holds of others."""
    with opened(home) as region:
        own = organisation(region, actor)
        process_inbox(own, ("share", "share-receipt"))
        view, held = view_escrow(own, _own_file(region, own, actor)), list_held(own)
        names = {one: member_name(region.ledger, one) for one in _named(view, held)}
    if as_json:
        print_json({"own": view, "held": held})
        return
    if view is None:
        click.echo("No escrow of its own (`salus org escrow make`).")
    else:
        opened_by = "" if view.opened_by is None else f"; {names[view.opened_by]} was let open it"
        click.echo(
            f"Escrow {short(view.commitment)} of {when(view.made)}, threshold {view.threshold or '?'}{opened_by}."
        )
        rows = ((names[one.holder], when(one.received) if one.received else "not yet") for one in view.holders)
        print_table(("holder", "confirmed"), rows)
    kept = ((names[one.organisation], short(one.commitment), _standing(one.current, one.opened_by)) for one in held)
    print_table(("share of", "escrow", "standing"), kept, empty="No share of others is held.")


@group.command("ask")
@acting("Who opens it: the organisation, or whoever succeeded it.")
@click.option("--of", "owner", default=None, metavar="MEMBER", help="Whose escrow; by default one's own.")
@by_file
@in_home
def ask(
    home: Path | None, as_json: bool, actor: str, owner: str | None, out: Path | None, signers: tuple[str, ...]
) -> None:
    """Ask the holders for their shares, on the ledger, where everybody sees it."""
    with opened(home) as region:
        own = organisation(region, actor)
        message = ask_holders(own, own.account if owner is None else member_id(region, owner, "--of"))
        if out is not None:
            write_file(region, own, message, out, signers, as_json)
            return
        landed = own.send_administration(message)[1]
    print_result(
        as_json, {"height": landed.height}, f"Asked, in block {landed.height}; holders: `salus org escrow release`."
    )


@group.command("release")
@acting("A holder.")
@click.argument("owner", metavar="MEMBER")
@in_home
def release(home: Path | None, as_json: bool, actor: str, owner: str) -> None:
    """Release the share of MEMBER's escrow, to whoever the ledger lets open it."""
    with opened(home) as region:
        holder = organisation(region, actor)
        process_inbox(holder, ("share",))
        to = release_share(holder, member_id(region, owner))
        name = member_name(region.ledger, to)
    print_result(as_json, {"to": to}, f"The share went to {name}, sealed.")


@group.command("open")
@acting("Who opens it: the organisation, or whoever succeeded it.")
@click.option("--of", "owner", default=None, metavar="SLUG", help="Whose escrow; by default one's own.")
@in_home
def open_it(home: Path | None, as_json: bool, actor: str, owner: str | None) -> None:
    """Join the shares that holders released; put the secrets back into the keystore they are of."""
    with opened(home) as region:
        own, slug = organisation(region, actor), owner or actor
        file = read_file(region.ledger, read_escrow(region, slug))
        opener = Opener(own.account, own.seal_key, region.ledger, region.exchange)
        gathered = gather(opener, file.header)
        for _, refusal in gathered.unfit:
            click.echo(f"A share was refused: {refusal}", err=True)
        escrowed = open_file(region.network, file, gathered.shares.values())
        names = restore_secrets(region, slug, escrowed)
        if (region.home / "organisations" / slug / "vault").is_dir():
            restore_openings(region.organisation(slug), escrowed)
        forget_shares(opener, file.header)
    data = {"secrets": names, "staff": len(escrowed.staff), "openings": len(escrowed.parts)}
    print_result(as_json, data, f"Back in the keystore of {slug}: {', '.join(names)}. Make a new escrow now.")


@group.command("drill")
@acting("The organisation.")
@in_home
def drill(home: Path | None, as_json: bool, actor: str) -> int:
    """Rehearse: is the file the ledger's, did the holders confirm, do shares join? No share leaves its holder."""
    with opened(home) as region:
        own = organisation(region, actor)
        process_inbox(own, ("share", "share-receipt"))
        held = check_held(own)
        done = None if view_escrow(own) is None else rehearse(own, read_escrow(region, actor))
    if as_json:
        print_json({"own": done, "held": [{"organisation": one, "sound": sound} for one, sound in held]})
    else:
        click.echo("No escrow of its own." if done is None else _drilled(done.confirmed, done.holders, done.threshold))
        wrong = sum(1 for _, sound in held if not sound)
        kept = f"{len(held)} shares of others are held" if held else "No share of others is held"
        click.echo(f"{kept}, {wrong} of them of no escrow that stands, or damaged." if wrong else f"{kept}.")
    return NO if (done is not None and not done.sound) or not all(sound for _, sound in held) else 0


def _drilled(confirmed: int, holders: int, threshold: int) -> str:
    enough = "enough" if confirmed >= threshold else "too few"
    return f"The file is the ledger's; {confirmed} of {holders} holders confirmed, {threshold} are needed: {enough}."


def _own_file(region: Region, own: Organisation, slug: str) -> EscrowFile | None:
    path = region.home / "organisations" / slug / "escrow.sealed"
    return read_file(own.ledger, path.read_bytes()) if path.is_file() else None


def _named(view: EscrowView | None, held: Sequence[Held]) -> list[bytes]:
    named = [one.organisation for one in held]
    if view is not None:
        named += [one.holder for one in view.holders]
        named += [] if view.opened_by is None else [view.opened_by]
    return named


def _standing(current: bool, opened_by: bytes | None) -> str:
    if not current:
        return "a newer one stands"
    return "kept" if opened_by is None else "to be released"
