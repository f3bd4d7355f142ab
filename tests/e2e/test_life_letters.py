"""Letters about custody that are not what they say: each is refused, and nothing is taken in or moved by it."""

from typing import Any

import pytest
from msgspec.structs import replace
from story_region import Story, give_wallet, grant_laboratory, take_in

from salus.contracts.accounts import queries as accounts
from salus.core.encoding import decode, encode
from salus.core.errors import Malformed, WrongSignature
from salus.services.accept_custody import accept_custody
from salus.services.actors import Organisation
from salus.services.authorise import for_custody
from salus.services.custody_letters import COPY, HandedOver, open_letter, sealed_to
from salus.services.due import due
from salus.services.errors import NotCustodian, NotForUs, NotOffered, NotReleased
from salus.services.inbox import process_inbox
from salus.services.objects import DeliveryLetter
from salus.services.offer_custody import offer_custody
from salus.services.receive import receive
from salus.services.receive_last_word import receive_last_word
from salus.vault.custody import RelationCopy
from salus.vault.errors import CopyDamaged


class Scene:
    """North offers Alma to South; the letter lies in South's inbox."""

    def __init__(self, story: Story) -> None:
        self.story, self.handle = story, take_in(story.north, "Alma", "N-1")
        self.alma = give_wallet(story, story.north, self.handle, "alma")
        grant_laboratory(story, self.alma, self.handle)
        offer_custody(story.north, story.south.account, [self.handle])
        (self.letter,) = [one for one in self.south.exchange.inbox(self.south.account) if one.kind == COPY]

    @property
    def north(self) -> Organisation:
        return self.story.north

    @property
    def south(self) -> Organisation:
        return self.story.south

    @property
    def root(self) -> bytes:
        return self.north.vault.anchors.opening(self.handle).root

    def instead(self, raw: bytes) -> Any:
        """Put another letter in the place of the true one, and let South accept."""
        self.south.exchange.done(self.south.account, self.letter.name)
        self.south.exchange.post(self.south.account, COPY, raw)
        return accept_custody(self.south)

    def copy(self) -> RelationCopy:
        return self.north.vault.copy_out(for_custody(self.north, self.handle, self.south.account))

    def signed_by(self, sender: Organisation, copy: RelationCopy, root: bytes | None = None) -> bytes:
        root = root or self.root
        body = HandedOver(self.handle, sender.account, self.south.account, root, encode(copy), (), ())
        return sealed_to(sender, COPY, self.handle, root, self.south.account, body)

    def unmoved(self) -> bool:
        view = self.south.ledger.view()
        return accounts.custodian_of(view, self.handle) == self.north.account and self.south.vault.relations() == []


@pytest.fixture
def scene(story: Story) -> Scene:
    return Scene(story)


def test_a_letter_of_somebody_else_is_refused(scene: Scene) -> None:
    result = scene.instead(scene.signed_by(scene.story.clinic, scene.copy()))
    assert result == ((), ((scene.handle, WrongSignature.code),))
    assert scene.unmoved()


def test_a_letter_whose_copy_was_changed_is_refused(scene: Scene) -> None:
    copy = scene.copy()
    forged = replace(copy, versions=copy.versions[:-1])
    assert scene.instead(scene.signed_by(scene.north, forged)) == ((), ((scene.handle, CopyDamaged.code),))
    assert scene.unmoved()


def test_a_letter_of_an_older_root_is_refused(scene: Scene) -> None:
    raw = scene.signed_by(scene.north, scene.copy(), b"r" * 32)
    assert scene.instead(raw) == ((), ((scene.handle, NotOffered.code),))
    assert scene.unmoved()


def test_a_letter_with_another_stream_is_refused(scene: Scene) -> None:
    letter = decode(scene.letter.body, DeliveryLetter)
    raw = encode(replace(letter, stream=letter.stream + b"x"))
    assert scene.instead(raw) == ((), ((scene.handle, NotReleased.code),))
    assert scene.unmoved()


def test_what_is_no_letter_is_thrown_away(scene: Scene) -> None:
    assert scene.instead(b"nonsense") == ((), ())
    assert scene.south.exchange.inbox(scene.south.account) == []


def test_a_letter_to_another_opens_nowhere_else(scene: Scene) -> None:
    with pytest.raises(NotForUs):
        open_letter(scene.story.clinic, COPY, scene.root, scene.letter.body)


def test_a_custody_letter_is_no_delivery(scene: Scene) -> None:
    with pytest.raises(NotReleased):
        receive(scene.south, scene.letter.body)


def test_a_last_word_for_what_is_not_ours_is_refused(scene: Scene) -> None:
    with pytest.raises(NotCustodian):
        receive_last_word(scene.south, scene.letter.body)
    with pytest.raises(Malformed):
        receive_last_word(scene.south, b"nonsense")


def test_a_copy_is_no_last_word(scene: Scene) -> None:
    accept_custody(scene.south)
    with pytest.raises(NotOffered):
        receive_last_word(scene.south, scene.letter.body)


def test_taking_the_last_word_twice_changes_nothing(scene: Scene) -> None:
    accept_custody(scene.south)
    due(scene.north)
    (last,) = [one for one in scene.south.exchange.inbox(scene.south.account) if one.kind == "custody-end"]
    first = receive_last_word(scene.south, last.body)
    before = scene.south.vault.relations(), scene.south.vault.outbox.next(99)
    assert receive_last_word(scene.south, last.body) == first
    assert (scene.south.vault.relations(), scene.south.vault.outbox.next(99)) == before
    assert [one.outcome for one in process_inbox(scene.south)] == [first]


def test_nobody_hands_over_what_is_not_offered(scene: Scene) -> None:
    with pytest.raises(NotCustodian):
        for_custody(scene.north, scene.handle, scene.story.clinic.account)
    with pytest.raises(NotCustodian):
        for_custody(scene.story.clinic, scene.handle, scene.south.account)
