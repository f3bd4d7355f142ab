"""The only reader of the environment."""

import os
from collections.abc import Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import msgspec

from salus.core.errors import Kind, Refusal
from salus.shapes import made


class BadSetting(Refusal):
    """A variable that does not serve: its name is told, its value never."""

    code, kind = 0x6101, Kind.INVALID
    text = "A SALUS_ variable of the environment is unknown, or its value is unusable."

    def __str__(self) -> str:
        named = f" It is {self.args[0]}." if self.args else ""
        return f"{self.text}{named} (0x{self.code:04x})"


class NoPassphrase(Refusal):
    code: ClassVar[int] = 0x6102
    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED
    text: ClassVar[str] = "No passphrase: SALUS_PASSPHRASE_FILE must name a file that holds it, readable by you alone."


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings; each field is the environment variable SALUS_<NAME>. The passphrase itself never stands there."""

    home: Path = Path("salus-home")
    passphrase_file: Path | None = None
    sample_data: Path | None = None
    verifier: Literal["auto", "on", "off"] = "auto"  # a second process for signatures: under load, at once, never
    executor: Literal["auto", "inside", "apart"] = "auto"  # where a server of an embedded ledger makes its blocks
    tiles: Path | None = None  # where the log is published; within the home by default
    cometbft: Path | None = None  # the program, where it is not the one of PATH or of the source tree
    anchor_window_s: Annotated[int, msgspec.Meta(ge=1, le=86_400)] = 60  # anchors are gathered for so long
    anchor_cycle: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 60  # windows in which each relation has one slot
    log: Literal["off", "warning", "info"] = "warning"  # what a server writes as JSON lines; info: a line a request
    traces: str | None = None  # where a server sends spans by OTLP over HTTP
    master_key_days: Annotated[int, msgspec.Meta(ge=1, le=36_500)] = 365  # after which a vault's is due for rotation


_CALLERS: ContextVar[Mapping[str, str] | None] = ContextVar("environment", default=None)


def use_environment(environment: Mapping[str, str]) -> None:
    """Let this thread read its settings from another environment: of whoever asked a server to run a command."""
    _CALLERS.set(environment)


def read_config(environment: Mapping[str, str] | None = None) -> Config:
    """Return the settings; raise BadSetting for a SALUS_ variable that is unknown or unusable."""
    found = _CALLERS.get() or os.environ if environment is None else environment
    named = {name[6:].lower(): value for name, value in found.items() if name.startswith("SALUS_")}
    for name, value in named.items():
        try:
            if not value:
                raise ValueError
            msgspec.convert({name: value}, made(Config), strict=False, dec_hook=lambda kind, given: kind(given))
        except (msgspec.ValidationError, TypeError, ValueError):
            raise BadSetting(f"SALUS_{name.upper()}") from None  # the cause may quote the value
    return msgspec.convert(named, made(Config), strict=False, dec_hook=lambda kind, value: kind(value))


def read_passphrase(config: Config) -> str:
    """Return the passphrase: the file's text without its last newline. Raises NoPassphrase."""
    try:
        text = "" if config.passphrase_file is None else config.passphrase_file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise NoPassphrase from None
    passphrase = text.removesuffix("\n").removesuffix("\r")
    if not passphrase:
        raise NoPassphrase
    return passphrase
