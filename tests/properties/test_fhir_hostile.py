"""Bundles that were tampered with: taken in whole or refused with issues, and never anything else."""

import json
import os
import random
from copy import deepcopy
from typing import Any

import pytest

from salus.demo.generator import generate
from salus.fhir.bundle import BundleRefused, read_bundle

CASES = 3_000
WRONG: list[Any] = [
    None, True, 0, -1, 10**30, "", "x" * 5000, [], {}, [[]], {"a": []}, "urn:uuid:zz", "Patient/../x", "2023-02-30",
    "\ud800", "Patient?identifier=a|b", {"reference": "urn:uuid:0"}, "\x00",
]  # fmt: skip


def bundles() -> list[bytes]:
    """Our generator's bundles without their long attachments."""
    found = []
    for raw in (raw for part in generate(7, 2, 1_800_000_000_000).values() for raw in part):
        bundle = json.loads(raw)
        bundle["entry"] = [entry for entry in bundle["entry"] if len(json.dumps(entry)) < 10_000]
        found.append(json.dumps(bundle).encode())
    return found


class Nothing:
    """A custodian that holds nothing yet."""

    def find(self, kind: str, system: str | None, value: str) -> list[str]:
        return []

    def holds(self, kind: str, identity: str) -> bool:
        return False


def changed(rng: random.Random, value: Any) -> None:
    """Change, drop, double or rename something in `value`, at any depth."""
    if isinstance(value, dict) and value:
        name = rng.choice(list(value))
        if rng.random() < 0.4 and isinstance(value[name], dict | list):
            changed(rng, value[name])
        elif rng.random() < 0.3:
            del value[name]
        elif rng.random() < 0.5:
            value[name] = deepcopy(rng.choice(WRONG))
        else:
            value[rng.choice([*value, "_" + name, "resourceType", "reference", "id"])] = deepcopy(value[name])
    elif isinstance(value, list) and value:
        index = rng.randrange(len(value))
        if isinstance(value[index], dict | list) and rng.random() < 0.8:
            changed(rng, value[index])
        else:
            value[index] = deepcopy(rng.choice(WRONG))


def hostile(rng: random.Random, sound: bytes) -> bytes:
    """Return the bundle with one to four bytes, or one to three elements, changed."""
    if rng.random() < 0.4:
        octets = bytearray(sound)
        for _ in range(rng.randint(1, 4)):
            octets[rng.randrange(len(octets))] = rng.randrange(256)
        return bytes(octets)
    bundle = json.loads(sound)
    for _ in range(rng.randint(1, 3)):
        changed(rng, bundle)
    return json.dumps(bundle).encode()


def test_a_tampered_bundle_is_taken_in_whole_or_refused_with_issues() -> None:
    seed = random.randrange(2**32)
    rng = random.Random(seed)
    sound = bundles()
    assert len(sound) > 3
    refused = 0
    for case in range(CASES):
        raw = hostile(rng, rng.choice(sound))
        try:
            read_bundle(raw, Nothing(), lambda: os.urandom(16))
        except BundleRefused as refusal:
            assert refusal.issues, (seed, case)
            refused += 1
        except Exception as error:
            raise AssertionError(f"seed {seed}, case {case}") from error
    assert refused > CASES // 2, seed


@pytest.mark.parametrize("at", [b'"reference": "', b'"family": "', b'"resourceType": "', b'"system": "'])
def test_text_that_is_not_utf8_is_refused(at: bytes) -> None:
    sound = next(raw for raw in bundles() if at in raw)
    wrong = sound.replace(at, at + b"\xa0", 1)
    with pytest.raises(BundleRefused) as caught:
        read_bundle(wrong, Nothing(), lambda: os.urandom(16))
    assert [issue.diagnostics for issue in caught.value.issues] == ["The bundle is not in UTF-8."]
