"""The published edge cases of Ed25519, and which of them CometBFT's validators accept (docs/adr/0056)."""

import json
from pathlib import Path

import pytest

from salus.cometbft.zip215 import verify
from salus.core.signatures import verify as verify_ours


@pytest.mark.data
def test_of_the_published_cases_only_a_k_over_other_bytes_is_refused(sample_data: Path) -> None:
    """Where the key has low order, k is of no matter."""
    for case in json.loads((sample_data / "vectors/ed25519vectors.json").read_text()):
        flags = case["flags"] or ()
        accepted = "reencoded_k" not in flags or "low_order_A" in flags
        public, signature = bytes.fromhex(case["key"]), bytes.fromhex(case["sig"])
        assert verify(public, case["msg"].encode(), signature) == accepted, flags


def test_more_is_accepted_than_of_signatures_of_our_own_and_never_less() -> None:
    facts = json.loads((Path(__file__).parent / "cometbft/facts.json").read_text())
    more = 0
    for case in facts["signatures"]:
        parts = [bytes.fromhex(case[name]) for name in ("public", "message", "signature")]
        assert case["valid"] or not verify_ours(*parts)
        more += case["valid"] and not verify_ours(*parts)
    assert more > 200


def test_no_length_but_the_one_is_looked_at() -> None:
    for public, signature in ((31, 64), (33, 64), (0, 64), (32, 0), (32, 63), (32, 65)):
        assert not verify(bytes(public), b"", bytes(signature))
