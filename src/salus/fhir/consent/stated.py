"""What a Consent states, in the terms of a directive; and the names and codes of the outside form."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from salus.core.keys import FOREVER
from salus.policy.purposes import is_break_glass
from salus.policy.types import (
    EVERYTHING,
    Coding,
    Directive,
    Effect,
    Emergency,
    Grantee,
    Residual,
    SealedPart,
)

SCOPE = ("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy")
CATEGORY = ("http://loinc.org", "59284-0")  # Consent Document
RECIPIENT = ("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP")
RESOURCE_TYPES = "http://hl7.org/fhir/resource-types"
RULES = {int(Effect.PERMIT): "OPTIN", int(Effect.DENY): "OPTOUT"}  # of v3-ActCode, where no policy is named
TYPES = {"permit": int(Effect.PERMIT), "deny": int(Effect.DENY)}
RESIDUALS = {level.name.lower(): int(level) for level in Residual}

OWN = "urn:salus:consent:"  # systems and extensions of ours
DATA_CLASS, RECORD, ROLE = OWN + "data-class", OWN + "record", OWN + "role"
# Of the Consent. They restrict nothing, so that who does not know them is not misled.
LEGAL_BASIS, PRESENTER, RESIDUAL, SHOWN, REPLACES, PASS_ON = (
    OWN + name for name in ("legal-basis", "presenter", "residual", "shown", "replaces", "redisclosure")
)
# Of a provision, as modifier extensions: who does not know them must not act on it.
USES, OBLIGATION, TOTAL, PERIOD, EACH_KIND = (
    OWN + name for name in ("uses", "obligation", "total", "data-period", "each-kind")
)
OPEN = OWN + "open"  # of a Period without either end

NO_EMERGENCY: Emergency = (False, 0, False)  # what a Consent that does not speak of break-glass says
BARE = SealedPart(EVERYTHING, (), (), int(Residual.GENERIC), None, "", None, None, None, (), None)


class Stated(NamedTuple):
    """A Consent in the terms of a directive; where it names several recipients, of one directive for each."""

    grantees: tuple[Grantee, ...]
    effect: int
    total: bool  # a deny of everything that needs no sealed part: then `sealed` is BARE
    purposes: tuple[int, ...]  # numbers of the network's table, sorted
    start: int  # 0: always
    end: int  # FOREVER: no end
    uses: int
    redisclosure: int
    emergency: Emergency
    replaces: bytes | None
    sealed: SealedPart
    active: bool = True


def stated(directive: Directive, sealed: SealedPart | None, *, active: bool) -> Stated:
    """Return what a directive states; a total deny has no sealed part."""
    return Stated(
        (directive.grantee,),
        directive.effect,
        directive.total,
        directive.purposes,
        directive.start,
        directive.end,
        directive.uses,
        directive.redisclosure,
        directive.emergency,
        directive.replaces,
        BARE if sealed is None else sealed,
        active,
    )


@dataclass(frozen=True)
class Names:
    """How what a Consent refers to is called on the network, and whom and what it is about.

    Without an entry in `known` a reference is understood where its id is the very id in hexadecimal.
    """

    relation: bytes
    custodian: bytes
    purposes: Mapping[Coding, int]  # the governed table
    labels: frozenset[str]  # that records may bear, besides confidentialities
    implied_by: Mapping[int, tuple[int, ...]] = field(default_factory=dict)  # of the same table
    known: Mapping[str, bytes] = field(default_factory=dict)  # literal reference -> id
    community: Grantee | None = None  # whom a permit means that names no organisation
    break_glass: frozenset[str] = frozenset()  # references to groups whose members may break the glass

    def id_of(self, reference: str, size: int) -> bytes | None:
        """Return the id of `size` bytes that a literal reference names, None where nobody knows it."""
        found = self.known.get(reference)
        if found is None:
            last = reference.rpartition("/")[2]
            if len(last) != 2 * size or any(letter not in "0123456789abcdef" for letter in last):
                return None
            found = bytes.fromhex(last)
        return found if len(found) == size else None

    def all_purposes(self, effect: int) -> tuple[int, ...]:
        """Return what a Consent without a purpose means: all of the table, but for what no permit serves."""
        permit = effect == Effect.PERMIT
        return tuple(sorted(n for coding, n in self.purposes.items() if not (permit and is_break_glass(*coding))))


__all__ = ["FOREVER", "Names", "Stated", "stated"]
