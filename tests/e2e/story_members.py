"""How members decide in a story, and what several of them do together."""

from story_region import Story, clinician

from salus.core.types import Message
from salus.services.actors import Organisation
from salus.services.attest_staff import attest_staff
from salus.services.propose import propose
from salus.services.suspend import Suspended, suspend_together
from salus.services.vote import vote

FOUNDERS = ("north", "south", "clinic", "regulator")


def decide(story: Story, *actions: Message) -> None:
    """Let the founders that still may vote carry the actions."""
    proposed = propose(story.south, actions)
    for slug in FOUNDERS:
        vote(story.region.organisation(slug), proposed.proposal)
    while story.region.ledger.height() < proposed.effective:
        attest_staff(story.south, "Somebody", "nurse")  # any block
    clinician(story)


def suspend(
    story: Story, member: Organisation, *by: str, recipient: bool = False, custodian: bool = False
) -> Suspended:
    """Let founders suspend a member in an emergency."""
    members = [story.region.organisation(slug) for slug in by]
    return suspend_together(members, member.account, recipient=recipient, custodian=custodian)
