"""A sealed part that reaches the custodian: only the person's own, for this directive, this custodian, in time."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace
from story_region import DAY_MS, Story, give_wallet, laboratory_terms, take_in

from salus.contracts.consent import queries as consent
from salus.contracts.consent.errors import DirectiveExpired
from salus.core.encoding import decode
from salus.core.errors import Malformed, Refusal, WrongSignature
from salus.core.signatures import SigningKey
from salus.policy.types import Status
from salus.services.acknowledge import acknowledge
from salus.services.errors import NoSuchDirective, NotCustodian, NotForUs, WrongOpening
from salus.services.grant import grant
from salus.services.objects import SealedGrant, SealedPartOpening, parse_signed, seal_grant, sign
from salus.services.revoke import revoke
from salus.vault.errors import WrongSeal


class Posted:
    """A grant on its way to the custodian, and the means to forge another."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.handle = take_in(story.north, "Alma", "N-1")
        self.other = take_in(story.north, "Berta", "N-2")
        self.alma = give_wallet(story, story.north, self.handle, "alma")
        self.berta = give_wallet(story, story.north, self.other, "berta")
        self.granted = grant(self.alma, self.handle, laboratory_terms(story.clinic))
        (letter,) = story.region.exchange.inbox(story.north.account)
        self.raw = letter.body
        self.grant = decode(parse_signed("grant", letter.body).payload, SealedGrant)
        (kept,) = self.alma.wallet.directives(self.handle)
        assert kept.salt is not None and kept.body is not None
        self.opening = SealedPartOpening(kept.salt, kept.body)

    def forged(
        self, key: SigningKey | None = None, opening: SealedPartOpening | None = None, **change: object
    ) -> bytes:
        """Return the grant with other fields, sealed anew, signed by her device or `key`."""
        network = self.story.region.network
        made = replace(self.grant, **change)
        sealed = seal_grant(network, made, self.story.north.seal_key.public, opening or self.opening)
        return sign("grant", network, sealed, key or self.alma.wallet.relation(self.handle).device)

    def status(self) -> int:
        found = consent.directive(self.story.region.ledger.view(), self.handle, self.granted.directive)
        assert found is not None
        return found.status


@pytest.fixture
def posted(story: Story) -> Posted:
    return Posted(story)


FORGERIES: dict[str, tuple[Callable[[Posted], bytes], type[Refusal]]] = {
    "unsigned": (lambda p: p.raw[:-1] + bytes((p.raw[-1] ^ 1,)), WrongSignature),
    "signed by another patient": (lambda p: p.forged(p.berta.wallet.relation(p.other).device), WrongSignature),
    "signed by the recipient": (lambda p: p.forged(p.story.clinic.gateway), WrongSignature),
    "signed by the custodian itself": (lambda p: p.forged(p.story.north.gateway), WrongSignature),
    "in another's name": (lambda p: p.forged(sender=p.other), WrongSignature),
    "for another custodian": (lambda p: p.forged(recipient=p.story.south.account), NotForUs),
    "for another sealing key": (lambda p: p.forged(recipient_key=bytes(32)), NotForUs),
    "for a directive that is not there": (lambda p: p.forged(directive=bytes(32)), NoSuchDirective),
    "for another version": (lambda p: p.forged(version=2), WrongOpening),
    "with another salt": (lambda p: p.forged(opening=SealedPartOpening(bytes(32), p.opening.body)), WrongOpening),
    "that opens nothing we can enforce": (
        lambda p: p.forged(opening=SealedPartOpening(p.opening.salt, b"\x80")),
        WrongOpening,
    ),
    "as another kind": (
        lambda p: sign("delivery", p.story.region.network, p.grant, p.alma.wallet.relation(p.handle).device),
        Malformed,
    ),
    "with terms changed under the seal": (
        lambda p: sign(
            "grant",
            p.story.region.network,
            replace(p.grant, expiry=p.grant.expiry + DAY_MS),
            p.alma.wallet.relation(p.handle).device,
        ),
        WrongSeal,
    ),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_grant_is_refused_and_acknowledges_nothing(posted: Posted, name: str) -> None:
    forge, refusal = FORGERIES[name]
    with pytest.raises(refusal):
        acknowledge(posted.story.north, forge(posted))
    assert posted.status() == Status.UNACKNOWLEDGED


def test_a_grant_for_another_relation_is_refused(posted: Posted) -> None:
    device = posted.berta.wallet.relation(posted.other).device
    with pytest.raises(NoSuchDirective):
        acknowledge(posted.story.north, posted.forged(device, relation=posted.other, sender=posted.other))
    assert posted.status() == Status.UNACKNOWLEDGED


def test_a_grant_retargeted_to_another_hospital_is_not_its_to_answer(posted: Posted) -> None:
    south = posted.story.south
    network = posted.story.region.network
    made = replace(posted.grant, recipient=south.account, recipient_key=south.seal_key.id(network))
    sealed = seal_grant(network, made, south.seal_key.public, posted.opening)
    with pytest.raises(NotCustodian):
        acknowledge(south, sign("grant", network, sealed, posted.alma.wallet.relation(posted.handle).device))


def test_an_expired_grant_is_refused(posted: Posted) -> None:
    posted.story.clock.advance(31 * DAY_MS)
    with pytest.raises(DirectiveExpired):
        acknowledge(posted.story.north, posted.raw)
    assert posted.status() == Status.UNACKNOWLEDGED


def test_a_grant_that_was_revoked_meanwhile_is_refused(posted: Posted) -> None:
    revoke(posted.alma, posted.handle, posted.granted.directive)
    with pytest.raises(NoSuchDirective):
        acknowledge(posted.story.north, posted.raw)


def test_the_true_grant_is_acknowledged_and_again_changes_nothing(posted: Posted) -> None:
    assert acknowledge(posted.story.north, posted.raw) == posted.granted.directive
    height = posted.story.region.ledger.height()
    assert posted.status() == Status.ACTIVE
    assert acknowledge(posted.story.north, posted.raw) == posted.granted.directive
    assert posted.story.region.ledger.height() <= height + 1  # at most the empty block that completes a proof
