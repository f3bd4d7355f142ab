"""upstream.json: which node a home follows. Without the file a home has the node itself."""

from pathlib import Path
from typing import Annotated

import msgspec

from salus.client.remote_errors import BadUpstream
from salus.shapes import made
from salus.vault.files import LocalFiles

FILE, CERTIFICATES = "upstream.json", "node-ca.pem"


class UpstreamFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file says. `url` is what others reach this home's server by, where it is not what it listens at."""

    node: Annotated[str, msgspec.Meta(min_length=8, max_length=256, pattern="^https?://[!-~]+$")]
    ca: str | None = None  # a file of certificates in PEM to trust, in the home unless its path begins with /
    url: Annotated[str, msgspec.Meta(min_length=8, max_length=200, pattern="^https?://[!-~]+[^/]$")] | None = None

    def authority(self, home: Path) -> Path | None:
        """Return the file of certificates to trust alone, None for those that this machine trusts."""
        return None if self.ca is None else home / self.ca


def read_upstream(home: Path) -> UpstreamFile | None:
    """Return what a home follows, None if it follows nobody; raise BadUpstream."""
    try:
        return msgspec.json.decode((home / FILE).read_bytes(), type=made(UpstreamFile))
    except FileNotFoundError:
        return None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise BadUpstream from None


def write_upstream(home: Path, upstream: UpstreamFile, ca: Path | None = None) -> None:
    """Let a home follow a node, with a copy of the certificates in `ca` to trust; durable once it returns."""
    if ca is not None:
        LocalFiles().write(home / CERTIFICATES, ca.read_bytes())
        upstream = msgspec.structs.replace(upstream, ca=CERTIFICATES)
    LocalFiles().write(home / FILE, msgspec.json.format(msgspec.json.encode(upstream), indent=2) + b"\n")
