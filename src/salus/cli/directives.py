"""`salus consent list` and `show`: directives in words."""

from pathlib import Path

import click

from salus.cli.consent_others import METHODS
from salus.cli.options import acting, at_option, in_home, opened, person
from salus.cli.output import print_fields, print_json, print_table, short, when
from salus.cli.whom import find_directive, find_relation, grantee_name
from salus.client.ledger import Ledger
from salus.policy.policies import LEVELS
from salus.policy.types import Capacity, Directive, Effect, Residual, SealedPart, Status
from salus.services.directives import DirectiveView, list_directives, show_directive
from salus.services.members import member_name


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
        columns = ("directive", "effect", "grantee", "status", "given", "from", "until")
        print_table(columns, rows, empty="She has granted and denied nothing.")


GIVEN = {
    int(Capacity.SELF): "by her",
    int(Capacity.CUSTODIAN): "by the custodian",
    int(Capacity.REPRESENTATIVE): "by who acts for her",
    int(Capacity.DELEGATE): "by a helper",
    int(Capacity.ATTESTED): "attested",
}  # never "by her" for what she did not sign


def directive_row(public: Directive, grantee: str) -> tuple[str, ...]:
    """Return a directive as a row of the table."""
    effect = Effect(public.effect).name.lower() + (" all" if public.total else "")
    status = Status(public.status).name.lower()
    given = GIVEN.get(public.capacity, "for her")
    return short(public.id), effect, grantee, status, given, when(public.start), when(public.end)


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
        given = given_words(region.ledger, view)
    if as_json:
        print_json(view)
    else:
        print_fields(directive_fields(view, grantee, given))


def given_words(ledger: Ledger, view: DirectiveView) -> str:
    """Return who gave a directive, and how, where she did not sign it."""
    attestation = view.attestation
    if attestation is None:
        return GIVEN.get(view.public.capacity, "for her")
    method = next(name for name, method in METHODS.items() if method == attestation.method)
    return f"attested by {member_name(ledger, attestation.attester)} ({method}), not signed by her"


def emergency_words(public: Directive) -> str:
    """Return what break-glass may do to a deny."""
    lift, ceiling, refuse = public.emergency
    if refuse:
        return "it holds as well"
    return f"may be lifted up to {LEVELS[min(ceiling, len(LEVELS) - 1)]}" if lift else "as the policy set says"


def directive_fields(view: DirectiveView, grantee: str, given: str) -> dict[str, object]:
    """Return what there is to say of a directive."""
    public, sealed = view.public, view.sealed
    found: dict[str, object] = {
        "directive": public.id.hex(),
        "version": public.version,
        "effect": Effect(public.effect).name.lower(),
        "grantee": grantee,
        "given": given,
        "status": Status(public.status).name.lower(),
        "in force": f"{when(public.start)} to {when(public.end)}",
        **({"in an emergency": emergency_words(public)} if public.effect == Effect.DENY else {}),
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
