"""`salus relation`: the life of a relation: death and its reversal, closing, change of custody."""

from collections.abc import Callable
from pathlib import Path

import click

from salus.cli.listed import command_group
from salus.cli.options import FILE, acting, choose, in_home, opened, organisation
from salus.cli.output import print_json, print_result, print_table, short
from salus.cli.relation_merge import COMMANDS
from salus.cli.staff import find_badge, staff_option
from salus.cli.status import BadInput
from salus.cli.whom import find_account, find_patient
from salus.client.batcher import Landed
from salus.contracts.registry import REFUSALS
from salus.services.accept_custody import accept_custody, list_offers
from salus.services.actors import Organisation
from salus.services.attest_staff import Badge
from salus.services.close_relation import close_relation, reopen_relation
from salus.services.death import record_death, reverse_death
from salus.services.due import due
from salus.services.inbox import process_inbox
from salus.services.life_state import life_state_at
from salus.services.members import member_name
from salus.services.offer_custody import Custody, list_offered, offer_custody, withdraw_offer

Deed = Callable[[Organisation, bytes, Badge, str], Landed]
handles_argument = click.argument("handles", nargs=-1, required=True, metavar="HANDLE...")
evidence_option = click.option(
    "--evidence", type=FILE, required=True, help="What it rests on, as text; kept in the vault, never on the ledger."
)


@command_group()
def command() -> None:
    """A patient's relation with a custodian: death, closing, change of custody, merge, move."""


@command.command("state")
@acting("The custodian.")
@click.argument("handle")
@in_home
def show(home: Path | None, as_json: bool, actor: str, handle: str) -> None:
    """Show where a relation is in its life; several states may hold at once."""
    with opened(home) as region:
        custodian = organisation(region, actor)
        relation = find_patient(custodian, handle)
        found = life_state_at(custodian, relation)
    print_result(as_json, {"handle": relation, "life": list(found)}, ", ".join(state.words for state in found))


@command.command("death")
@acting("The custodian.")
@click.argument("handle")
@evidence_option
@staff_option
@in_home
def death(home: Path | None, as_json: bool, actor: str, handle: str, evidence: Path, staff: str | None) -> None:
    """Record that a patient has died. When, and how it is known, stay in the vault.

    Her own keys and permits do nothing from here on; mandates and orders go on. It can be reversed.
    """
    landed = _do(home, actor, handle, evidence, staff, record_death)
    print_result(as_json, {"height": landed.height}, f"Recorded, in block {landed.height}.")


@command.command("reverse-death")
@acting("The custodian.")
@click.argument("handle")
@evidence_option
@staff_option
@in_home
def reverse(home: Path | None, as_json: bool, actor: str, handle: str, evidence: Path, staff: str | None) -> None:
    """Reverse a death that was recorded in error: every decision is again what it was."""
    landed = _do(home, actor, handle, evidence, staff, reverse_death)
    print_result(as_json, {"height": landed.height}, f"Reversed, in block {landed.height}; all is as it was.")


def _do(home: Path | None, actor: str, handle: str, evidence: Path, staff: str | None, deed: Deed) -> Landed:
    try:
        words = evidence.read_text("utf-8")
    except UnicodeDecodeError:
        raise BadInput(f"{evidence} is no text in UTF-8") from None
    if len(words) > 16 * 1024:
        raise BadInput(f"{evidence} is longer than 16,384 characters")
    with opened(home) as region:
        custodian = organisation(region, actor)
        return deed(custodian, find_patient(custodian, handle), find_badge(custodian, staff), words)


@command.command("close")
@acting("The custodian.")
@click.argument("handle")
@in_home
def close(home: Path | None, as_json: bool, actor: str, handle: str) -> None:
    """Keep a relation and take in nothing new. The patient, mandates and orders still get what is theirs."""
    with opened(home) as region:
        custodian = organisation(region, actor)
        landed = close_relation(custodian, find_patient(custodian, handle))
    print_result(as_json, {"height": landed.height}, f"Closed, in block {landed.height}.")


