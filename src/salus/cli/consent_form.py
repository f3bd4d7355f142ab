"""`salus consent import` and `export`: FHIR Consent, with refusals as an OperationOutcome."""

from collections.abc import Iterable
from pathlib import Path

import click

from salus.bootstrap import Region
from salus.cli.bundles import issue_lines
from salus.cli.options import FILE, acting, at_option, in_home, opened, person
from salus.cli.output import print_json, when
from salus.cli.status import BadInput, Stopped
from salus.cli.whom import find_account, find_directive, find_relation
from salus.fhir.consent.read import ConsentRefused
from salus.fhir.outcome import operation_outcome
from salus.services.consent_form import consent_names, export_consent, import_consent
from salus.services.grant import to_organisation

MOST = 256 * 1024  # octets of a file


@click.command("import")
@acting("The person.")
@at_option
@click.argument("file", type=FILE)
@click.option("--to", "grantee", default=None, metavar="WHOM", help="Whom it means where it names no organisation.")
@click.option(
    "--means",
    "meanings",
    multiple=True,
    metavar="REFERENCE=WHAT",
    help="What a reference of it means: me, an organisation, or an id in hex; may be repeated.",
)
@click.option(
    "--break-glass-group",
    "groups",
    multiple=True,
    metavar="REFERENCE",
    help="A group it names as those who may break the glass; may be repeated.",
)
@in_home
def take_in(
    home: Path | None,
    as_json: bool,
    actor: str,
    relation: str | None,
    file: Path,
    grantee: str | None,
    meanings: tuple[str, ...],
    groups: tuple[str, ...],
) -> None:
    """Put a FHIR R4 Consent (JSON) in force: as a whole, or not at all.

    What a directive cannot hold is refused by the name of its element, with --json as an OperationOutcome.
    """
    if file.stat().st_size > MOST:
        raise BadInput("the file is too large for a Consent")
    with opened(home) as region:
        who = person(region, actor)
        handle = find_relation(who, relation)
        known = dict(_meaning(region, handle, text) for text in meanings)
        community = None if grantee is None else to_organisation(find_account(region, grantee, "--to"))
        names = consent_names(who, handle, known, community, frozenset(groups))
        try:
            done = import_consent(who, file.read_bytes(), names)
        except ConsentRefused as refused:
            raise _stopped(refused, as_json) from None
    if as_json:
        print_json({"directives": done.granted, "outcome": operation_outcome(done.warnings)})
        return
    _print_lines(issue_lines(done.warnings))
    for one in done.granted:
        click.echo(f"{one.directive.hex()}  {when(one.start)} to {when(one.end)}")
    click.echo("In force once the custodian has acknowledged: `salus access answer --as CUSTODIAN`.")


@click.command("export")
@acting("The person.")
@at_option
@click.argument("directive")
@in_home
def give_out(home: Path | None, as_json: bool, actor: str, relation: str | None, directive: str) -> None:
    """Print a directive as a FHIR R4 Consent."""
    with opened(home) as region:
        who = person(region, actor)
        handle = find_relation(who, relation)
        print_json(export_consent(who, handle, find_directive(region.ledger, handle, directive)))


def _meaning(region: Region, handle: bytes, text: str) -> tuple[str, bytes]:
    """Return a reference and the id that it means."""
    reference, found, what = text.rpartition("=")
    if not found or not reference:
        raise click.BadParameter("write it as REFERENCE=WHAT", param_hint="--means")
    if what == "me":
        return reference, handle
    try:
        identity = bytes.fromhex(what)
    except ValueError:
        identity = b""
    return reference, identity if len(identity) in (16, 32) else find_account(region, what, "--means")


def _stopped(refused: ConsentRefused, as_json: bool) -> Stopped:
    if as_json:
        print_json(operation_outcome(refused.issues))
    else:
        _print_lines(issue_lines(refused.issues))
    return Stopped(refused, f"{refused} Nothing was put in force.")


def _print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line, err=True)
