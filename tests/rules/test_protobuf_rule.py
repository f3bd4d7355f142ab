"""The modules of CometBFT's messages are what their .proto files say."""

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("protobuf_script", ROOT / "scripts/protobuf.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_committed_modules_are_made_of_the_messages(script: ModuleType) -> None:
    assert script.main(["--check"]) == 0


def test_a_changed_message_is_found(script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(script.SOURCE / script.PLACE, tmp_path / script.PLACE)
    monkeypatch.setattr(script, "SOURCE", tmp_path)
    assert script.main(["--check"]) == 0
    types = tmp_path / script.PLACE / "types.proto"
    types.write_text(types.read_text().replace("bytes app_hash = 11;", "bytes app_hash = 15;"))
    assert script.main(["--check"]) == 1
    assert script.main([]) == 0 and script.main(["--check"]) == 0


def test_a_broken_message_is_told(script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(script.SOURCE / script.PLACE, tmp_path / script.PLACE)
    monkeypatch.setattr(script, "SOURCE", tmp_path)
    (tmp_path / script.PLACE / "types.proto").write_text("no message at all")
    with pytest.raises(SystemExit, match="refused"):
        script.main(["--check"])
