"""The blocks of an open chain executed once more, into a store of their own, from where the ledger begins."""

from collections.abc import Callable
from pathlib import Path

from salus.evidence.header import parse_header
from salus.ledger import errors
from salus.ledger.embedded.blockfile import NAME
from salus.ledger.embedded.chain import Chain
from salus.ledger.embedded.files import Files
from salus.ledger.embedded.pruned import restored
from salus.ledger.embedded.readmodel import ReadModel
from salus.machine.machine import Machine
from salus.state.store import Store

CHECKPOINT_KEYS = 16_384  # of the replayed state


def replay_apart(
    chain: Chain,
    folder: Path,
    genesis: bytes,
    files: Files,
    work: Path,
    until: int,
    model: Callable[[Store], ReadModel] | None = None,
) -> Machine:
    """Return the state after the block of `until`, replayed into `work`; the caller closes its store.

    With a `model` over that store its rows are there too, in a checkpoint of that height. Raises DamagedFile where
    a header is not what the blocks before it give, DamagedPruning, StorageFailure.
    """
    store = Store.open(work)
    try:
        if chain.blocks.pruned:
            machine = restored(store, folder, files, chain.network, chain.blocks)
        else:
            machine = Machine(store)
            machine.init(genesis)
        rows = None if model is None else model(store)
        for one in range(machine.height + 1, until + 1):
            block = chain.block(one)
            header = parse_header(chain.network, block.header).header
            if header.app_hash != machine.app_hash or header.batches != chain.batches_root(block.batches):
                raise errors.DamagedFile(NAME, chain.blocks.start(one), "not what the blocks before give")
            result = machine.execute(one, header.time, block.batches)
            machine.commit()
            if rows is not None and block.batches:
                rows.add(result)
            if machine.store.pending_keys > CHECKPOINT_KEYS:
                _save(machine, rows)
        if rows is not None:
            _save(machine, rows)
    except BaseException:
        store.close()
        raise
    return machine


def _save(machine: Machine, rows: ReadModel | None) -> None:
    machine.checkpoint({}, {} if rows is None else rows.rows())
    if rows is not None:
        rows.saved()
