"""`salus access accounting`: who received what, for the terminal, for programs, as a page; each line with its proof."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import click
import orjson

from salus.bootstrap import Region
from salus.cli.accounting_form import print_form
from salus.cli.options import FOLDER, OUT_FILE, WHOLE_ID, acting, at_option, in_home, opened, organisation, person
from salus.cli.output import print_fields, print_table, short, when
from salus.cli.whom import find_relation
from salus.services.account.data import as_data
from salus.services.account.form_data import form_as_data
from salus.services.account.form_page import form_page
from salus.services.account.forms import FORMS, Filled
from salus.services.account.line import Line, ground_of
from salus.services.account.page import Proofs, page
from salus.services.account.words import LANGUAGES, WAITS, ago_in, span_in
from salus.services.account_form import account_form
from salus.services.accounting import Accounting, accounting, pending_requests
from salus.services.plain import plain
from salus.services.proofs import prove_entry
from salus.vault.files import LocalFiles

FORMATS = ("terminal", "json", "html")


@click.command("accounting")
@acting("The person, or with --of any member.")
@at_option
@click.option(
    "--of", "handle", type=WHOLE_ID, default=None, help="The whole handle, for who has no wallet entry of it."
)
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="terminal", show_default=True, help="What to make."
)
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Of the page.")
@click.option(
    "--form",
    "law",
    type=click.Choice(("full", *FORMS)),
    default="full",
    show_default=True,
    help="Everything, or what a law asks for: 45 CFR 164.528, 42 CFR 2.24 and 2.25, GDPR Art. 15, PIPL Art. 45.",
)
@click.option("--since", type=click.DateTime(("%Y-%m-%d",)), default=None, help="Of a form: from this day (UTC) on.")
@click.option("--out", type=OUT_FILE, default=None, help="Write it here.")
@click.option("--evidence", "folder", type=FOLDER, default=None, help="Write a file here that proves each line.")
@in_home
def account(
    home: Path | None,
    as_json: bool,
    actor: str,
    relation: str | None,
    handle: bytes | None,
    form: str,
    language: str,
    law: str,
    since: datetime | None,
    out: Path | None,
    folder: Path | None,
) -> None:
    """Show who received what, when, why, under which directive; refusals too, and what is still open.

    It is read off the ledger, which every member has; it names no record. `--format html` makes one page to keep,
    print or hand over; `salus verify` checks the files of --evidence. --form leaves out what the law named does not
    ask for; as the custodian (--as north --of HANDLE) it tells the kinds of data too, which stands in the access log.
    """
    if law == "full" and since is not None:
        raise click.UsageError("--since takes a --form of a law")
    if as_json and form == "html":
        raise click.UsageError("--json and --format html are two things")
    with opened(home) as region:
        told = find_account(region, actor, relation, handle)
        filled = None if law == "full" else _fill(region, actor, law, told, since)
        files = {} if folder is None else prove_lines(region, told, folder)
        note = region.ledger.checkpoint().decode()
    if form == "html":
        proofs = Proofs(note, files)
        text = page(told, proofs, language) if filled is None else form_page(filled, proofs, language)
    elif form == "json" or as_json:
        data = as_data(told, files) if filled is None else form_as_data(filled, files)
        text = orjson.dumps(plain(data), option=orjson.OPT_INDENT_2).decode() + "\n"
    else:
        text = ""
    if text:
        put(text, out)
    elif out is not None:
        raise click.UsageError("--out takes --format json or html")
    elif filled is not None:
        print_form(filled, language)
    else:
        print_accounting(told)
    if files:
        click.echo(f"{len(files)} evidence files written to {folder}.", err=True)


def _fill(region: Region, actor: str, law: str, told: Accounting, since: datetime | None) -> Filled:
    """Return the form; an organisation that asks adds what it alone knows."""
    asker = region.organisation(actor) if actor in region.organisations() else None
    begin = None if since is None else round(since.replace(tzinfo=UTC).timestamp() * 1000)
    return account_form(law, region.ledger, told, asker, begin)


def find_account(region: Region, actor: str, relation: str | None, handle: bytes | None) -> Accounting:
    """Return the account that is asked for; a person's has the requests of her own that nobody answered."""
    if handle is not None:
        organisation(region, actor)
        return accounting(region.ledger, handle)
    who = person(region, actor)
    return accounting(region.ledger, find_relation(who, relation), pending_requests(who))


def prove_lines(region: Region, told: Accounting, folder: Path) -> Mapping[int, str]:
    """Write the evidence of each line into a folder; return the name of each line's file."""
    files, named = LocalFiles(), {}
    files.create_folder(folder)
    for line in told.lines:
        named[line.index] = f"entry-{line.index:08}.evidence"
        files.write(folder / named[line.index], prove_entry(region.ledger, line.index))
    return named


def put(text: str, out: Path | None) -> None:
    """Write text to a file, readable by its owner alone, or to standard output."""
    if out is None:
        click.echo(text, nl=False)
    else:
        LocalFiles().write(out, text.encode())


def print_accounting(told: Accounting) -> None:
    """Print the lines of an account as a table, each with its place in the log; then what is still open."""
    facts = {"relation": told.relation.hex(), "custodian": told.custodian_name, "as of": when(told.as_of)}
    if told.merged:
        facts["merged with"] = ", ".join(map(short, told.merged)) + "; each has an account of its own"
    if told.pruned is not None:
        facts["pruned"] = f"all before block {told.pruned.height}, until {when(told.pruned.time)}: no line tells of it"
    print_fields(facts)
    click.echo()
    columns = ("log", "time", "what", "who", "purpose", "ground or reason")
    print_table(columns, map(account_row, told.lines))
    open_rows = list(map(waiting_row, told.waiting, [told.as_of] * len(told.lines)))
    open_rows += [("-", "request", WAITS["answer"].en, ago(told, request.not_after)) for request in told.unanswered]
    if open_rows:
        click.echo("\nStill open:")
        print_table(("log", "what", "waits for", "since"), open_rows)


def waiting_row(line: Line, as_of: int) -> tuple[object, ...]:
    """Return what is still to come after a line, and how long it has been."""
    words = WAITS[line.waits_for].en if line.waits_for in WAITS else line.waits_for
    due = "" if line.due is None else f"; due {ago_in(as_of - line.due, 'en')}"
    return line.index, line.what, words, f"{span_in(as_of - line.time, 'en')}{due}"


def ago(told: Accounting, not_after: int) -> str:
    """Return when a request's time is over, seen from the account's."""
    return f"due {ago_in(told.as_of - not_after, 'en')}"


def account_row(line: Line) -> tuple[object, ...]:
    """Return a line of an account as a row."""
    happened = "" if line.happened is None else f"; happened {when(line.happened)}"
    ground = f"{ground_of(line) or '-'}{happened}"
    return line.index, when(line.time), line.what, line.name or "-", line.purpose or "-", ground
