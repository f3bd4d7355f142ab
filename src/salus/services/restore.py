"""Bring a wallet back from its backup: first what to recover, then, after the recovery, all the rest."""

import os
from collections.abc import Sequence
from typing import NamedTuple

from salus.core.encoding import decode
from salus.services.actors import Person
from salus.services.errors import NotTheHolder
from salus.vault.errors import WrongSeal
from salus.vault.seals import SealKey
from salus.wallet.backup import file
from salus.wallet.backup.errors import WrongOperatorShare
from salus.wallet.backup.file import Backup, Handles, HeldShare
from salus.wallet.backup.share import ShareAnswer, ShareRequest, answer_info, request_id, sign_request
from salus.wallet.backup.slots import SlotKind
from salus.wallet.invitation import short_code
from salus.wallet.menu import MINUTE_MS, whole

_LIFETIME_MS = 300_000  # to the whole minute


class ShareAsked(NamedTuple):
    """A request for a share; the wallet keeps the key that opens its answer."""

    raw: bytes
    id: bytes
    short_code: str  # for the desk of an organisation that holds a share of a slot
    holder: bytes


def listed(network: bytes, raw: bytes, kind: SlotKind, secret: bytes) -> Handles:
    """Return (handle, custodian) of every account: what is to be recovered. A slot's secret alone tells it.

    Raises BackupDamaged, WrongSlotSecret.
    """
    return file.open_listing(file.read(network, raw), kind, secret)


def ask_operator(person: Person, raw: bytes) -> ShareAsked:
    """Return the request for the operator's share, signed by the account's new key.

    Raises BackupDamaged, NoSuchKeptRelation.
    """
    backup = file.read(person.wallet.network, raw)
    return _ask(person, backup, backup.operator)


def ask_holder(person: Person, raw: bytes, organisation: bytes) -> ShareAsked:
    """Return the request for an organisation's share of a slot.

    Raises BackupDamaged, NotTheHolder, NoSuchKeptRelation.
    """
    backup = file.read(person.wallet.network, raw)
    held = [one for slot in backup.slots for one in slot.held if one.organisation == organisation]
    if not held:
        raise NotTheHolder
    return _ask(person, backup, held[0])


def open_answer(person: Person, raw: bytes) -> bytes:
    """Return the share in an answer to a request of this wallet; raise Malformed, WrongOperatorShare."""
    answer = decode(raw, ShareAnswer)
    key = person.wallet.share_key(answer.request)
    try:
        if key is not None:
            return key.open(answer_info(person.wallet.network, answer.request), answer.sealed)
    except WrongSeal:
        pass
    raise WrongOperatorShare


def restore(person: Person, raw: bytes, kind: SlotKind, secret: bytes, share: bytes) -> int:
    """Take into the wallet what the backup holds and it does not; return how many things.

    Keys of accounts that were recovered stay the new ones; sealing keys from before are kept, to open what was sealed
    to them. Raises BackupDamaged, WrongSlotSecret, WrongOperatorShare.
    """
    backup = file.read(person.wallet.network, raw)
    taken = person.wallet.adopt(file.open_wallet(backup, kind, secret, share))
    person.wallet.drop_share_keys()
    return taken


def needed_shares(network: bytes, raw: bytes, kind: SlotKind) -> Sequence[int]:
    """Return how many shares each slot of this kind takes; raise BackupDamaged."""
    return [slot.needed for slot in file.read(network, raw).slots if slot.kind == kind]


def _ask(person: Person, backup: Backup, held: HeldShare) -> ShareAsked:
    network = person.wallet.network
    key = SealKey.from_seed(os.urandom(32))
    request = ShareRequest(
        backup.store,
        backup.account,
        backup.generation,
        held.sealed,
        key.public,
        os.urandom(16),
        whole(person.ledger.now() + _LIFETIME_MS, MINUTE_MS),
    )
    raw = sign_request(network, request, person.wallet.relation(backup.account).device)
    asked = request_id(network, request)
    person.wallet.keep_share_key(asked, key)
    return ShareAsked(raw, asked, short_code(asked), held.organisation)
