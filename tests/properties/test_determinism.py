"""The same seed gives the same blocks, app hash and log over hash seeds, locales, time zones and Python versions."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_name("determinism_run.py")
ENVIRONMENTS = {
    "hash seed": {"PYTHONHASHSEED": "4242"},
    "locale": {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"},
    "time zone": {"TZ": "Pacific/Chatham"},
    "optimised": {"PYTHONOPTIMIZE": "2"},
    "no UTF-8 mode": {"PYTHONUTF8": "0", "LC_ALL": "C"},
}
# Other versions need an environment of their own, made like the first: `make VENV=.venv-3.12 PYTHON=python3.12 ...`
OTHERS = sorted(ROOT.glob(".venv-3.*/bin/python"))


def outcome(python: str, **environment: str) -> str:
    """Return what the script prints in another process."""
    clean = {"PATH": os.environ.get("PATH", ""), "PYTHONHASHSEED": "0", "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [python, str(SCRIPT), "7"], env=clean | environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def expected() -> str:
    return outcome(sys.executable)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_same_outcome_in_another_environment(name: str, expected: str) -> None:
    assert outcome(sys.executable, **ENVIRONMENTS[name]) == expected


def test_another_seed_has_another_outcome(expected: str) -> None:
    done = subprocess.run([sys.executable, str(SCRIPT), "8"], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout != expected


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
def test_same_outcome_in_another_python(version: str, expected: str) -> None:
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        pytest.skip(f"this is Python {version}")
    python = ROOT / f".venv-{version}/bin/python"
    if python not in OTHERS:
        pytest.skip(f"no environment .venv-{version} with the locked libraries")
    assert outcome(str(python)) == expected
