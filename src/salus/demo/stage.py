"""What the steps of the story share: the region, who plays, and what they leave for the steps after them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from salus.bootstrap import Region, create_person
from salus.core.errors import Kind, Refusal
from salus.demo.clock import Passing
from salus.services.actors import Organisation, Person

HOSPITALS = ("north", "south")
CLINIC, VILLAGE, REGULATOR, INDEX, PATIENT = "clinic", "village", "regulator", "index", "alma"
PARENTS = ("mother", "father")  # of another patient, who is a child
YEAR_MS = 31_557_600_000  # 365.25 days
Figures = dict[str, int | float | str | bool]
Progress = Callable[[str, int, int | None], None]  # (what, done, of how many)


@dataclass(frozen=True, slots=True)
class Step:
    """What a step did. `lines` are for people; `figures` have names that end in their unit.

    `commands` are arguments of `salus` to go on with, complete but for --home; {home} in one stands for it.
    """

    name: str
    title: str
    ok: bool
    figures: Figures
    lines: tuple[str, ...]
    commands: tuple[str, ...] = ()


class UnusableData(Refusal):
    code, kind, text = 0x6301, Kind.INVALID, "A file of the data is not a FHIR bundle in JSON."


class NoSuchPatient(Refusal):
    code, kind, text = (
        0x6302,
        Kind.NOT_FOUND,
        "No patient of the data has a laboratory result in the two newest years.",
    )


@dataclass(slots=True)
class Stage:
    """The stage. The fields from `hospital` on are filled as the story goes."""

    region: Region
    passphrase: str
    now: int  # the newest moment of the data, milliseconds; "the two newest years" end here
    data: Path | None  # a folder of Synthea bundles; None: our generator
    progress: Progress
    clock: Passing
    pause: Callable[[], None] = lambda: None  # before the region is closed
    hospital: str = ""  # slug of the hospital whose records she shares
    handles: dict[str, bytes] = field(default_factory=dict)  # hospital -> her relation there
    directive: bytes = b""
    evidence: Path | None = None

    def organisation(self, slug: str) -> Organisation:
        """Return a member by its slug."""
        return self.region.organisation(slug)

    def new_person(self, slug: str) -> Person:
        """Return somebody with an empty wallet."""
        return create_person(self.region, slug)

    @property
    def patient(self) -> Person:
        """The patient of the story."""
        return self.region.person(PATIENT)

    @property
    def handle(self) -> bytes:
        """Her relation at the hospital whose records she shares."""
        return self.handles[self.hospital]


def shortened(text: str) -> str:
    """Return `text` with every long row of hex digits cut to its first twelve."""
    return re.sub(r"\b([0-9a-f]{12})[0-9a-f]{12,}\b", r"\1…", text)


def in_columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as lines, each column as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