@command.command("reopen")
@acting("The custodian.")
@click.argument("handle")
@in_home
def reopen(home: Path | None, as_json: bool, actor: str, handle: str) -> None:
    """Open a closed relation again."""
    with opened(home) as region:
        custodian = organisation(region, actor)
        landed = reopen_relation(custodian, find_patient(custodian, handle))
    print_result(as_json, {"height": landed.height}, f"Open again, from block {landed.height} on.")


@command.command("offer")
@acting("The custodian.")
@click.option("--to", "successor", required=True, metavar="MEMBER", help="Who is to keep them: slug, name or id.")
@handles_argument
@in_home
def offer(home: Path | None, as_json: bool, actor: str, successor: str, handles: tuple[str, ...]) -> None:
    """Offer relations to another member, and hand each over, sealed, with its keys.

    Until it accepts, custody stays here; nothing of them is taken in, amended or erased meanwhile.
    """
    with opened(home) as region:
        custodian = organisation(region, actor)
        wanted = [find_patient(custodian, handle) for handle in handles]
        done = offer_custody(custodian, find_account(region, successor, "--to"), wanted)
    print_custody(as_json, done, "offered and handed over")


@command.command("withdraw")
@acting("The custodian.")
@handles_argument
@in_home
def withdraw(home: Path | None, as_json: bool, actor: str, handles: tuple[str, ...]) -> None:
    """Take offers back that were not accepted."""
    with opened(home) as region:
        custodian = organisation(region, actor)
        done = withdraw_offer(custodian, [find_patient(custodian, handle) for handle in handles])
    print_custody(as_json, done, "no longer offered")


@command.command("offers")
@acting("The organisation.")
@in_home
def offers(home: Path | None, as_json: bool, actor: str) -> None:
    """List what this member offers, and what it may take over."""
    with opened(home) as region:
        member, ledger = organisation(region, actor), region.ledger
        given = [("to", relation, account) for relation, account in list_offered(member)]
        rows = [*given, *(("by vote" if o.by_vote else "from", o.relation, o.former) for o in list_offers(member))]
        told = [(way, relation, account, member_name(ledger, account)) for way, relation, account in rows]
    if as_json:
        print_json([{"way": w, "relation": r, "member": m, "name": name} for w, r, m, name in told])
    else:
        print_table(("way", "relation", "member"), ((w, short(r), n) for w, r, _, n in told), empty="Nothing.")


@command.command("accept")
@acting("The successor.")
@click.argument("handles", nargs=-1, metavar="[HANDLE...]")
@in_home
def accept(home: Path | None, as_json: bool, actor: str, handles: tuple[str, ...]) -> None:
    """Become the custodian of what is offered, all of it or these relations; each is proved first.

    What the patients granted to others binds this member from here on; what the former custodian was granted does not
    pass to it.
    """
    with opened(home) as region:
        successor = organisation(region, actor)
        known = [one.relation for one in list_offers(successor)]
        wanted = [choose(handle, known, "HANDLE", "relation offers") for handle in handles]
        done = accept_custody(successor, wanted or None)
    print_custody(as_json, done, "taken over")


@command.command("settle")
@acting("The organisation.")
@in_home
def settle(home: Path | None, as_json: bool, actor: str) -> None:
    """Do what is left of changes of custody: destroy what another keeps now; take a former custodian's last word."""
    with opened(home) as region:
        member = organisation(region, actor)
        words = due(member).done
        received = len(process_inbox(member, ("custody-end",)))
    told = [*words, *([f"The last word about {received} relations was received."] if received else [])]
    print_result(as_json, {"done": told}, "\n".join(told) or "Nothing was left to do.")


def print_custody(as_json: bool, done: Custody, words: str) -> None:
    """Print what became of relations."""
    if as_json:
        print_json(done)
        return
    click.echo(f"{len(done.done)} relations {words}.")
    for relation, code in done.refused:
        refusal = REFUSALS.get(code)
        click.echo(
            f"{short(relation)}: {refusal.text if refusal else 'what was handed over is not sound'} (0x{code:04x})"
        )


for one in COMMANDS:
    command.add_command(one)
