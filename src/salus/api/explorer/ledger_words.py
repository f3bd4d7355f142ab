"""Names that the ledger itself gives: organisations, groups, policy sets, purposes, as they are now.

A name is what its organisation chose: characters that turn the direction of writing, or are none, are taken out of it.
"""

from salus.client.ledger import Ledger
from salus.contracts.accounts import queries as accounts
from salus.contracts.governance import queries as governance
from salus.policy.policies import NO_SET
from salus.policy.shipped import find_shipped
from salus.services.account.markup import clean
from salus.services.account.words import PURPOSES, Text
from salus.services.policies import purpose_numbers


class LedgerWords:
    """One look at the state, for one answer. Not kept."""

    def __init__(self, ledger: Ledger) -> None:
        self.network = ledger.network
        self.state = ledger.view()
        self._names: dict[bytes, str | None] = {}

    def organisation(self, account: bytes) -> str | None:
        """Return an organisation's name; None where the account is none's."""
        if account not in self._names:
            profile = accounts.organisation(self.state, account)
            self._names[account] = None if profile is None else clean(profile.name)
        return self._names[account]

    def is_person(self, account: bytes) -> bool:
        """True if the account is a person's."""
        return accounts.person(self.state, account) is not None

    def owner(self, key: bytes) -> bytes | None:
        """Return the account that lists, or listed, a key."""
        return accounts.account_of_key(self.state, key)

    def group(self, group: bytes) -> str:
        """Return a group's name, or the beginning of its id."""
        found = governance.group(self.state, group)
        return group.hex()[:12] if found is None else clean(found.name)

    def purpose(self, number: int) -> Text:
        """Return a purpose with its code of v3-ActReason."""
        row = governance.purpose(self.state, number)
        if row is None:
            return Text(str(number), str(number))
        words = PURPOSES.get(row.code)
        return (
            Text(row.code, row.code) if words is None else Text(f"{words.en} ({row.code})", f"{words.zh}（{row.code}）")
        )

    def policy_set(self, policy_set: bytes) -> Text:
        """Return the title of a policy set, or the beginning of its id where it has rules of its own."""
        if policy_set == NO_SET:
            return Text("strict opt-in", "严格选择加入")
        found = governance.policy_set(self.state, policy_set)
        shipped = None if found is None else find_shipped(found[1], purpose_numbers(self.state))
        if shipped is None:
            return Text(policy_set.hex()[:12], policy_set.hex()[:12])
        return Text(shipped.title.en, shipped.title.zh)
