"""`salus consent`: a person's directives."""

from datetime import UTC, datetime
from pathlib import Path

import click

from salus.bootstrap import Region
from salus.cli.options import acting, choose, in_home, opened
from salus.cli.output import print_fields, print_json, print_table, short, when
from salus.policy.types import Effect, GranteeKind, Residual, SealedPart, Status
from salus.services.deny import deny_totally
from salus.services.directives import list_directives, show_directive
from salus.services.grant import Terms, grant, sealed_part, to_anyone, to_organisation
from salus.services.members import list_members, member_name
from salus.services.revoke import revoke

relation_option = click.option(
    "--at", "relation", metavar="HANDLE", default=None, help="Which of her relations; needed when she has several."
)


@click.group()
def command() -> None:
    """Consent: who may receive what, for which purpose, until when."""


@command.command("grant")
@acting("The person.")
@relation_option
@click.option(
    "--to", "grantee", required=True, help="The organisation: its slug here, its name, or the beginning of its account."
)
@click.option(
    "--for",
    "purposes",
    multiple=True,
    default=("TREAT",),
    show_default=True,
    help="Purpose (v3-ActReason); may be repeated.",
)
@click.option("--class", "classes", multiple=True, help="Data class, e.g. laboratory; may be repeated. None: all.")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    default=None,
    help="Only records whose clinical period begins here or later.",
)
@click.option(
    "--until", type=click.DateTime(["%Y-%m-%d"]), default=None, help="Only records whose clinical period ends before."
)
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 3650))
@click.option(
    "--uses", default=0, show_default=True, type=click.IntRange(0), help="How many releases at most; 0: no limit."
)
@click.option("--deny", "deny", is_flag=True, help="A deny of this data instead of a permit.")
@in_home
def give(
    home: Path | None,
    as_json: bool,
    actor: str,
    relation: str | None,
    grantee: str,
    purposes: tuple[str, ...],
    classes: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    days: int,
    uses: int,
    deny: bool,
) -> None:
    """Put a directive in force. It works once the custodian has acknowledged it (`salus access answer`)."""
    sealed: SealedPart = sealed_part(classes=classes, since=millis(since), until=millis(until))
    with opened(home) as region:
        terms = Terms(
            to_organisation(find_organisation(region, grantee)),
            purposes,
            days,
            sealed,
            effect=Effect.DENY if deny else Effect.PERMIT,
            uses=uses,
        )
        granted = grant(region.person(actor), find_relation(region, actor, relation), terms)
    result = {
        "directive": granted.directive,
        "version": granted.version,
        "start": when(granted.start),
        "end": when(granted.end),
    }
    if as_json:
        print_json(result | {"height": granted.height})
        return
    print_fields({"directive": granted.directive.hex(), "in force": f"{when(granted.start)} to {when(granted.end)}"})
    click.echo("It is unusable until the custodian acknowledges it: `salus access answer --as CUSTODIAN`.")


@command.command("deny")
@acting("The person.")
@relation_option
@click.option("--to", "grantee", default=None, help="The organisation; left out: anyone.")
@click.option("--days", default=365, show_default=True, type=click.IntRange(1, 3650))
@in_home
def forbid(home: Path | None, as_json: bool, actor: str, relation: str | None, grantee: str | None, days: int) -> None:
    """Deny everything, at once: runs before all else in its block and needs no acknowledgement."""
    with opened(home) as region:
        whom = to_anyone() if grantee is None else to_organisation(find_organisation(region, grantee))
        made = deny_totally(region.person(actor), find_relation(region, actor, relation), whom, days=days)
    if as_json:
        print_json({"directive": made.directive, "height": made.height})
    else:
        click.echo(f"Denied by {short(made.directive)}, in block {made.height}.")


@command.command("list")
@acting("The person.")
@relation_option
@in_home
def show_all(home: Path | None, as_json: bool, actor: str, relation: str | None) -> None:
    """List the directives of a relation, as the ledger shows them."""
    with opened(home) as region:
        found = list_directives(region.ledger, find_relation(region, actor, relation))
        names = {
            d.grantee[1]: member_name(region.ledger, d.grantee[1])
            for d in found
            if d.grantee[0] == GranteeKind.ORGANISATION
        }
    if as_json:
        print_json(found)
        return
    rows = (
        (
            short(d.id),
            Effect(d.effect).name.lower() + (" all" if d.total else ""),
            names.get(d.grantee[1], GranteeKind(d.grantee[0]).name.lower()),
            Status(d.status).name.lower(),
            when(d.start),
            when(d.end),
        )
        for d in found
    )
    print_table(("directive", "effect", "grantee", "status", "from", "until"), rows)


@command.command("show")
@acting("The person.")
@relation_option
@click.argument("directive")
@in_home
def show(home: Path | None, as_json: bool, actor: str, relation: str | None, directive: str) -> None:
    """Show a directive with its sealed part, which only she and the custodian hold."""
    with opened(home) as region:
        handle = find_relation(region, actor, relation)
        wanted = choose(directive, (d.id for d in list_directives(region.ledger, handle)), "DIRECTIVE")
        view = show_directive(region.person(actor), handle, wanted)
    if as_json:
        print_json(view)
        return
    public, sealed = view.public, view.sealed
    fields: dict[str, object] = {
        "directive": public.id.hex(),
        "version": public.version,
        "effect": Effect(public.effect).name.lower(),
        "status": Status(public.status).name.lower(),
        "in force": f"{when(public.start)} to {when(public.end)}",
        "uses": f"{view.uses} of {public.uses or 'any number'}",
    }
    if sealed is not None:
        base = sealed.base
        fields |= {
            "data classes": ", ".join(base.classes) or "all",
            "periods": ", ".join(f"{when(a)} to {when(b)}" for a, b in base.periods) or "all",
            "exceptions": len(sealed.exceptions),
            "may be told what was left out": Residual(sealed.residual).name.lower(),
        }
    print_fields(fields)


@command.command("revoke")
@acting("The person.")
@relation_option
@click.argument("directive")
@in_home
def end(home: Path | None, as_json: bool, actor: str, relation: str | None, directive: str) -> None:
    """End a directive: runs before all else in its block. What was released stays released."""
    with opened(home) as region:
        handle = find_relation(region, actor, relation)
        wanted = choose(directive, (d.id for d in list_directives(region.ledger, handle)), "DIRECTIVE")
        done = revoke(region.person(actor), handle, wanted)
    if as_json:
        print_json({"directive": done.directive, "height": done.height})
    else:
        click.echo(f"Revoked, in block {done.height}. What was released before stays with who has it.")


def millis(day: datetime | None) -> int | None:
    """Return the beginning of a day in UTC, in milliseconds."""
    return None if day is None else int(day.replace(tzinfo=UTC).timestamp()) * 1000


def find_relation(region: Region, actor: str, given: str | None) -> bytes:
    """Return the relation that `given` begins, or the only one the person has."""
    handles = [kept.handle for kept in region.person(actor).wallet.relations()]
    if given is None and len(handles) == 1:
        return handles[0]
    if given is None:
        raise click.UsageError(
            "--at: she has none yet" if not handles else "--at: say which of her relations (`salus access relations`)"
        )
    return choose(given, handles, "--at")


def find_organisation(region: Region, given: str) -> bytes:
    """Return the account of an organisation by slug, exact name, or the beginning of its id."""
    if given in region.organisations():
        return region.organisation(given).account
    members = list_members(region.ledger)
    named = [m.account for m in members if m.name == given]
    return named[0] if len(named) == 1 else choose(given, (m.account for m in members), "organisation")
