"""Through the application: an upgrade crossed, software that lacks it, and validators that act two blocks later."""

import logging
from pathlib import Path

import pytest
from consensus_world import Node
from upgrade_world import SOFTWARE, new_software, one_account, schedule, two_accounts, vote_for, withdraw

from salus.cometbft.proto import abci_pb2
from salus.cometbft.reading import milliseconds
from salus.contracts.governance.messages import SetValidator
from salus.contracts.governance.queries import validators
from salus.core.errors import Oversized
from salus.core.keys import Role, possession
from salus.core.signatures import SigningKey
from salus.ledger.consensus.ledger import ConsensusLedger
from salus.machine.errors import UnknownRules
from salus.machine.machine import Machine
from salus.state.store import Store
from salus.testing.clock import FakeClock
from salus.testing.region import Region, key

AT = 9  # the height of the upgrade


def to_the_height(node: Node) -> None:
    """Decide blocks up to the one before the upgrade; the first is the genesis' own moment and empty."""
    node.block()
    node.block(*schedule(node.region, 1, 5, AT))
    while node.ledger.height() < AT - 1:
        node.block(one_account(node.region))


def raw_answer(node: Node, request: abci_pb2.Request) -> str:
    """Return the error of a request that is answered by an exception."""
    response = node.ledger.application.handle(request)
    assert response.WhichOneof("value") == "exception"
    return response.exception.error


def test_the_rule_changes_at_the_height_on_every_engine_alike(tmp_path: Path) -> None:
    with new_software(), Node(tmp_path / "ledger").begin() as node:
        to_the_height(node)
        last = two_accounts(node.region)
        submitted = node.ledger.submit(last)
        node.block(last)
        assert [one.code for one in submitted.result(0).results] == [Oversized.code]
        node.block()
        app_hash = node.ledger.status().app_hash
        machine = Machine(Store.in_memory())
        machine.init(node.region.genesis_file)
        for height, made in enumerate(node.deciding.made, 1):
            machine.execute(height, milliseconds(made.header.time), made.txs)
            machine.commit()
        assert machine.app_hash == app_hash
        node.reopen()
        assert node.ledger.status().app_hash == app_hash


def test_a_replay_from_the_first_block_crosses_the_height(tmp_path: Path) -> None:
    with new_software():
        with Node(tmp_path / "ledger").begin() as node:
            to_the_height(node)
            node.block(two_accounts(node.region))
            node.block()
            deciding, region, app_hash = node.deciding, node.region, node.ledger.status().app_hash
        with Node(tmp_path / "anew", region, deciding).begin() as node:  # CometBFT shows it every block
            assert node.ledger.status().app_hash == app_hash


def test_old_software_stops_says_what_to_install_and_goes_on_once_replaced(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Node(tmp_path / "ledger").begin() as node:
        to_the_height(node)
        assert node.ledger.height() == AT - 1
        before = node.ledger.export()
        words = f"version 2, from block {AT} on (0x000d)"
        batch = two_accounts(node.region)
        height = node.deciding.decide([batch], node.clock.advance(1000))
        finalize = node.deciding.finalize(height)
        prepare = abci_pb2.Request(
            prepare_proposal=abci_pb2.RequestPrepareProposal(
                max_tx_bytes=10**6, height=height, time=finalize.finalize_block.time
            )
        )
        process = abci_pb2.Request(
            process_proposal=abci_pb2.RequestProcessProposal(
                txs=[batch], height=height, time=finalize.finalize_block.time
            )
        )
        with caplog.at_level(logging.CRITICAL):
            for request in (prepare, process, finalize, finalize):
                error = raw_answer(node, request)
                assert words in error and SOFTWARE in error
        assert all(words in record.getMessage() for record in caplog.records) and len(caplog.records) == 4
        check = abci_pb2.Request(check_tx=abci_pb2.RequestCheckTx(tx=batch))
        assert node.handle(check).check_tx.code == UnknownRules.code
        trouble = node.ledger.trouble()
        assert isinstance(trouble, UnknownRules) and (trouble.height, trouble.version) == (AT, 2)
        with pytest.raises(UnknownRules):
            node.ledger.submit(batch)
        assert (node.ledger.height(), node.ledger.export()) == (AT - 1, before), "what is there can be read"
        node.ledger.close()
        node.open()  # the same old software once more: it opens, and stops at the same place
        assert words in raw_answer(node, finalize)
        with new_software():
            node.ledger.close()
            node.open()
            info = node.handle(abci_pb2.Request(info=abci_pb2.RequestInfo())).info
            assert info.last_block_height == AT - 1
            result = node.handle(finalize).finalize_block
            node.deciding.shown(height, result)
            node.handle(abci_pb2.Request(commit=abci_pb2.RequestCommit()))
            assert node.ledger.trouble() is None
            node.block()
            assert node.ledger.height() == AT + 1


def test_a_withdrawn_upgrade_stops_nobody(tmp_path: Path) -> None:
    with Node(tmp_path / "ledger").begin() as node:
        node.block()
        node.block(*schedule(node.region, 1, 4, 12))
        for _ in range(2):
            node.block(one_account(node.region))
        node.block(*withdraw(node.region, 4, 8))
        while node.ledger.height() < 13:
            node.block(two_accounts(node.region))
        assert node.ledger.trouble() is None


def set_validator(region: Region, member: int, signing: SigningKey, power: int) -> SetValidator:
    account = region.members[member].id
    proof = signing.sign(possession(region.network, account, Role.VALIDATOR, signing.public))
    return SetValidator(account, signing.public, power, proof)


def test_validators_that_members_vote_in_act_two_blocks_later_and_are_known_after_a_restart(tmp_path: Path) -> None:
    """Another member's validator comes, and the founding one is rotated; each set signs from its own height on."""
    region = Region()
    second, third = key("second"), key("third")
    with Node(tmp_path / "ledger", region).begin() as node:
        node.deciding.keys |= {one.public: one for one in (second, third)}
        node.block()
        node.block(*vote_for(region, 1, 4, set_validator(region, 1, second, 2)))
        node.block(one_account(region))
        result = node.block(one_account(region))
        assert [(u.pub_key.ed25519, u.power) for u in result.validator_updates] == [(second.public, 2)]
        rotation = set_validator(region, 0, third, 1), set_validator(region, 0, region.node, 0)
        node.block(*vote_for(region, 4, 7, *rotation))
        assert list(node.block(one_account(region)).validator_updates) == []
        rotated = node.block(one_account(region))
        told = [(u.pub_key.ed25519, u.power) for u in rotated.validator_updates]
        assert told == sorted([(third.public, 1), (region.node.public, 0)])
        node.reopen()
        for _ in range(3):
            node.block(one_account(region))
        signing = [{one.public for one in made.members} for made in node.deciding.made]
        first = {region.node.public}
        expected = [first] * 5 + [first | {second.public}] * 3 + [{second.public, third.public}] * 2
        assert signing == expected, "voted at 4 and 7: in the set of 6 and of 9"
        assert {v.public for v in validators(node.ledger.view())} == {second.public, third.public}


def test_reading_alone_of_a_stopped_home_says_so(tmp_path: Path) -> None:
    with Node(tmp_path / "ledger").begin() as node:
        to_the_height(node)
        region = node.region
    reading = ConsensusLedger.open(tmp_path / "ledger", region.genesis_file, None, None, None, FakeClock())
    try:
        assert reading.height() == AT - 1 and isinstance(reading.trouble(), UnknownRules)
    finally:
        reading.close()
