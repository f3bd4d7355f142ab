"""Commit to records: salt, header, leaf, log, map, relation root, anchor; without content, encryption and index.

Each relation gets RECORDS records at once; a thousand relations are anchored under one signature, durably.
"""

import os
import tempfile
import time
from pathlib import Path

from salus.bootstrap import MemberSpec, RegionSpec, create_region
from salus.contracts.records.messages import AnchorRelations
from salus.core.encoding import encode
from salus.core.record import LeafHeader, RelationOpening, Status, leaf_hash, relation_root
from salus.policy.types import OrganisationRole
from salus.services.open_accounts import open_accounts
from salus.vault.relation import Relation

RECORDS = 10
SPEC = RegionSpec("benchmark", (MemberSpec("Hospital", "hospital", (OrganisationRole.HOSPITAL,)),))


def run(full: bool) -> dict[str, float]:
    """Return the figures."""
    with tempfile.TemporaryDirectory() as folder, create_region(Path(folder, "home"), SPEC, "benchmark") as region:
        hospital = region.organisation("hospital")
        handles = open_accounts(hospital, 10_000 if full else 2_000)
        start = time.perf_counter()
        sizes = 0
        for first in range(0, len(handles), 1000):
            entries = []
            for handle in handles[first : first + 1000]:
                root, size = commit(region.network, hospital.account, handle)
                entries.append((handle, None, root))
                sizes += size
            built, _ = hospital.send(AnchorRelations(hospital.account, tuple(entries)))
        took = time.perf_counter() - start
    count = len(handles) * RECORDS
    return {
        "commitments_per_s": round(count / took),
        "commitments_records_per_relation": RECORDS,
        "commitments_relations": len(handles),
        "commitments_header_bytes": round(sizes / count),
        "commitments_anchor_bytes_per_relation": round(len(built.raw) / min(1000, len(handles))),
    }


def commit(network: bytes, custodian: bytes, handle: bytes) -> tuple[bytes, int]:
    """Return the root of a fresh relation with RECORDS records, and the bytes of their headers."""
    relation, size = Relation(handle, 1, None), 0
    entries: list[tuple[bytes, int, bytes]] = []
    fresh = os.urandom(RECORDS * 112)
    for number in range(RECORDS):
        random = fresh[number * 112 : (number + 1) * 112]
        record, salt = random[:16], random[16:48]
        header = encode(
            LeafHeader(
                record,
                1,
                None,
                "laboratory",
                "Observation",
                1_790_000_000_000,
                1_790_000_001_000,
                ("N",),
                1,
                "Practitioner/0123456789abcdef0123456789abcdef",
                custodian,
                1_790_000_000_000,
                None,
                int(Status.CURRENT),
                None,
                random[48:80],
                "application/fhir+json",
                random[80:112],
            )
        )
        size += len(header)
        entries.append((record, 1, leaf_hash(network, handle, salt, header)))
    relation.append(entries)
    log, access = relation.log, relation.access
    salt = os.urandom(32)
    opening = RelationOpening(handle, 1, salt, log.size, log.root(), relation.map_root, access.size, access.root())
    return relation_root(network, opening), size
