"""A second version of the rules with one changed, software that knows it, and members who vote for it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from salus.contracts.accounts.messages import OpenAccounts
from salus.contracts.context import Context, Contract
from salus.contracts.governance.messages import ACTIONS, Propose, ScheduleUpgrade, Vote, WithdrawUpgrade
from salus.contracts.registry import CONTRACTS
from salus.core.encoding import encode
from salus.core.errors import Oversized
from salus.core.hashing import object_id
from salus.core.types import Message
from salus.machine import versions
from salus.testing.region import START_MS, Region

NUMBER = {shape: number for number, shape in ACTIONS.items()}
OPEN_ACCOUNTS = 0x0205
SOFTWARE = "Salus 2.0"
Submit = Callable[[bytes], Any]


def second(contract: Contract) -> Contract:
    """The contract as version 2 has it: no more than one account is opened at a time."""
    if OPEN_ACCOUNTS not in contract.handlers:
        return contract
    before = contract.handlers[OPEN_ACCOUNTS]

    def open_one_account(ctx: Context, msg: OpenAccounts) -> None:
        if msg.count > 1:
            raise Oversized
        before(ctx, msg)

    return replace(contract, handlers={**contract.handlers, OPEN_ACCOUNTS: open_one_account})


VERSION_2 = versions.rules_of(tuple(map(second, CONTRACTS)))


@contextmanager
def new_software() -> Iterator[None]:
    """Let this process be software that knows version 2."""
    versions.RULES[2] = VERSION_2
    try:
        yield
    finally:
        del versions.RULES[2]


def vote_for(
    region: Region, height: int, effective: int, *actions: Message, not_after: int = START_MS + 300_000
) -> list[bytes]:
    """Return batches in which a member proposes `actions`, and all approve; `height` is of the last block."""
    assert effective > height + 1
    first = region.members[0]
    nonce = region.nonce()
    numbered = tuple((NUMBER[type(action)], encode(action)) for action in actions)
    message = Propose(first.id, effective, numbered)
    opened = region.envelope([(first.id, first.administration)], message, nonce=nonce, not_after=not_after)
    proposal = object_id("proposal", region.network, first.id, nonce, 0, 0)
    ballots = [
        region.envelope([(m.id, m.administration)], Vote(m.id, proposal, True), not_after=not_after)
        for m in region.members
    ]
    return [region.batch(one, not_after=not_after) for one in (opened, *ballots)]


def schedule(region: Region, height: int, effective: int, at: int, rules: int = 2) -> list[bytes]:
    """Return batches by which members schedule a version of the rules for the block `at`."""
    return vote_for(region, height, effective, ScheduleUpgrade(rules, at, SOFTWARE))


def withdraw(region: Region, height: int, effective: int, rules: int = 2) -> list[bytes]:
    """Return batches by which members withdraw it."""
    return vote_for(region, height, effective, WithdrawUpgrade(rules))


def two_accounts(region: Region) -> bytes:
    """Return a batch that opens two accounts at once: done under version 1, refused under version 2."""
    return region.batch(region.open_accounts(2)[0])


def one_account(region: Region) -> bytes:
    """Return a batch that both versions carry out."""
    return region.batch(region.open_accounts(1)[0])


def refusals(results: Sequence[Any]) -> list[int]:
    """Return the codes of the envelopes of batch results."""
    return [one.code for result in results for one in result.results]
