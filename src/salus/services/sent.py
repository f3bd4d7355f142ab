"""What a person sent, as who carried it signed for it: receipts kept in the wallet, and held against the own ledger.

A member that says it carried a revocation, and did not, is shown to have lied by its own signature; one that gave no
receipt is named too. What the receipt says of the outcome is the ledger's to say; here is checked that it stands there.
"""

from enum import Enum
from typing import NamedTuple

from salus.client.ledger import Ledger
from salus.client.submission import Submission
from salus.core import cose
from salus.core.encoding import decode
from salus.core.errors import Refusal
from salus.core.signatures import verify
from salus.services import lookup
from salus.services.actors import Person
from salus.services.held_in_block import holds
from salus.services.members import member_name
from salus.wallet.kept import KeptSubmission

LATE_S = 2.0  # so long a second carrier's receipt is waited for where a home closes


class Standing(Enum):
    """What became of what a member was given to carry. The value says it in words."""

    THERE = "stands in the block"
    NOT_THERE = "IS NOT IN THE BLOCK that the receipt names"
    AHEAD = "the receipt names a block that is not here yet"
    GONE = "the block was pruned here"
    FORGED = "the receipt is not that member's"
    NO_RECEIPT = "gave no receipt"


class Sending(NamedTuple):
    """One envelope as one member was given it. Its repr shows the envelope only."""

    envelope: bytes  # id
    member: bytes
    name: str
    sent: int
    height: int  # 0 without a receipt
    standing: Standing
    receipt: bytes  # COSE, empty where none came

    def __repr__(self) -> str:
        return f"Sending({self.envelope.hex()})"


def keep_receipts(person: Person, within_s: float = 0.0) -> None:
    """Keep what carriers signed since; with `within_s` those who still carry are waited for, so long at most."""
    now = person.ledger.now()
    found = [KeptSubmission(*one, now) for one in person.carriers.receipts(within_s)]
    if found:
        person.wallet.keep_submissions(found)


def list_sent(person: Person) -> tuple[Sending, ...]:
    """Return what the wallet has receipts of, and what it has none of, newest first."""
    ledger = person.ledger
    found = [
        Sending(
            kept.envelope,
            kept.member,
            member_name(ledger, kept.member),
            kept.sent,
            kept.height,
            _standing(ledger, kept),
            kept.receipt,
        )
        for kept in person.wallet.submissions()
    ]
    return tuple(sorted(found, key=lambda one: (-one.sent, one.envelope, one.name)))


def _standing(ledger: Ledger, kept: KeptSubmission) -> Standing:
    if not kept.receipt:
        return Standing.NO_RECEIPT
    if not _signed(ledger, kept):
        return Standing.FORGED
    if kept.height > ledger.height():
        return Standing.AHEAD
    pruned = ledger.pruned()
    if pruned is not None and kept.height < pruned.height:
        return Standing.GONE
    return Standing.THERE if holds(ledger, kept.height, kept.envelope) else Standing.NOT_THERE


def _signed(ledger: Ledger, kept: KeptSubmission) -> bool:
    """True if the receipt is of that member, also by a key that it has changed since, and names the envelope there."""
    try:
        signed = cose.parse("submission", kept.receipt)
        said = decode(signed.payload, Submission)
        ((kid, signature),) = signed.signatures
        public = lookup.listed_public(ledger.view(), kept.member, kid)
    except (Refusal, ValueError):
        return False
    names = (said.network, said.member, said.height) == (ledger.network, kept.member, kept.height)
    message = cose.to_be_signed("submission", ledger.network, signed.payload, kid)
    return names and kept.envelope in said.ids and verify(public, message, signature)
