"""What the steps of the story share: the region, who plays, and what they leave for the steps after them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from salus.bootstrap import Region
from salus.services.actors import Organisation, Person

YEAR_MS = 31_557_600_000  # 365.25 days
Figures = dict[str, int | float | str | bool]
Progress = Callable[[str, int, int | None], None]  # (what, done, of how many)


@dataclass(frozen=True, slots=True)
class Step:
    """What a step did. `lines` are for people; `figures` have names that end in their unit."""

    name: str
    title: str
    ok: bool
    figures: Figures
    lines: tuple[str, ...]


@dataclass(slots=True)
class Stage:
    """The stage. The fields from `hospital` on are filled as the story goes."""

    region: Region
    passphrase: str
    now: int  # the newest moment of the data, milliseconds; "the two newest years" end here
    data: Path | None  # a folder of Synthea bundles; None: our generator
    progress: Progress
    hospital: str = ""  # slug of the hospital whose records she shares
    handles: dict[str, bytes] = field(default_factory=dict)  # hospital -> her relation there
    directive: bytes = b""
    evidence: Path | None = None

    def organisation(self, slug: str) -> Organisation:
        """Return a member by its slug."""
        return self.region.organisation(slug)

    @property
    def patient(self) -> Person:
        """The patient of the story."""
        return self.region.person(PATIENT)

    @property
    def handle(self) -> bytes:
        """Her relation at the hospital whose records she shares."""
        return self.handles[self.hospital]


HOSPITALS = ("north", "south")
CLINIC, REGULATOR, PATIENT = "clinic", "regulator", "alma"
