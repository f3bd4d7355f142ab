"""consensus.json: the engine of a home is CometBFT. Without the file its ledger is embedded, or it follows a node.

HOME/consensus.json           what this file reads: addresses, the other members, what the node is
HOME/cometbft/                CometBFT's own home: config/, data/
HOME/ledger/                  genesis, blocks, commits, state/, snapshots/
HOME/abci.sock                where the application listens, unless the path of the home is too long for a socket
HOME/nodes-ca.pem             certificates to trust for the others' servers, where they were given
HOME/network.lock             held by what runs the home's two processes, with its process id
HOME/logs/                    what these two processes print
"""

import os
import stat
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir
from typing import Annotated, Literal

import msgspec

from salus.core.errors import Kind, Refusal
from salus.ledger.consensus.snapshots import EVERY, KEPT, KEPT_BLOCKS
from salus.shapes import made
from salus.vault.files import LocalFiles

FILE, SOCKET, CERTIFICATES = "consensus.json", "abci.sock", "nodes-ca.pem"
MOST_MEMBERS = 100  # of one network; CometBFT's own sets are of this order
HEARTBEAT_MS = 20_000  # between empty blocks of an idle network; below half of STALE_MS
MOST_PATH = 100  # bytes; sun_path holds 108 (unix(7))

Url = Annotated[str, msgspec.Meta(min_length=8, max_length=200, pattern="^https?://[!-.0-~]+(/[!-.0-~]+)*$")]
Address = Annotated[str, msgspec.Meta(max_length=200, pattern=r"^(\[[0-9a-fA-F:.]+\]|[0-9A-Za-z._-]+):[0-9]{1,5}$")]
Slug = Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9-]{0,39}$")]
NodeId = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{40}$")]
Hash = Annotated[str, msgspec.Meta(pattern="^[0-9a-fA-F]{64}$")]


class BadConsensus(Refusal):
    code, kind, text = 0x6310, Kind.INVALID, "The home's consensus.json is not of its form."


class UnsafeSocketFolder(Refusal):
    code, kind = 0x6311, Kind.FORBIDDEN
    text = "The folder for sockets in the temporary directory belongs to another user, or others may write in it."


class OfANetwork(Refusal):
    code, kind = 0x6303, Kind.CONFLICT
    text = "The blocks of this home are a network's: this is for an embedded ledger (docs/operate/consortium.md)."


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Every part of the file is closed: a name that is mistyped is an error."""


class Peer(_File, frozen=True):
    """Another member's node, as this home reaches it."""

    name: Slug
    node: NodeId  # CometBFT's id of it, which it proves when it is dialled
    p2p: Address | None  # None: it is not dialled; a light home needs its RPC alone
    rpc: Url
    url: Url | None = None  # of its Salus server


class Trust(_File, frozen=True):
    """A block that whoever invited vouches for: a light client and state sync begin there."""

    height: Annotated[int, msgspec.Meta(ge=1)]
    hash: Hash
    period_s: Annotated[int, msgspec.Meta(ge=60)] = 7 * 86_400


