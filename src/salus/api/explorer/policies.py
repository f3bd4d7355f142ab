"""Policy sets: which there are, their versions, their clauses with places in the law."""

import msgspec
from starlette.responses import Response

from salus.api.explorer.answers import answer
from salus.api.explorer.errors import NoSuchPolicySet
from salus.api.explorer.ledger_words import LedgerWords
from salus.api.explorer.parameters import SET, VERSION, identifier, number
from salus.api.explorer.rules import GapView, RuleView, SourceView, gaps, rules, source
from salus.api.explorer.shown import phrase
from salus.api.explorer.status import founded
from salus.api.explorer.view import Phrase
from salus.api.explorer.words.values import LEVELS, NOBODY
from salus.api.operation import JSON, Call, Content, Operation
from salus.api.served import Served
from salus.contracts.governance.events import PolicySetVoted
from salus.policy.policies import NO_SET, PolicySet
from salus.policy.sets import ShippedSet, Words
from salus.policy.shipped import SHIPPED, find_shipped
from salus.services.account.markup import clean
from salus.services.account.words import Text
from salus.services.policies import PolicyView, list_policy_sets, purpose_numbers

_STRICT_TITLE = Text("Strict opt-in", "严格选择加入")
_STRICT = Text(
    "Nothing goes that no decision of the person permits, and nobody breaks the glass. No vote changes it.",
    "凡本人未以决定同意的，一律不提供；任何人不得启用紧急访问。不因表决而改变。",
)
_OWN = Text("Rules of this network's own.", "本网络自定的规则。")


class PolicySummary(msgspec.Struct, frozen=True):
    """A policy set in a list; `realm` is empty where it is for any."""

    set: str
    version: int
    name: str
    title: Phrase
    meaning: Phrase
    realm: str
    rules: int


class Policies(msgspec.Struct, frozen=True):
    """All policy sets, strict opt-in first."""

    policies: tuple[PolicySummary, ...]


class VersionView(msgspec.Struct, frozen=True):
    """A version, and when it came into force; `index` of the log is None for what the founders set."""

    version: int
    time: int
    height: int
    index: int | None
    shown: bool  # its rules can be asked for


class PolicyPage(msgspec.Struct, frozen=True):
    """A policy set with its clauses."""

    policy: PolicySummary
    rules: tuple[RuleView, ...]
    emergency_group: Phrase
    emergency_ceiling: Phrase | None
    emergency_minutes: int
    emergency_sources: tuple[SourceView, ...]
    pending: Phrase
    attested: tuple[Phrase, ...]
    gaps: tuple[GapView, ...]
    versions: tuple[VersionView, ...]


def show_policies(served: Served) -> Policies:
    """Return all policy sets."""
    return Policies(tuple(_summary(view) for view in list_policy_sets(served.ledger)))


def _shipped(name: str) -> ShippedSet | None:
    return next((one for one in SHIPPED if one.name == name), None)


def _words(words: Words) -> Phrase:
    return Phrase(words.en, words.zh)


def _summary(view: PolicyView) -> PolicySummary:
    found = _shipped(view.name)
    if found is not None:
        title, meaning = _words(found.title), _words(found.meaning)
    elif view.set == NO_SET:
        title, meaning = phrase(_STRICT_TITLE), phrase(_STRICT)
    else:
        title, meaning = Phrase(view.set.hex()[:12], view.set.hex()[:12]), phrase(_OWN)
    realm = clean(view.body.jurisdiction)
    return PolicySummary(view.set.hex(), view.version, view.name, title, meaning, realm, len(view.body.rules))


def show_policy(served: Served, policy_set: bytes, version: int) -> PolicyPage:
    """Return a policy set, in a version or (0) as it is in force; raise NoSuchPolicySet."""
    view = next((one for one in list_policy_sets(served.ledger) if one.set == policy_set), None)
    if view is None:
        raise NoSuchPolicySet
    words = LedgerWords(served.ledger)
    numbers = purpose_numbers(words.state)
    versions, bodies = _versions(served, view)
    if version not in (0, view.version):
        if version not in bodies:
            raise NoSuchPolicySet
        found = find_shipped(bodies[version], numbers)
        view = PolicyView(policy_set, version, "" if found is None else found.name, bodies[version])
    shipped, emergency = _shipped(view.name), view.body.emergency
    nobody = emergency.group is None
    return PolicyPage(
        _summary(view),
        rules(words, view.body, shipped, numbers),
        phrase(NOBODY) if emergency.group is None else Phrase(*[words.group(emergency.group)] * 2),
        None if nobody else phrase(LEVELS[emergency.ceiling]),
        0 if nobody else emergency.window_ms // 60_000,
        () if shipped is None or nobody else tuple(map(source, shipped.emergency)),
        phrase(LEVELS[view.body.pending]),
        tuple(phrase(words.purpose(purpose)) for purpose in view.body.attested),
        () if shipped is None else gaps(shipped),
        versions,
    )


def _versions(served: Served, view: PolicyView) -> tuple[tuple[VersionView, ...], dict[int, PolicySet]]:
    """Return a set's versions, the newest first, and the bodies of those that were voted."""
    voted = [
        (one, one.event)
        for one in reversed(served.reading.chronicle.events())
        if isinstance(one.event, PolicySetVoted) and one.event.set == view.set
    ]
    listed = [VersionView(event.version, one.time, one.height, one.index, True) for one, event in voted]
    first = 0 if view.set == NO_SET else 1
    if not listed or listed[-1].version > first:
        listed.append(VersionView(first, founded(served.genesis)[1], 0, None, view.version == first))
    return tuple(listed), {event.version: event.body for _, event in voted}


async def listed(call: Call) -> Response:
    """Answer all policy sets."""
    return answer(await call.served.work.run(show_policies, call.served))


async def one(call: Call) -> Response:
    """Answer one policy set."""
    policy_set, version = identifier(call, SET), number(call, VERSION, 0)
    await call.served.reading.chronicle.reader.caught_up()
    return answer(await call.served.work.run(show_policy, call.served, policy_set, version))


OPERATIONS = (
    Operation(
        "GET",
        "/explorer/policies",
        "explorerPolicies",
        "explorer",
        "The policy sets of the network.",
        listed,
        {200: Content(JSON, Policies)},
        cost=5,
    ),
    Operation(
        "GET",
        "/explorer/policies/{set}",
        "explorerPolicy",
        "explorer",
        "A policy set: versions, clauses, places in the law.",
        one,
        {200: Content(JSON, PolicyPage)},
        parameters=(SET, VERSION),
        cost=5,
    ),
)
