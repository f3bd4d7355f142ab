"""What commands of the administration share: members by name, and a file to be signed where its keys are elsewhere."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from salus.bootstrap import Region
from salus.cli.options import OUT_FILE, choose
from salus.cli.output import print_json, print_result, short, when
from salus.core.encoding import encode
from salus.core.types import Message
from salus.services.actors import Organisation
from salus.services.members import list_members
from salus.services.signing_file import SigningFile, administrators, choose_signers, describe, draw_up

Command = TypeVar("Command", bound=Callable[..., Any])


def by_file(command: Command) -> Command:
    """Give a command --out and --signer."""
    out = click.option(
        "--out",
        type=OUT_FILE,
        default=None,
        metavar="FILE",
        help="Sign nothing here: write a file for administrators to sign (`salus admin sign`), valid ten minutes.",
    )
    signer = click.option(
        "--signer",
        "signers",
        multiple=True,
        metavar="KEY",
        help="Who is to sign the file, by key id; by default as many as are needed.",
    )
    return out(signer(command))


def member_id(region: Region, given: str, what: str = "MEMBER") -> bytes:
    """Return the account of a member: by the name of its folder here, or by the beginning of its id."""
    if given in region.organisations():
        return region.account(given)
    return choose(given, (view.account for view in list_members(region.ledger)), what, "org list")


def signers_of(region: Region, account: bytes, given: tuple[str, ...]) -> tuple[tuple[bytes, bytes], ...]:
    """Return (account, key id) of who is to sign for an organisation."""
    listed, _ = administrators(region.ledger, account)
    wanted = [choose(one, listed, "--signer", "org keys") for one in given] or None
    return choose_signers(region.ledger, account, wanted)


def write_file(
    region: Region, organisation: Organisation, message: Message, out: Path, given: tuple[str, ...], as_json: bool
) -> None:
    """Draw up a file of a message of one organisation's administration, and say what to do with it."""
    waited = signers_of(region, organisation.account, given)
    keep_file(draw_up(region.ledger, waited, message), out, as_json)


def keep_file(file: SigningFile, out: Path, as_json: bool) -> None:
    """Write a file; say who has yet to sign it, by when, and what comes next."""
    out.write_bytes(encode(file))
    described = describe(file)
    until, missing = when(described.not_after), [key for _, key, signed in described.signers if not signed]
    words = f"{out} is signed by all; until {until}: `salus admin submit`."
    if missing:
        words = f"{out} waits for {', '.join(map(short, missing))} until {until}: `salus admin sign`."
    print_result(as_json, {"not_after": until, "waits_for": missing}, words)


def print_file(file: SigningFile, as_json: bool) -> None:
    """Print what a file says, field by field."""
    described = describe(file)
    messages = [{"message": type(one).__name__, "fields": one} for one in described.messages]
    data = {
        "network": described.network,
        "not_after": when(described.not_after),
        "signers": [{"account": account, "key": key, "signed": done} for account, key, done in described.signers],
        "messages": messages,
    }
    if as_json:
        print_json(data)
        return
    click.echo(f"Network {short(described.network)}, until {when(described.not_after)}.")
    for account, key, done in described.signers:
        click.echo(f"  key {short(key)} of {short(account)}: {'has signed' if done else 'has not signed'}")
    for one in described.messages:
        click.echo(type(one).__name__)
        for name in one.__struct_fields__:
            click.echo(f"  {name}: {_words(getattr(one, name))}")


def _words(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        return ", ".join(map(_words, value)) or "-"
    return str(value)
