"""The demonstration and its server: what it shows works meanwhile, and it begins anew only where it may."""

import re
import shlex
import socket
from pathlib import Path
from typing import Any

import pytest
from command_line import copied, once, play_demo, salus
from serving_process import served

from salus.bootstrap import open_region
from salus.cli import demo
from salus.demo import story


def test_what_it_shows_works_while_it_is_served(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> None:
    played = once(tmp_path_factory, "played", play_demo)
    home = copied(played, tmp_path)
    shown = (played / "output").read_text().replace(str(played / "home"), str(home))
    listed = re.findall(r"^  (?:\S*/)?(?:salus|pytest|__main__\.py) (.*)$", shown, re.M)
    assert len(listed) == len(set(listed)) == 18
    with served(home):
        for command in listed:
            result = salus(*shlex.split(command))
            assert result.status == (3 if command.startswith("verify") else 0) and result.err == "", (command, result)


@pytest.fixture
def no_story(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, str]]:
    """A story without steps, and what would be served instead of a server."""
    would_serve: list[tuple[Path, str]] = []

    def serve(folder: Path, bound: Any, *, closing: Any) -> None:
        with open_region(folder, (folder / "passphrase").read_text().strip()):  # the story has closed it
            would_serve.append((folder, bound.url))

    for module in (demo, story):
        monkeypatch.setattr(module, "STEPS", {})
    monkeypatch.setattr(demo, "serve_home", serve)
    return would_serve


def test_it_serves_after_the_story_unless_told_to_end(tmp_path: Path, no_story: list[tuple[Path, str]]) -> None:
    home = tmp_path / "home"
    result = salus("demo", "--listen", "127.0.0.1:0", home=home)
    assert result.status == 0, result
    ((folder, url),) = no_story
    assert folder == home and re.fullmatch(r"http://127\.0\.0\.1:[1-9][0-9]+", url)
    assert salus("demo", "--once", home=tmp_path / "other").status == 0 and len(no_story) == 1


def test_it_begins_anew_where_it_may(tmp_path: Path, no_story: list[tuple[Path, str]]) -> None:
    home = tmp_path / "home"
    assert salus("demo", "--once", home=home).status == 0
    before = (home / "genesis.cbor").read_bytes()
    assert salus("demo", "--once", home=home).status == 2  # not empty
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = salus("demo", "--anew", "--listen", f"127.0.0.1:{taken.getsockname()[1]}", home=home)
    assert result.status == 4 and "0x8080" in result.line
    with open_region(home, (home / "passphrase").read_text().strip()):
        result = salus("demo", "--anew", "--once", home=home)
        assert result.status == 4 and "0x7001" in result.line
    assert (home / "genesis.cbor").read_bytes() == before
    result = salus("demo", "--anew", "--once", home=home)
    assert result.status == 0 and f"Removing the region of the last demonstration, {home}" in result.out
    assert (home / "genesis.cbor").read_bytes() != before


def test_what_is_no_unattended_region_is_not_removed(tmp_path: Path, no_story: list[tuple[Path, str]]) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/letter.txt").write_text("somebody's")
    assert salus("demo", "--anew", "--once", home=tmp_path / "kept").status == 2
    assert (tmp_path / "kept/letter.txt").read_text() == "somebody's"
