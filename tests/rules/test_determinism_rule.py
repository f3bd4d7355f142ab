"""Forbidden constructs of the deterministic packages, and the rule itself."""

from pathlib import Path

import pytest

from rules.determinism import violations

ROOT = Path(__file__).parents[2] / "src/salus"
PACKAGES = ("core", "merkle", "cometbft", "policy", "state", "contracts", "machine", "evidence")
EXEMPT = {"state/lmdb.py"}  # the one door to the disk
FILES = sorted(
    p
    for d in PACKAGES
    for p in (ROOT / d).rglob("*.py")
    if str(p.relative_to(ROOT)) not in EXEMPT and not p.name.endswith("_pb2.py")  # protoc's, declarations alone
)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_file_is_deterministic(path: Path) -> None:
    assert list(violations(path.read_text())) == []


BAD = [
    "import time",
    "import os.path",
    "from os import environ",
    "from datetime import datetime",
    "from random import random",
    "import json",
    "import lmdb",
    "from . import x",
    "x = 1.5",
    "x = 1j",
    "x = a / b",
    "hash(k)",
    "y = id(k)",
    "for x in {1, 2}: pass",
    "y = {x for x in z}",
    "y = [x for x in set(z)]",
    "def f(): return frozenset(z)",
    "async def f(): pass",
    "def f():\n global g",
    "try: pass\nexcept Exception: pass",
    "try: pass\nexcept: pass",
    "assert x",
    "print(1)",
]


@pytest.mark.parametrize("source", BAD)
def test_rule_bites(source: str) -> None:
    assert list(violations(source))


def test_rule_allows_constants() -> None:
    assert list(violations("FINAL = frozenset(('stolen', 'destroyed'))\nx = a // b\nclass C:\n id: bytes")) == []
