"""What the consent contract stores beside `policy.types.Directive`."""

from salus.core.types import Count, Message


class Uses(Message, frozen=True):
    """How many releases rested on a chain of replacements; no entry means none."""

    count: Count
