"""The explorer on a node whose blocks CometBFT decides, also one that began with a snapshot."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from consensus_world import Node
from explored import Explored, explored

from salus.api.explorer.errors import BeforeBeginning, NoSuchBlock, NoSuchEnvelope
from salus.cometbft.proto import abci_pb2
from salus.cometbft.proto.abci_pb2 import Request
from salus.contracts.consent.messages import GrantConsent
from salus.contracts.governance import queries as governance
from salus.core.envelope import parse_envelope
from salus.ledger.consensus.restoring import Apply, Offer
from salus.ledger.consensus.syncing import Keeping, state_sync
from salus.testing.region import Region

WAIT_S = 60.0


def wait_for(done: Callable[[], bool]) -> None:
    until = time.monotonic() + WAIT_S
    while not done() and time.monotonic() < until:
        time.sleep(0.05)
    assert done()


def of(region: Region, raw: bytes) -> str:
    return parse_envelope(region.network, raw).id.hex()


def grant(node: Node, handle: bytes) -> str:
    """Decide a block with one grant; return the envelope's id."""
    until = node.clock.now_ms() + 60_000
    raw = node.region.grant(handle, until)[0]
    node.block(node.region.batch(raw, not_after=until))
    return of(node.region, raw)


def synced(source: Node, folder: Path) -> Node:
    """Return a node that began with the newest snapshot of `source` and took what came after."""
    ask = Request(list_snapshots=abci_pb2.RequestListSnapshots())
    wait_for(lambda: len(source.handle(ask).list_snapshots.snapshots) > 0)
    snapshot = source.handle(ask).list_snapshots.snapshots[0]
    new = Node(folder, source.region, votes=source.deciding, snapshots=state_sync(Keeping()))
    new.clock.time_ms = source.clock.now_ms()
    app_hash = source.deciding.results[snapshot.height - 1].app_hash
    offer = abci_pb2.RequestOfferSnapshot(snapshot=snapshot, app_hash=app_hash)
    assert new.handle(Request(offer_snapshot=offer)).offer_snapshot.result == Offer.ACCEPT
    for index in range(snapshot.chunks):
        load = abci_pb2.RequestLoadSnapshotChunk(height=snapshot.height, format=snapshot.format, chunk=index)
        chunk = source.handle(Request(load_snapshot_chunk=load)).load_snapshot_chunk.chunk
        apply = abci_pb2.RequestApplySnapshotChunk(index=index, chunk=chunk, sender="peer")
        assert new.handle(Request(apply_snapshot_chunk=apply)).apply_snapshot_chunk.result == Apply.ACCEPT
    new.deciding = source.deciding
    return new.begin()


def test_blocks_envelopes_members_and_search(tmp_path: Path) -> None:
    with Node(tmp_path / "ledger").begin() as node, explored(node) as explorer:
        opened, (handle,) = node.region.open_accounts(1)
        node.block(node.region.batch(opened))
        granted = grant(node, handle)
        node.block()  # empty
        status = explorer.json("/explorer/status")
        assert (status["height"], status["members"], status["pruned_before"], status["begins_at"]) == (3, 3, None, None)
        page = explorer.json("/explorer/blocks")
        assert [(one["height"], one["envelopes"]) for one in page["blocks"]] == [(3, 0), (2, 1), (1, 1)]
        assert page["before"] is None
        assert [one["hash"] for one in page["blocks"]] == [
            node.deciding.made[height].commit.block_id.hash.hex() for height in (2, 1, 0)
        ]
        block = explorer.json("/explorer/blocks/2")
        (batch,) = block["batches"]
        (envelope,) = batch["envelopes"]
        assert (envelope["id"], envelope["outcome"], batch["carrier_name"]) == (granted, "accepted", "Hospital One")
        assert block["previous"] == page["blocks"][2]["hash"]
        assert block["node"] is None
        found = explorer.json(f"/explorer/envelopes/{granted}")
        assert (found["height"], found["envelope"]["messages"][0]["name"]) == (2, GrantConsent.__name__)
        assert found["envelope"]["events"]
        assert [one["name"] for one in explorer.json("/explorer/members")["members"]] == [
            "Clinic",
            "Hospital One",
            "Hospital Two",
        ]
        hits = explorer.json(f"/explorer/search?q={granted[:12]}")["hits"]
        assert [(one["kind"], one["target"]) for one in hits] == [("envelope", granted)]
        assert explorer.refused("/explorer/blocks/4") == (404, NoSuchBlock.code)


def test_a_block_says_who_proposed_it_and_whose_votes_decided_it(tmp_path: Path) -> None:
    with Node(tmp_path / "ledger").begin() as node, explored(node) as explorer:
        node.deciding.away[2] = None
        node.block(node.opening())
        node.block(node.opening())
        address = node.deciding.made[0].header.proposer_address.hex()
        member = next(one for one in explorer.json("/explorer/members")["members"] if one["validator"])
        proposer = {"address": address, "member": member["account"], "name": "Hospital One"}
        wait_for(lambda: explorer.json("/explorer/blocks/1")["votes"]["signed"] is not None)
        decided = {"proposer": proposer, "signed": [proposer], "power_signed": 1, "power": 1}
        assert explorer.json("/explorer/blocks/1")["votes"] == decided
        waiting = {"proposer": proposer, "signed": None, "power_signed": 0, "power": 0}
        assert explorer.json("/explorer/blocks/2")["votes"] == waiting  # nobody gave the votes for it


