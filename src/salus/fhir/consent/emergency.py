"""Break-glass in a Consent: an exception for the purpose BTG, which no directive serves.

A permit of it lets break-glass lift the directive, up to the label it names; a deny forbids that. A Consent that does
not speak of it leaves that to the policy set. The group that a Consent names is shown, not evaluated: who may break
the glass is the network's to say, so a group is taken only where it is known to be that one.
"""

from typing import NamedTuple

from salus.fhir.consent.nodes import Node
from salus.fhir.consent.provision import read_labels
from salus.fhir.consent.recipients import Group, Reading, read_recipients
from salus.fhir.labels import ORDER
from salus.policy.types import Effect, Emergency

HIGHEST = len(ORDER) - 1  # the ceiling of an exception without labels
_NORMAL = ORDER.index("N")
_PERMIT = int(Effect.PERMIT)


class BreakGlass(NamedTuple):
    """What an exception for break-glass says, and the groups that it names."""

    emergency: Emergency
    groups: tuple[str, ...]


def read_emergency(
    node: Node, reading: Reading, effect: int, root_effect: int, root_labels: tuple[str, ...]
) -> BreakGlass:
    """Take an exception for break-glass; all that is left in it is refused."""
    labels, recipients = read_labels(node, reading.names), read_recipients(node, reading)
    node.done()
    groups = []
    for one in recipients.named:
        if isinstance(one, Group):
            groups.append(one.text)
            if one.text not in reading.names.break_glass:
                one.node.refuse("The group is not known as the one that may break the glass.", "not-found")
    if recipients.persons or len(groups) < len(recipients.named):
        node.refuse("Who may break the glass is the network's to say.")
    if effect != _PERMIT:
        if labels or groups:
            node.refuse("Break-glass is forbidden as a whole, or not.")
        return BreakGlass((False, 0, True), ())
    ceiling = max((ORDER.index(label) for label in labels if label in ORDER), default=HIGHEST)
    if labels and not set(needed(ceiling, root_effect, root_labels)) <= set(labels) <= set(ORDER):
        node.refuse("Labels are held as a ceiling: every one from N up to it, here or in the provision itself.")
    return BreakGlass((True, ceiling, False), tuple(groups))


def needed(ceiling: int, root_effect: int, root_labels: tuple[str, ...]) -> tuple[str, ...]:
    """Return the labels that an exception up to `ceiling` must name: those that its provision does not permit."""
    permitted = (root_labels or ORDER) if root_effect == _PERMIT else ()
    below = ORDER[min(_NORMAL, ceiling) : ceiling]
    return (*(label for label in below if label not in permitted), ORDER[ceiling])
