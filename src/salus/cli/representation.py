"""`salus representation`: who acts for a person; what a custodian, a court and the person herself do about it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import click

from salus.bootstrap import Region
from salus.cli import representation_acts
from salus.cli.listed import command_group
from salus.cli.options import WHOLE_ID, acting, at_option, choose, in_home, opened, organisation, person
from salus.cli.output import print_fields, print_json, print_result, print_table, short, when
from salus.cli.representation_options import KINDS, RULES, SPRINGS, STANDINGS, PartOfMandate, mandate_options
from salus.cli.staff import find_badge, staff_option
from salus.cli.whom import find_account, find_relation
from salus.contracts.representation.types import Representation
from salus.fhir.labels import ORDER
from salus.policy.types import Power
from salus.services.act_for import acts_for
from salus.services.dispute import dispute, resign
from salus.services.incapacity import declare_incapacity, end_incapacity
from salus.services.invite import invite
from salus.services.keep_representation import (
    due,
    end_representation,
    narrow_representation,
    renew_representation,
    settle_dispute,
)
from salus.services.open_accounts import open_accounts
from salus.services.represent import Represented, attest_representation, name_proxy
from salus.services.representations import list_representations
from salus.services.settle_claim import confirm_claim


@command_group()
def command() -> None:
    """Who acts for a person: attest, name, renew, dispute; grant and revoke for another."""


@command.command("account")
@acting("The custodian.")
@in_home
def account(home: Path | None, as_json: bool, actor: str) -> None:
    """Open an account for somebody who will act for a patient, and for nothing else; invite its holder."""
    with opened(home) as region:
        custodian = organisation(region, actor)
        (handle,) = open_accounts(custodian, 1)
        made = invite(custodian, handle)
    if as_json:
        print_json({"handle": made.handle, "code": made.code, "link": made.link, "end": when(made.end)})
        return
    print_fields({"account": made.handle.hex(), "code": made.code, "valid until": when(made.end)})
    click.echo(
        "Give the code to who will act: `salus patient claim --as WALLET CODE`; then `salus representation admit`."
    )


@command.command("admit")
@acting("The custodian.")
@click.argument("handle", type=WHOLE_ID, metavar="ACCOUNT")
@click.argument("short_code")
@in_home
def admit(home: Path | None, as_json: bool, actor: str, handle: bytes, short_code: str) -> None:
    """Confirm at the desk that an ACCOUNT is whose wallet shows this short code."""
    with opened(home) as region:
        landed = confirm_claim(organisation(region, actor), handle, short_code)
    print_result(as_json, {"account": handle, "height": landed.height}, "The account is its holder's.")


@command.command("attest")
@acting("The custodian of the relation, or a regulator.")
@click.argument("relation", type=WHOLE_ID)
@click.argument("representative")
@mandate_options
@click.option("--kind", type=click.Choice(list(KINDS)), required=True, help="What it is to the person; sealed.")
@click.option("--keep", "excluded", multiple=True, metavar="LABEL", help="A label kept from it; sealed.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), default=None, help="When it really ends; sealed.")
@in_home
def attest(
    home: Path | None,
    as_json: bool,
    actor: str,
    relation: bytes,
    representative: str,
    mandate: PartOfMandate,
    kind: str,
    excluded: tuple[str, ...],
    until: datetime | None,
) -> None:
    """Attest that a REPRESENTATIVE (an account, or a member) acts for the person of a RELATION.

    The public end is drawn within the term that the network allows, and says nothing of the real one.
    """
    if any(label in ORDER[: ORDER.index("N")] for label in excluded):
        raise click.BadParameter("what is less than normal is kept from nobody", param_hint="--keep")
    with opened(home) as region:
        who = find_representative(region, representative)
        end = None if until is None else int(until.replace(tzinfo=UTC).timestamp()) * 1000
        full = mandate.of(who, KINDS[kind], excluded, end)
        made = attest_representation(organisation(region, actor), relation, full)
    print_represented(made, as_json)


@command.command("proxy")
@acting("The person.")
@at_option
@click.argument("representative")
@mandate_options
@in_home
def proxy(
    home: Path | None, as_json: bool, actor: str, relation: str | None, representative: str, mandate: PartOfMandate
) -> None:
    """Name somebody who acts for oneself, at once or when it springs (--springs incapacity)."""
    with opened(home) as region:
        who, named = person(region, actor), find_representative(region, representative)
        made = name_proxy(who, find_relation(who, relation), mandate.of(named, KINDS["proxy"]))
    print_represented(made, as_json)
    if not as_json:
        click.echo("It works once the custodian has its sealed part: `salus access answer --as CUSTODIAN`.")


def print_represented(made: Represented, as_json: bool) -> None:
    """Print a representation that was made."""
    if as_json:
        print_json({**made._asdict(), "end": when(made.end)})
        return
    print_fields({"representation": made.representation.hex(), "to be renewed by": when(made.end)})


def find_representative(region: Region, given: str) -> bytes:
    """Return the account that `given` is: all 64 hex digits of a person's, or a member by name."""
    text = given.strip().lower()
    if len(text) == 64:
        try:
            return bytes.fromhex(text)
        except ValueError:
            pass
    return find_account(region, given, "REPRESENTATIVE")