def test_a_validator_that_is_none_any_more_is_its_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Node(tmp_path / "ledger").begin() as node, explored(node) as explorer:
        node.block(node.opening())
        monkeypatch.setattr(governance, "validators", lambda state: [])
        address = node.deciding.made[0].header.proposer_address.hex()
        found = explorer.json("/explorer/blocks/1")["votes"]["proposer"]
        assert found == {"address": address, "member": None, "name": ""}


def test_a_block_that_is_executed_and_not_kept_is_not_shown(tmp_path: Path) -> None:
    with Node(tmp_path / "ledger").begin() as node, explored(node) as explorer:
        opened, (handle,) = node.region.open_accounts(1)
        node.block(node.region.batch(opened))
        until = node.clock.now_ms() + 60_000
        raw = node.region.grant(handle, until)[0]
        node.show(node.region.batch(raw, not_after=until))
        assert explorer.json("/explorer/status")["height"] == 1
        assert explorer.refused(f"/explorer/envelopes/{of(node.region, raw)}") == (404, NoSuchEnvelope.code)
        node.commit()
        assert explorer.json(f"/explorer/envelopes/{of(node.region, raw)}")["height"] == 2


def test_the_live_tail_tells_of_blocks_as_they_are_kept(tmp_path: Path) -> None:
    async def told(explorer: Explored, node: Node) -> list[bytes]:
        stream = explorer.served.reading.tail.stream(explorer.served.work, None)
        parts = [await anext(stream)]
        node.block(node.opening())
        parts.append(await asyncio.wait_for(anext(stream), WAIT_S))
        explorer.served.reading.tail.close()
        await stream.aclose()
        return parts

    with Node(tmp_path / "ledger").begin() as node, explored(node) as explorer:
        node.block(node.opening())
        begin, event = asyncio.run(told(explorer, node))
        assert begin.startswith(b"retry:")
        assert event.startswith(b"event: block\nid: 2\n")


def test_after_state_sync_what_was_before_is_said_to_be_gone(tmp_path: Path) -> None:
    with Node(tmp_path / "source", snapshots=state_sync(Keeping(every=4, snapshots=2))).begin() as source:
        opened, (handle,) = source.region.open_accounts(1)
        source.block(source.region.batch(opened))
        old = [grant(source, handle) for _ in range(3)]
        after = grant(source, handle)
        with synced(source, tmp_path / "new") as new, explored(new) as explorer:
            assert new.ledger.height() == 5
            status = explorer.json("/explorer/status")
            assert (status["height"], status["pruned_before"], status["begins_at"], status["members"]) == (5, 5, 5, 3)
            page = explorer.json("/explorer/blocks")
            assert [one["height"] for one in page["blocks"]] == [5]
            assert page["before"] is None
            assert explorer.json("/explorer/blocks?before=5")["blocks"] == []
            assert explorer.refused("/explorer/blocks/4") == (410, BeforeBeginning.code)
            assert explorer.refused("/explorer/blocks/6") == (404, NoSuchBlock.code)
            found = explorer.json(f"/explorer/envelopes/{after}")
            assert (found["height"], found["envelope"]["outcome"]) == (5, "accepted")
            assert explorer.refused(f"/explorer/envelopes/{old[-1]}") == (404, NoSuchEnvelope.code)
            assert len(explorer.json("/explorer/members")["members"]) == 3
            account = new.region.hospital.id.hex()
            assert explorer.json(f"/explorer/members/{account}")["member"]["name"] == "Hospital One"
            assert explorer.json(f"/explorer/search?q={after[:12]}")["hits"][0]["target"] == after
            newer = grant(source, handle)
            new.begin()
            assert explorer.json(f"/explorer/envelopes/{newer}")["height"] == 6
            assert [one["height"] for one in explorer.json("/explorer/blocks")["blocks"]] == [6, 5]


def test_right_after_state_sync_there_is_no_block_and_no_error(tmp_path: Path) -> None:
    with Node(tmp_path / "source", snapshots=state_sync(Keeping(every=2, snapshots=2))).begin() as source:
        opened, (handle,) = source.region.open_accounts(1)
        source.block(source.region.batch(opened))
        old = grant(source, handle)
        with synced(source, tmp_path / "new") as new, explored(new) as explorer:
            assert explorer.json("/explorer/status")["height"] == 2
            assert explorer.json("/explorer/blocks")["blocks"] == []
            assert explorer.refused("/explorer/blocks/2") == (410, BeforeBeginning.code)
            assert explorer.refused(f"/explorer/envelopes/{old}") == (404, NoSuchEnvelope.code)
            assert len(explorer.json("/explorer/members")["members"]) == 3
