"""`salus backup`: a wallet's backup, the slots that open it, the shares that others hand out after a recovery."""

from collections.abc import Sequence
from pathlib import Path

import click

from salus.bootstrap import Region
from salus.cli.listed import command_group
from salus.cli.options import FILE, OUT_FILE, acting, choose, in_home, opened, organisation, person
from salus.cli.output import print_fields, print_json, print_result, print_table
from salus.services.actors import Person
from salus.services.back_up import Shown, SlotWish, back_up, read_secret
from salus.services.hand_out_share import hand_out_share, hand_out_slot_share
from salus.services.restore import ShareAsked, ask_holder, ask_operator, listed, open_answer, restore
from salus.wallet.backup.slots import SlotKind

_KINDS = {kind.name.lower(): kind for kind in SlotKind}


class Slot(click.ParamType[tuple[SlotKind, str]]):
    """A slot to make: a kind, and after a colon what the kind needs."""

    name = "slot"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[SlotKind, str]:
        name, _, rest = str(value).partition(":")
        if name not in _KINDS:
            self.fail(f"no such kind of slot; there are {', '.join(_KINDS)}", param, ctx)
        kind = _KINDS[name]
        if bool(rest) != (kind in (SlotKind.PASSKEY, SlotKind.KEYHOLDERS, SlotKind.ORGANISATIONS)):
            self.fail(
                "passkey:FILE, keyholders:2/3 and organisations:NAME,NAME say more, the others do not", param, ctx
            )
        return kind, rest


slot_option = click.option(
    "--slot", type=click.Choice(list(_KINDS)), required=True, help="The kind of slot that is to open it."
)
secret_option = click.option(
    "--secret",
    "secrets",
    type=FILE,
    multiple=True,
    required=True,
    help="A file with the words, the code, a share, or a passkey's output in hex; one for each share.",
)
BACKUP = click.argument("backup", type=FILE)


@command_group()
def command() -> None:
    """A wallet's backup: make it, restore it after a recovery, hand out a share."""


@command.command("make")
@acting("The person.")
@click.option("--at", "relation", metavar="HANDLE", default=None, help="Her account with the operator of the backup.")
@click.option(
    "--slot",
    "wishes",
    type=Slot(),
    multiple=True,
    required=True,
    metavar="KIND",
    help="passphrase, printed, passkey:FILE, keyholders:2/3 or organisations:NAME,NAME; may be repeated.",
)
@click.option("--out", type=OUT_FILE, required=True, help="The backup; it tells nobody anything.")
@in_home
def make(
    home: Path | None,
    as_json: bool,
    actor: str,
    relation: str | None,
    wishes: tuple[tuple[SlotKind, str], ...],
    out: Path,
) -> None:
    """Make a backup. What opens its slots is shown once: write it down, give shares to their holders."""
    with opened(home) as region:
        who = person(region, actor)
        made = back_up(who, _own(who, relation), [_wish(region, kind, rest) for kind, rest in wishes])
        out.write_bytes(made.raw)
    if as_json:
        print_json(
            {"out": str(out), "slots": [{"kind": one.kind.name.lower(), "texts": one.texts} for one in made.shown]}
        )
        return
    click.echo(f"The backup is in {out}. Keep copies anywhere; make a new one when something has changed.")
    for one in made.shown:
        _print_shown(one)


@command.command("accounts")
@BACKUP
@slot_option
@secret_option
@in_home
def accounts(home: Path | None, as_json: bool, backup: Path, slot: str, secrets: tuple[Path, ...]) -> None:
    """List the accounts that a backup is of: those to be recovered first."""
    with opened(home, read_only=True) as region:
        secret = _secret(region.network, slot, secrets)
        found = listed(region.network, backup.read_bytes(), _KINDS[slot], secret)
    if as_json:
        print_json([{"handle": handle, "custodian": custodian} for handle, custodian in found])
        return
    print_table(("account", "custodian"), ((handle.hex(), custodian.hex()) for handle, custodian in found))


@command.command("ask")
@acting("The person, whose account is recovered.")
@BACKUP
@click.option("--from", "holder", metavar="NAME", default=None, help="An organisation that holds a share of a slot.")
@click.option("--out", type=OUT_FILE, required=True, help="The request, for the operator or that organisation.")
@in_home
def ask(home: Path | None, as_json: bool, actor: str, backup: Path, holder: str | None, out: Path) -> None:
    """Ask the operator for its share of a backup, or an organisation for its share of a slot."""
    with opened(home) as region:
        asked = _ask(region, person(region, actor), backup.read_bytes(), holder)
        out.write_bytes(asked.raw)
    if as_json:
        print_json({"out": str(out), "request": asked.id, "short_code": asked.short_code, "holder": asked.holder})
        return
    print_fields({"request": str(out), "for": asked.holder.hex(), "short code": asked.short_code})


