"""A region taken apart: a node's home, and a home of each organisation that follows it."""

import json
import shutil
from pathlib import Path

PASSPHRASE_FILE = "passphrase"


def node_home(region: Path, to: Path) -> Path:
    """Copy what a node's home holds."""
    to.mkdir()
    for name in ("genesis.cbor", "ledger", "node"):
        _copy(region / name, to / name)
    return _with_passphrase(region, to)


def member_home(region: Path, to: Path, slug: str, url: str) -> Path:
    """Copy what the home of one organisation holds; its replica begins with nothing."""
    (to / "organisations").mkdir(parents=True)
    _copy(region / "genesis.cbor", to / "genesis.cbor")
    _copy(region / "organisations" / slug, to / "organisations" / slug)
    _copy(region / "exchange", to / "exchange")
    (to / "upstream.json").write_text(json.dumps({"node": url}))
    return _with_passphrase(region, to)


def _copy(source: Path, to: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, to)
    else:
        shutil.copy2(source, to)


def _with_passphrase(region: Path, to: Path) -> Path:
    if (region / PASSPHRASE_FILE).exists():
        _copy(region / PASSPHRASE_FILE, to / PASSPHRASE_FILE)
    return to


def members_home(region: Path, to: Path, url: str) -> Path:
    """Copy what is there of all organisations and people into one home that follows the node."""
    to.mkdir()
    for name in ("genesis.cbor", "organisations", "people", "exchange"):
        if (region / name).exists():
            _copy(region / name, to / name)
    (to / "upstream.json").write_text(json.dumps({"node": url}))
    return _with_passphrase(region, to)
