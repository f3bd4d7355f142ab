"""Documents and their parts: what tells of others in words takes their labels, however far down they are."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

from salus.fhir.labels import strictest
from salus.fhir.rule_sets import RuleSet

Name = TypeVar("Name", bound=Hashable)
Labels = tuple[str, ...]


def parts_named(rules: RuleSet, kind: str, references: Iterable[str]) -> tuple[str, ...]:
    """Return those of a resource's literal references whose labels it takes, each once."""
    if not rules.tells(kind):
        return ()
    return tuple(dict.fromkeys(name for name in references if not name.startswith("#") and rules.is_part(kind, name)))


def spread(labels: Mapping[Name, Labels], parts: Mapping[Name, Sequence[Name]]) -> dict[Name, Labels]:
    """Return the labels of all once those of their parts are taken in; a part without labels brings none.

    Documents may name one another in a circle: labels only grow, and there are few, so it ends.
    """
    found = dict(labels)
    wholes = [whole for whole in parts if whole in found and parts[whole]]
    waiting = wholes
    while waiting:
        grown = set()
        for whole in waiting:
            several = {found[part] for part in parts[whole] if part in found} | {found[whole]}
            taken = found[whole] if len(several) == 1 else strictest(several)
            if taken != found[whole]:
                found[whole] = taken
                grown.add(whole)
        waiting = [whole for whole in wholes if any(part in grown for part in parts[whole])]
    return found
