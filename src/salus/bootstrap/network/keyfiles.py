"""CometBFT's own home: its keys as it reads them, its genesis, and what the validator signed last.

HOME/cometbft/config/config.toml               written anew at each start
HOME/cometbft/config/genesis.json              made of the network's genesis; the same bytes in every home
HOME/cometbft/config/node_key.json             by which other nodes know this one
HOME/cometbft/config/priv_validator_key.json   the validator's key; absent with a remote signer
HOME/cometbft/signed/priv_validator_state.json what it signed last: the one file that must never be put back
HOME/cometbft/data/                            CometBFT's blocks; may be removed, others have them

The forms are CometBFT's (privval/file.go, p2p/key.go): Amino names, keys in base64, an Ed25519 key as seed and public.
"""

import os
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path

import orjson

from salus.api.tls import server_context
from salus.bootstrap.consensus import ConsensusFile, cometbft_home, socket_path
from salus.bootstrap.network.config import config_toml
from salus.bootstrap.network.errors import BadRpcCertificate, OtherChain, SignStateGone
from salus.cometbft.genesis import cometbft_genesis
from salus.core.signatures import SigningKey
from salus.vault.files import LocalFiles

_PRIVATE, _PUBLIC = "tendermint/PrivKeyEd25519", "tendermint/PubKeyEd25519"
_NOTHING = {"height": "0", "round": 0, "step": 0}
_FILES = LocalFiles()


def address(public: bytes) -> bytes:
    """Return CometBFT's address of a key, 20 bytes."""
    return sha256(public).digest()[:20]


def make_cometbft(home: Path, validator: SigningKey) -> SigningKey:
    """Make CometBFT's home within a new home; return the key by which other nodes know it.

    Its genesis is not there yet: see `write_genesis`.
    """
    folder = cometbft_home(home)
    _FILES.create_folder(folder / "config")
    _FILES.create_folder(folder / "data")
    _FILES.create_folder(folder / "signed")
    node = SigningKey.from_seed(os.urandom(32))
    _FILES.write(folder / "config/node_key.json", orjson.dumps({"priv_key": _private(node)}))
    write_validator(home, validator)
    _FILES.write(folder / "signed/priv_validator_state.json", orjson.dumps(_NOTHING))
    return node


def write_genesis(home: Path, genesis: bytes) -> None:
    """Put CometBFT's genesis of a network where it reads it."""
    _FILES.write(cometbft_home(home) / "config/genesis.json", genesis_json(genesis))


def write_validator(home: Path, key: SigningKey) -> None:
    """Put the validator's key where CometBFT reads it; what it signed last must be there already, or be nothing."""
    _FILES.write(cometbft_home(home) / "config/priv_validator_key.json", orjson.dumps(_validator(key)))


def genesis_json(genesis: bytes) -> bytes:
    """Return CometBFT's genesis of a network; the same everywhere."""
    return orjson.dumps(cometbft_genesis(genesis), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"


def node_id(home: Path) -> str:
    """Return the id by which other nodes know this one."""
    kept = orjson.loads((cometbft_home(home) / "config/node_key.json").read_bytes())
    return address(b64decode(kept["priv_key"]["value"])[32:]).hex()


def refresh(home: Path, consensus: ConsensusFile, genesis: bytes) -> None:
    """Write config.toml as consensus.json says, before a start.

    Raises OtherChain where CometBFT's genesis is not the home's, SignStateGone where the validator's key is here and
    what it signed last is not; BadRpcCertificate.
    """
    _check_certificate(home, consensus)
    folder = cometbft_home(home)
    kept = folder / "config/genesis.json"
    if not kept.is_file() or orjson.loads(kept.read_bytes()) != orjson.loads(genesis_json(genesis)):
        raise OtherChain
    here = consensus.signer is None and (folder / "config/priv_validator_key.json").is_file()
    if here and not (folder / "signed/priv_validator_state.json").is_file():
        raise SignStateGone
    _FILES.create_folder(folder / "data")
    _FILES.write(folder / "config/config.toml", config_toml(consensus, socket_path(home)).encode())


def _check_certificate(home: Path, consensus: ConsensusFile) -> None:
    """Raise BadRpcCertificate where CometBFT could not speak TLS: it would say so in its log alone."""
    if consensus.rpc_certificate is None or consensus.rpc_key is None:
        return
    try:
        server_context(home / consensus.rpc_certificate, home / consensus.rpc_key)
    except (OSError, ValueError):
        raise BadRpcCertificate from None


def _private(key: SigningKey) -> dict[str, str]:
    return {"type": _PRIVATE, "value": b64encode(key.seed + key.public).decode()}


def _validator(key: SigningKey) -> dict[str, object]:
    public = {"type": _PUBLIC, "value": b64encode(key.public).decode()}
    return {"address": address(key.public).hex().upper(), "pub_key": public, "priv_key": _private(key)}
