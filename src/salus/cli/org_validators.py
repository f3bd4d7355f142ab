"""`salus org validators`, `salus org propose validator`, `upgrade`: who decides blocks, and by which rules."""

from pathlib import Path

import click

from salus.bootstrap import Region
from salus.cli.options import FILE, acting, choose, in_home, opened
from salus.cli.output import print_json, print_table, short
from salus.cli.proposing import effective_option, open_vote
from salus.cli.signing import by_file, member_id
from salus.contracts.governance.messages import ScheduleUpgrade, SetValidator, WithdrawUpgrade
from salus.core.encoding import decode
from salus.core.keys import KeyEntry, Role, proved
from salus.core.types import Message
from salus.services.errors import NotASigner
from salus.services.validators import list_validators

MOST_POWER = 2**32 - 1
NO_PROOF = bytes(64)  # of a key that is in force: its possession was proved when it was listed


@click.command("validators")
@in_home
def show_validators(home: Path | None, as_json: bool) -> None:
    """List the validators in force, with their share of the power that decides."""
    with opened(home, read_only=True) as region:
        found = list_validators(region.ledger)
    if as_json:
        print_json(found)
        return
    rows = ((short(v.public), v.name, v.power, f"{v.share:.1%}") for v in found)
    print_table(("key", "member", "power", "share"), rows)


@click.command("validator")
@acting("The member that proposes.")
@click.argument("member")
@click.option("--entry", "entry", type=FILE, default=None, help="A new key, as `salus signer entry` wrote it.")
@click.option("--key", default=None, metavar="KEY", help="A key in force (`salus org validators`).")
@click.option("--power", type=click.IntRange(0, MOST_POWER), required=True, help="Its power; 0 removes it.")
@click.option("--replaces", default=None, metavar="KEY", help="A key in force, which goes by the same vote.")
@effective_option
@by_file
@in_home
def set_validator(
    home: Path | None,
    as_json: bool,
    actor: str,
    member: str,
    entry: Path | None,
    key: str | None,
    power: int,
    replaces: str | None,
    effective: int | None,
    out: Path | None,
    signers: tuple[str, ...],
) -> None:
    """Give MEMBER's validator a power, or remove it; with --replaces rotate its key. It acts two blocks later."""
    if (entry is None) == (key is None) or (entry is not None and not power):
        raise click.UsageError("give --entry with a power, or --key")
    with opened(home) as region:
        account = member_id(region, member)
        actions: list[Message] = []
        if entry is not None:
            actions.append(_of_entry(region, account, entry.read_bytes(), power))
        if key is not None:
            actions.append(SetValidator(account, _in_force(region, account, key, "--key"), power, NO_PROOF))
        if replaces is not None:
            gone = _in_force(region, account, replaces, "--replaces")
            actions.append(SetValidator(account, gone, 0, NO_PROOF))
        open_vote(region, actor, actions, effective, out, signers, as_json)


@click.command("upgrade")
@acting("The member that proposes.")
@click.argument("rules", type=click.IntRange(2, 2**16 - 1))
@click.argument("height", type=click.IntRange(1, 2**53 - 1))
@click.argument("software")
@effective_option
@by_file
@in_home
def upgrade(
    home: Path | None,
    as_json: bool,
    actor: str,
    rules: int,
    height: int,
    software: str,
    effective: int | None,
    out: Path | None,
    signers: tuple[str, ...],
) -> None:
    """Let version RULES apply from block HEIGHT on. SOFTWARE says what knows it: "Salus 2.0".

    A node whose software does not know it stops before that block, says so, and goes on once it was replaced.
    """
    if not 0 < len(software) <= 128 or not (software.isascii() and software.isprintable()):
        raise click.BadParameter("give up to 128 printable ASCII characters", param_hint="SOFTWARE")
    with opened(home) as region:
        action = ScheduleUpgrade(rules, height, software)
        open_vote(region, actor, [action], effective, out, signers, as_json)


@click.command("withdraw-upgrade")
@acting("The member that proposes.")
@click.argument("rules", type=click.IntRange(2, 2**16 - 1))
@effective_option
@by_file
@in_home
def withdraw_upgrade(
    home: Path | None,
    as_json: bool,
    actor: str,
    rules: int,
    effective: int | None,
    out: Path | None,
    signers: tuple[str, ...],
) -> None:
    """Withdraw the upgrade to version RULES that is scheduled; takes effect only before its block."""
    with opened(home) as region:
        open_vote(region, actor, [WithdrawUpgrade(rules)], effective, out, signers, as_json)


def _of_entry(region: Region, account: bytes, raw: bytes, power: int) -> SetValidator:
    """Return the action that lists a new key; raise Malformed, NotASigner (it is not proved for this member)."""
    entry = decode(raw, KeyEntry)
    if entry.role != Role.VALIDATOR or not proved(region.network, account, entry):
        raise NotASigner
    return SetValidator(account, entry.public, power, entry.proof)


def _in_force(region: Region, account: bytes, given: str, what: str) -> bytes:
    own = [view.public for view in list_validators(region.ledger) if view.account == account]
    return choose(given, own, what, "org validators")
