"""`salus witness serve`, `watch`, `ask`: witnesses and logs that reach each other over HTTP."""

from datetime import UTC, datetime
from pathlib import Path

import click

from salus.api.guard import SignedGuard
from salus.bootstrap.running import run_app
from salus.bootstrap.witnessing import serving_witness
from salus.cli.listed import command_group
from salus.cli.options import FILE, FOLDER, as_json_option, genesis_option, header_option, in_home, opened, passphrase
from salus.cli.output import print_result, short
from salus.cli.serve import announce, listening_options, take_address
from salus.cli.verify import read_witnesses
from salus.cli.witness_files import take_in, tell_contradiction, witness_folder
from salus.client.published_http import ServedLog
from salus.services.ask_witness import ask_witness
from salus.services.cosign import Contradiction, cosign
from salus.services.witness import Witness


@click.command()
@click.argument("folder", type=FOLDER)
@click.option("--log", "logs", type=FILE, multiple=True, metavar="GENESIS", help="Take in the log of this genesis.")
@header_option
@listening_options
@as_json_option
def serve(
    folder: Path,
    logs: tuple[Path, ...],
    headers: tuple[Path, ...],
    address: tuple[str, int],
    names: tuple[str, ...],
    certificate: Path | None,
    key: Path | None,
    as_json: bool,
) -> None:
    """Serve the witness in FOLDER: logs send it their checkpoints, and it cosigns what continues what it saw.

    It answers POST /add-checkpoint (C2SP tlog-witness) for the logs that it knows, and nothing else.
    """
    witness = Witness.open(folder, passphrase(folder))
    for genesis in logs:
        witness.add_log(genesis.read_bytes())
    take_in(witness, None, headers)
    words = f"Witness {witness.name}, verifier key {witness.verifier_key},"
    with take_address(address, names, certificate, key) as bound:
        guard = SignedGuard(lambda: bound.authorities)
        with serving_witness(witness, guard) as app:
            run_app(app, bound, announce(bound, as_json, words, verifier_key=witness.verifier_key))


@click.command()
@click.argument("url")
@witness_folder
@genesis_option
@header_option
@as_json_option
def watch(url: str, folder: Path, genesis: Path | None, headers: tuple[Path, ...], as_json: bool) -> None:
    """As a witness, look at the log that a node serves at URL, and remember and cosign its checkpoint.

    As `salus ledger cosign` does with a folder: what does not continue what was seen is refused, and kept. The
    genesis is needed at the first look only.
    """
    witness = Witness.open(folder, passphrase(folder))
    raw = take_in(witness, genesis, headers)
    with ServedLog(url) as log:
        done = cosign(witness, log, raw, int(datetime.now(UTC).timestamp()))
    if isinstance(done, Contradiction):
        tell_contradiction(done, as_json)
    else:
        size, root = done.signed.checkpoint.size, done.signed.checkpoint.root
        words = f"Cosigned {size} entries, root {short(root)}."
        print_result(as_json, {"checkpoint": done.signed.note(), "size": size}, words)


@click.command()
@click.option("--of", "url", required=True, metavar="URL", help="Where the witness is served.")
@click.option("--key", "verifier_key", required=True, metavar="KEY", help="Its verifier key, known from elsewhere.")
@in_home
def ask(home: Path | None, as_json: bool, url: str, verifier_key: str) -> None:
    """Ask a witness to cosign the ledger's checkpoint, and keep and publish its cosignature."""
    read_witnesses((verifier_key,), "--key")
    with opened(home) as region:
        asked = ask_witness(region.ledger, url, verifier_key)
    words = f"{asked.name} cosigned {asked.size} entries."
    print_result(as_json, {"name": asked.name, "size": asked.size, "time_s": asked.time_s}, words)


@command_group()
def command() -> None:
    """Witnesses over HTTP: serve one, watch a log as one, ask one for a cosignature.

    `salus ledger witness` makes one.
    """


for part in (serve, watch, ask):
    command.add_command(part)
