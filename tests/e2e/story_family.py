"""What the stories of a family share: a child's record, the accounts of those who act for it, a set for disputes."""

from dataclasses import dataclass
from random import Random

from story_policies import enact
from story_region import START_MS, Story, give_wallet, take_in

from salus.contracts.governance.messages import SetPolicySet
from salus.contracts.governance.policies import policy_set_id
from salus.contracts.representation.types import Kind
from salus.policy.policies import EmergencyRule, PolicySet
from salus.services import lookup
from salus.services.act_for import ActsFor, acts_for
from salus.services.actors import Person
from salus.services.grant import Terms, sealed_part, to_organisation
from salus.services.open_accounts import open_accounts
from salus.services.policies import name_policy_set
from salus.services.represent import Mandate, Represented, attest_representation

PURPOSES = ("TREAT", "HRESCH")


@dataclass
class Adult:
    """Somebody with an account at the hospital that is opened to act for another, and for nothing else."""

    person: Person
    account: bytes
    represents: Represented | None = None

    def acting(self, relation: bytes) -> ActsFor:
        return acts_for(self.person, relation)


def adult(story: Story, slug: str) -> Adult:
    (account,) = open_accounts(story.north, 1)
    return Adult(give_wallet(story, story.north, account, slug), account)


def attest(story: Story, child: bytes, parent: Adult, **fields: object) -> Represented:
    """Let the hospital attest that an adult is the child's parent."""
    terms: dict[str, object] = {"kind": Kind.PARENT, "purposes": PURPOSES}
    mandate = Mandate(parent.account, **(terms | fields))  # type: ignore[arg-type]
    parent.represents = attest_representation(story.north, child, mandate, Random(7))
    return parent.represents


@dataclass
class Family:
    """A child without a wallet, and two divorced parents, each of whom may act by itself."""

    story: Story
    child: bytes
    mother: Adult
    father: Adult


def family(story: Story, **fields: object) -> Family:
    child = take_in(story.north, "Kind", "N-7")
    mother, father = adult(story, "mother"), adult(story, "father")
    for parent in (mother, father):
        attest(story, child, parent, **fields)
    return Family(story, child, mother, father)


def honour_treatment(story: Story, relation: bytes) -> None:
    """Put the relation under a set that takes another's word for treatment, and for nothing else."""
    number = lookup.purpose_number(story.region.ledger.view(), "TREAT")
    body = PolicySet("", (), EmergencyRule(None, 0, 0), 5, (number,))
    proposal = enact(story, SetPolicySet(None, body))
    name_policy_set(story.north, relation, policy_set_id(story.region.network, proposal, 0))


def terms(story: Story, purpose: str, days: int = 365) -> Terms:
    """All laboratory results for the clinic."""
    sealed = sealed_part(classes=("laboratory",), text="Laboratory results.", until=START_MS + 1)
    return Terms(to_organisation(story.clinic.account), (purpose,), days, sealed)
