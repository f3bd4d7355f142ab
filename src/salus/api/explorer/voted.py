"""Who decided a block of a consortium: the validator that proposed it, and those whose votes for it are kept here."""

from salus.api.explorer.ledger_words import LedgerWords
from salus.api.explorer.view import ValidatorView, VotesView
from salus.client.ledger import Ledger
from salus.cometbft.proto.types_pb2 import BLOCK_ID_FLAG_COMMIT
from salus.cometbft.validators import ADDRESS_BYTES, address, total_power
from salus.contracts.governance import queries as governance
from salus.core.errors import Refusal
from salus.evidence import committed
from salus.evidence.header import SignedHeader


def show_votes(ledger: Ledger, words: LedgerWords, header: SignedHeader) -> VotesView | None:
    """Return who decided the block of a header; None for one that the embedded ledger's operator signed.

    A validator is named by whose it is now: of a key that was voted out only the address is left.
    """
    if header.header.format == 1:
        return None
    members = {address(one.public): one.member for one in governance.validators(words.state)}

    def view(validator: bytes) -> ValidatorView:
        member = members.get(validator)
        if member is None:
            return ValidatorView(validator.hex(), None, "")
        return ValidatorView(validator.hex(), member.hex(), words.organisation(member) or "")

    proposer = view(header.header.node[:ADDRESS_BYTES])
    step = _step(ledger, header)
    if step is None:
        return VotesView(proposer, None, 0, 0)
    votes = zip(step.validators, step.commit.signatures, strict=True)
    signed = [one for one, vote in votes if vote.block_id_flag == BLOCK_ID_FLAG_COMMIT]
    validators = tuple(view(one.address) for one in signed)
    return VotesView(proposer, validators, sum(one.power for one in signed), total_power(step.validators))


def _step(ledger: Ledger, header: SignedHeader) -> committed.Step | None:
    """Return the block's header with its votes, which were verified before they were kept; None before they came."""
    try:
        raw = ledger.header(header.header.height)
        return committed.read_steps(ledger.network, raw)[-1] if raw.startswith(committed.HEAD) else None
    except (LookupError, Refusal):
        return None
