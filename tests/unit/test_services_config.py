"""The environment: what is read, and that nothing unknown passes."""

from pathlib import Path

import pytest

from salus.config import BadSetting, Config, NoPassphrase, read_config, read_passphrase


def test_settings_are_read_by_name() -> None:
    read = read_config({"SALUS_HOME": "/srv/salus", "SALUS_SAMPLE_DATA": "/data", "PATH": "/bin"})
    assert read == Config(Path("/srv/salus"), None, Path("/data"))
    assert read_config({}) == Config()
    assert [read_config({"SALUS_VERIFIER": one}).verifier for one in ("auto", "on", "off")] == ["auto", "on", "off"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"SALUS_HOEM": "/x"},
        {"SALUS_PASSPHRASE": "secret"},
        {"SALUS_HOME": ""},
        {"SALUS_VERIFIER": "secret", "SALUS_LOG": "info"},
    ],
)
def test_what_is_unknown_is_refused_and_not_repeated(wrong: dict[str, str]) -> None:
    with pytest.raises(BadSetting) as refused:
        read_config(wrong)
    assert "secret" not in str(refused.value) and refused.value.__cause__ is None
    assert str(refused.value).endswith(f"its value is unusable. It is {next(iter(wrong))}. (0x6101)")


def test_the_passphrase_comes_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "passphrase"
    file.write_text("correct horse \n")
    assert read_passphrase(Config(passphrase_file=file)) == "correct horse "
    file.write_text("\n")
    for config in (Config(passphrase_file=file), Config(), Config(passphrase_file=tmp_path / "none")):
        with pytest.raises(NoPassphrase):
            read_passphrase(config)
