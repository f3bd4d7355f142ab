"""`salus discover key`, `register`, `mark`, `index`, `rates`: what makes people findable, and what watches it."""

from pathlib import Path

import click

from salus.cli.options import acting, in_home, opened, organisation
from salus.cli.output import print_json, print_result, print_table
from salus.cli.whom import find_account, find_patient
from salus.contracts.discovery import queries as discovery
from salus.services.found_by import index_patients
from salus.services.locator_key import hand_over_key, new_locator_key
from salus.services.marks import mark
from salus.services.members import list_members
from salus.services.register_tokens import register_tokens


@click.command("key")
@acting("A member of an emergency group.")
@click.option("--again", is_flag=True, help="Begin no epoch: hand over the key of now again.")
@in_home
def key_command(home: Path | None, as_json: bool, actor: str, again: bool) -> None:
    """Begin an epoch of the group's key for locator tokens, and hand it to the other members."""
    with opened(home) as region:
        member = organisation(region, actor)
        epoch = hand_over_key(member) if again else new_locator_key(member)
    words = f"Epoch {epoch.epoch}: the key went to {epoch.members} members (`salus access answer` takes it in)."
    print_result(as_json, epoch, words)


@click.command("register")
@acting("The custodian; it is of an emergency group.")
@click.option("--locator", default=None, metavar="LOCATOR", help="Which locator.  [default: the first by name]")
@in_home
def register_command(home: Path | None, as_json: bool, actor: str, locator: str | None) -> None:
    """Give a locator the tokens of all patients whom it may know, in the place of those it had."""
    with opened(home) as region:
        at = None if locator is None else find_account(region, locator, "--locator")
        given = register_tokens(organisation(region, actor), at)
    words = f"{given.tokens} tokens of {given.relations} relations, epoch {given.epoch}, were sent to the locator."
    print_result(as_json, given, words)


@click.command("mark")
@acting("The custodian.")
@click.argument("handle")
@click.option("--locatable/--not-locatable", default=None, help="May locators know it?")
@click.option("--sensitive/--not-sensitive", default=None, help="A sensitive relation is found by no look-up.")
@in_home
def mark_command(
    home: Path | None, as_json: bool, actor: str, handle: str, locatable: bool | None, sensitive: bool | None
) -> None:
    """Say whether a relation may be found. Locators learn of it when tokens are next registered."""
    with opened(home) as region:
        custodian = organisation(region, actor)
        marks = mark(custodian, find_patient(custodian, handle), locatable=locatable, sensitive=sensitive)
    said = f"{'' if marks.locatable else 'not '}locatable, {'' if marks.sensitive else 'not '}sensitive"
    print_result(as_json, marks, f"The relation is {said}.")


@click.command("index")
@acting("The custodian.")
@in_home
def index_command(home: Path | None, as_json: bool, actor: str) -> None:
    """Enter all patients into the index of look-ups anew: needed once for those taken in before there was one."""
    with opened(home) as region:
        count = index_patients(organisation(region, actor))
    print_result(as_json, {"patients": count}, f"{count} Patient resources were entered.")


@click.command("rates")
@acting("A member; rates are everybody's to see, and a regulator's to watch.")
@in_home
def rates_command(home: Path | None, as_json: bool, actor: str) -> None:
    """Show how many look-ups of each member were answered in this hour, and in 24 hours."""
    with opened(home) as region:
        organisation(region, actor)
        state, now = region.ledger.view(), region.ledger.now()
        found = [(m, discovery.rate(state, m.account, now)) for m in list_members(region.ledger)]
    asked = sorted((one for one in found if one[1].day), key=lambda one: (-one[1].day, one[0].name))
    if as_json:
        print_json([{"member": m.account, "name": m.name, "hour": r.hour, "day": r.day} for m, r in asked])
    else:
        rows = ((m.name, r.hour, r.day) for m, r in asked)
        print_table(("member", "this hour", "24 hours"), rows, empty="Nobody looked anybody up.")


PARTS = (key_command, register_command, mark_command, index_command, rates_command)
