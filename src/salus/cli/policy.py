"""`salus policy`: the policy sets of the network, and which one a relation is under."""

from collections.abc import Mapping
from pathlib import Path

import click

from salus.bootstrap import Region
from salus.cli.listed import command_group
from salus.cli.options import FILE, WHOLE_ID, acting, choose, in_home, opened, organisation
from salus.cli.output import print_fields, print_json, print_result, print_table, short
from salus.cli.policy_law import (
    LAW_COLUMNS,
    REVIEW,
    addresses,
    gap_lines,
    law_json,
    law_rows,
    places,
    shipped_named,
)
from salus.cli.policy_words import emergency_words, policy_json, read_policy, rule_rows
from salus.cli.status import BadInput
from salus.contracts.governance.messages import SetPolicySet
from salus.policy.policies import PolicySet
from salus.policy.shipped import SHIPPED, policy_set
from salus.services import lookup
from salus.services.account.words import LANGUAGES
from salus.services.actors import Organisation
from salus.services.policies import PolicyView, list_policy_sets, name_policy_set, policy_of, purpose_numbers
from salus.services.propose import propose


@command_group()
def command() -> None:
    """Policy sets, which say what is lawful without a consent: list, show, propose, name."""


@command.command("list")
@in_home
def show_all(home: Path | None, as_json: bool) -> None:
    """List the policy sets; members vote on them. Which others come with Salus `propose --help` says."""
    with opened(home, read_only=True) as region:
        found = list_policy_sets(region.ledger)
        numbers = purpose_numbers(region.ledger.view())
    if as_json:
        print_json(
            [{"set": v.set, "version": v.version, "name": v.name, **policy_json(v.body, numbers)} for v in found]
        )
        return
    rows = ((short(v.set), v.version, v.name or "-", v.body.jurisdiction or "any", len(v.body.rules)) for v in found)
    print_table(("set", "version", "name", "realm", "rules"), rows)


@command.command("show")
@click.argument("policy", metavar="SET")
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Of what it means.")
@in_home
def show(home: Path | None, as_json: bool, policy: str, language: str) -> None:
    """Show the rules of a SET, by its name or the beginning of its id; --json prints what `propose --file` reads.

    Each rule of a set that comes with Salus names its places in the law; such a set is shown before members voted on
    it as well.
    """
    with opened(home, read_only=True) as region:
        numbers = purpose_numbers(region.ledger.view())
        view = _voted_or_shipped(region, policy, numbers)
    if as_json:
        named = {"set": view.set or None, "version": view.version, "name": view.name}
        print_json({**named, **policy_json(view.body, numbers), **law_json(view.body, numbers)})
        return
    shipped = shipped_named(view.name)
    print_fields(
        {
            "set": view.set.hex() or "not voted in this network",
            "version": view.version,
            **({"means": shipped.meaning.in_language(language)} if shipped else {}),
            "realm": view.body.jurisdiction or "any",
            **emergency_words(view.body, numbers),
        }
    )
    if shipped is None:
        columns = ("purpose", "recipient", "mode", "up to", "objection", "notice")
        nothing = "No rule: nothing is permitted that no directive permits."
        print_table(columns, rule_rows(view.body, numbers), empty=nothing)
        return
    print_table(LAW_COLUMNS, law_rows(shipped, language))
    if shipped.gaps:
        click.echo(f"\nIn an emergency by: {places(shipped.emergency, language)}\n\nNot said by a rule:")
        for gap in gap_lines(shipped, language):
            click.echo(gap)
        click.echo("\n" + "\n".join(addresses(shipped)) + f"\n\n{REVIEW}")


