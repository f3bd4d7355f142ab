"""The vectors of the other releases, by code that knows only the description."""

import json
from hashlib import sha256
from pathlib import Path

from salus.core.encoding import decode_plain

from . import plain

HERE = Path(__file__).parent
bytes_of = bytes.fromhex


def load(name: str) -> dict:
    return json.loads((HERE / f"{name}.json").read_text())


def test_deferred() -> None:
    case = load("deferred")
    fields = decode_plain(bytes_of(case["message"]))
    assert len(fields) == 7
    assert fields[3] == [41, fields[2] - 1000]  # the state it was decided on: height, known newest up to
    assert plain.cbor(fields) == bytes_of(case["message"])


def test_silences() -> None:
    case = load("silences")
    network, issuer, custodian = (bytes_of(case[name]) for name in ("network", "issuer", "custodian"))
    nonce, order = bytes_of(case["nonce"]), bytes_of(case["order"])
    assert plain.tagged("sealed-order", network, issuer, nonce, 0, 0) == order
    assert plain.tagged("release", network, custodian, nonce, 0, 0).hex() == case["release"]
    demanded, given = bytes_of(case["order_terms"]), bytes_of(case["release_terms"])
    made = plain.tagged("sealed-order", network, issuer, bytes_of(case["order_salt"]), demanded)
    assert made.hex() == case["order_commitment"]
    made = plain.tagged("sealed-release", network, custodian, order, bytes_of(case["release_salt"]), given)
    assert made.hex() == case["release_commitment"]
    opening = decode_plain(bytes_of(case["opening"]))
    assert (plain.cbor(opening[3]), plain.cbor(opening[5])) == (demanded, given)


def test_bulks() -> None:
    case = load("bulks")
    network, custodian, nonce = (bytes_of(case[name]) for name in ("network", "custodian", "nonce"))
    bulk, entries = bytes_of(case["bulk"]), []
    assert plain.tagged("bulk", network, custodian, nonce, 0, 0) == bulk
    for place, (relation, leaves) in enumerate(zip(case["relations"], case["leaves"], strict=True)):
        release = plain.tagged("release", network, custodian, nonce, 0, place)
        assert release.hex() == case["releases"][place]
        entries.append(plain.tagged("receipt", network, bulk, bytes_of(relation), release, bytes_of(leaves)))
    assert [entry.hex() for entry in entries] == case["receipts"]
    first, second, third = (sha256(b"\0" + entry).digest() for entry in entries)
    left = sha256(b"\1" + first + second).digest()
    assert sha256(b"\1" + left + third).hexdigest() == case["root"]
