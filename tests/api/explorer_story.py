"""A region with something to look at: records, a consent, a release, an emergency, votes; envelopes as they come."""

from collections.abc import Sequence

from e2e.story_policies import emergency_group, policy_set, put_under, rule
from e2e.story_region import Story, ask, clinician, give_wallet, grant_laboratory, take_in
from salus.client.ledger import BatchResult
from salus.core.envelope import seal_batch, seal_envelope
from salus.core.glass import GlassReason
from salus.core.types import Message
from salus.evidence.state import LOG_KEY
from salus.policy.policies import Mode
from salus.services.actors import Organisation
from salus.services.break_glass import request_break_glass
from salus.services.inbox import process_inbox
from salus.services.receive import Received

LIFE_MS = 60_000


def tell(story: Story) -> tuple[bytes, bytes]:
    """Play it; return Alma's relation and the evidence of what the clinic received."""
    handle = take_in(story.north, "Alma", "N-1")
    grant_laboratory(story, give_wallet(story, story.north, handle, "alma"), handle)
    badge = clinician(story)
    ask(story, handle, badge)
    process_inbox(story.north)
    (received,) = process_inbox(story.clinic)
    assert isinstance(received.outcome, Received)
    other = take_in(story.north, "Bela", "N-2")
    group = emergency_group(story, "clinic")
    voted = policy_set(story, rule(story, "PUBHLTH", Mode.OPT_OUT), group=group)
    policy_set(story, rule(story, "PUBHLTH", Mode.OPT_IN), group=group, of=voted)
    put_under(story, other, voted)
    request_break_glass(story.clinic, other, badge, GlassReason.LIFE_IN_DANGER)
    process_inbox(story.north)
    process_inbox(story.clinic)
    story.region.ledger.prove([LOG_KEY])  # makes the empty block that would come by itself a little later
    return handle, received.outcome.evidence


def sealed(story: Story, by: Organisation, nonce: bytes, number: int, message: Message) -> bytes:
    """Return an envelope of one message by an organisation's gateway, with a nonce of the caller's choice."""
    until = story.region.ledger.now() + LIFE_MS
    return seal_envelope(story.region.network, nonce, until, [(by.account, by.gateway)], [(number, message)])


def sent(story: Story, by: Organisation, nonce: bytes, envelopes: Sequence[bytes]) -> BatchResult:
    """Carry envelopes in one batch, whatever becomes of them."""
    ledger = story.region.ledger
    batch = seal_batch(story.region.network, nonce, ledger.now() + LIFE_MS, by.account, by.gateway, envelopes)
    return ledger.submit(batch).result(30)
