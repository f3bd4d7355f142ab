"""The application behind a real CometBFT: what it decides is executed, kept, proved, and found again after any end."""

import time

from consensus.kvstore_nodes import until
from consensus.one_validator import Member, one_member
from salus.client.cometbft.rpc import Rpc
from salus.core.genesis import validator_keys
from salus.evidence.header import parse_header, read_block, read_header
from salus.evidence.state import LOG_KEY
from salus.ledger.consensus.application import milliseconds
from salus.ledger.consensus.ledger import ConsensusLedger
from salus.merkle.smt import verify_membership


def send(ledger: ConsensusLedger, member: Member, accounts: int = 1) -> int:
    """Open accounts by a batch; return the height of its block."""
    until_ms = int(time.time() * 1000) + 60_000
    region = member.region
    envelope, _ = region.open_accounts(accounts, until_ms)
    done = ledger.submit(region.batch(envelope, not_after=until_ms)).result(60)
    assert (done.code, [one.code for one in done.results]) == (0, [0])
    return done.height


def check_chain(ledger: ConsensusLedger, rpc: Rpc) -> None:
    """See that every block here is the one CometBFT keeps, and that its committed header is here and verifies."""
    network, founders = ledger.network, validator_keys(ledger.network, ledger._founders)
    height = ledger.height()
    until(lambda: ledger._commits.height >= height)
    for number in range(1, height + 1):
        fetched, decided = rpc.block(number), parse_header(network, read_block(ledger.block(number)).header)
        assert read_block(ledger.block(number)).batches == fetched.txs
        assert (decided.hash, decided.header.time) == (fetched.hash, milliseconds(fetched.header.time))
        shown = read_header(network, ledger.header(number), founders)
        assert (shown.hash, shown.header.app_hash) == (fetched.hash, fetched.header.app_hash)


def test_batches_through_a_real_cometbft() -> None:
    with one_member() as member:
        ledger = member.open()
        member.start()
        rpc = Rpc(member.url)
        first = send(ledger, member, 3)
        assert send(ledger, member) > first
        proof = ledger.prove([LOG_KEY])
        header = read_header(ledger.network, proof.header, validator_keys(ledger.network, ledger._founders)).header
        value = proof.values[0]
        assert value is not None and verify_membership(header.app_hash, LOG_KEY, value, proof.proofs[0])
        answer = rpc.abci_query("/key", LOG_KEY, prove=True)
        assert (answer.value, answer.ops[0].type, answer.code) == (value, "ics23:smt", 0)
        assert rpc.abci_query("/nothing", b"").code == 0x7059
        check_chain(ledger, rpc)
        rpc.close()


def test_cometbft_and_the_application_come_back_in_any_order() -> None:
    with one_member() as member:
        ledger = member.open()
        member.start()
        send(ledger, member)
        member.stop(hard=True)
        member.start()  # over the application that ran on
        send(ledger, member)
        member.stop()
        before = ledger.status()
        ledger.close()
        ledger = member.open()
        assert ledger.status()._replace(checkpoint_height=before.checkpoint_height) == before
        member.start()
        send(ledger, member)
        ledger.close()  # the application goes first: CometBFT ends, and its write-ahead log has what came last
        until(member.ended)
        member.stop(hard=True)
        ledger = member.open()
        member.start()
        send(ledger, member)
        rpc = Rpc(member.url)
        check_chain(ledger, rpc)
        rpc.close()


def test_blocks_that_the_application_lost_are_shown_again() -> None:
    with one_member() as member:
        ledger = member.open()
        member.start()
        for _ in range(3):
            send(ledger, member)
        member.stop()
        height, app_hash = ledger.height(), ledger.status().app_hash
        ledger.close()
        for path in sorted((member.folder / "ledger").rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        ledger = member.open()
        assert ledger.height() == 0
        member.start()
        until(lambda: ledger.height() >= height)
        assert parse_header(ledger.network, ledger.header(height)).header.height == height
        assert ledger.status().app_hash == app_hash
        send(ledger, member)
