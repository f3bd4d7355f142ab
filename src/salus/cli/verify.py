"""`salus verify FILE`: what an evidence file proves, with nothing but the file and the genesis."""

from collections.abc import Iterator
from pathlib import Path

import click

from salus.cli.options import FILE, as_json_option, genesis_option, kept_genesis
from salus.cli.output import print_json, when
from salus.core.errors import Malformed
from salus.core.types import Message
from salus.evidence.report import Outcome, Report, Verdict
from salus.evidence.verify import verify
from salus.merkle.checkpoint import NoteKey, parse_note_key
from salus.services.history import read_event
from salus.services.plain import plain

MARKS = {Outcome.OK: "ok", Outcome.FAILED: "FAILED", Outcome.NOT_CHECKED: "--"}
VERDICTS = {
    Verdict.PROVED: "PROVED",
    Verdict.REFUTED: "REFUTED",
    Verdict.NO_GENESIS: "NOT PROVED: give the network's genesis document with --genesis",
    Verdict.UNWITNESSED: "HOLDS, UNWITNESSED: no witness you trust has signed this ledger's checkpoint",
}
UNWITNESSED_STATUS = int(Verdict.UNWITNESSED)
witness_option = click.option(
    "--witness", "witnesses", multiple=True, metavar="KEY", help="Verifier key of a witness you trust; may be repeated."
)


@click.command()
@click.argument("file", type=FILE)
@genesis_option
@witness_option
@as_json_option
def command(file: Path, genesis: Path | None, witnesses: tuple[str, ...], as_json: bool) -> int:
    """Check an evidence FILE offline, in numbered steps.

    Without --genesis, the one in the home of SALUS_HOME is taken. Exit status: 0 proved, 1 refuted, 2 wrong usage
    or no genesis, 3 all holds but unwitnessed.
    """
    report = verify(file.read_bytes(), kept_genesis(genesis), witnesses=read_witnesses(witnesses))
    if as_json:
        print_json(as_data(report))
    else:
        print_report(report)
    return int(report.verdict)


def read_witnesses(texts: tuple[str, ...], option: str = "--witness") -> tuple[NoteKey, ...]:
    """Return the verifier keys in `texts`, which `option` gave."""
    try:
        return tuple(map(parse_note_key, texts))
    except Malformed:
        raise click.BadParameter(
            "not a verifier key (NAME+ID+KEY, as `salus ledger witness` prints it)", param_hint=option
        ) from None


def as_data(report: Report) -> dict[str, object]:
    """Return the report for programs."""
    return {
        "verdict": report.verdict.name.lower(),
        "steps": [
            {"number": s.number, "name": s.name, "outcome": s.outcome.name.lower(), "words": s.words}
            for s in report.steps
        ],
        "proved": report.proved,
        "not_proved": report.not_proved,
        "height": report.height,
        "time": when(report.time),
        "events": [{"index": i, "event": type(e).__name__, "fields": e} for i, e in shown_events(report)],
    }


def shown_events(report: Report) -> Iterator[tuple[int, Message]]:
    """Yield the events of the log that were proved, with their places."""
    if report.evidence is not None and report.proved:
        for fact in report.evidence.events:
            event = read_event(fact.body)
            if event is not None:
                yield fact.index, event


def print_report(report: Report) -> None:
    """Print the steps, the verdict, and what it does and does not mean."""
    for step in report.steps:
        click.echo(f"{step.number:>3}. {MARKS[step.outcome]:<6}  {step.name}: {step.words}")
    click.echo(f"\n{VERDICTS[report.verdict]}")
    if report.time is not None:
        click.echo(f"As of block {report.height}, {when(report.time)}.")
    for index, event in shown_events(report):
        fields = ", ".join(f"{name} {value}" for name, value in plain(event).items() if value not in (None, []))
        click.echo(f"Entry {index}: {type(event).__name__} ({fields})")
    for words, lines in (("Proved:", report.proved), ("Not proved:", report.not_proved)):
        if lines:
            click.echo(words)
            for line in lines:
                click.echo(f"  - {line}")
