"""Each contract's page states its invariants: exactly those that its check looks for, in the same words or numbers."""

import ast
import re
from pathlib import Path

import pytest

import salus.contracts

CONTRACTS = Path(salus.contracts.__file__).parent
INDEX = Path(__file__).parents[2] / "docs/reference/contracts.md"
PAGES = sorted(CONTRACTS.glob("*/README.md"))
SECTIONS = {"State", "Messages", "Events", "Errors", "Queries", "Invariants"}
NUMBERED = ("accounts", "governance")


def section(page: Path, name: str) -> str:
    """Return what stands under a heading of the second level."""
    _, _, rest = page.read_text("utf-8").partition(f"\n## {name}\n")
    return rest.partition("\n## ")[0]


def checked(page: Path) -> list[tuple[str, str]]:
    """Return (number in the line's comment or nothing, fixed text) of each breach that the check may find."""
    found = []
    for file in sorted(page.parent.glob("*invariants.py")):
        lines = file.read_text("utf-8").splitlines()
        for node in ast.walk(ast.parse("\n".join(lines))):
            if isinstance(node, ast.Yield):
                text = node.value.elts[1] if isinstance(node.value, ast.Tuple) else node.value
                assert isinstance(text, ast.Constant) and isinstance(text.value, str)
                number = re.search(r"# (\d+)$", lines[(node.end_lineno or 0) - 1])
                found.append((number[1] if number else "", text.value))
    return found


def test_every_contract_has_a_page() -> None:
    packages = {file.parent.name for file in CONTRACTS.glob("*/__init__.py")}
    assert {page.parent.name for page in PAGES} == packages and len(PAGES) == 7


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_its_sections_are_there_and_the_guide_leads_to_it(page: Path) -> None:
    headings = re.findall(r"^## (\w+)", page.read_text("utf-8"), re.MULTILINE)
    assert set(headings) >= SECTIONS and headings[-1] == "Invariants"
    assert f"(../../src/salus/contracts/{page.parent.name}/README.md)" in INDEX.read_text("utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_it_states_the_invariants_that_are_checked_and_no_others(page: Path) -> None:
    stated, found = section(page, "Invariants"), checked(page)
    assert found
    if page.parent.name in NUMBERED:
        numbers = re.findall(r"^(\d+)\. ", stated, re.MULTILINE)
        assert numbers == [str(one) for one in range(1, len(numbers) + 1)]
        assert {number for number, _ in found} == set(numbers)
    else:
        assert sorted(re.findall(r"^- (.+)$", stated, re.MULTILINE)) == sorted({text for _, text in found})
