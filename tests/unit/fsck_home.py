"""A small home on disk for the tests of client and fsck: a ledger with some blocks, and a vault."""

from pathlib import Path

from salus.client.batcher import Carrier
from salus.client.envelopes import EnvelopeBuilder
from salus.contracts.accounts.messages import OpenAccounts
from salus.contracts.records.messages import AnchorRelations
from salus.core.encoding import encode
from salus.core.genesis import founder_id, network_id
from salus.fsck.check import fsck
from salus.fsck.report import Report
from salus.fsck.vaults import VaultPlace
from salus.ledger.embedded.ledger import EmbeddedLedger
from salus.vault.vault import Vault
from unit.vault_samples import MASTER, write
from vectors.core_vectors import genesis_document, genesis_file
from vectors.fixed import key

GENESIS = genesis_file()
NETWORK = network_id(encode(genesis_document()))
HOSPITAL = founder_id(genesis_document().founders[0])
GATEWAY = key("Hospital gateway")
NODE = key("node")
RELATIONS = 5


def make_ledger(home: Path) -> EmbeddedLedger:
    return EmbeddedLedger.create(home / "ledger", GENESIS, NODE)


def open_ledger(home: Path) -> EmbeddedLedger:
    return EmbeddedLedger.open(home / "ledger", NODE)


def make_home(home: Path) -> None:
    """A hospital opens accounts, deposits records (one of 70 kB) and anchors them, twice."""
    with (
        make_ledger(home) as ledger,
        Vault.create(home / "hospital", MASTER, NETWORK, HOSPITAL) as vault,
        Carrier(ledger, HOSPITAL, GATEWAY) as carrier,
    ):
        builder = EnvelopeBuilder(NETWORK, ledger.now)
        opened = builder.build([(HOSPITAL, GATEWAY)], OpenAccounts(HOSPITAL, RELATIONS))
        carrier.submit_now(opened.raw)
        (handles,) = opened.created
        for count in (3, 5):
            vault.deposit([write(handle, count * 100 + n, bytes(400)) for handle in handles for n in range(count)])
            vault.deposit([write(handles[0], count, bytes(70_000))])
            entries = vault.pending_anchors(100)
            message = AnchorRelations(HOSPITAL, tuple((e.relation, e.previous, e.root) for e in entries))
            landed = carrier.submit_now(builder.build([(HOSPITAL, GATEWAY)], message).raw)
            vault.anchors.mark_all_anchored([(e.relation, e.seq) for e in entries], landed.height)


def check_home(home: Path) -> Report:
    return fsck(home, home / "ledger", {"hospital": VaultPlace(home / "hospital", MASTER)}, GENESIS)
