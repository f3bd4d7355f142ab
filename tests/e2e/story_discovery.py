"""What the stories about finding somebody share: a region with a locator, patients with addresses and documents."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from story_region import PASSPHRASE, SPEC, START_MS, SYSTEM, Story, bundle, observation, urn

from salus.bootstrap import MemberSpec, RegionSpec, create_region
from salus.contracts.consent.messages import NamePolicySet
from salus.contracts.discovery import queries as discovery
from salus.policy.types import OrganisationRole
from salus.services.actors import Organisation
from salus.services.anchor import anchor
from salus.services.answer_lookup import LookupAnswered
from salus.services.attest_staff import Badge
from salus.services.deposit import deposit
from salus.services.inbox import Processed, process_inbox
from salus.services.locator_key import new_locator_key
from salus.services.look_up import MatchInput, ask_locator, ask_match
from salus.services.policies import list_policy_sets
from salus.services.register_tokens import register_tokens
from salus.services.tickets import TicketView
from salus.testing.clock import FakeClock

MINUTE_MS = 60_000
HER = {
    "resourceType": "Patient",
    "name": [{"family": "Marin", "given": ["Lucia"]}],
    "birthDate": "1984-03-09",
    "gender": "female",
}
PASSPORT = "http://hl7.org/fhir/sid/passport-ESP"
WITH_LOCATOR = RegionSpec(
    SPEC.name, (*SPEC.members, MemberSpec("Emergency Index", "index", (OrganisationRole.LOCATOR,)))
)


@contextmanager
def found_with_locator(home: Path) -> Iterator[Story]:
    clock = FakeClock(START_MS)
    story = Story(create_region(home, WITH_LOCATOR, PASSPHRASE, clock), clock)
    try:
        yield story
    finally:
        story.region.close()


def tourist(value: str = "N-1", *, passport: bool = True, **fields: Any) -> dict[str, Any]:
    """Who lies at the clinic without a word: her passport was in her bag."""
    return {
        "resourceType": "Patient",
        "identifier": [
            {"system": SYSTEM, "value": value},
            *([{"system": PASSPORT, "value": "XDA 123456"}] if passport else []),
        ],
        "name": [{"family": "Marín", "given": ["Lucía", "Elena"]}],
        "birthDate": "1984-03-09",
        "gender": "female",
        "address": [{"line": ["Calle Mayor 5"], "city": "Teruel", "postalCode": "44001"}],
        "telecom": [{"system": "phone", "value": "+34 600 111 222"}],
        **fields,
    }


def take_in_patient(hospital: Organisation, patient: dict[str, Any], now: int = START_MS, results: int = 2) -> bytes:
    """Take in a patient with some results; return the relation."""
    told = [observation(urn(0), now - (n + 1) * 1_000_000_000, 1.0 + n) for n in range(results)]
    (handle,) = deposit(hospital, bundle(patient, *told)).handles
    assert anchor(hospital).refused == ()
    return handle


def emergency_set(story: Story) -> bytes:
    """Return a founding set under which hospitals and clinics, the founding emergency group, may break the glass."""
    return next(view.set for view in list_policy_sets(story.region.ledger) if view.name == "opt-out")


def put_relation_under(hospital: Organisation, relation: bytes, policies: bytes) -> None:
    hospital.send(NamePolicySet(hospital.account, relation, policies))


def share_key(story: Story, maker: str = "north") -> None:
    """Let a member begin an epoch, and all others of the group take the key in."""
    new_locator_key(story.region.organisation(maker))
    for slug in ("north", "south", "clinic"):
        process_inbox(story.region.organisation(slug), ("locator-key",))


def register(story: Story, *slugs: str) -> None:
    """Let custodians give the locator their tokens, later than any before."""
    story.clock.advance(1)
    for slug in slugs:
        register_tokens(story.region.organisation(slug))
    process_inbox(story.region.organisation("index"))


def outcomes(organisation: Organisation) -> list[Any]:
    """Deal with the inbox; return what came of each letter."""
    done: tuple[Processed, ...] = process_inbox(organisation)
    return [one.outcome for one in done]


def matched(story: Story, doctor: Badge, patient: dict[str, Any] = HER, **fields: Any) -> TicketView:
    """Ask the hospital, and let both work through their letters."""
    known = fields.pop("known", ())
    ask_match(story.clinic, story.north.account, "TREAT", doctor, MatchInput(patient, **fields), known)
    (done,) = outcomes(story.north)
    assert isinstance(done, LookupAnswered), done
    (ticket,) = outcomes(story.clinic)
    assert isinstance(ticket, TicketView), ticket
    return ticket


def letter_to(story: Story, slug: str) -> bytes:
    (letter,) = story.region.exchange.inbox(story.region.organisation(slug).account)
    return letter.body


def rate(story: Story) -> tuple[int, int]:
    return discovery.rate(story.region.ledger.view(), story.clinic.account, story.region.ledger.now())


def located(story: Story, doctor: Badge, patient: dict[str, Any] = HER, known: tuple[bytes, ...] = ()) -> TicketView:
    ask_locator(story.clinic, doctor, patient, known)
    (done,) = outcomes(story.region.organisation("index"))
    assert isinstance(done, LookupAnswered), done
    (ticket,) = outcomes(story.clinic)
    return ticket
