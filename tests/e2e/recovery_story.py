"""What the recovery stories share: keyholders, a second device, the new phone, time that passes."""

from e2e.story_region import DAY_MS, Story, give_wallet, take_in
from salus.bootstrap import create_person
from salus.contracts.accounts import queries
from salus.services.actors import Person
from salus.services.attest_staff import Badge, attest_staff
from salus.services.change_devices import add_device, offer_device
from salus.services.claim import finish_claims
from salus.services.keyholding import approve, hold_key, set_keyholders
from salus.services.recover import Prepared, Started, prepare_recovery, start_recovery
from salus.services.settle_recovery import complete_due

FRIENDS = ("sister", "friend", "lawyer")
RECOVERY_MS, CONTESTED_MS = 7 * DAY_MS, 14 * DAY_MS


def begun(story: Story) -> tuple[bytes, Person]:
    """A patient with a wallet on her phone; return her relation and her."""
    handle = take_in(story.north, "Alma", "N-1")
    return handle, give_wallet(story, story.north, handle, "alma")


def pass_time(story: Story, ms: int) -> None:
    """Let time pass, and let the hospital do what is due."""
    story.clock.advance(ms)
    complete_due(story.north)


def with_keyholders(story: Story, person: Person, handle: bytes) -> None:
    """Three friends make keys; one device names them, and the delay passes."""
    offers = [hold_key(create_person(story.region, name), handle) for name in FRIENDS]
    set_keyholders(person, handle, offers)
    pass_time(story, RECOVERY_MS)
    assert len(queries.keyholding(story.region.ledger.view(), handle).holders) == 3


def with_second_device(story: Story, person: Person, handle: bytes, name: str = "tablet") -> Person:
    """A tablet joins, by the phone alone, and the delay passes."""
    tablet = create_person(story.region, name)
    add_device(person, handle, offer_device(tablet, handle))
    pass_time(story, RECOVERY_MS)
    assert finish_claims(tablet) == (handle,)
    return tablet


def new_phone(story: Story, handle: bytes, name: str, since: int | None = None) -> tuple[Person, Prepared]:
    """A wallet without anything in it prepares the recovery of the account."""
    person = create_person(story.region, name)
    return person, prepare_recovery(person, handle, since)


def approvals(story: Story, prepared: Prepared, *names: str) -> list[bytes]:
    """Let keyholders approve, to whom the short code was read."""
    people = [story.region.person(name) for name in names]
    return [approve(one, prepared.handle, prepared.recovery, prepared.short_code) for one in people]


def started(story: Story, handle: bytes, name: str, since: int | None = None) -> tuple[Person, Started]:
    """A new phone, two keyholders, and the recovery is on the ledger."""
    person, prepared = new_phone(story, handle, name, since)
    return person, start_recovery(person, handle, approvals(story, prepared, *FRIENDS[:2]))


def desk(story: Story) -> Badge:
    """Somebody at the hospital's desk."""
    return attest_staff(story.north, "Desk Nobody", "clerk")
