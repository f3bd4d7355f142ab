"""Write `portal/src/verify/sentences.ts`: what the steps of the verifier say, taken from the Python sources.

    python scripts/verifier_words.py [--check]

The verifier in the browser says the same in English, and the Chinese table beside it must have each sentence: both hold
by the types that this file gives. A place in a sentence is {0}, {1}, ... in the order of the f-string.
"""

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from salus.core.glass import TEXTS
from salus.evidence import ledger_steps, relation_steps, release_steps, verify

ROOT = Path(__file__).parents[1]
FILE = ROOT / "portal/src/verify/sentences.ts"
MODULES = (verify, ledger_steps, relation_steps, release_steps)
HEAD = "/** Written by scripts/verifier_words.py: what the steps say. The order is that of the alphabet. */\n"
TAIL = "\nexport type Sentence = (typeof SENTENCES)[number];\n"
DIRECTIONS = ("for", "to")  # before a recipient: too short to be told from a name


def sentences() -> list[str]:
    """Return all sentences and phrases of the verifier, sorted, each once."""
    found = {text for module in MODULES for text in _said(ast.parse(Path(module.__file__ or "").read_text()))}
    found |= {*DIRECTIONS, *TEXTS.values(), *release_steps._NAMES.values()}
    found |= {check.name for check in verify._CHECKS}
    return sorted(found)


def text() -> str:
    """Return the file."""
    lines = "".join(f"  {json.dumps(one)},\n" for one in sentences())
    return (
        f"{HEAD}export const SENTENCES = [\n{lines}] as const;\n\nexport type Sentence = (typeof SENTENCES)[number];\n"
    )


def _said(tree: ast.AST) -> Iterator[str]:
    """Yield strings of several words that are no docstrings; of f-strings, the whole with its places."""
    docstrings = {id(first.value) for first in _first_lines(tree) if isinstance(first, ast.Expr)}
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.JoinedStr):
            places = [part for part in node.values if isinstance(part, ast.FormattedValue)]
            yield "".join(
                f"{{{places.index(part)}}}" if isinstance(part, ast.FormattedValue) else part.value
                for part in node.values
            )
            waiting += [place.value for place in places]
        elif isinstance(node, ast.Constant):
            if isinstance(node.value, str) and " " in node.value and id(node) not in docstrings:
                yield node.value
        else:
            waiting += ast.iter_child_nodes(node)


def _first_lines(tree: ast.AST) -> Iterator[ast.stmt]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            yield node.body[0]


def main(arguments: list[str]) -> int:
    """Write the file, or compare it; return the exit status."""
    if "--check" not in arguments:
        FILE.write_text(text())
        return 0
    return int(FILE.read_text() != text())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
