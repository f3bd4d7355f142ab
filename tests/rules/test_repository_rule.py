"""What must be true of the repository itself."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/internals/negative-tests.md"


def tracked() -> list[Path]:
    """The files of the repository; outside a checkout, those of its folders."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        return [
            p for d in ("src", "tests", "docs", "benchmarks", "scripts") for p in (ROOT / d).rglob("*") if p.is_file()
        ]
    return [ROOT / name.decode() for name in listed.stdout.split(b"\0") if name and (ROOT / name.decode()).is_file()]


def names_of_tests() -> set[str]:
    return {name for p in (ROOT / "tests").rglob("*.py") for name in re.findall(r"def (test_\w+)", p.read_text())}


NAMED = sorted(set(re.findall(r"`(test_\w+)`", PAGE.read_text())))


def test_every_test_named_against_an_attack_exists() -> None:
    assert set(NAMED) - names_of_tests() == set()


def test_the_page_names_many_attacks() -> None:
    assert len(NAMED) > 60


SECRET = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----")


def test_no_private_key_is_committed() -> None:
    assert SECRET.search(b"-----BEGIN " + b"PRIVATE KEY-----")
    found = [str(p.relative_to(ROOT)) for p in tracked() if SECRET.search(p.read_bytes())]
    sealed = [str(p.relative_to(ROOT)) for p in tracked() if p.suffix in {".sealed", ".pem", ".key"}]
    assert found == [] and sealed == []


def test_no_address_of_a_package_index_is_committed() -> None:
    locks = sorted((ROOT / "requirements").glob("*.txt"))
    assert locks and [p.name for p in locks if re.search(r"https?://|--index-url|--extra-index", p.read_text())] == []


def test_the_portals_lock_names_no_place_to_download_from() -> None:
    lock = (ROOT / "portal/package-lock.json").read_text()
    assert '"integrity"' in lock and '"resolved"' not in lock and "registry" not in lock


def outline(page: str) -> list[str]:
    """What two languages of one page share: the kinds of its lines, its commands, where its links lead."""
    text = (ROOT / page).read_text().replace("README.zh-CN.md", "README.md")
    blocks = re.compile(r"^```.*?^```$", re.M | re.S)
    commands = [re.sub(r" *#.*", "", block) for block in blocks.findall(text)]
    rest = blocks.sub("", text)
    kinds = re.findall(r"^(?:#+ |- |\||!)", rest, re.M)
    return commands + kinds + re.findall(r"\]\(([^)]+)\)", rest) + re.findall(r"`([^`\n]+)`", rest)


def test_the_readme_says_the_same_in_chinese() -> None:
    assert len(outline("README.md")) > 70
    assert outline("README.zh-CN.md") == outline("README.md")
