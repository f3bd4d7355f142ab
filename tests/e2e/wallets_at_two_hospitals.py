"""What the stories of wishes share: one person with an account at each of two hospitals, and the time between."""

from dataclasses import replace
from random import Random

from story_region import Story, give_wallet, records_of, take_in

from salus.contracts.consent.queries import directives
from salus.policy.types import Directive
from salus.services.actors import Person
from salus.services.inbox import process_inbox
from salus.services.wallet_due import Done, do_due, next_due

__all__ = ["at_both", "live", "next_appointment", "records_of", "until_kept"]


def at_both(story: Story, seed: int = 1) -> tuple[Person, bytes, bytes]:
    """Return a person with accounts at the north and the south hospital, whose chance comes from a seed."""
    north, south = take_in(story.north, "Alma", "N-1"), take_in(story.south, "Alma", "S-1")
    give_wallet(story, story.north, north, "alma")
    alma = give_wallet(story, story.south, south, "alma")
    return replace(alma, chance=Random(seed)), north, south


def next_appointment(story: Story, person: Person) -> Done:
    """Go on to the next thing the wallet has to do, do it, and let the hospitals answer."""
    due = next_due(person)
    if due is not None:
        story.clock.time_ms = max(story.clock.time_ms, due)
    done = do_due(person)
    for hospital in (story.north, story.south):
        process_inbox(hospital)
    return done


def until_kept(story: Story, person: Person, handle: bytes) -> Done:
    """Go on until an account has had an appointment."""
    for _ in range(20):
        done = next_appointment(story, person)
        if any(one.handle == handle for one in done.kept):
            return done
    raise AssertionError("no appointment")


def live(story: Story, handle: bytes) -> list[Directive]:
    """The directives of a relation that were neither revoked nor replaced."""
    return [one for one in directives(story.region.ledger.view(), handle) if one.status in (1, 2)]
