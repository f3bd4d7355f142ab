"""Wishes for all accounts of a person: options, what is printed, `consent pending` and `consent cancel`."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click

from salus.bootstrap import Region
from salus.cli.options import acting, in_home, opened, person
from salus.cli.output import print_json, print_result, print_table, short, when
from salus.services.actors import Person
from salus.services.everywhere import Waiting, Wished, cancel, pending
from salus.services.members import member_name

Command = TypeVar("Command", bound=Callable[..., Any])


def everywhere_options(command: Command) -> Command:
    """Give a command --everywhere and --at-once."""
    at_once = click.option(
        "--at-once",
        is_flag=True,
        help="With --everywhere: now, at all of them. Whoever reads the ledger sees that they act together.",
    )
    everywhere = click.option(
        "--everywhere",
        is_flag=True,
        help="At all her accounts, those to come too; each at its own time, within ten days (`salus wallet due`).",
    )
    return everywhere(at_once(command))


def check_everywhere(everywhere: bool, at_once: bool, relation: str | None) -> None:
    """Refuse options that contradict one another."""
    if at_once and not everywhere:
        raise click.UsageError("--at-once goes with --everywhere; for one account everything is at once")
    if everywhere and relation is not None:
        raise click.UsageError("--everywhere is all her accounts, --at one of them")


def check_left_out(names: Iterable[str]) -> None:
    """Refuse options, by parameter, that a permit in everybody's form cannot express."""
    context = click.get_current_context()
    given = [name for name in names if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE]
    if given:
        words = ", ".join(f"--{'for' if name == 'purposes' else name}" for name in given)
        raise click.UsageError(f"what is granted everywhere is alike for everybody: leave out {words}, or name --to")


def print_wished(region: Region, who: Person, wished: Wished, as_json: bool, done: str) -> None:
    """Print where a wish stands; `done` says what was done at once."""
    if as_json:
        print_json({**wished._asdict(), "failed": [str(refusal) for refusal in wished.failed]})
        return
    if wished.done:
        click.echo(f"{done} at {len(wished.done)} accounts.")
    if len(wished.done) > 1:
        click.echo("Whoever reads the ledger sees that these accounts act together.")
    for refusal in wished.failed:
        click.echo(f"Not at one of them: {refusal}")
    if wished.waiting:
        click.echo("It waits for each account's own time, so that nothing on the ledger links them:")
        _print_waiting(region, who, wished.waiting)
    if wished.others and not wished.done:
        click.echo("Given one by one, and not touched by this (`salus consent list`, `salus consent revoke`):")
        print_table(("directive", "relation"), ((short(one.id), short(one.relation)) for one in wished.others))


@click.command("pending")
@acting("The person.")
@in_home
def show_pending(home: Path | None, as_json: bool, actor: str) -> None:
    """List the accounts that a wish for all of them has not reached, and when it will."""
    with opened(home) as region:
        who = person(region, actor)
        waiting = pending(who)
        if as_json:
            print_json([{**one._asdict(), "due": when(one.due)} for one in waiting])
        else:
            _print_waiting(region, who, waiting)


@click.command("cancel")
@acting("The person.")
@in_home
def forget(home: Path | None, as_json: bool, actor: str) -> None:
    """Forget a wish for all accounts wherever it has not been sent."""
    with opened(home) as region:
        dropped = cancel(person(region, actor))
    words = f"Forgotten at {len(dropped)} accounts. Where it was sent it stays (`salus consent revoke --everywhere`)."
    print_result(as_json, [one.handle for one in dropped], words)


def _print_waiting(region: Region, who: Person, waiting: tuple[Waiting, ...]) -> None:
    custodians = {one.handle: member_name(region.ledger, one.custodian) for one in who.wallet.relations()}
    rows = ((short(one.handle), custodians.get(one.handle, ""), when(one.due)) for one in waiting)
    print_table(("relation", "custodian", "due"), rows, empty="No wish waits.")
