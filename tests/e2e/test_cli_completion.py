"""Completion in a real bash, by the program that is installed beside these tests; the scripts of the other shells."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import salus

from salus.cli.completion import SHELLS
from salus.cli.main import GROUPS

BIN = Path(sys.executable).parent


def completed(*words: str) -> list[str]:
    """What bash offers for the last of `words`, after it has read the script as the documents say."""
    quoted = " ".join(f"'{word}'" for word in words)
    script = (
        'eval "$(salus completion bash)"\n'
        f"COMP_WORDS=({quoted}) COMP_CWORD={len(words) - 1}\n"
        f"_salus_completion '{words[0]}' '{words[-1]}' '{words[-2]}'\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    environment = {"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": os.environ.get("HOME", "/")}
    ended = subprocess.run(
        ["bash", "--norc", "-euo", "pipefail", "-c", script], env=environment, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr
    return ended.stdout.split()


def test_bash_completes_commands_options_and_choices() -> None:
    assert completed("salus", "") == list(GROUPS)
    assert completed("salus", "le") == ["ledger"]
    assert completed("salus", "ledger", "co") == ["compare", "cosign"]
    assert completed("salus", "access", "accounting", "--fo") == ["--format", "--form"]
    assert completed("salus", "access", "accounting", "--format", "") == ["terminal", "json", "html"]
    assert completed("salus", "ledger", "nosuch") == []


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_has_its_script(shell: str) -> None:
    made = salus("completion", shell)
    assert (made.status, made.err) == (0, "") and "_SALUS_COMPLETE" in made.out
    program = shutil.which(shell)
    if program is not None:  # the shell itself finds no fault in it
        checked = subprocess.run(
            [program, "-n"], input=made.out, capture_output=True, text=True, timeout=60, check=False
        )
        assert (checked.returncode, checked.stderr) == (0, "")


def test_there_is_no_completion_of_other_shells() -> None:
    assert salus("completion", "tcsh").status == 2
