"""Put an organisation's keys in escrow: a file under a fresh key, and the shares of that key, one for each holder.

In this order, so that a crash leaves an escrow or none: the file, then the sealed shares in the outbox, then the
commitment on the ledger, by the administration; only then do shares leave.
"""

import os
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import NamedTuple

from salus.contracts.accounts import queries as accounts
from salus.contracts.governance import queries as governance
from salus.contracts.governance.messages import RecordEscrow
from salus.core.encoding import decode, encode
from salus.core.types import Id, Message, Time
from salus.services import lookup
from salus.services.actors import Organisation
from salus.services.attest_staff import KIND as STAFF
from salus.services.authorise import for_escrow, own_shared
from salus.services.commit_release import MAX_TASKS
from salus.services.errors import UnfitHolders
from salus.services.escrow_objects import Escrowed, EscrowFile, EscrowHeader, SealedShare, Share
from salus.services.lookup import DAY_MS
from salus.services.objects import UNSEALED, sign
from salus.vault.seals import X_WING
from salus.vault.shares import MOST_SHARES, split
from salus.vault.stream import encrypt_stream

TASK = "escrow-share"
LETTER = "share"


class ShareTask(Message, frozen=True):
    """A sealed share that leaves once its commitment stands on the ledger."""

    commitment: Id
    made: Time
    recipient: Id
    letter: bytes


class Drawn(NamedTuple):
    """An escrow whose file is kept; `message` is for the administration to sign."""

    header: EscrowHeader
    commitment: bytes
    message: RecordEscrow


def draw_up_escrow(
    organisation: Organisation,
    secrets: Sequence[tuple[str, bytes]],
    holders: Sequence[bytes],
    threshold: int,
    keep: Callable[[bytes], None],
) -> Drawn:
    """Let `keep` store the file durably, put the shares in the outbox; return what the administration signs.

    Raises UnfitHolders, UnknownSealKey.
    """
    _check(organisation, holders, threshold)
    network, key = organisation.network, os.urandom(32)
    words = split(key, threshold, len(holders))
    shares = [Share(os.urandom(32), one) for one in words]
    salt = os.urandom(32)
    stream = encrypt_stream(network, key, salt, encode(_content(organisation, secrets)))
    header = EscrowHeader(
        1,
        organisation.account,
        organisation.ledger.now(),
        threshold,
        tuple((holder, share.digest(network)) for holder, share in zip(holders, shares, strict=True)),
        sha256(stream).digest(),
        salt,
    )
    commitment = header.commitment(network)
    keep(encode(EscrowFile(header, stream)))
    letters = [_letter(organisation, header, holder, share) for holder, share in zip(holders, shares, strict=True)]
    tasks = [
        ShareTask(commitment, header.made, holder, letter) for holder, letter in zip(holders, letters, strict=True)
    ]
    organisation.vault.outbox.put([(TASK, encode(task)) for task in tasks])
    return Drawn(header, commitment, RecordEscrow(organisation.account, commitment))


def make_escrow(
    organisation: Organisation,
    secrets: Sequence[tuple[str, bytes]],
    holders: Sequence[bytes],
    threshold: int,
    keep: Callable[[bytes], None],
) -> Drawn:
    """Draw it up, sign it with the administration keys that are here, send the shares.

    Raises UnfitHolders, UnknownSealKey, the contract's refusals.
    """
    drawn = draw_up_escrow(organisation, secrets, holders, threshold, keep)
    organisation.send_administration(drawn.message)
    post_shares(organisation)
    return drawn


def post_shares(organisation: Organisation) -> int:
    """Send the shares whose escrow stands on the ledger, forget those of a day ago that never came there."""
    state, now = organisation.ledger.view(), organisation.ledger.now()
    entry = governance.escrow(state, organisation.account)
    posted = 0
    for row in organisation.vault.outbox.next(MAX_TASKS):
        if row.kind != TASK:
            continue
        task = decode(row.body, ShareTask)
        stands = entry is not None and entry.commitment == task.commitment
        if stands:
            organisation.exchange.post(task.recipient, LETTER, task.letter)
            posted += 1
        if stands or now > task.made + DAY_MS:
            organisation.vault.outbox.done([row.id])
    return posted


def _check(organisation: Organisation, holders: Sequence[bytes], threshold: int) -> None:
    state = organisation.ledger.view()
    others = [one for one in holders if one != organisation.account and governance.is_active(state, one)]
    distinct = len(dict.fromkeys(holders)) == len(holders) == len(others)
    if not distinct or not 2 <= threshold <= len(holders) <= MOST_SHARES:
        raise UnfitHolders


def _content(organisation: Organisation, secrets: Sequence[tuple[str, bytes]]) -> Escrowed:
    """Return the secrets, with the openings of staff and of sealed parts."""
    vault, shared = organisation.vault, own_shared(organisation)
    staff = [vault.shared.get(shared, STAFF, name)[1] for name in vault.shared.names(shared, STAFF)]
    state = organisation.ledger.view()
    own = [one for one in vault.relations() if accounts.custodian_of(state, one) == organisation.account]
    parts = [
        (relation, directive, part)
        for relation in own
        for directive, part in vault.directives.of(for_escrow(organisation, relation)).items()
    ]
    return Escrowed(organisation.account, tuple(secrets), tuple(staff), tuple(parts))


def _letter(organisation: Organisation, header: EscrowHeader, holder: bytes, share: Share) -> bytes:
    key = lookup.organisation(organisation.ledger.view(), holder).seal_key
    empty = SealedShare(header, organisation.account, holder, key, X_WING, UNSEALED, b"")
    sealed = empty.sealed(organisation.network, organisation.exchange.find_key(key), share)
    return sign(LETTER, organisation.network, sealed, organisation.gateway)
