"""`salus consent preference` and `salus consent attest`: what a person prefers, and what she gave on paper."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from msgspec.structs import replace

from salus.cli.options import (
    FILE,
    WHOLE_ID,
    about_data,
    acting,
    at_option,
    days_option,
    in_home,
    opened,
    organisation,
    person,
)
from salus.cli.output import print_fields, print_json, print_table, when
from salus.cli.staff import find_badge, staff_option
from salus.cli.whom import find_account, find_relation
from salus.contracts.consent.types import Method
from salus.policy.policies import LEVELS, Choice
from salus.policy.types import Effect, Emergency, Provision
from salus.services.attest_consent import attest_consent
from salus.services.grant import AS_POLICY, REFUSED, Terms, lifted_up_to, sealed_part, to_organisation
from salus.services.policies import list_policy_sets, policy_of
from salus.services.preference import preference, set_preference

purpose_option = click.option(
    "--for",
    "purposes",
    multiple=True,
    default=("TREAT",),
    show_default=True,
    metavar="PURPOSE",
    help="Purpose (v3-ActReason); may be repeated.",
)


class EmergencyOption(click.ParamType[Emergency]):
    """What break-glass may do to a deny."""

    name = "emergency"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Emergency:
        if isinstance(value, tuple):
            return value  # the default, converted already
        words = {"policy": AS_POLICY, "refuse": REFUSED} | {code: lifted_up_to(n) for n, code in enumerate(LEVELS)}
        if value not in words:
            self.fail(f"say one of {', '.join(words)}", param, ctx)
        return words[value]


emergency_option = click.option(
    "--emergency",
    type=EmergencyOption(),
    default="policy",
    metavar="policy|refuse|LEVEL",
    help="Of a deny, what break-glass may lift: as the policy set says, nothing, or up to a level (N, R, V).",
)
METHODS = {method.name.lower().replace("_", "-"): method for method in Method}


@click.command("preference")
@acting("The person.")
@at_option
@click.option("--in", "opted_in", multiple=True, metavar="PURPOSE", help="Opt in; `all`: whatever is not named.")
@click.option("--out", "opted_out", multiple=True, metavar="PURPOSE", help="Opt out; `all`: whatever is not named.")
@click.option("--unset", multiple=True, metavar="PURPOSE", help="Say nothing of it any more.")
@in_home
def prefer(
    home: Path | None,
    as_json: bool,
    actor: str,
    relation: str | None,
    opted_in: tuple[str, ...],
    opted_out: tuple[str, ...],
    unset: tuple[str, ...],
) -> None:
    """Opt in or out where the relation's policy set leaves it to her; without options, show what she said.

    A permit or a deny of her own comes before it; `salus consent deny` counts at once and against every opt-in.
    """
    with opened(home) as region:
        who = person(region, actor)
        handle = find_relation(who, relation)
        choices = dict(preference(region.ledger, handle))
        if opted_in or opted_out or unset:
            choices |= dict.fromkeys(opted_in, Choice.IN) | dict.fromkeys(opted_out, Choice.OUT)
            choices = {code: choice for code, choice in choices.items() if code not in unset}
            set_preference(who, handle, choices)
        under = policy_of(region.ledger, handle)
        name = next((view.name for view in list_policy_sets(region.ledger) if view.set == under.set), "")
    print_preference(choices, name or under.set.hex()[:12], as_json)


def print_preference(choices: Mapping[str, Choice], policy: str, as_json: bool) -> None:
    """Print the choices, and the set they stand under."""
    words = {code: choice.name.lower() for code, choice in choices.items()}
    if as_json:
        print_json({"policy": policy, "preference": words})
        return
    print_fields({"policy set": policy})
    print_table(("purpose", "opted"), sorted(words.items()), empty="She has said nothing.")


@click.command("attest")
@acting("The organisation that took the consent; never the one that receives.")
@click.argument("relation", type=WHOLE_ID)
@click.option("--to", "grantee", required=True, metavar="WHOM", help="The organisation that she permits, or denies.")
@purpose_option
@click.option(
    "--method", type=click.Choice(list(METHODS)), default="on-paper", show_default=True, help="How she gave it."
)
@click.option("--document", type=FILE, required=True, help="The evidence, for instance a scan; it stays in the vault.")
@click.option("--deny", is_flag=True, help="A deny of this data instead of a permit.")
@staff_option
@about_data
@days_option(30)
@in_home
def attest(
    home: Path | None,
    as_json: bool,
    actor: str,
    relation: bytes,
    grantee: str,
    purposes: tuple[str, ...],
    method: str,
    document: Path,
    deny: bool,
    staff: str | None,
    data: Provision,
    days: int,
) -> None:
    """Attest a consent that the person of a RELATION gave on paper or at this desk.

    It is shown as attested, never as signed by her, and honoured only for the purposes that the relation's policy
    set lists.
    """
    with opened(home) as region:
        attester = organisation(region, actor)
        whom = to_organisation(find_account(region, grantee, "--to"))
        effect = Effect.DENY if deny else Effect.PERMIT
        terms = Terms(whom, purposes, days, replace(sealed_part(), base=data), effect)
        badge = find_badge(attester, staff)
        made = attest_consent(attester, relation, terms, badge, METHODS[method], document.read_bytes())
    if as_json:
        print_json({**made._asdict(), "start": when(made.start), "end": when(made.end)})
        return
    print_fields({"directive": made.directive.hex(), "in force": f"{when(made.start)} to {when(made.end)}"})
    click.echo("It waits for the custodian's acknowledgement: `salus access answer --as CUSTODIAN`.")