class ConsensusFile(_File, frozen=True):
    """What the file says.

    `node` is validator or full where the home has a CometBFT of its own (validator: its key is to sign), light where
    it follows others' by a light client. Addresses are what this home listens at; `url` is what others reach its
    Salus server by, where that is not `listen`.
    """

    name: Slug
    engine: Literal["cometbft"] = msgspec.field(default="cometbft")
    node: Literal["validator", "full", "light"] = "validator"
    p2p: Address = "127.0.0.1:26656"
    rpc: Address = "127.0.0.1:26657"
    metrics: Address = "127.0.0.1:26660"
    listen: Address = "127.0.0.1:8080"
    names: tuple[str, ...] = ()  # that its Salus server answers for, as `salus serve --name`
    certificate: str | None = None  # of it: a chain in PEM, and its key
    key: str | None = None
    rpc_certificate: str | None = None  # of CometBFT's RPC, a chain in PEM, and its key: it speaks TLS alone then
    rpc_key: str | None = None
    external: Address | None = None  # what others dial, where that is not `p2p`
    url: Url | None = None
    peers: Annotated[tuple[Peer, ...], msgspec.Meta(max_length=MOST_MEMBERS)] = ()
    ca: str | None = None  # certificates in PEM to trust for the others; in the home unless its path begins with /
    one_machine: bool = False  # all members are here: for trying out
    signer: str | None = None  # where a remote signer dials in (CometBFT's priv_validator_laddr)
    trust: Trust | None = None
    begin: Literal["genesis", "snapshot"] = "genesis"  # what a light home's blocks begin with; a node's, `trust` says
    socket: str | None = None  # of the application, where it is not the usual one
    archive: bool = True  # CometBFT keeps every block; else the newest ones, and votes stay here
    keep_blocks: Annotated[int, msgspec.Meta(ge=1_000)] = KEPT_BLOCKS  # of CometBFT's, in no archive
    snapshot_every: Annotated[int, msgspec.Meta(ge=1, le=10_000_000)] = EVERY  # blocks; the same for all members
    snapshots: Annotated[int, msgspec.Meta(ge=1, le=100)] = KEPT
    heartbeat_ms: Annotated[int, msgspec.Meta(ge=200, le=600_000)] = HEARTBEAT_MS

    @property
    def has_node(self) -> bool:
        """True if the home has a CometBFT of its own, and so an application for it."""
        return self.node != "light"

    @property
    def own_rpc(self) -> str | None:
        """Return the URL of the home's own CometBFT."""
        return f"{self.rpc_scheme}://{self.rpc}" if self.has_node else None

    @property
    def rpc_scheme(self) -> str:
        """Return how the home's own CometBFT is asked."""
        return "http" if self.rpc_certificate is None else "https"

    @property
    def rpcs(self) -> tuple[str, ...]:
        """Return the URLs of all nodes it may ask, its own first."""
        own = self.own_rpc
        others = tuple(peer.rpc for peer in self.peers)
        return others if own is None else (own, *others)

    def authority(self, home: Path) -> Path | None:
        """Return the file of certificates to trust alone, None for those that this machine trusts."""
        return None if self.ca is None else home / self.ca


def read_consensus(home: Path) -> ConsensusFile | None:
    """Return what the home's file says, None where its engine is another; raise BadConsensus."""
    try:
        found = msgspec.json.decode((home / FILE).read_bytes(), type=made(ConsensusFile))
    except FileNotFoundError:
        return None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise BadConsensus from None
    pairs = (found.certificate, found.key), (found.rpc_certificate, found.rpc_key)
    if any((chain is None) != (key is None) for chain, key in pairs):
        raise BadConsensus
    return found


def write_consensus(home: Path, consensus: ConsensusFile) -> None:
    """Write the home's file; durable once it returns."""
    said = {"engine": consensus.engine, **msgspec.to_builtins(consensus)}
    LocalFiles().write(home / FILE, msgspec.json.format(msgspec.json.encode(said), indent=2) + b"\n")


def cometbft_home(home: Path) -> Path:
    """Return CometBFT's own home."""
    return home / "cometbft"


def socket_path(home: Path) -> Path:
    """Return where the application listens: in the home, or in a private folder where its path is too long.

    Raises BadConsensus, UnsafeSocketFolder (somebody else made that folder).
    """
    said = read_consensus(home)
    if said is not None and said.socket is not None:
        return Path(said.socket)
    usual = home.absolute() / SOCKET
    if len(os.fsencode(usual)) <= MOST_PATH:
        return usual
    name = sha256(os.fsencode(home.resolve())).hexdigest()[:16]
    return _private(Path(gettempdir()) / f"salus-{os.geteuid()}") / f"{name}.sock"


def _private(folder: Path) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise UnsafeSocketFolder
    return folder
