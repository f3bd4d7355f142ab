"""Only `services/authorise.py` makes a `Scope`, so that no read of a vault can be written without a decision."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src/salus"
MAKER = SOURCE / "services/authorise.py"


def makes_scope(source: str) -> bool:
    """True if the source calls, copies or subclasses a Scope."""
    tree = ast.parse(source)
    names = {"Scope"}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names |= {alias.asname for alias in node.names if alias.name == "Scope" and alias.asname}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Name) and called.id in names:
                return True
            if isinstance(called, ast.Attribute) and called.attr == "Scope":
                return True
        if isinstance(node, ast.ClassDef) and any(
            isinstance(base, ast.Name) and base.id in names for base in node.bases
        ):
            return True
    return False


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_nobody_else_makes_a_scope(path: Path) -> None:
    assert makes_scope(path.read_text()) == (path == MAKER)


@pytest.mark.parametrize(
    "source",
    [
        "Scope(None, '', b'', b'', all)",
        "from salus.vault.scope import Scope as S\nS()",
        "import salus.vault.scope as s\ns.Scope()",
        "class Mine(Scope): pass",
    ],
)
def test_the_rule_bites(source: str) -> None:
    assert makes_scope(source)
