"""What is set up, and where it lies in a home.

HOME/genesis.cbor                      written last: without it there is no region
HOME/ledger/                           the embedded ledger
HOME/ledger/tiles/                     its log as published, unless the settings name another folder
HOME/node/keystore.sealed              the node's key
HOME/organisations/<slug>/             organisation.cbor (written last), keystore.sealed, vault/
HOME/people/<slug>/wallet.sealed
HOME/exchange/                         letters between them, and to others elsewhere; public sealing keys
HOME/directory/                        of a home with the node: where members' gateways are, and sealing keys
HOME/upstream.json                     of a home without it: which node it follows
HOME/limits.json                       limits of its server, where they are not the usual ones
HOME/signed-until                      the second up to which requests may have been signed that its server took
HOME/tls/                              a certificate for development, of `salus tls`
HOME/serving.sock                      while it is served: where commands find its server
HOME/.fsck-<process>-*/                while a served home is checked: the snapshot
"""

import re
from dataclasses import dataclass
from pathlib import Path

from salus.core.encoding import decode
from salus.policy.types import OrganisationRole
from salus.vault.files import LocalFiles
from salus.vault.identity import ORGANISATION, OrganisationFile

GENESIS = "genesis.cbor"
REALM = "org"  # of every organisation so far
BACKUP = "backup.json"  # in a backup of a home, which is none itself
SIGNED_UNTIL = "signed-until"
PARTS = (GENESIS, "ledger", "node", "organisations", "people", "exchange")
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
RESERVED = frozenset(  # first parts of paths that a server has beside `/{organisation}/...`
    (
        *("ledger", "directory", "checkpoint", "tile", "tiles", "add-checkpoint", "sign-subtree", "witness"),
        *("explorer", "portal", "assets", "static", "docs", "api", "openapi", "well-known"),
        *("health", "ready", "metrics"),
    )
)
FILES = LocalFiles()


def may_name_organisation(slug: str) -> bool:
    """True if an organisation's folder, and the first part of its paths at a server, may be called so."""
    return SLUG.fullmatch(slug) is not None and slug not in RESERVED


@dataclass(frozen=True, slots=True)
class MemberSpec:
    """An organisation to be set up; `slug` names its folder."""

    name: str
    slug: str
    roles: tuple[OrganisationRole, ...]
    realm: str = REALM
    emergency: bool = True  # a founder that is a hospital or a clinic may break the glass


@dataclass(frozen=True, slots=True)
class RegionSpec:
    """A region to be founded; its first member runs the node."""

    name: str
    members: tuple[MemberSpec, ...]


def organisation_folder(home: Path, slug: str) -> Path:
    """Return the folder of an organisation."""
    return home / "organisations" / slug


def organisation_file(home: Path, slug: str) -> OrganisationFile:
    """Return what the organisation's folder says."""
    return decode((organisation_folder(home, slug) / ORGANISATION).read_bytes(), OrganisationFile)


def keystore_path(home: Path, slug: str) -> Path:
    """Return where the keys of an organisation are."""
    return organisation_folder(home, slug) / "keystore.sealed"


def node_keystore_path(home: Path) -> Path:
    """Return where the key of the node is."""
    return home / "node" / "keystore.sealed"


def directory_folder(home: Path) -> Path:
    """Return where the node keeps the directory."""
    return home / "directory"


def wallet_path(home: Path, slug: str) -> Path:
    """Return where a person's wallet is."""
    return home / "people" / slug / "wallet.sealed"


def tiles_folder(home: Path, tiles: Path | None = None) -> Path:
    """Return where the log of the region in `home` is published: `tiles` of the settings, or within the home."""
    return home / "ledger" / "tiles" if tiles is None else tiles
