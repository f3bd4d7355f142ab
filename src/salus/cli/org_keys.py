"""`salus org keys`, `rotate-keys`, `hand-over`, `winding-down`: an organisation's keys, and what it still holds."""

from pathlib import Path

import click

from salus.bootstrap import (
    Region,
    administration_change,
    carry_out,
    gateway_change,
    hand_over_change,
    master_key_age_ms,
    old_gateways_change,
    seal_change,
)
from salus.cli.options import FILE, acting, in_home, opened, organisation
from salus.cli.output import print_fields, print_json, print_result, short
from salus.cli.signing import by_file, write_file
from salus.config import read_config
from salus.contracts.accounts.messages import ChangeOrganisationKeys
from salus.core.keys import Role
from salus.services.change_keys import live
from salus.services.lookup import DAY_MS
from salus.services.signing_file import administrators
from salus.services.winding_down import StillHeld, still_held

KINDS = ("gateway", "seal", "administration", "old-gateways")


@click.command("keys")
@acting("The organisation.")
@in_home
def keys(home: Path | None, as_json: bool, actor: str) -> None:
    """Show which keys are in force, and whether the vault's master key is due to be rotated.

    SALUS_MASTER_KEY_DAYS sets after how many days it is.
    """
    days = read_config().master_key_days
    with opened(home) as region:
        own = organisation(region, actor)
        listed, threshold = administrators(region.ledger, own.account)
        gateways = live(region.ledger, own.account, Role.GATEWAY)
        age = master_key_age_ms(region, actor)
    due = age is None or age >= days * DAY_MS
    data = {
        "administration": listed,
        "threshold": threshold,
        "administration_here": len(own.administration),
        "gateways": gateways,
        "older_seal_keys": len(own.seal_key.older),
        "master_key_days": None if age is None else age // DAY_MS,
        "master_key_due": due,
    }
    if as_json:
        print_json(data)
        return
    in_use = "since nobody knows when" if age is None else f"for {age // DAY_MS} days"
    rotate = "; due: `salus record rotate`, then `salus org escrow make`" if due else ""
    print_fields(
        {
            "administration": f"{threshold} of {len(listed)} must sign; {len(own.administration)} are kept here",
            "": ", ".join(key.hex()[:12] for key in listed),
            "gateway": ", ".join(map(short, gateways)),
            "sealing": f"in use, and {len(own.seal_key.older)} older for what was sealed before",
            "vault": f"master key in use {in_use}{rotate}",
        }
    )


@click.command("rotate-keys")
@acting("The organisation.")
@click.option("--gateway", "kind", flag_value="gateway", help="What signs everyday messages; the old one stays listed.")
@click.option("--seal", "kind", flag_value="seal", help="What others seal to; the old one opens what came before.")
@click.option("--administration", "kind", flag_value="administration", help="The administration keys that are here.")
@click.option("--old-gateways", "kind", flag_value="old-gateways", help="End every gateway key but the one in use.")
@click.option("--at-once", is_flag=True, help="With --gateway: the old one ends now, as when it was stolen.")
@by_file
@in_home
def rotate(
    home: Path | None,
    as_json: bool,
    actor: str,
    kind: str | None,
    at_once: bool,
    out: Path | None,
    signers: tuple[str, ...],
) -> None:
    """Replace one of the organisation's keys by a new one. The vault's master key: `salus record rotate`."""
    if kind not in KINDS or (at_once and kind != "gateway"):
        raise click.UsageError("say which: --gateway [--at-once], --seal, --administration or --old-gateways")
    with opened(home, alone=True) as region:
        own = organisation(region, actor)
        change = _change(region, actor, kind, at_once)
        if out is not None:
            write_file(region, own, change, out, signers, as_json)
            return
        carry_out(region, actor, change)
    print_result(as_json, {"rotated": kind, "ended": len(change.revoke)}, _WORDS[kind])


_WORDS = {
    "gateway": "Another gateway key is in use. Where the old one still is listed, end it with --old-gateways in a day.",
    "seal": "Another sealing key is named; requests of one's own under way are asked anew.",
    "administration": "Other administration keys are listed.",
    "old-gateways": "No gateway key is listed but the one in use.",
}


def _change(region: Region, slug: str, kind: str, at_once: bool) -> ChangeOrganisationKeys:
    match kind:
        case "gateway":
            return gateway_change(region, slug, at_once=at_once)
        case "seal":
            return seal_change(region, slug)
        case "administration":
            return administration_change(region, slug)
    return old_gateways_change(region, slug)


@click.command("hand-over")
@acting("The organisation.")
@click.argument("entries", nargs=-1, required=True, type=FILE)
@click.option("--threshold", required=True, type=click.IntRange(1, 16), help="How many of them must sign.")
@by_file
@in_home
def hand_over(
    home: Path | None,
    as_json: bool,
    actor: str,
    entries: tuple[Path, ...],
    threshold: int,
    out: Path | None,
    signers: tuple[str, ...],
) -> None:
    """List the keys that administrators keep themselves (`salus admin entry`); those kept here end.

    From then on each act of the administration is a file that they sign: --out, `salus admin sign`.
    """
    with opened(home, alone=True) as region:
        own = organisation(region, actor)
        change = hand_over_change(region, actor, [path.read_bytes() for path in entries], threshold)
        if out is not None:
            write_file(region, own, change, out, signers, as_json)
            return
        carry_out(region, actor, change)
    words = f"{len(entries)} administrators keep the keys; {threshold} must sign. None is kept here any more."
    print_result(as_json, {"administrators": len(entries), "threshold": threshold}, words)


@click.command("winding-down")
@acting("The organisation.")
@in_home
def winding_down(home: Path | None, as_json: bool, actor: str) -> None:
    """List what the organisation still holds: what must be empty before it leaves."""
    with opened(home) as region:
        held = still_held(organisation(region, actor))
    if as_json:
        print_json({**held._asdict(), "clear": held.clear})
    else:
        print_fields(_rows(held))
        click.echo("Nothing stands in the way." if held.clear else "What is not 0 stands in the way of leaving.")


def _rows(held: StillHeld) -> dict[str, object]:
    return {
        "state": held.state,
        "patients": f"{len(held.relations)}, {held.claimed} with a wallet",
        "open petitions": len(held.petitions),
        "open reviews": len(held.reviews),
        "open sessions": len(held.sessions),
        "legal holds": len(held.holds),
        "unfinished work": ", ".join(f"{kind} {count}" for kind, count in held.tasks) or 0,
        "letters": held.letters,
        "shares of others' escrows": len(held.shares),
        "validators": held.validators,
    }
