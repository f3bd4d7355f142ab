"""Evidence of what rests on other grounds than a directive: proved in words; with one defect refuted at its step."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from salus.core.encoding import decode, encode
from salus.evidence.format import Annexed, Evidence
from salus.evidence.report import Report, Verdict
from salus.evidence.verify import verify
from vectors.core_vectors import genesis_file
from vectors.fixed import fixed
from vectors.grounds import ORDER, POLICY, RELEASE, Grounded
from vectors.world import HOSPITAL, REGULATOR, WITNESS, World

Object = Evidence | Annexed


def check(made: Object) -> Report:
    return verify(encode(made), genesis_file(), witnesses=[WITNESS])


def refuted_at(made: Object) -> str:
    report = check(made)
    assert report.verdict is Verdict.REFUTED
    assert report.release is None and report.proved == ()
    return next(step.name for step in report.steps if step.outcome == 2)


def inner(made: Annexed, **fields: object) -> Annexed:
    """Replace fields of the evidence inside."""
    return replace(made, evidence=encode(replace(decode(made.evidence, Evidence), **fields)))


def annex(made: Annexed, **fields: object) -> Annexed:
    return replace(made, annex=replace(made.annex, **fields))


@pytest.mark.parametrize(
    ("basis", "words"),
    [
        ((1, None, 0), "on the person's own access"),
        ((2, POLICY, 7), f"on directive {POLICY.hex()}, version 7"),
        ((3, POLICY, 7), f"on policy set {POLICY.hex()}, version 7"),
        ((4, ORDER, 0), f"on order {ORDER.hex()}."),
        ((9, None, 0), "on ground number 9"),
    ],
)
def test_the_ground_is_named_with_its_version(basis: tuple[int, bytes | None, int], words: str) -> None:
    report = check(World(basis=basis).release())
    assert report.verdict is Verdict.PROVED
    assert any(words in said for said in report.proved)


def test_a_break_glass_is_proved_with_its_reason_and_its_review() -> None:
    report = check(Grounded(reason=2).glass())
    assert report.verdict is Verdict.PROVED
    said = "\n".join(report.proved)
    assert f"on break-glass under policy set {POLICY.hex()}, version 3" in said
    assert "The patient's life is in danger. A review was opened with the release." in said


def test_a_push_is_proved_though_nobody_asked() -> None:
    report = check(Grounded().push())
    assert report.verdict is Verdict.PROVED
    assert report.release == RELEASE
    said = "\n".join(report.proved)
    assert f"Custodian {HOSPITAL.hex()} pushed them to {REGULATOR.hex()}" in said
    assert f"on policy set {POLICY.hex()}, version 3" in said
    assert "These are all the records of the release, and no others." in said


def test_a_page_is_proved_and_says_that_the_closing_is_to_come() -> None:
    world = Grounded()
    report = check(world.page())
    assert report.verdict is Verdict.PROVED
    assert report.release == world.request_id
    said = "\n".join(report.proved)
    assert f"opened a session for {REGULATOR.hex()}" in said
    assert "These are all the records of page 2" in said
    assert any("once the session is closed" in words for words in report.not_proved)


def test_a_closed_session_is_proved_with_its_pages() -> None:
    report = check(Grounded().session())
    assert report.verdict is Verdict.PROVED
    assert "The session's log holds 3 pages, and no others." in report.proved


DEFECTS: dict[str, tuple[str, Callable[[], Object]]] = {
    "another reason than was signed": ("request", lambda: Grounded(fields=(("reason", 3),)).glass()),
    "a break-glass that state calls a release": ("request", lambda: Grounded(outcome=1).glass()),
    "a release that state calls a break-glass": ("request", lambda: Grounded(outcome=4).page()),
    "a break-glass on another root": ("request", lambda: Grounded(fields=(("relation_root", fixed("x")),)).glass()),
    "a break-glass for another purpose": ("request", lambda: Grounded(fields=(("purpose", 2),)).glass()),
    "a record left out of a break-glass": (
        "leaves",
        lambda: replace(Grounded().glass(), records=Grounded().glass().records[1:]),
    ),
    "a push with a request": ("request", lambda: inner(Grounded().push(), request=World().release().request)),
    "a push without its event": ("request", lambda: inner(Grounded().push(), events=())),
    "a push of another relation": ("request", lambda: Grounded(fields=(("relation", fixed("x")),)).push()),
    "a push to another recipient": ("request", lambda: Grounded(fields=(("recipient", HOSPITAL),)).push()),
    "a push that state calls a release": ("request", lambda: Grounded(outcome=1).push()),
    "a push on another root": ("request", lambda: Grounded(fields=(("relation_root", fixed("x")),)).push()),
    "a push with another salt": ("leaves", lambda: annex(Grounded().push(), salt=fixed("x"))),
    "a page of another session": ("leaves", lambda: Grounded().page(session=fixed("x"))),
    "a page with other records": ("leaves", lambda: Grounded().page(leaves=(fixed("x"),))),
    "a page without its entry": ("leaves", lambda: annex(Grounded().page(), page=None)),
    "a page whose entry is malformed": ("leaves", lambda: annex(Grounded().page(), page=b"\x80")),
    "a page of a session that state calls a release": ("request", lambda: Grounded(outcome=1).page()),
    "a session with another end": ("request", lambda: Grounded(fields=(("ends", 5),)).page()),
    "a session of another recipient": ("request", lambda: Grounded(fields=(("recipient", HOSPITAL),)).session()),
    "a session without its closing": (
        "request",
        lambda: inner(Grounded().session(), events=decode(Grounded().session().evidence, Evidence).events[:1]),
    ),
    "a session with another root": ("request", lambda: Grounded(fields=(("root", fixed("x")),)).session()),
    "a page dropped from a session": (
        "leaves",
        lambda: annex(Grounded().session(), pages=Grounded().session().annex.pages[:2]),
    ),
    "a session with records": ("relation", lambda: inner(Grounded().session(), records=World().release().records)),
    "a push without an annex": ("form", lambda: decode(Grounded().push().evidence, Evidence)),
    "a release with an annex": (
        "form",
        lambda: replace(Grounded().push(), evidence=encode(World().release())),
    ),
    "an annex around nothing": ("form", lambda: replace(Grounded().push(), evidence=b"\x80")),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_with_a_defect_it_is_refuted(defect: str) -> None:
    step, make = DEFECTS[defect]
    assert refuted_at(make()) == step


def test_no_byte_of_an_annexed_object_can_change_unseen() -> None:
    raw = encode(Grounded().push())
    for at in range(0, len(raw), 37):
        changed = raw[:at] + bytes((raw[at] ^ 1,)) + raw[at + 1 :]
        assert verify(changed, genesis_file(), witnesses=[WITNESS]).verdict is not Verdict.PROVED
