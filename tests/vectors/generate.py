"""Write the vectors of every format, or with --check compare them with the files that are there.

.venv/bin/python -m tests.vectors.generate [--check]
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from . import (
    access_vectors,
    committed_vectors,
    core_vectors,
    decision_vectors,
    discovery_vectors,
    escrow_vectors,
    evidence_vectors,
    ledger_vectors,
    life_vectors,
    merge_vectors,
    person_vectors,
    policy_vectors,
    published_vectors,
    record_vectors,
    release_vectors,
    tree_vectors,
)

HERE = Path(__file__).parent
VECTORS: dict[str, Callable[[], dict[str, object]]] = {
    "encoding": core_vectors.encoding,
    "hashes": core_vectors.hashes,
    "keys": core_vectors.keys,
    "cose": core_vectors.cose_sign,
    "ids": core_vectors.ids,
    "envelopes": core_vectors.envelopes,
    "batches": core_vectors.batches,
    "genesis": core_vectors.genesis,
    "sparse-tree": tree_vectors.sparse_tree,
    "log": tree_vectors.log,
    "records": record_vectors.records,
    "requests": record_vectors.requests,
    "sessions": access_vectors.sessions,
    "consents": record_vectors.consents,
    "policies": policy_vectors.policies,
    "decisions": decision_vectors.decisions,
    "claims": person_vectors.claims,
    "grants": person_vectors.grants,
    "deliveries": record_vectors.deliveries,
    "petitions": life_vectors.petitions,
    "receipts": life_vectors.receipts,
    "notices": life_vectors.notices,
    "release-notices": life_vectors.release_notices,
    "reads": life_vectors.reads,
    "escrows": escrow_vectors.escrows,
    "approvals": merge_vectors.approvals,
    "deferred": release_vectors.deferred,
    "silences": release_vectors.silences,
    "bulks": release_vectors.bulks,
    "lookups": discovery_vectors.lookups,
    "share-codes": discovery_vectors.share_codes,
    "seen-ids": ledger_vectors.seen_ids,
    "headers": ledger_vectors.headers,
    "committed": committed_vectors.committed_headers,
    "cometbft-genesis": committed_vectors.cometbft,
    "tips": ledger_vectors.tips,
    "blocks": ledger_vectors.blocks,
    "pruned": ledger_vectors.pruned,
    "checkpoints": ledger_vectors.checkpoints,
    "tiles": published_vectors.tiles,
    "forks": published_vectors.forks,
    "exports": ledger_vectors.exports,
    "evidence": evidence_vectors.evidence,
}


def text(name: str) -> str:
    """Return the file of one format as it must be."""
    make = VECTORS[name]
    about = " ".join((make.__doc__ or "").split())
    return json.dumps({"about": about, **make()}, indent=1, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """Write or check all files; return the exit status."""
    parser = argparse.ArgumentParser(description="Test vectors of Salus's formats.")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    check = parser.parse_args(arguments).check
    wrong = []
    for name in VECTORS:
        path = HERE / f"{name}.json"
        if not check:
            path.write_text(text(name))
        elif not path.is_file() or path.read_text() != text(name):
            wrong.append(path.name)
    stray = sorted(p.name for p in HERE.glob("*.json") if p.stem not in VECTORS)
    for name in wrong + stray:
        print(f"{name}: not what the generator makes", file=sys.stderr)
    return 1 if wrong or stray else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
