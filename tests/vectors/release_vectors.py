"""Vectors of the other releases: a deferred one, what an order that forbids notice commits to, receipts of a bulk."""

from salus.contracts.access.messages import DeferredRelease, OpenSealedRelease, RecordBulkRelease
from salus.core.bulk import receipt
from salus.core.encoding import encode
from salus.core.hashing import object_id
from salus.core.sealed import OrderTerms, ReleaseTerms, order_commitment, release_commitment
from salus.merkle.log import Log
from salus.policy.types import BasisKind

from .fixed import NETWORK, NOW, fixed
from .record_vectors import RELATION

Vectors = dict[str, object]


def deferred() -> Vectors:
    """The message that commits a release by break-glass which happened while the ledger could not commit."""
    message = DeferredRelease(
        fixed("hospital"), b"request", NOW, (41, NOW - 1000), (fixed("set"), 2), fixed("root"), fixed("leaves")
    )
    return {"network": NETWORK.hex(), "number": 0x0510, "message": encode(message).hex()}


def silences() -> Vectors:
    """An order that forbids notice and a release under it: what each commits to, and the message that opens both."""
    issuer, custodian, nonce = fixed("regulator"), fixed("hospital"), fixed("nonce", 16)
    order = object_id("sealed-order", NETWORK, issuer, nonce, 0, 0)
    release = object_id("release", NETWORK, custodian, nonce, 0, 0)
    demanded = OrderTerms(custodian, RELATION, fixed("clinic"), 1, 5, fixed("writ"))
    given = ReleaseTerms(RELATION, fixed("clinic"), 1, fixed("root"), fixed("leaves"))
    order_salt, salt = fixed("order salt"), fixed("release salt")
    message = OpenSealedRelease(custodian, release, order_salt, demanded, salt, given)
    return {
        "network": NETWORK.hex(),
        "issuer": issuer.hex(),
        "custodian": custodian.hex(),
        "nonce": nonce.hex(),
        "order": order.hex(),
        "release": release.hex(),
        "order_salt": order_salt.hex(),
        "order_terms": encode(demanded).hex(),
        "order_commitment": order_commitment(NETWORK, issuer, order_salt, demanded).hex(),
        "release_salt": salt.hex(),
        "release_terms": encode(given).hex(),
        "release_commitment": release_commitment(NETWORK, custodian, order, salt, given).hex(),
        "opening": encode(message).hex(),
    }


def bulks() -> Vectors:
    """A bulk release over three relations: the ids of its parts, their receipts, the root over them."""
    custodian, nonce = fixed("hospital"), fixed("nonce", 16)
    bulk = object_id("bulk", NETWORK, custodian, nonce, 0, 0)
    basis = (int(BasisKind.POLICY), fixed("set"), 2)
    entries = tuple((fixed(f"relation {n}"), basis, fixed(f"root {n}"), fixed(f"leaves {n}")) for n in range(3))
    releases = [object_id("release", NETWORK, custodian, nonce, 0, place) for place in range(3)]
    pairs = list(zip(entries, releases, strict=True))
    receipts = [receipt(NETWORK, bulk, entry[0], release, entry[3]) for entry, release in pairs]
    return {
        "network": NETWORK.hex(),
        "custodian": custodian.hex(),
        "nonce": nonce.hex(),
        "bulk": bulk.hex(),
        "message": encode(RecordBulkRelease(custodian, fixed("clinic"), 1, NOW, entries)).hex(),
        "relations": [entry[0].hex() for entry in entries],
        "leaves": [entry[3].hex() for entry in entries],
        "releases": [release.hex() for release in releases],
        "receipts": [one.hex() for one in receipts],
        "root": Log(receipts).root().hex(),
    }
