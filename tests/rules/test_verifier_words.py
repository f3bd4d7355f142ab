"""The sentences of the verifier in the browser are those of the Python sources."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verifier_words", ROOT / "scripts/verifier_words.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_committed_table_is_what_the_sources_say(script: ModuleType) -> None:
    assert script.main(["--check"]) == 0


def test_a_changed_sentence_is_found(script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script, "FILE", tmp_path / "sentences.ts")
    assert script.main([]) == 0 and script.main(["--check"]) == 0
    written = script.FILE.read_text()
    script.FILE.write_text(written.replace("No event is shown.", "No event."))
    assert script.main(["--check"]) == 1


def test_every_kind_of_sentence_is_taken(script: ModuleType) -> None:
    found = script.sentences()
    for one in ("checkpoint", "directive", "for", "1 event stands", "The patient is unconscious.", ", version {0}"):
        assert one in found
    assert not any("docstring" in one or "evidence object, proves" in one for one in found)