@command.command("list")
@acting("The person, who acts for her, or an organisation.")
@click.argument("relation", type=WHOLE_ID)
@in_home
def show_all(home: Path | None, as_json: bool, actor: str, relation: bytes) -> None:
    """List who acts, and acted, for the person of a RELATION."""
    with opened(home) as region:
        check_concerned(region, actor, relation)
        found = list_representations(region.ledger, relation)
    if as_json:
        print_json([_plain(key, entry) for key, entry in found])
        return
    columns = ("representation", "who", "powers", "rule", "springs on", "until", "standing")
    print_table(columns, (_row(key, entry) for key, entry in found), empty="Nobody acts for this person.")


def check_concerned(region: Region, actor: str, relation: bytes) -> None:
    """Let organisations look, the person herself, and who acts for her; raise ActsForNobody."""
    if actor in region.organisations():
        return
    who = person(region, actor)
    if relation not in [kept.handle for kept in who.wallet.relations()]:
        acts_for(who, relation)


def _plain(key: bytes, entry: Representation) -> dict[str, object]:
    return {
        "representation": key,
        "representative": entry.representative,
        "attester": entry.attester,
        "powers": [Power(power).name.lower() for power in entry.powers],
        "rule": _name(RULES, entry.rule),
        "place": entry.place,
        "springs": _name(SPRINGS, entry.springs),
        "start": when(entry.start),
        "end": when(entry.end),
        "standing": _name(STANDINGS, entry.standing),
    }


def _row(key: bytes, entry: Representation) -> tuple[object, ...]:
    powers = ", ".join(Power(power).name.lower() for power in entry.powers)
    rule, springs = _name(RULES, entry.rule), _name(SPRINGS, entry.springs)
    standing = _name(STANDINGS, entry.standing)
    return short(key), short(entry.representative), powers, rule, springs, when(entry.end), standing


def _name(named: Mapping[str, int], number: int) -> str:
    return next(name for name, value in named.items() if value == number)


@command.command("due")
@acting("The custodian.")
@in_home
def show_due(home: Path | None, as_json: bool, actor: str) -> None:
    """List what is to be renewed soon, and what is to be narrowed since its sealed end has come."""
    with opened(home) as region:
        waiting = due(organisation(region, actor))
    if as_json:
        print_json(waiting)
        return
    rows = ((one.relation.hex(), short(one.representation), "narrow" if one.of_age else "renew") for one in waiting)
    print_table(("relation", "representation", "to do"), rows, empty="Nothing is due.")


def find_representation(region: Region, relation: bytes, given: str) -> bytes:
    """Return the representation of a relation that `given` begins."""
    known = (key for key, _ in list_representations(region.ledger, relation))
    return choose(given, known, "REPRESENTATION", "representation list")


@command.command("renew")
@acting("The custodian, or who attested it.")
@click.argument("relation", type=WHOLE_ID)
@click.argument("representation")
@in_home
def renew(home: Path | None, as_json: bool, actor: str, relation: bytes, representation: str) -> None:
    """Give a REPRESENTATION a new end, drawn by chance."""
    with opened(home) as region:
        found = find_representation(region, relation, representation)
        end = renew_representation(organisation(region, actor), relation, found)
    print_result(as_json, {"representation": found, "end": when(end)}, f"Renewed until {when(end)}.")


