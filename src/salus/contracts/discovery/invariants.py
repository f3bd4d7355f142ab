"""What always holds of a requester's look-ups and of a group's epochs; asked by tests and by an offline check."""

from collections.abc import Iterator

from salus.contracts.discovery import keeper
from salus.state.overlay import Reader


def violations(state: Reader, requester: bytes) -> Iterator[str]:
    """Yield a fixed text for each rule that the requester's look-ups break."""
    hours = dict(keeper.get_hours(state, requester))
    answered = dict.fromkeys(hours, 0)
    for _, answer in keeper.get_answers(state, requester):
        hour = answer.time // keeper.HOUR_MS
        if answer.time >= answer.not_after:
            yield "a look-up is answered in its time"
        if hour not in hours:
            yield "an answered look-up is counted in its hour"
        else:
            answered[hour] += 1
    if any(count == 0 for count in hours.values()):
        yield "an hour that is kept counts something"
    if any(answered[hour] > count for hour, count in hours.items()):
        yield "an hour counts every look-up that was answered in it"
    if hours and min(hours) <= max(hours) - keeper.HOURS:
        yield "hours of more than a day ago are dropped"


def group_violations(state: Reader, group: bytes) -> Iterator[str]:
    """Yield a fixed text for each rule that the group's epoch breaks."""
    key = keeper.get_locator_key(state, group)
    if key is not None and key.epoch < 1:
        yield "epochs count from 1"
