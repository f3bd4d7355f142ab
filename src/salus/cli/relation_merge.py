"""`salus relation`, second half: relations that are one person's, and records that are not."""

from pathlib import Path

import click

from salus.cli.options import (
    WHOLE_ID,
    acting,
    choose,
    days_option,
    in_home,
    opened,
    organisation,
    person,
    purpose_option,
)
from salus.cli.output import print_json, print_result, print_table, short, when
from salus.cli.staff import find_badge, staff_option
from salus.cli.whom import find_patient
from salus.services.approve_merge import approve_merge
from salus.services.inbox import process_inbox
from salus.services.merge import merge, sides_of
from salus.services.move import move_record, move_tasks
from salus.services.read_records import list_records
from salus.services.take_approval import waiting_approvals
from salus.services.unmerge import leave_merge, unmerge


@click.command("merge")
@acting("The custodian.")
@click.argument("one")
@click.argument("other")
@click.option("--link-segments", is_flag=True, help="Also a confidential segment: the ledger links it for ever.")
@in_home
def put_together(home: Path | None, as_json: bool, actor: str, one: str, other: str, link_segments: bool) -> None:
    """Merge two relations: one patient for the desk, and what one denies holds for both. No permit widens.

    Every side that was claimed approves first (`salus relation approve-merge`); until all have, nothing is sent.
    """
    with opened(home) as region:
        custodian = organisation(region, actor)
        process_inbox(custodian, ("approval",))
        sides = find_patient(custodian, one), find_patient(custodian, other)
        done = merge(custodian, *sides, link_segments=link_segments)
    words = f"Merged, from block {done.height} on: {', '.join(map(short, done.sides))} are one person's."
    print_result(as_json, done, words)


@click.command("approve-merge")
@acting("The person.")
@click.argument("one", type=WHOLE_ID)
@click.argument("other", type=WHOLE_ID)
@days_option(7, 60)
@in_home
def agree(home: Path | None, as_json: bool, actor: str, one: bytes, other: bytes, days: int) -> None:
    """Approve that two relations are merged, for those of them that are in the wallet; sealed to the custodian.

    Both handles in whole, as `salus access relations` or the desk shows them. Nothing stands on the ledger by it.
    """
    with opened(home) as region:
        done = approve_merge(person(region, actor), one, other, days)
    words = f"Approved for {', '.join(map(short, done.sides))}, until {when(done.not_after)}."
    print_result(as_json, done, words)


@click.command("unmerge")
@acting("The custodian, or the person of one of them.")
@click.argument("one", type=WHOLE_ID)
@click.argument("other", type=WHOLE_ID)
@in_home
def put_apart(home: Path | None, as_json: bool, actor: str, one: bytes, other: bytes) -> None:
    """End a merge: each relation is decided on as before it. A person names a relation of her own first."""
    with opened(home) as region:
        if actor in region.organisations():
            done = unmerge(organisation(region, actor), one, other)
        else:
            done = leave_merge(person(region, actor), one, other)
    print_result(as_json, done, f"No longer merged, from block {done.height} on.")


@click.command("merges")
@acting("The custodian.")
@in_home
def show_all(home: Path | None, as_json: bool, actor: str) -> None:
    """List what is merged, the approvals that wait, and the moves that a legal hold keeps from their end."""
    with opened(home) as region:
        custodian = organisation(region, actor)
        process_inbox(custodian, ("approval",))
        groups = {sides_of(custodian, relation) for relation in custodian.vault.relations()}
        merged = sorted(sides for sides in groups if len(sides) > 1)
        waiting = [found.said for found in waiting_approvals(custodian)]
        moves = [task for _, task in move_tasks(custodian)]
    if as_json:
        approvals = [
            {"relation": s.relation, "one": s.one, "other": s.other, "until": when(s.not_after)} for s in waiting
        ]
        kept = [{"relation": task.relation, "record": task.record, "to": task.to} for task in moves]
        print_json({"merged": merged, "approvals": approvals, "moves": kept})
        return
    rows = [("merged", ", ".join(map(short, sides)), "") for sides in merged]
    rows += [("approved", f"{short(s.one)}, {short(s.other)}", f"by {short(s.relation)}") for s in waiting]
    rows += [("moved, and held", short(task.relation), f"record {short(task.record)}") for task in moves]
    print_table(("what", "relations", "more"), rows, empty="Nothing is merged, and nothing waits.")


@click.command("move")
@acting("The custodian.")
@click.argument("handle")
@click.argument("record")
@click.argument("to")
@purpose_option("administration")
@staff_option
@in_home
def refile(
    home: Path | None,
    as_json: bool,
    actor: str,
    handle: str,
    record: str,
    to: str,
    purpose: str,
    staff: str | None,
) -> None:
    """Move RECORD from the wrong patient HANDLE to the right one. Who received it before is told.

    What it was is destroyed where it did not belong, once no legal hold stands there; nobody is shown it meanwhile.
    """
    with opened(home) as region:
        custodian = organisation(region, actor)
        badge = find_badge(custodian, staff) if staff else None
        wrong, right = find_patient(custodian, handle), find_patient(custodian, to)
        known = (header.record for header in list_records(custodian, wrong, purpose=purpose, staff=badge))
        found = choose(record, known, "RECORD", "record list")
        done = move_record(custodian, wrong, found, right, badge)
    after = "destroyed where it was" if done.destroyed else "kept where it was for a legal hold, and not used there"
    print_result(as_json, done, f"Record {short(done.there)} of {short(done.to)}; {after}.")


COMMANDS = (put_together, agree, put_apart, show_all, refile)
