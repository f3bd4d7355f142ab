"""A form of an account on the terminal."""

import click

from salus.cli.output import print_fields
from salus.services.account.form_cells import Cells
from salus.services.account.form_words import PARTS
from salus.services.account.forms import Filled


def print_form(filled: Filled, language: str) -> None:
    """Print the form: what it is, its tables with their places in the log, rights, limits."""
    cells, account = Cells(filled, language), filled.account
    click.echo(f"{cells.title} ({cells.law})\n")
    facts = (
        ("custodian", account.custodian_name),
        ("relation", account.relation.hex()),
        ("period", cells.period()),
    )
    print_fields({cells.say(key): value for key, value in facts})
    for paragraph in cells.leads():
        click.echo(f"\n{paragraph}")
    for part, rows in filled.parts:
        click.echo(f"\n{PARTS[part.name].in_language(language)}")
        heads = [cells.column(column) for column in part.columns]
        for row in rows:
            click.echo(f"\n- {cells.entries(row)}")
            print_fields({f"  {head}": text for head, text in zip(heads, cells.row(row, part.columns), strict=True)})
        if not rows:
            click.echo(cells.say("none"))
    if filled.form.rights:
        click.echo("")
        print_fields(dict(cells.about()))
        click.echo("\n" + "\n".join(f"- {text}" for text in cells.rights()))
    click.echo("\n" + "\n".join(cells.limits()))
