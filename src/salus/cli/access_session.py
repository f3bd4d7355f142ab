"""`salus access session`: many searches under one request and one use."""

from pathlib import Path

import click

from salus.cli.access_words import print_request
from salus.cli.listed import command_group
from salus.cli.options import (
    FILE,
    OUT_FILE,
    WHOLE_ID,
    about_data,
    acting,
    at_option,
    choose,
    in_home,
    opened,
    organisation,
    person,
)
from salus.cli.output import print_json, print_result, print_table, short, when
from salus.cli.staff import find_badge, staff_option
from salus.cli.whom import find_relation
from salus.policy.types import Provision
from salus.services.actors import Organisation
from salus.services.asked import list_asked
from salus.services.close_session import check_log, close_session, show_log
from salus.services.open_session import ask_session
from salus.services.session_page import ask_close, ask_page
from salus.services.sessions import kept_sessions, open_tasks
from salus.vault.files import LocalFiles


@command_group("session")
def command() -> None:
    """Sessions: many searches in one chart, as one request and one use of the grant."""


@command.command("open")
@acting("The organisation that asks.")
@click.argument("relation", type=WHOLE_ID)
@click.option("--for", "purpose", default="TREAT", show_default=True, metavar="PURPOSE", help="v3-ActReason.")
@staff_option
@about_data
@in_home
def ask_open(
    home: Path | None, as_json: bool, actor: str, relation: bytes, purpose: str, staff: str | None, data: Provision
) -> None:
    """Ask a custodian to open a session; the searches go within what is asked for here."""
    with opened(home) as region:
        asker = organisation(region, actor)
        package = ask_session(asker, relation, purpose, find_badge(asker, staff), data)
    print_request(package, as_json)


@command.command("page")
@acting("The organisation that opened the session.")
@click.argument("session")
@about_data
@in_home
def page(home: Path | None, as_json: bool, actor: str, session: str, data: Provision) -> None:
    """Search once more in an open session. The custodian asks the ledger anew before the page leaves."""
    with opened(home) as region:
        asker = organisation(region, actor)
        number = ask_page(asker, find_asked(asker, session), data)
    print_result(as_json, {"page": number}, f"Page {number} was asked for (`salus access answer --as CUSTODIAN`).")


@command.command("close")
@acting("The organisation that opened the session, or the custodian.")
@click.argument("session")
@in_home
def close(home: Path | None, as_json: bool, actor: str, session: str) -> None:
    """End a session: the custodian commits to the root of its log, which tells no number."""
    with opened(home) as region:
        who = organisation(region, actor)
        held = [task.session for task in open_tasks(who)]
        if any(one.hex().startswith(session.strip().lower()) for one in held):
            closed = close_session(who, choose(session, held, "SESSION", "access session list"))
            words = f"Session {short(closed.session)} is closed over {closed.pages} pages."
            print_result(as_json, {"session": closed.session, "root": closed.root}, words)
            return
        found = find_asked(who, session)
        ask_close(who, found)
    print_result(as_json, {"session": found}, "The custodian is asked to close it (`salus access answer`).")


@command.command("list")
@acting("The custodian.")
@in_home
def show_all(home: Path | None, as_json: bool, actor: str) -> None:
    """List the sessions that the organisation answers, or answered."""
    with opened(home) as region:
        who = organisation(region, actor)
        held = {task.session for task in open_tasks(who)}
        kept = kept_sessions(who)
    rows = [(task.session, task.relation, task.ends, task.session in held) for task in kept]
    if as_json:
        print_json([dict(zip(("session", "relation", "ends", "open"), row, strict=True)) for row in rows])
    else:
        shown = ((short(s), short(r), when(ends), "open" if open_ else "closed") for s, r, ends, open_ in rows)
        print_table(("session", "relation", "ends", "state"), shown, empty="No session yet.")


@command.command("log")
@acting("The custodian.")
@click.argument("session")
@click.option("--out", type=OUT_FILE, required=True, help="The file to write, for the patient.")
@in_home
def write_log(home: Path | None, as_json: bool, actor: str, session: str, out: Path) -> None:
    """Write the log of a session, which the patient can check against the ledger."""
    with opened(home) as region:
        who = organisation(region, actor)
        found = choose(session, (task.session for task in kept_sessions(who)), "SESSION", "access session list")
        LocalFiles().write(out, show_log(who, found))
    print_result(as_json, {"session": found, "file": str(out)}, f"The log of session {short(found)} is in {out}.")


@command.command("check")
@acting("The patient.")
@at_option
@click.argument("session", type=WHOLE_ID)
@click.argument("file", type=FILE)
@in_home
def check(home: Path | None, as_json: bool, actor: str, relation: str | None, session: bytes, file: Path) -> None:
    """Check a log that a custodian shows against the root that the ledger holds; SESSION is the whole id."""
    with opened(home) as region:
        handle = find_relation(person(region, actor), relation)
        pages = check_log(region.ledger, handle, session, file.read_bytes())
    if as_json:
        print_json(pages)
    else:
        rows = ((one.number, when(one.time), len(one.leaves)) for one in pages)
        print_table(("page", "time", "records"), rows, empty="The session gave out nothing.")


def find_asked(asker: Organisation, given: str) -> bytes:
    """Return the request of the organisation's own that `given` begins."""
    return choose(given, (one.request for one in list_asked(asker)), "SESSION", "access unanswered")
