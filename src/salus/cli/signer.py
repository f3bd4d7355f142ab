"""`salus signer`: a validator's key apart from its node."""

import signal
from pathlib import Path
from threading import Event
from types import FrameType

import click
import orjson

from salus.api.operate.logs import start_logging
from salus.bootstrap import new_signer, open_signer, validator_entry
from salus.cli.listed import command_group
from salus.cli.options import OUT_FILE, WHOLE_ID, genesis_option, home_folder, in_home, known_genesis, passphrase
from salus.cli.output import print_fields, print_json, print_result
from salus.cometbft import chain_id
from salus.config import read_config
from salus.core.genesis import read_genesis
from salus.signer.dialling import read_listening, sign_for
from salus.signer.errors import NoSignState
from salus.signer.state import read_state
from salus.vault.files import LocalFiles

STEPS = {1: "proposal", 2: "prevote", 3: "precommit"}


@command_group()
def command() -> None:
    """A validator's key apart from its node: make it, show it to the members, sign with it."""


@command.command("new")
@genesis_option
@in_home
def new(home: Path | None, as_json: bool, genesis: Path | None) -> None:
    """Make a new validator's key in a home of its own, sealed by a passphrase.

    It validates nothing until members vote it in: `salus signer entry`, then `salus org propose validator`.
    """
    network, _ = read_genesis(known_genesis(genesis))
    folder = home_folder(home)
    public = new_signer(folder, network, passphrase(folder, new=True))
    words = f"Key {public.hex()} in {folder}. Next: `salus signer entry`."
    print_result(as_json, {"public": public, "chain": chain_id(network)}, words)


@command.command("entry")
@click.option("--account", type=WHOLE_ID, required=True, help="The member's account (`salus org list --json`).")
@click.option("--out", type=OUT_FILE, required=True, help="What members vote the key in by.")
@genesis_option
@in_home
def entry(home: Path | None, as_json: bool, account: bytes, out: Path, genesis: Path | None) -> None:
    """Write the entry by which members vote the home's validator key in; it counts for that member alone."""
    folder = home_folder(home)
    network, _ = read_genesis(known_genesis(genesis))
    out.write_bytes(validator_entry(folder, passphrase(folder), network, account))
    words = f"{out} holds no secret. A member: `salus org propose validator --entry {out}`."
    print_result(as_json, {"entry": str(out)}, words)


@command.command("status")
@in_home
def status(home: Path | None, as_json: bool) -> None:
    """Show what the home's key signed last."""
    last = read_state(home_folder(home), LocalFiles())
    if last is None:
        raise NoSignState
    said = {"chain": chain_id(last.network), "public": last.public.hex(), "height": last.height}
    if not last.signed:
        more: dict[str, object] = {"round": None, "step": None}
        shown = {**said, "signed": f"nothing yet above height {last.height}"}
    else:
        more = {"round": last.round, "step": STEPS[last.step]}
        shown = {**said, **more}
    if as_json:
        print_json({**said, **more})
    else:
        print_fields(shown)


@command.command("serve")
@click.option(
    "--listen",
    "address",
    required=True,
    metavar="unix://PATH",
    help="Where the node listens for its signer: its priv_validator_laddr.",
)
@click.option(
    "--after",
    type=click.IntRange(0, 2**62),
    default=None,
    metavar="HEIGHT",
    help="Begin to keep what the key signs, above this height: 0 for one that never signed.",
)
@in_home
def serve(home: Path | None, as_json: bool, address: str, after: int | None) -> None:
    """Sign for the node that listens at the address, until Ctrl-C or SIGTERM; dial it again whenever it is gone.

    Whatever was signed is kept on the disk before the signature leaves, and nothing that contradicts it is signed
    after that. Run one signer for a key, never two. With --json one JSON line says that it has begun.
    """
    folder, path = home_folder(home), read_listening(address)
    start_logging(read_config().log)
    signer = open_signer(folder, passphrase(folder), after)
    ending = Event()

    def end(number: int, frame: FrameType | None) -> None:
        ending.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        said = {"public": signer.public.hex(), "chain": signer.chain, "listen": str(path)}
        words = f"Signing for {signer.chain} by key {signer.public.hex()} at {path} (Ctrl-C ends it)"
        click.echo(orjson.dumps(said) if as_json else words)
        sign_for(signer, path, ending)
    finally:
        signer.close()
        for number, handler in before.items():
            signal.signal(number, handler)
