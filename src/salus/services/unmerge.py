"""Unmerge two relations: by the custodian that took two persons for one, or by either side. Each decides as before."""

from typing import NamedTuple

from salus.contracts.records.messages import UnmergeRelations
from salus.policy.types import Capacity
from salus.services.actors import Organisation, Person
from salus.services.protect import protect


class Unmerged(NamedTuple):
    """A merge that ended."""

    one: bytes
    other: bytes
    height: int


def unmerge(organisation: Organisation, one: bytes, other: bytes) -> Unmerged:
    """End a merge as the custodian. Raises the contract's refusals."""
    message = UnmergeRelations(organisation.account, int(Capacity.CUSTODIAN), one, other)
    _, landed = organisation.send(message)
    return Unmerged(one, other, landed.height)


def leave_merge(person: Person, handle: bytes, other: bytes) -> Unmerged:
    """End the merge of a relation of one's own with another; two members carry it, so that no custodian hides it.

    Raises NotCarried, the contract's refusals.
    """
    built = person.build(handle, UnmergeRelations(handle, int(Capacity.SELF), handle, other))
    return Unmerged(handle, other, protect(person, handle, built.raw).height)
