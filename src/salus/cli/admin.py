"""`salus admin`: administrators' own keys, files that several sign, the passphrase of a home."""

from pathlib import Path

import click

from salus.bootstrap import change_passphrase
from salus.cli.listed import command_group
from salus.cli.options import (
    FILE,
    OUT_FILE,
    WHOLE_ID,
    acting,
    as_json_option,
    genesis_option,
    in_home,
    known_genesis,
    opened,
    organisation,
)
from salus.cli.output import print_result
from salus.cli.signing import keep_file, print_file
from salus.cli.terminal import terminal
from salus.config import Config, read_passphrase
from salus.core.genesis import read_genesis
from salus.services.administrator import (
    change_administrator_passphrase,
    new_administrator,
    open_administrator,
)
from salus.services.signing_file import add_signature, put_together, read_signing_file, submit

key_passphrase = click.option(
    "--passphrase-file", type=FILE, default=None, help="Holds the passphrase of the key file; else it is asked for."
)
new_passphrase = click.option(
    "--new-passphrase-file", type=FILE, default=None, help="Holds the new passphrase; else it is asked for."
)


@command_group()
def command() -> None:
    """Administrators' own keys; files that several sign; the passphrase of a home."""


@command.command("new-key")
@click.argument("file", type=OUT_FILE)
@key_passphrase
@as_json_option
def new_key(as_json: bool, file: Path, passphrase_file: Path | None) -> None:
    """Make a key of one's own in FILE, sealed by a passphrase that nobody else needs to know."""
    made = new_administrator(file, _passphrase(passphrase_file, new=True))
    print_result(
        as_json, {"public": made.key.public}, f"Key {made.key.public.hex()} in {file}. Next: `salus admin entry`."
    )


@command.command("entry")
@click.argument("file", type=FILE)
@click.option("--account", type=WHOLE_ID, required=True, help="The organisation's account (`salus org list --json`).")
@click.option("--out", type=OUT_FILE, required=True, help="What the organisation lists the key by.")
@genesis_option
@key_passphrase
@as_json_option
def entry(
    as_json: bool, file: Path, account: bytes, out: Path, genesis: Path | None, passphrase_file: Path | None
) -> None:
    """Write the entry by which an organisation lists one's key; it counts for that organisation alone."""
    network, _ = read_genesis(known_genesis(genesis))
    administrator = open_administrator(file, _passphrase(passphrase_file))
    out.write_bytes(administrator.entry(network, account))
    words = f"{out} holds no secret. The organisation: `salus org hand-over`."
    print_result(as_json, {"key": administrator.key.id(network)}, words)


@command.command("show")
@click.argument("file", type=FILE)
@as_json_option
def show(as_json: bool, file: Path) -> None:
    """Show what FILE says, who is to sign it and who has, by when."""
    print_file(read_signing_file(file.read_bytes()), as_json)


@command.command("sign")
@click.argument("file", type=FILE)
@click.option("--key", type=FILE, required=True, help="One's key file.")
@click.option("--yes", is_flag=True, help="Do not ask; what it says was read with `salus admin show`.")
@key_passphrase
@as_json_option
def sign(as_json: bool, file: Path, key: Path, yes: bool, passphrase_file: Path | None) -> None:
    """Sign FILE with one's own key, after reading what it says."""
    if as_json and not yes:
        raise click.UsageError("--json shows nothing of the file: read it with `salus admin show`, then say --yes")
    waiting = read_signing_file(file.read_bytes())
    if not as_json:
        print_file(waiting, as_json=False)
    if not yes:
        terminal().ask_to_go_on("Sign this?")
    keep_file(add_signature(waiting, open_administrator(key, _passphrase(passphrase_file)).key), file, as_json)


@command.command("submit")
@acting("Any member that carries it.")
@click.argument("files", nargs=-1, required=True, type=FILE)
@in_home
def send(home: Path | None, as_json: bool, actor: str, files: tuple[Path, ...]) -> None:
    """Send FILE; copies that were signed apart are put together."""
    together = put_together([read_signing_file(path.read_bytes()) for path in files])
    with opened(home) as region:
        done = submit(region.ledger, organisation(region, actor).carrier, together)
    created = [one for ids in done.created for one in ids]
    words = f"Done, in block {done.landed.height}." + "".join(f" Made {one.hex()}." for one in created)
    print_result(as_json, {"height": done.landed.height, "created": created}, words)


@command.command("passphrase")
@new_passphrase
@in_home
def home_passphrase(home: Path | None, as_json: bool, new_passphrase_file: Path | None) -> None:
    """Seal every keystore and wallet of a home by another passphrase; if interrupted, do it again."""
    with opened(home, alone=True) as region:
        count = change_passphrase(region, _passphrase(new_passphrase_file, new=True))
    words = f"{count} files are sealed anew. Change what SALUS_PASSPHRASE_FILE names too."
    print_result(as_json, {"files": count}, words)


@command.command("key-passphrase")
@click.argument("file", type=FILE)
@key_passphrase
@new_passphrase
@as_json_option
def own_passphrase(as_json: bool, file: Path, passphrase_file: Path | None, new_passphrase_file: Path | None) -> None:
    """Seal one's own key FILE by another passphrase."""
    change_administrator_passphrase(file, _passphrase(passphrase_file), _passphrase(new_passphrase_file, new=True))
    print_result(as_json, {"sealed": True}, f"{file} is sealed anew.")


def _passphrase(file: Path | None, *, new: bool = False) -> str:
    if file is not None:
        return read_passphrase(Config(passphrase_file=file))
    if not terminal().attended():
        option = "--new-passphrase-file" if new else "--passphrase-file"
        raise click.UsageError(f"nobody is here to be asked for a passphrase; give {option}")
    return terminal().ask_secret("Passphrase", twice=new)
