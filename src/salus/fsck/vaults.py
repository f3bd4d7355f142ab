"""Check a vault by its own means, and its openings against the roots that the ledger holds."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from sqlalchemy import text

from salus.contracts.accounts.queries import custodian_of
from salus.contracts.records.queries import custody_came, kept_until
from salus.core.encoding import decode
from salus.core.errors import Malformed, Refusal
from salus.evidence.state import RelationValue, relation_key
from salus.fsck.report import Finding, Severity
from salus.state.overlay import Reader
from salus.state.store import Store
from salus.vault.check import check
from salus.vault.files import LocalFiles
from salus.vault.identity import read_identity
from salus.vault.index import FILE as INDEX_FILE
from salus.vault.index import Index
from salus.vault.keys import derive
from salus.vault.schema import ANCHORED

_OPENINGS = text(
    "SELECT r.relation, o.number, o.seq, o.root, o.state FROM openings o"
    " JOIN relations r ON r.number = o.number ORDER BY o.number, o.seq"
)
NOTHING: Mapping[bytes, Sequence[bytes]] = MappingProxyType({})
Roots = dict[int, tuple[bytes, bool]]  # seq -> (root, anchored)


class VaultPlace(NamedTuple):
    """A vault to check, closed; `master` is its master key."""

    folder: Path
    master: bytes


def anchored_by(state: Store) -> dict[bytes, list[bytes]]:
    """Return {custodian: its relations of which the ledger holds a root}."""
    found: dict[bytes, list[bytes]] = {}
    relations = (key[2:] for key, _ in state.items() if relation_key(key[2:]) == key)
    for relation in relations:
        found.setdefault(custodian_of(state, relation) or b"", []).append(relation)
    return found


def check_vault(
    vault: VaultPlace, network: bytes, state: Reader | None, anchored: Mapping[bytes, Sequence[bytes]] = NOTHING
) -> Iterator[Finding]:
    """Yield what is wrong with the vault; `state` is the ledger's, None where only the vault is at hand.

    `anchored` is {custodian: its relations of which the ledger holds a root}.
    """
    try:
        found = check(vault.folder, vault.master, network)
    except Refusal as refusal:
        yield Finding(INDEX_FILE, "whole file", f"cannot be checked: {refusal}")
        return
    yield from (Finding(one.file, one.place, one.what) for one in found)
    if state is None:
        yield Finding(INDEX_FILE, "openings", "not compared: no ledger was given", Severity.NOTE)
    elif not found:
        yield from _compare(vault, network, state, anchored)


def _compare(
    vault: VaultPlace, network: bytes, state: Reader, anchored: Mapping[bytes, Sequence[bytes]]
) -> Iterator[Finding]:
    custodian = read_identity(vault.folder, LocalFiles()).custodian
    openings = _openings(vault, network)
    for relation in anchored.get(custodian, ()):
        if relation not in openings:
            late = Severity.NOTE if custody_came(state, relation) else Severity.DAMAGED  # its copy may still come
            place = f"openings of relation {relation.hex()[:12]}"
            yield Finding(INDEX_FILE, place, "none, and the ledger holds a root of it", late)
    for relation, (number, roots) in openings.items():
        place = f"openings of relations row {number}"
        if kept_until(state, relation, custodian) is not None and custodian_of(state, relation) != custodian:
            yield Finding(INDEX_FILE, place, "another custodian's by now, and not destroyed yet", Severity.NOTE)
            continue
        try:
            raw = state.get(relation_key(relation))
            held = None if raw is None else decode(raw, RelationValue)
        except Malformed:
            yield Finding(INDEX_FILE, place, "the ledger's root is malformed")
            continue
        newest = max((seq for seq, (_, anchored) in roots.items() if anchored), default=0)
        if held is None:
            if newest:
                yield Finding(INDEX_FILE, place, "anchored, and the ledger holds no root")
        elif roots.get(held.seq, (b"", False))[0] != held.root:
            yield Finding(INDEX_FILE, place, f"no opening of the ledger's root number {held.seq}")
        elif newest > held.seq:
            yield Finding(INDEX_FILE, place, f"anchored as number {newest}, and the ledger is at {held.seq}")
        elif newest < held.seq:
            yield Finding(INDEX_FILE, place, "the last anchor is not noted yet", Severity.NOTE)


def _openings(vault: VaultPlace, network: bytes) -> dict[bytes, tuple[int, Roots]]:
    index = Index(vault.folder / INDEX_FILE, derive(network, vault.master).index_key, read_only=True)
    found: dict[bytes, tuple[int, Roots]] = {}
    try:
        with index.reading() as connection:
            for row in connection.execute(_OPENINGS):
                _, roots = found.setdefault(row.relation, (row.number, {}))
                roots[row.seq] = (row.root, row.state == ANCHORED)
    finally:
        index.close()
    return found