@command.command("release")
@acting("The organisation that holds the share.")
@click.argument("request", type=FILE)
@click.option("--short-code", default=None, help="Of a share of a slot: as the person at the desk shows it.")
@click.option("--out", type=OUT_FILE, required=True, help="The answer, for the person.")
@in_home
def release(home: Path | None, as_json: bool, actor: str, request: Path, short_code: str | None, out: Path) -> None:
    """Hand out a share, if the ledger shows that the account was recovered since the backup was made."""
    with opened(home) as region:
        holder, raw = organisation(region, actor), request.read_bytes()
        answer = hand_out_share(holder, raw) if short_code is None else hand_out_slot_share(holder, raw, short_code)
        out.write_bytes(answer)
    print_result(as_json, {"out": str(out)}, f"The share is in {out}, sealed to the person.")


@command.command("restore")
@acting("The person, whose accounts are recovered.")
@BACKUP
@slot_option
@click.option(
    "--secret",
    "secrets",
    type=FILE,
    multiple=True,
    help="A file with the words, the code, a share, or a passkey's output in hex; none for kind organisations.",
)
@click.option("--share", type=FILE, required=True, help="The operator's answer.")
@click.option("--held", type=FILE, multiple=True, help="The answers of organisations that hold shares of the slot.")
@in_home
def restored(
    home: Path | None,
    as_json: bool,
    actor: str,
    backup: Path,
    slot: str,
    secrets: tuple[Path, ...],
    share: Path,
    held: tuple[Path, ...],
) -> None:
    """Take into the wallet what the backup holds: permits with their text, petitions, what was seen, older keys."""
    if not secrets and not held:
        raise click.UsageError("give --secret, or --held for each organisation's answer")
    with opened(home) as region:
        who = person(region, actor)
        texts = [path.read_text("utf-8", errors="replace").strip() for path in secrets]
        texts += [open_answer(who, path.read_bytes()).decode("utf-8", errors="replace") for path in held]
        secret = read_secret(region.network, _KINDS[slot], texts)
        taken = restore(who, backup.read_bytes(), _KINDS[slot], secret, open_answer(who, share.read_bytes()))
    print_result(as_json, {"restored": taken}, f"{taken} entries of the wallet are back.")


def _own(who: Person, given: str | None) -> bytes:
    kept = [relation.handle for relation in who.wallet.relations()]
    if given is None and len(kept) == 1:
        return kept[0]
    if given is None:
        raise click.UsageError("she has several accounts, or none: name one with --at (`salus access relations`)")
    return choose(given, kept, "--at", "access relations")


def _wish(region: Region, kind: SlotKind, rest: str) -> SlotWish:
    if kind is SlotKind.KEYHOLDERS:
        needed, _, holders = rest.partition("/")
        if not (needed.isdecimal() and holders.isdecimal()):
            raise click.BadParameter("keyholders are written 2/3: so many of so many", param_hint="--slot")
        return SlotWish(kind, int(needed), int(holders))
    if kind is SlotKind.ORGANISATIONS:
        return SlotWish(kind, organisations=tuple(organisation(region, slug).account for slug in rest.split(",")))
    if kind is SlotKind.PASSKEY:
        path = Path(rest)
        if not path.is_file():
            raise click.BadParameter(f"there is no file {rest}", param_hint="--slot")
        try:
            return SlotWish(kind, prf=bytes.fromhex(path.read_text("ascii", errors="replace").strip()))
        except ValueError:
            raise click.BadParameter("the file holds a passkey's output in hex", param_hint="--slot") from None
    return SlotWish(kind)


def _secret(network: bytes, slot: str, files: Sequence[Path]) -> bytes:
    texts = [path.read_text("utf-8", errors="replace").strip() for path in files]
    return read_secret(network, _KINDS[slot], texts)


def _ask(region: Region, who: Person, raw: bytes, holder: str | None) -> ShareAsked:
    if holder is None:
        return ask_operator(who, raw)
    return ask_holder(who, raw, organisation(region, holder).account)


def _print_shown(one: Shown) -> None:
    click.echo()
    if one.kind is SlotKind.KEYHOLDERS:
        for number, text in enumerate(one.texts, 1):
            click.echo(f"Share {number} of {len(one.texts)}, for one keyholder:\n  {text}")
        return
    words = "Passphrase" if one.kind is SlotKind.PASSPHRASE else "Printed code"
    click.echo(f"{words}, shown only now:\n  {one.texts[0]}")
