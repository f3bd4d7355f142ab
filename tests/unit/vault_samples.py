"""What the tests of the vault share: fixed ids, writes, scopes."""

import random
from pathlib import Path

from salus.core.record import LeafHeader
from salus.vault.files import Files
from salus.vault.records import RecordWrite
from salus.vault.scope import Scope
from salus.vault.vault import Vault

NETWORK, CUSTODIAN, MASTER = b"N" * 32, b"C" * 32, b"M" * 32
ALICE, BOB = b"A" * 32, b"B" * 32
NOW = 1_700_000_000_000


def make_vault(folder: Path, files: Files | None = None) -> Vault:
    return Vault.create(folder, MASTER, NETWORK, CUSTODIAN, files)


def open_vault(folder: Path, files: Files | None = None) -> Vault:
    return Vault.open(folder, MASTER, NETWORK, CUSTODIAN, files)


def write(relation: bytes, number: int, octets: bytes = b"{}", expected: int | None = None, **fields) -> RecordWrite:
    """A write of the record `number` of a relation."""
    record = random.Random(relation + number.to_bytes(4, "big")).randbytes(16)
    values = {"data_class": "laboratory", "type": "Observation", "recorded": NOW} | fields
    return RecordWrite(relation, record, octets, "application/fhir+json", expected=expected, **values)


def everything(_: LeafHeader) -> bool:
    return True


def scope(relation: bytes | None, allows=everything) -> Scope:
    return Scope(relation, "TREAT", CUSTODIAN, bytes(32), allows)
