"""What a check found, and how much it looked at."""

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

Progress = Callable[[str, int, int], None]  # (what is checked, done, of how many; 0: not known)


class Severity(Enum):
    """DAMAGED bytes are wrong; a NOTE is worth knowing and lets the rest be sound."""

    DAMAGED = "damaged"
    NOTE = "note"


class Finding(NamedTuple):
    """Something that is not as it must be. Names no person, record or value."""

    file: str  # relative to the home
    place: str  # within the file
    what: str
    severity: Severity = Severity.DAMAGED


class Report(NamedTuple):
    """The result: `figures` are counts whose names end in their unit."""

    findings: tuple[Finding, ...]
    figures: dict[str, int]

    @property
    def sound(self) -> bool:
        """True if nothing is damaged."""
        return not any(finding.severity is Severity.DAMAGED for finding in self.findings)
