"""Which rule of a policy set a line rests on, and where a law says so.

The body of the very version is looked for: the present one in the state, an older one in the ledger's log. The roles of
the recipient and the table of purposes are those of today.
"""

from collections.abc import Mapping
from typing import NamedTuple

from salus.client.ledger import Ledger
from salus.contracts.accounts import queries as accounts
from salus.contracts.governance import queries as governance
from salus.contracts.governance.events import PolicySetVoted
from salus.core.genesis import Purpose
from salus.policy.grounds import rule_for
from salus.policy.policies import Mode, PolicyRule, PolicySet
from salus.policy.public import Asked, Recipient
from salus.policy.sets import Source
from salus.policy.shipped import clause_of, find_shipped
from salus.services import lookup
from salus.services.history import read_event
from salus.state.overlay import Reader


class Law(NamedTuple):
    """What a release by a policy set rests on; `rule` counts from 1 within the shipped set."""

    set: str  # name of the shipped set whose rules it has; empty: the members' own
    rule: int | None  # null in an emergency, and where the set is the members' own
    mode: str  # of the rule; empty in an emergency
    notice: bool  # the rule has the person told of each release
    sources: tuple[tuple[str, str], ...]  # (place in the law, address)

    @property
    def words(self) -> str:
        """The rule and its places in the law, in a few words."""
        places = ", ".join(place for place, _ in self.sources)
        rule = f"rule {self.rule}" if self.rule else ""
        return ": ".join(part for part in (rule, places) if part)


class Laws:
    """Finds rules for the lines of one account; voted bodies are read once."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger, self._state = ledger, ledger.view()
        self._numbers = {row.code: row.number for row in lookup.purposes(self._state)}
        self._older: Mapping[tuple[bytes, int], PolicySet] | None = None

    def of_rule(self, policy_set: bytes, version: int, recipient: bytes, code: str) -> Law | None:
        """Return the rule of the set for this recipient and purpose; None where nothing of it is known."""
        body = self._body(policy_set, version)
        rule = None if body is None else self.rule(body, recipient, code)
        if body is None or rule is None:
            return None
        shipped = find_shipped(body, self._numbers)
        found = None if shipped is None else clause_of(shipped, rule, self._numbers)
        mode = Mode(rule.mode).name.lower().replace("_", "-")
        if shipped is None or found is None:
            return Law("", None, mode, rule.notice, ())
        return Law(shipped.name, found[0], mode, rule.notice, _places(found[1].sources))

    def of_emergency(self, policy_set: bytes, version: int) -> Law | None:
        """Return where the law of the set lets the glass be broken."""
        body = self._body(policy_set, version)
        shipped = None if body is None else find_shipped(body, self._numbers)
        return None if shipped is None else Law(shipped.name, None, "", False, _places(shipped.emergency))

    def rule(self, body: PolicySet, recipient: bytes, code: str) -> PolicyRule | None:
        """Return the voted rule that speaks of this recipient and purpose."""
        row = next((each for each in lookup.purposes(self._state) if each.code == code), None)
        return None if row is None else policy_rule(self._state, body, recipient, row)

    def _body(self, policy_set: bytes, version: int) -> PolicySet | None:
        found = governance.policy_set(self._state, policy_set)
        if found is not None and found[0] == version:
            return found[1]
        if self._older is None:
            read = (read_event(logged.body) for logged in self._ledger.events())
            self._older = {(e.set, e.version): e.body for e in read if isinstance(e, PolicySetVoted)}
        return self._older.get((policy_set, version))


def policy_rule(state: Reader, body: PolicySet, recipient: bytes, purpose: Purpose) -> PolicyRule | None:
    """Return the rule of a set for a recipient in its roles of today."""
    who = Recipient(recipient, accounts.roles(state, recipient), lambda group: False)
    implied_by = (purpose.number, *purpose.implied_by)
    return rule_for(body, Asked(who, purpose.number, implied_by.__contains__, False, 0))


def _places(sources: tuple[Source, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((source.place.en, source.url) for source in sources)
