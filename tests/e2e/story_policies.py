"""What the stories about policies share: a policy set with an emergency group, voted; the relation put under it."""

from story_region import Story

from salus.contracts.consent.messages import NamePolicySet, RecordOrder, SetPreference
from salus.contracts.governance.actions import group_id
from salus.contracts.governance.messages import SetGroup, SetPolicySet
from salus.contracts.governance.policies import policy_set_id
from salus.core.types import Message
from salus.policy.policies import EmergencyRule, Mode, PolicyRule, PolicySet
from salus.policy.types import Capacity, OrganisationRole
from salus.services import lookup
from salus.services.actors import Person
from salus.services.attest_staff import attest_staff
from salus.services.propose import propose
from salus.services.vote import vote

HOUR_MS = 3_600_000
VERY_RESTRICTED = 5


def purpose(story: Story, code: str) -> int:
    return lookup.purpose_number(story.region.ledger.view(), code)


def enact(story: Story, *actions: Message) -> bytes:
    """Let all members vote for actions, and let them take effect; return the proposal."""
    proposed = propose(story.north, actions, story.region.ledger.height() + 12)
    for slug in story.region.organisations():
        vote(story.region.organisation(slug), proposed.proposal)
    while story.region.ledger.height() < proposed.effective:
        attest_staff(story.south, "Nobody", "clerk")  # any block
    return proposed.proposal


def emergency_group(story: Story, *slugs: str) -> bytes:
    """Found a group of the members; return its id."""
    members = tuple(sorted(story.region.organisation(slug).account for slug in slugs))
    return group_id(story.region.network, enact(story, SetGroup(None, "emergency", members)), 0)


def policy_set(story: Story, *rules: PolicyRule, group: bytes | None = None, of: bytes | None = None) -> bytes:
    """Vote a policy set into force, or a new version of the set `of`; return its id."""
    emergency = EmergencyRule(None, 0, 0) if group is None else EmergencyRule(group, VERY_RESTRICTED, HOUR_MS)
    ordered = tuple(sorted(rules, key=lambda rule: (rule.purpose, rule.role)))
    proposal = enact(story, SetPolicySet(of, PolicySet("", ordered, emergency, VERY_RESTRICTED, ())))
    return policy_set_id(story.region.network, proposal, 0) if of is None else of


def rule(
    story: Story, code: str, mode: Mode, role: OrganisationRole = OrganisationRole.CLINIC, ceiling: int = 5
) -> PolicyRule:
    return PolicyRule(purpose(story, code), int(role), int(mode), ceiling, True, False)


def put_under(story: Story, relation: bytes, policies: bytes) -> None:
    story.north.send(NamePolicySet(story.north.account, relation, policies))


def prefer(story: Story, person: Person, relation: bytes, code: str, choice: int) -> None:
    """Let her opt in or out."""
    message = SetPreference(relation, int(Capacity.SELF), ((purpose(story, code), choice),))
    landed = person.carriers.carry(story.north.account, person.build(relation, message).raw).result()
    assert landed.result.code == 0


def record_order(story: Story, relation: bytes, recipient: str, code: str, hours: int = 24) -> None:
    """Let the hospital record an order that it was served."""
    now = story.region.ledger.now()
    account = story.region.organisation(recipient).account
    number = purpose(story, code)
    north = story.north
    end = now + hours * HOUR_MS
    north.send(RecordOrder(north.account, north.account, relation, account, number, now, end, 5, bytes(32)))