@command.command("propose")
@acting("The member that proposes.")
@click.option(
    "--set",
    "--shipped",
    "shipped",
    type=click.Choice([shipped.name for shipped in SHIPPED]),
    help="A set that comes with Salus.",
)
@click.option("--file", "source", type=FILE, help="A set as JSON, in the form of `salus policy show --json`.")
@click.option("--realm", default=None, help="Whom it is for, empty for any; by default the member's own realm.")
@click.option("--emergency", "group", type=WHOLE_ID, default=None, help="Id of the group that may break the glass.")
@click.option("--replace", "old", default=None, metavar="SET", help="The set that gets this as its next version.")
@in_home
def suggest(
    home: Path | None,
    as_json: bool,
    actor: str,
    shipped: str | None,
    source: Path | None,
    realm: str | None,
    group: bytes | None,
    old: str | None,
) -> None:
    """Propose a policy set, or a new version of one; members then vote (`salus org vote`)."""
    if (shipped is None) == (source is None):
        raise BadInput("name either a set that comes with Salus (--set) or a file (--file)")
    with opened(home) as region:
        member = organisation(region, actor)
        numbers = purpose_numbers(region.ledger.view())
        body = _shipped(member, shipped, realm, group) if shipped else read_policy(source, numbers)
        made = propose(member, [SetPolicySet(None if old is None else find_set(region, old).set, body)])
    data = {"proposal": made.proposal, "effective_height": made.effective}
    words = f"Members vote with `salus org vote --as MEMBER {made.proposal.hex()}`, before height {made.effective}."
    print_result(as_json, data, words)


def _shipped(member: Organisation, name: str, realm: str | None, group: bytes | None) -> PolicySet:
    (found,) = (shipped for shipped in SHIPPED if shipped.name == name)
    state = member.ledger.view()
    own, numbers = lookup.organisation(state, member.account).realm, purpose_numbers(state)
    missing = sorted({rule.code for rule in found.rules} - set(numbers))
    if missing:
        raise BadInput(f"the network's table of purposes lacks {', '.join(missing)}: members vote on it first")
    return policy_set(found, numbers, own if realm is None else realm, group)


def _voted_or_shipped(region: Region, given: str, numbers: Mapping[str, int]) -> PolicyView:
    """Return the set that members voted on; where there is none of this name, the one that comes with Salus."""
    shipped = shipped_named(given)
    voted = {view.name for view in list_policy_sets(region.ledger)}
    if shipped is None or given in voted or any(rule.code not in numbers for rule in shipped.rules):
        return find_set(region, given)
    return PolicyView(b"", 0, shipped.name, policy_set(shipped, numbers))


@command.command("name")
@acting("The custodian.")
@click.argument("relation", type=WHOLE_ID)
@click.argument("policy", metavar="SET")
@in_home
def assign(home: Path | None, as_json: bool, actor: str, relation: bytes, policy: str) -> None:
    """Put a RELATION of the custodian under a SET of its own realm, or of any. The person sees it."""
    with opened(home) as region:
        view = find_set(region, policy)
        landed = name_policy_set(organisation(region, actor), relation, view.set)
    words = f"Under {view.name or short(view.set)}, version {view.version}, since block {landed.height}."
    print_result(as_json, {"set": view.set, "version": view.version, "height": landed.height}, words)


@command.command("of")
@click.argument("relation", type=WHOLE_ID)
@in_home
def of_relation(home: Path | None, as_json: bool, relation: bytes) -> None:
    """Say which set a RELATION is under."""
    with opened(home, read_only=True) as region:
        found = policy_of(region.ledger, relation)
        name = next((view.name for view in list_policy_sets(region.ledger) if view.set == found.set), "")
    data = {"set": found.set, "version": found.version, "name": name}
    print_result(as_json, data, f"{name or short(found.set)}, version {found.version}")


def find_set(region: Region, given: str) -> PolicyView:
    """Return the set with this name, or whose id begins like this."""
    views = {view.set: view for view in list_policy_sets(region.ledger)}
    named = [view for view in views.values() if given and view.name == given]
    names = sorted({view.name for view in views.values()})
    return named[0] if len(named) == 1 else views[choose(given, views, "SET", "policy list", names)]
