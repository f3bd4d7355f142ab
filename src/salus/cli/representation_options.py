"""What the commands about representations share: the words for their numbers, the options of a mandate."""

from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple, TypeVar

import click

from salus.contracts.representation.types import Kind, Rule, Springs, Standing
from salus.policy.types import Power
from salus.services.represent import Mandate

Command = TypeVar("Command", bound=Callable[..., Any])
KINDS = {kind.name.lower().replace("_", "-"): kind for kind in Kind}
RULES = {rule.name.lower(): rule for rule in Rule}
SPRINGS = {springs.name.lower(): springs for springs in Springs if springs != Springs.DATE}
STANDINGS = {standing.name.lower(): standing for standing in Standing}
POWERS = {power.name.lower(): power for power in Power}


class PartOfMandate(NamedTuple):
    """What the options say; who it is about is an argument."""

    purposes: tuple[str, ...]
    powers: tuple[Power, ...]
    rule: Rule
    place: int
    springs: Springs

    def of(self, account: bytes, kind: Kind, excluded: tuple[str, ...] = (), until: int | None = None) -> Mandate:
        """Return the whole mandate of an account."""
        purposes = self.purposes if Power.GRANT in self.powers else ()
        return Mandate(
            account,
            kind,
            purposes,
            self.powers,
            excluded,
            until,
            rule=self.rule,
            place=self.place,
            springs=self.springs,
        )


def mandate_options(command: Command) -> Command:
    """Give a command --purpose, --power, --rule, --place and --springs, which reach it as one `mandate`."""

    @wraps(command)
    def collected(
        *, purposes: tuple[str, ...], powers: tuple[str, ...], rule: str, place: int, springs: str, **rest: Any
    ) -> Any:
        chosen = tuple(POWERS[name] for name in powers) or tuple(Power)
        mandate = PartOfMandate(purposes, chosen, RULES[rule], place, SPRINGS[springs])
        return command(mandate=mandate, **rest)

    for option in reversed(_OPTIONS):
        collected = option(collected)
    return collected  # type: ignore[return-value]


_OPTIONS = (
    click.option(
        "--purpose",
        "purposes",
        multiple=True,
        default=("TREAT",),
        show_default=True,
        metavar="PURPOSE",
        help="What it may permit for (v3-ActReason); may be repeated.",
    ),
    click.option(
        "--power", "powers", multiple=True, type=click.Choice(list(POWERS)), help="What it may do; left out: all."
    ),
    click.option(
        "--rule", type=click.Choice(list(RULES)), default="any", show_default=True, help="How several decide."
    ),
    click.option("--place", type=click.IntRange(0, 99), default=0, help="Among several in order, from 1."),
    click.option(
        "--springs",
        type=click.Choice(list(SPRINGS)),
        default="nothing",
        show_default=True,
        help="On what it begins to act.",
    ),
)
