"""`salus petition`: what a person asks of her custodian about her records."""

from pathlib import Path

import click

from salus.cli.listed import command_group
from salus.cli.options import FILE, acting, at_option, choose, in_home, opened, organisation, person
from salus.cli.output import print_fields, print_json, print_table, short, when
from salus.cli.whom import find_patient, find_relation
from salus.contracts.records.types import Ground, Outcome, PetitionKind
from salus.services.inbox import process_inbox
from salus.services.petition import PetitionView, list_petitions, petition
from salus.services.take_petition import list_open, petition_for

KINDS = {kind.name.lower(): kind for kind in PetitionKind}
RECORD_BYTES = 16


class RecordText(click.ParamType[bytes]):
    """A record by all 32 hex digits of its id, as files of `salus access collect --save` are named."""

    name = "record"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> bytes:
        try:
            raw = bytes.fromhex(str(value).strip())
        except ValueError:
            raw = b""
        if len(raw) != RECORD_BYTES:
            self.fail("give all 32 hex digits of the record's id", param, ctx)
        return raw


@command_group()
def command() -> None:
    """Ask a custodian to amend, erase or restrict records; see what became of it."""


@command.command("make")
@acting("The person; or a custodian, for a patient who has no wallet.")
@at_option
@click.option("--of", "handle", default=None, metavar="HANDLE", help="For a custodian: which patient.")
@click.argument("kind", metavar="KIND", type=click.Choice(list(KINDS)))
@click.option(
    "--record", "records", multiple=True, type=RecordText(), metavar="RECORD", help="Which record; left out: all."
)
@click.option("--text", default="", help="What she wishes, in her words; they go to the custodian alone, sealed.")
@click.option("--content", type=FILE, default=None, help="Of an amendment: a file with how the record should read.")
@in_home
def make(
    home: Path | None,
    as_json: bool,
    actor: str,
    relation: str | None,
    handle: str | None,
    kind: str,
    records: tuple[bytes, ...],
    text: str,
    content: Path | None,
) -> None:
    """Ask: KIND is amend, erase, restrict or unrestrict. Two members carry it, so that no custodian can suppress it.

    With --of a custodian notes the wish of a patient without a wallet: it is shown as the custodian's own act.
    """
    proposed = None if content is None else content.read_bytes()
    with opened(home) as region:
        if handle is not None:
            custodian = organisation(region, actor)
            made = petition_for(custodian, find_patient(custodian, handle), KINDS[kind], records, text, proposed)
        else:
            who = person(region, actor)
            made = petition(who, find_relation(who, relation), KINDS[kind], records, text, proposed)
    if as_json:
        print_json({"petition": made.petition, "relation": made.relation, "kind": kind, "height": made.height})
        return
    print_fields({"petition": made.petition.hex(), "in block": made.height})
    click.echo("The custodian sees it with `salus petition list --as CUSTODIAN`, and answers with `salus record`.")


@command.command("list")
@acting("The person, or a custodian for the open ones of its patients.")
@at_option
@in_home
def show_all(home: Path | None, as_json: bool, actor: str, relation: str | None) -> None:
    """List petitions and what became of them. A custodian takes in the letters about them first."""
    with opened(home) as region:
        if actor in region.organisations():
            custodian = organisation(region, actor)
            process_inbox(custodian, ("petition",))
            views = list_open(custodian)
        else:
            who = person(region, actor)
            views = list_petitions(who, find_relation(who, relation))
    if as_json:
        print_json([as_data(view) for view in views])
    else:
        columns = ("petition", "relation", "made", "kind", "answer", "text")
        print_table(columns, map(row, views), empty="There is no petition.")


def as_data(view: PetitionView) -> dict[str, object]:
    """Return a petition for programs."""
    entry = view.entry
    return {
        "petition": view.petition,
        "relation": view.relation,
        "kind": PetitionKind(entry.kind).name.lower(),
        "made": when(entry.made),
        "outcome": None if entry.outcome is None else Outcome(entry.outcome).name.lower(),
        "ground": Ground(entry.ground).name.lower().replace("_", "-"),
        "records": view.records,
        "text": view.text,
    }


def row(view: PetitionView) -> tuple[object, ...]:
    """Return a petition as a row of the table."""
    entry = view.entry
    kind = PetitionKind(entry.kind).name.lower()
    return short(view.petition), short(view.relation), when(entry.made), kind, answer_words(view), view.text or "-"


def answer_words(view: PetitionView) -> str:
    """Return what became of a petition."""
    return "unanswered" if view.entry.outcome is None else outcome_words(view.entry.outcome, view.entry.ground)


def outcome_words(outcome: int, ground: int) -> str:
    """Return an outcome with its ground."""
    words = Outcome(outcome).name.lower()
    return words if ground == Ground.NONE else f"{words}: {Ground(ground).name.lower().replace('_', ' ')}"


def find_open(given: str, views: tuple[PetitionView, ...]) -> PetitionView:
    """Return the open petition that `given` begins."""
    by_id = {view.petition: view for view in views}
    return by_id[choose(given, by_id, "PETITION", "petition list")]
