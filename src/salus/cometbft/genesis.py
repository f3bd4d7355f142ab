"""CometBFT's genesis file out of ours: every member makes the same, and its chain id names our document.

https://docs.cometbft.com/v0.38/spec/core/genesis
"""

from base64 import b64encode

from google.protobuf.timestamp_pb2 import Timestamp

from salus.cometbft import chain_id
from salus.cometbft.validators import Validator, validators
from salus.core.genesis import read_genesis

MAX_BLOCK_BYTES = 4 * 1024 * 1024
NO_LIMIT = -1
_DAY_NS = 24 * 3600 * 10**9
EVIDENCE_AGE_DAYS = 28  # misbehaviour is held against a validator this long, whatever the heights
EVIDENCE_AGE_BLOCKS = 1_000_000
TRUST_PERIOD_MS = 14 * 24 * 3600 * 1000  # how long a header is a start for a light client; half of the above
_KEY_TYPE = "tendermint/PubKeyEd25519"


def cometbft_genesis(genesis_file: bytes) -> dict[str, object]:
    """Return CometBFT's genesis as the value of its JSON file, from our genesis file.

    Raises Malformed or InvalidKey as `core.genesis.read_genesis` does. The app hash is left out: the application
    answers it when the chain begins, and the header of height 1 holds it.
    """
    network, genesis = read_genesis(genesis_file)
    members = validators((one.public, one.power) for one in genesis.validators)
    return {
        "genesis_time": _time(genesis.time),
        "chain_id": chain_id(network),
        "initial_height": "1",
        "consensus_params": {
            "block": {"max_bytes": str(MAX_BLOCK_BYTES), "max_gas": str(NO_LIMIT)},
            "evidence": {
                "max_age_num_blocks": str(EVIDENCE_AGE_BLOCKS),
                "max_age_duration": str(EVIDENCE_AGE_DAYS * _DAY_NS),
                "max_bytes": str(1024 * 1024),
            },
            "validator": {"pub_key_types": ["ed25519"]},
            "version": {"app": "0"},
            "abci": {"vote_extensions_enable_height": "0"},
        },
        "validators": [_shown(one) for one in members],
        "app_hash": "",
    }


def _time(milliseconds: int) -> str:
    stamp = Timestamp()
    stamp.FromMilliseconds(milliseconds)
    return stamp.ToJsonString()


def _shown(one: Validator) -> dict[str, object]:
    key = {"type": _KEY_TYPE, "value": b64encode(one.public).decode()}
    return {"address": one.address.hex().upper(), "pub_key": key, "power": str(one.power), "name": ""}
