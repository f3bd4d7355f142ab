"""`salus consent list` and `show`: directives in words."""

from pathlib import Path

import click

from salus.cli.options import acting, at_option, in_home, opened, person
from salus.cli.output import print_fields, print_json, print_table, short, when
from salus.cli.whom import find_directive, find_relation, grantee_name
from salus.policy.types import Directive, Effect, Residual, SealedPart, Status
from salus.services.directives import DirectiveView, list_directives, show_directive


@click.command("list")
@acting("The person.")
@at_option
@in_home
def show_all(home: Path | None, as_json: bool, actor: str, relation: str | None) -> None:
    """List the directives of a relation, as the ledger shows them."""
    with opened(home) as region:
        found = list_directives(region.ledger, find_relation(person(region, actor), relation))
        rows = [directive_row(d, grantee_name(region.ledger, d.grantee)) for d in found]
    if as_json:
        print_json(found)
    else:
        columns = ("directive", "effect", "grantee", "status", "from", "until")
        print_table(columns, rows, empty="She has granted and denied nothing.")


def directive_row(public: Directive, grantee: str) -> tuple[str, ...]:
    """Return a directive as a row of the table."""
    effect = Effect(public.effect).name.lower() + (" all" if public.total else "")
    status = Status(public.status).name.lower()
    return short(public.id), effect, grantee, status, when(public.start), when(public.end)


@click.command("show")
@acting("The person.")
@at_option
@click.argument("directive")
@in_home
def show(home: Path | None, as_json: bool, actor: str, relation: str | None, directive: str) -> None:
    """Show a directive with its sealed part, which only she and the custodian hold."""
    with opened(home) as region:
        who = person(region, actor)
        handle = find_relation(who, relation)
        view = show_directive(who, handle, find_directive(region.ledger, handle, directive))
        grantee = grantee_name(region.ledger, view.public.grantee)
    if as_json:
        print_json(view)
    else:
        print_fields(directive_fields(view, grantee))


def directive_fields(view: DirectiveView, grantee: str) -> dict[str, object]:
    """Return what there is to say of a directive."""
    public, sealed = view.public, view.sealed
    found: dict[str, object] = {
        "directive": public.id.hex(),
        "version": public.version,
        "effect": Effect(public.effect).name.lower(),
        "grantee": grantee,
        "status": Status(public.status).name.lower(),
        "in force": f"{when(public.start)} to {when(public.end)}",
        "uses": f"{view.uses} of {public.uses or 'any number'}",
    }
    return found | (sealed_fields(sealed) if sealed is not None else {"data": "not in this wallet, or everything"})


def sealed_fields(sealed: SealedPart) -> dict[str, object]:
    """Return which data a sealed part means."""
    base = sealed.base
    periods = (f"{when(since)} to {when(until)}" for since, until in base.periods)
    return {
        "data": ", ".join((*base.classes, *base.types)) or "everything",
        "labels": ", ".join(base.labels) or "any",
        "period": "; ".join(periods) or "any",
        "left out is": Residual(sealed.residual).name.lower(),
        **({"in her words": sealed.text} if sealed.text else {}),
    }
