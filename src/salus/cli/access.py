"""`salus access`: requests, releases, what was received, and who received what."""

from pathlib import Path

import click

from salus.cli.consent import find_organisation, find_relation, millis, relation_option
from salus.cli.options import acting, in_home, opened
from salus.cli.output import print_fields, print_json, print_table, short, when
from salus.cli.staff import find_badge
from salus.core.errors import Refusal
from salus.services.accounting import Accounting, accounting
from salus.services.grant import sealed_part
from salus.services.inbox import collect, process_inbox
from salus.services.members import member_name
from salus.services.receive import Received
from salus.services.receive_own import OwnView
from salus.services.release import Delivery, Refused
from salus.services.request import request, request_own


@click.group()
def command() -> None:
    """Access: ask, answer, receive, and the account of it all."""


@command.command("relations")
@acting("The person.")
@in_home
def relations(home: Path | None, as_json: bool, actor: str) -> None:
    """List the relations in a wallet: one per custodian, unlinked on the ledger."""
    with opened(home) as region:
        kept = [
            (r.handle, r.custodian, member_name(region.ledger, r.custodian))
            for r in region.person(actor).wallet.relations()
        ]
    if as_json:
        print_json([{"handle": handle, "custodian": account, "name": name} for handle, account, name in kept])
    else:
        print_table(("handle", "custodian"), ((short(handle), name) for handle, _, name in kept))


@command.command("request")
@acting("The organisation that asks.")
@click.argument("relation")
@click.option("--for", "purpose", default="TREAT", show_default=True, help="Purpose (v3-ActReason).")
@click.option("--staff", default=None, help="Badge of who asks; needed where there are several.")
@click.option("--class", "classes", multiple=True, help="Only this data class; may be repeated.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), default=None)
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), default=None)
@in_home
def ask(home, as_json, actor, relation, purpose, staff, classes, since, until) -> None:  # type: ignore[no-untyped-def]
    """Ask a custodian for a patient's data; RELATION is the whole handle, which the patient hands over."""
    if len(relation) != 64 or any(c not in "0123456789abcdef" for c in relation):
        raise click.UsageError("RELATION: give all 64 hex digits")
    wanted = sealed_part(classes=classes, since=millis(since), until=millis(until)).base
    with opened(home) as region:
        package = request(
            region.organisation(actor), bytes.fromhex(relation), purpose, find_badge(region, actor, staff), wanted
        )
    if as_json:
        print_json({"request": package.request, "custodian": package.custodian})
    else:
        click.echo(
            f"Request {short(package.request)} is in the custodian's inbox (`salus access answer --as CUSTODIAN`)."
        )


@command.command("request-own")
@acting("The person.")
@relation_option
@in_home
def ask_own(home: Path | None, as_json: bool, actor: str, relation: str | None) -> None:
    """Ask for all of one's own records, with the complete view."""
    with opened(home) as region:
        package = request_own(region.person(actor), find_relation(region, actor, relation))
    if as_json:
        print_json({"request": package.request, "custodian": package.custodian})
    else:
        click.echo(
            f"Request {short(package.request)} is in the custodian's inbox (`salus access answer --as CUSTODIAN`)."
        )


@command.command("answer")
@acting("The organisation.")
@click.option(
    "--save",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="Write the evidence of what was received here.",
)
@in_home
def answer(home: Path | None, as_json: bool, actor: str, save: Path | None) -> None:
    """Work through the inbox: acknowledge grants, decide requests and release or refuse, receive deliveries."""
    with opened(home) as region:
        done = process_inbox(region.organisation(actor))
    lines = [describe(item.kind, item.outcome) for item in done]
    for item in done:
        if save is not None and isinstance(item.outcome, Received):
            save.mkdir(parents=True, exist_ok=True)
            (save / f"{short(item.outcome.release)}.evidence").write_bytes(item.outcome.evidence)
    if as_json:
        print_json(lines)
    else:
        print_table(
            ("letter", "id", "outcome"),
            ((line["kind"], line["id"], line["outcome"]) for line in lines),
            empty="The inbox is empty.",
        )


@command.command("collect")
@acting("The person.")
@click.option(
    "--save", type=click.Path(path_type=Path, file_okay=False), default=None, help="Write records and evidence here."
)
@in_home
def fetch(home: Path | None, as_json: bool, actor: str, save: Path | None) -> None:
    """Open what custodians sent to a wallet, and check that nothing is missing."""
    with opened(home) as region:
        views = collect(region.person(actor))
    lines = [describe("delivery", view) for view in views]
    for view in views:
        if save is not None and isinstance(view, OwnView):
            save.mkdir(parents=True, exist_ok=True)
            (save / f"{short(view.release)}.evidence").write_bytes(view.evidence)
            for record in view.records:
                (save / f"{record.header.record.hex()}-{record.header.version}.json").write_bytes(record.octets)
    if as_json:
        print_json(lines)
    else:
        print_table(
            ("letter", "id", "outcome"),
            ((line["kind"], line["id"], line["outcome"]) for line in lines),
            empty="Nothing new.",
        )


def describe(kind: str, outcome: object) -> dict[str, str]:
    """Return what became of a letter, in words."""
    match outcome:
        case Delivery():
            return {"kind": kind, "id": short(outcome.request), "outcome": f"released {outcome.records} records"}
        case Refused():
            return {"kind": kind, "id": short(outcome.request), "outcome": f"refused: {outcome.reason.name.lower()}"}
        case Received():
            said = "; may be incomplete" if outcome.residual else ""
            return {
                "kind": kind,
                "id": short(outcome.release),
                "outcome": f"received and verified {len(outcome.records)} records{said}",
            }
        case OwnView():
            words = f"all {len(outcome.records)} records, {outcome.log_size} versions; the list is complete"
            return {"kind": kind, "id": short(outcome.release), "outcome": words}
        case Refusal():
            return {"kind": kind, "id": "-", "outcome": f"refused: {outcome.text}"}
        case bytes():
            return {"kind": kind, "id": short(outcome), "outcome": "acknowledged"}
    return {"kind": kind, "id": "-", "outcome": "done"}


@command.command("accounting")
@acting("The person, or the custodian or regulator with --of.")
@relation_option
@click.option("--of", "handle", default=None, help="The whole handle, for who has no wallet entry of it.")
@in_home
def account(home: Path | None, as_json: bool, actor: str, relation: str | None, handle: str | None) -> None:
    """Who received what, when, why, under which directive; refusals too."""
    with opened(home) as region:
        if handle is not None:
            find_organisation(region, actor)
            if len(handle) != 64 or any(c not in "0123456789abcdef" for c in handle):
                raise click.UsageError("--of: give all 64 hex digits")
            told = accounting(region.ledger, bytes.fromhex(handle))
        else:
            told = accounting(region.ledger, find_relation(region, actor, relation))
    if as_json:
        print_json(told)
        return
    print_fields({"relation": told.relation.hex()})
    print_accounting(told)


def print_accounting(told: Accounting) -> None:
    """Print the lines of an account as a table; each names its place in the log."""
    rows = (
        (
            line.index,
            when(line.time),
            line.what,
            line.name or "-",
            line.purpose or "-",
            short(line.directive) if line.directive else line.basis or "-",
            line.reason or "-",
        )
        for line in told.lines
    )
    print_table(("log", "time", "what", "organisation", "purpose", "under", "reason"), rows)
