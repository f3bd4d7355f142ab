"""Ask an independent COSE library about our vectors, and compute hashes with CBOR of its own.

Runs without Salus, in the environment of `requirements/oracle.txt`:  make vectors
"""

import json
import sys
from pathlib import Path

from cwt import COSE, COSEKey

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
import plain  # noqa: E402


def load(name: str) -> dict:
    return json.loads((HERE / f"{name}.json").read_text())


def check_cose() -> int:
    """Each signer of each valid object must verify by cwt, with our external_aad; a changed aad must not."""
    count = 0
    for case in load("cose")["valid"]:
        raw, aad = bytes.fromhex(case["cose"]), bytes.fromhex(case["external_aad"])
        for signer in case["signers"]:
            public = bytes.fromhex(signer["public"])
            kid = bytes.fromhex(signer["key_id"])
            key = COSEKey.new({1: 1, -1: 6, -2: public, 2: kid, 3: -8, 4: [2]})
            _, _, payload = COSE.new().decode_with_headers(raw, keys=[key], external_aad=aad)
            assert payload == bytes.fromhex(case["payload"]), case["kind"]
            assert refuses(raw, key, aad + b"x"), case["kind"]
            count += 1
    return count


def refuses(raw: bytes, key: COSEKey, aad: bytes) -> bool:
    try:
        COSE.new().decode(raw, keys=[key], external_aad=aad)
    except Exception:
        return True
    return False


def check_hashes() -> int:
    cases = load("hashes")["cases"]
    for case in cases:
        value = [case["tag"], bytes.fromhex(case["network"]), *case["fields"]]
        assert plain.cbor(value).hex() == case["preimage"]
        assert plain.sha256(plain.cbor(value)).hexdigest() == case["hash"]
    return len(cases)


if __name__ == "__main__":
    print(f"{check_cose()} signatures verified by cwt, {check_hashes()} hashes computed anew")
