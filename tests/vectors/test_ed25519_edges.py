"""The published edge cases of Ed25519, and which of them this network accepts (docs/adr/0001)."""

import json
from collections import Counter
from pathlib import Path

import pytest
from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

from salus.core.signatures import valid_public_key, verify

pytestmark = pytest.mark.data

# What verifies as a bare signature: nothing unusual at all, or only a torsion component that cancels out.
VERIFIES = {
    (): 1,
    ("low_order_component_A",): 7,
    ("low_order_component_R", "low_order_component_A"): 35,
}
# What a key that may be listed (a point of the prime-order subgroup, canonically encoded) can still bring,
# and the one flag set of these that is accepted.
LISTABLE = {
    (): True,
    ("low_order_R",): False,
    ("low_order_R", "low_order_component_R", "low_order_residue"): False,
    ("low_order_R", "low_order_component_R", "low_order_residue", "non_canonical_R"): False,
    ("low_order_R", "low_order_component_R", "low_order_residue", "non_canonical_R", "reencoded_k"): False,
    ("low_order_R", "non_canonical_R"): False,
    ("low_order_R", "non_canonical_R", "reencoded_k"): False,
    ("low_order_component_R", "low_order_residue"): False,
}
Case = tuple[tuple[str, ...], bytes, bytes, bytes]


@pytest.fixture(scope="module")
def cases(sample_data: Path) -> list[Case]:
    raw = json.loads((sample_data / "vectors/ed25519vectors.json").read_text())
    return [(tuple(c["flags"] or ()), bytes.fromhex(c["key"]), c["msg"].encode(), bytes.fromhex(c["sig"])) for c in raw]


def test_all_cases_are_there(cases: list[Case]) -> None:
    assert len(cases) == 914
    assert len({flags for flags, *_ in cases}) == 66


def test_a_signature_verifies_exactly_for_the_documented_flags(cases: list[Case]) -> None:
    accepted = Counter(flags for flags, key, message, signature in cases if verify(key, message, signature))
    assert dict(accepted) == VERIFIES
    for flags, key, message, signature in cases:
        assert verify(key, message, signature) == (flags in VERIFIES), flags


def test_only_keys_without_torsion_can_be_listed(cases: list[Case]) -> None:
    of_key = {"low_order_A", "low_order_component_A", "non_canonical_A"}
    for flags, key, _, _ in cases:
        assert valid_public_key(key) == (not of_key & set(flags)), flags


def test_on_the_network_only_the_unflagged_case_counts(cases: list[Case]) -> None:
    seen: dict[tuple[str, ...], bool] = {}
    for flags, key, message, signature in cases:
        if valid_public_key(key):
            accepted = verify(key, message, signature)
            assert seen.setdefault(flags, accepted) == accepted
    assert seen == LISTABLE


def test_no_low_order_r_and_no_other_encoding_ever_verifies(cases: list[Case]) -> None:
    unusual = {"low_order_R", "low_order_A", "non_canonical_A", "non_canonical_R", "reencoded_k", "low_order_residue"}
    for flags, key, message, signature in cases:
        if unusual & set(flags):
            assert not verify(key, message, signature), flags


def test_pinned_libsodium_still_answers_as_documented(cases: list[Case]) -> None:
    """An upgrade that changes an answer would fork a network: it must be seen here first."""
    for flags, key, message, signature in cases:
        try:
            crypto_sign_open(signature + message, key)
            accepted = True
        except BadSignatureError:
            accepted = False
        assert accepted == (flags in VERIFIES), flags