@command.command("narrow")
@acting("The custodian, who attested it, or a regulator.")
@click.argument("relation", type=WHOLE_ID)
@click.argument("representation")
@in_home
def narrow(home: Path | None, as_json: bool, actor: str, relation: bytes, representation: str) -> None:
    """Narrow a REPRESENTATION to what protects, and nothing else: when a child is of age, or a court says so.

    No reason is shown.
    """
    with opened(home) as region:
        found = find_representation(region, relation, representation)
        landed = narrow_representation(organisation(region, actor), relation, found)
    print_result(as_json, {"representation": found, "height": landed.height}, "Narrowed to what protects.")


@command.command("end")
@acting("Who attested it, the person who named it, or the representative.")
@click.argument("relation", type=WHOLE_ID)
@click.argument("representation")
@in_home
def end(home: Path | None, as_json: bool, actor: str, relation: bytes, representation: str) -> None:
    """End a REPRESENTATION for good. A representative resigns so."""
    with opened(home) as region:
        found = find_representation(region, relation, representation)
        if actor in region.organisations():
            height = end_representation(organisation(region, actor), relation, found).height
        else:
            who = person(region, actor)
            height = resign(who, own_account(region, actor, relation), relation, found).height
    print_result(as_json, {"representation": found, "height": height}, "Ended.")


def own_account(region: Region, actor: str, relation: bytes) -> bytes:
    """Return the wallet's account that is the person of a relation, or acts for her; raise ActsForNobody."""
    who = person(region, actor)
    own = relation in [kept.handle for kept in who.wallet.relations()]
    return relation if own else acts_for(who, relation).account


@command.command("dispute")
@acting("The person, or another who represents her.")
@click.argument("relation", type=WHOLE_ID)
@click.argument("representation")
@in_home
def raise_dispute(home: Path | None, as_json: bool, actor: str, relation: bytes, representation: str) -> None:
    """Dispute what a REPRESENTATION lets somebody do, until that is settled.

    Who represents her as well is disputed too, so that nobody wins by it.
    """
    with opened(home) as region:
        found = find_representation(region, relation, representation)
        done = dispute(person(region, actor), own_account(region, actor, relation), relation, found)
    print_result(as_json, {"representation": found, "height": done.height}, "Disputed; who attested it settles that.")


@command.command("settle")
@acting("Who attested it, or a regulator.")
@click.argument("relation", type=WHOLE_ID)
@click.argument("representation")
@click.argument("how", metavar="HOW", type=click.Choice(("restore", "suspend", "end")))
@in_home
def settle(home: Path | None, as_json: bool, actor: str, relation: bytes, representation: str, how: str) -> None:
    """Settle a dispute over a REPRESENTATION; HOW is restore, suspend or end."""
    standing = {"restore": STANDINGS["active"], "suspend": STANDINGS["suspended"], "end": STANDINGS["ended"]}[how]
    with opened(home) as region:
        found = find_representation(region, relation, representation)
        landed = settle_dispute(organisation(region, actor), relation, found, standing)
    print_result(as_json, {"representation": found, "height": landed.height}, "Settled.")


@command.command("incapable")
@acting("The custodian.")
@click.argument("relation", type=WHOLE_ID)
@click.option("--witness", default=None, metavar="MEMBER", help="A second member; left out: --staff of one's own.")
@staff_option
@click.option("--document", type=click.Path(path_type=Path, dir_okay=False, exists=True), required=True, help="Kept.")
@in_home
def incapable(
    home: Path | None,
    as_json: bool,
    actor: str,
    relation: bytes,
    witness: str | None,
    staff: str | None,
    document: Path,
) -> None:
    """Declare that the person cannot decide for herself, on which her proxies may act."""
    with opened(home) as region:
        custodian = organisation(region, actor)
        second = find_badge(custodian, staff) if witness is None else organisation(region, witness)
        done = declare_incapacity(custodian, relation, second, document.read_bytes())
    print_result(as_json, {"height": done.height, "salt": done.salt}, "Declared; her proxies may act.")


@command.command("capable")
@acting("The custodian.")
@click.argument("relation", type=WHOLE_ID)
@in_home
def capable(home: Path | None, as_json: bool, actor: str, relation: bytes) -> None:
    """Declare that the person can decide again; her proxies may not act any more."""
    with opened(home) as region:
        landed = end_incapacity(organisation(region, actor), relation)
    print_result(as_json, {"height": landed.height}, "Her proxies are without effect again.")


for verb in representation_acts.COMMANDS:
    command.add_command(verb)
