"""The commands in README and docs work: blocks marked `sh run` are run, all others are checked against --help."""

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import click
import pytest
from command_line import once, play_demo
from forked_salus import forked_salus

from salus.cli.main import salus

ROOT = Path(__file__).parents[2]
MADE = ("cli.md", "http.md", "policies.md")  # from the program itself, which their own tests compare
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "src").rglob("*.md"))]
WRITTEN = [page for page in PAGES if page.name not in MADE]
FENCED = re.compile(r"^([ >]*)```([^\n]*)\n(.*?)^\1```$", re.M | re.S)  # in a list or a quotation it is indented


def named(page: Path) -> str:
    """How a failing test calls a page."""
    return str(page.relative_to(ROOT))


def fenced(text: str) -> list[tuple[str, str]]:
    """The fenced blocks of a text: info string and body, without the indentation of the list that it stands in."""
    return [
        (info, "".join(line.removeprefix(before) for line in body.splitlines(keepends=True)))
        for before, info, body in FENCED.findall(text)
    ]


def blocks(page: Path, *kinds: str) -> list[str]:
    """The fenced blocks of a page whose info string is one of `kinds`."""
    return [body for info, body in fenced(page.read_text()) if info in kinds]


def commands(text: str) -> list[str]:
    """Every `salus` command in shell text, a line each."""
    joined = re.sub(r"<<'END'.*?^END$", "", text.replace("\\\n", " "), flags=re.M | re.S)
    return [found.strip() for found in re.findall(r"(?:^|\$\(|[|&;] *)(?:\.venv/bin/)?(salus [^|)\n#]*)", joined, re.M)]


def inline(page: Path) -> list[str]:
    """Every command in running text; a bare name of a command is one too."""
    return re.findall(r"`(salus [^`]+)`", FENCED.sub("", page.read_text()))


def fault(line: str) -> str | None:
    """What is wrong with a command line as far as its words tell; None where it could be run."""
    command: click.Command = salus
    context, words = click.Context(salus, info_name="salus", help_option_names=["-h", "--help"]), shlex.split(line)[1:]
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        inner = command.get_command(context, words[0])
        if inner is None:
            return f"no command {words[0]}"
        command, context = inner, click.Context(inner, parent=context, info_name=words.pop(0))
    if not words:
        return None  # it names the command
    try:
        given, rest, _ = command.make_parser(context).parse_args(words)
    except click.UsageError as error:
        return error.format_message()
    missing = [p.name for p in command.params if p.required and given.get(p.name) in (None, ())]
    return f"missing {missing}" if missing else f"too many arguments: {rest}" if rest else None


@pytest.mark.parametrize("page", WRITTEN, ids=named)
def test_every_command_shown_exists(page: Path) -> None:
    shown = [line for block in blocks(page, "sh", "sh run") for line in commands(block)]
    faults = {line: fault(line) for line in shown + inline(page)}
    assert {line: words for line, words in faults.items() if words} == {}


@pytest.mark.parametrize("page", WRITTEN, ids=named)
def test_a_block_with_commands_is_marked_as_one(page: Path) -> None:
    unmarked = [body for info, body in fenced(page.read_text()) if info in ("", "text")]
    assert [
        line for body in unmarked for line in body.splitlines() if re.match(r"(salus|make|docker|curl) ", line)
    ] == []
    assert page.read_text().count("```") == 2 * len(fenced(page.read_text()))  # none is overlooked


def test_the_check_finds_faults() -> None:
    assert commands("a=$(salus org list | awk '{}')\nsalus fsck || true\n  echo salus") == [
        "salus org list",
        "salus fsck",
    ]
    indented = "1. So:\n\n   ```sh\n   salus nosuch <<'END'\n   END\n   ```\n\n```text\nb\n```\n"
    assert fenced(indented) == [("sh", "salus nosuch <<'END'\nEND\n"), ("text", "b\n")]
    for line in ("salus nosuch", "salus org nosuch", "salus org list --nosuch", "salus patient invite HANDLE --days 3"):
        assert fault(line), line
    assert fault("salus patient invite --as north HANDLE EXTRA") and not fault("salus patient invite --as north HANDLE")


