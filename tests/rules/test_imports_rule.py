"""Import directions: import-linter keeps them, and would notice a breach."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINT = Path(sys.executable).with_name("lint-imports")


def lint(folder: Path, config: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT, config, "--no-cache"], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


def test_directions_hold() -> None:
    result = lint(ROOT, ROOT / "importlinter.ini")
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_breach_is_noticed(tmp_path: Path) -> None:
    package = tmp_path / "wrong"
    for name, body in (("core", "import wrong.machine"), ("machine", "")):
        (package / name).mkdir(parents=True)
        (package / name / "__init__.py").write_text(body)
    (package / "__init__.py").write_text("")
    config = tmp_path / "lint.ini"
    config.write_text(
        "[importlinter]\nroot_package = wrong\n[importlinter:contract:l]\nname = l\ntype = layers\n"
        "layers =\n    wrong.machine\n    wrong.core\n"
    )
    result = lint(tmp_path, config)
    assert result.returncode == 1 and "wrong.core is not allowed to import wrong.machine" in result.stdout