def links(page: Path) -> list[str]:
    """The links of a page to other places of the repository."""
    return [link for link in re.findall(r"\]\(([^)\s]+)\)", FENCED.sub("", page.read_text())) if "://" not in link]


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.*)", FENCED.sub("", page.read_text()), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_targets_of_make_and_links_exist(page: Path) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M)
    shown = re.findall(r"^make ([a-z-]+)", "\n".join(blocks(page, "sh")), re.M)
    shown += re.findall(r"`make ([a-z-]+)[` ]", page.read_text())
    assert [name for name in shown if name not in targets] == []
    for link in links(page):
        file, _, anchor = link.partition("#")
        target = page.parent / file if file else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_file_named_exists(page: Path) -> None:
    files = re.findall(r"`((?:src|tests|scripts|deploy|docs|benchmarks)/[\w./-]+)`", page.read_text())
    roots = (ROOT, ROOT / "portal", page.parent)
    assert [file for file in files if not any((root / file).exists() for root in roots)] == []


def test_every_page_is_reached_from_the_readme() -> None:
    reached, waiting = set[Path](), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached:
            reached.add(page)
            files = [(page.parent / link.partition("#")[0]).resolve() for link in links(page)]
            waiting += [file for file in files if file.suffix == ".md"]
            waiting += [inner for file in files if file.is_dir() for inner in file.glob("*.md")]
    assert [named(page) for page in PAGES if page not in reached] == []


@pytest.fixture
def shell_folder(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with .venv/bin/salus, and what the demonstration leaves (played once for all tests)."""
    (tmp_path / ".venv/bin").mkdir(parents=True)
    played = once(tmp_path_factory, "played", play_demo)
    shutil.copytree(played / "home", tmp_path / "demo-home")
    with forked_salus(tmp_path / ".venv/bin/salus"):
        yield tmp_path


def run(folder: Path, script: str) -> str:
    """Run the lines as one script; whatever fails ends it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SALUS_")}
    environment["PATH"] = f"{folder}/.venv/bin:{os.environ['PATH']}"
    shell = ["bash", "-euo", "pipefail", "-c", script]
    ended = subprocess.run(shell, cwd=folder, env=environment, capture_output=True, text=True, timeout=200, check=False)
    assert ended.returncode == 0, f"{ended.stdout[-2000:]}\n{ended.stderr}"
    return ended.stdout


OWN = "## A region of your own"
SAID = {
    "demo": (
        "Tamper-evident",
        "acknowledged",
        "HOLDS, UNWITNESSED",
        "refused: opted out",
        "wrong checksum",
        "DAMAGED",
    ),
    "own": ("1 patients; 1 relations anchored", "The account is hers", "the list is complete", "SOUND"),
}


@pytest.mark.parametrize("part", SAID)
def test_the_first_steps_can_be_taken(shell_folder: Path, part: str) -> None:
    demo, own = (ROOT / "docs/start.md").read_text().split(OWN)
    script = "\n".join(body for info, body in fenced(demo if part == "demo" else own) if info == "sh run")
    play = "salus demo --home demo-home --once\n"
    assert (play in script) == (part == "demo")  # test_demo.py plays it; here it has been played
    out = run(shell_folder, script.replace(play, ""))
    for words in SAID[part]:
        assert words in out, words


def test_blocks_marked_to_be_run_on_other_pages(request: pytest.FixtureRequest) -> None:
    scripts = ["\n".join(blocks(page, "sh run")) for page in PAGES if page.name != "start.md"]
    for script in filter(None, scripts):
        run(request.getfixturevalue("shell_folder"), script)


def test_the_reference_is_current() -> None:
    spec = spec_from_file_location("cli_reference", ROOT / "scripts/cli_reference.py")
    assert spec and spec.loader
    script = module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.PAGE.read_text() == script.page(), "run python scripts/cli_reference.py"
