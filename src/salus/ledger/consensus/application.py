"""The application that CometBFT drives: ABCI 2.0, a request in, its response out.

What CometBFT calls a transaction is a batch, as its carrier signed it. `FinalizeBlock` computes and persists nothing;
`Commit` makes the block durable in our own file; `Info` says how far that reaches, so that CometBFT shows again what is
missing. An exception as a response stops CometBFT: it answers what can only be a broken invariant or a wrong set-up.
https://docs.cometbft.com/v0.38/spec/abci/
"""

import logging
from collections.abc import Callable, Mapping
from typing import NamedTuple

from salus import __version__
from salus.client.snapshots import Snapshot
from salus.cometbft import chain_id
from salus.cometbft.proto import abci_pb2
from salus.cometbft.proto.abci_pb2 import Request, Response
from salus.cometbft.reading import milliseconds
from salus.core.errors import Refusal
from salus.core.genesis import Genesis
from salus.ledger.consensus.admission import Mempool
from salus.ledger.consensus.chain import DecidedBlock
from salus.ledger.consensus.errors import NoExtensions, NoMempool, NoSnapshots, OtherChain, OtherFounders
from salus.ledger.consensus.executor import Executor
from salus.ledger.consensus.ports import Snapshots
from salus.ledger.consensus.queries import Queries
from salus.ledger.errors import LedgerStopped
from salus.machine.errors import UnknownRules

LOG = logging.getLogger("salus.consensus")
NAME = "salus"  # also the codespace of its codes
APP_VERSION = 1
FIRST_HEIGHT = 1


class Parts(NamedTuple):
    """What answers which requests. Only those of the consensus connection ever wait for a block."""

    executor: Executor
    mempool: Mempool
    queries: Queries
    snapshots: Snapshots | None  # None: no snapshots are given or taken
    collected: Callable[[], int]  # up to which height the votes are kept here


class Application:
    """The application of one chain. `handle` may be called from any thread, one connection's requests in order."""

    def __init__(self, network: bytes, founders: Genesis, parts: Parts) -> None:
        self._network, self._founders, self._parts = network, founders, parts
        self._answers: Mapping[str, Callable[[Request], Response]] = {
            "echo": lambda r: Response(echo=abci_pb2.ResponseEcho(message=r.echo.message)),
            "flush": lambda _: Response(flush=abci_pb2.ResponseFlush()),
            "info": self._info,
            "init_chain": self._init_chain,
            "check_tx": self._check_tx,
            "prepare_proposal": self._prepare,
            "process_proposal": self._process,
            "finalize_block": self._finalize,
            "commit": self._commit,
            "query": lambda r: Response(query=self._parts.queries.answer(r.query)),
            "list_snapshots": self._list_snapshots,
            "load_snapshot_chunk": self._load_chunk,
            "offer_snapshot": self._offer,
            "apply_snapshot_chunk": self._apply_chunk,
            "extend_vote": _refuse_extension,
            "verify_vote_extension": _reject_extension,
            "insert_tx": _refuse_mempool,
            "reap_txs": _refuse_mempool,
        }

    def handle(self, request: Request) -> Response:
        """Answer a request; what cannot be answered becomes an exception, which stops CometBFT."""
        kind = request.WhichOneof("value")
        try:
            return self._answers[kind or ""](request)
        except UnknownRules as refusal:
            LOG.critical(f"CometBFT stops: {refusal}", extra={"request": kind, "code": refusal.code})
            return _exception(str(refusal))
        except Refusal as refusal:
            LOG.error("a request was refused: CometBFT stops", extra={"request": kind, "code": refusal.code})
            return _exception(str(refusal))
        except Exception as error:
            LOG.exception("a request failed: CometBFT stops", extra={"request": kind, "kind": type(error).__name__})
            return _exception(str(LedgerStopped()))

    def _info(self, _: Request) -> Response:
        known = self._parts.executor.last()
        return Response(
            info=abci_pb2.ResponseInfo(
                data=NAME,
                version=__version__,
                app_version=APP_VERSION,
                last_block_height=known.height,
                last_block_app_hash=known.app_hash if known.height else b"",
            )
        )

    def _init_chain(self, request: Request) -> Response:
        asked, known = request.init_chain, self._parts.executor.last()
        if known.height or asked.chain_id != chain_id(self._network) or asked.initial_height != FIRST_HEIGHT:
            raise OtherChain
        if milliseconds(asked.time) != self._founders.time:
            raise OtherChain
        named = sorted((v.pub_key.ed25519, v.power) for v in asked.validators)
        if named != sorted((v.public, v.power) for v in self._founders.validators):
            raise OtherFounders
        return Response(init_chain=abci_pb2.ResponseInitChain(app_hash=known.app_hash))

    def _check_tx(self, request: Request) -> Response:
        again = request.check_tx.type == abci_pb2.CheckTxType.RECHECK
        code = self._parts.mempool.check(request.check_tx.tx, again=again)
        return Response(check_tx=abci_pb2.ResponseCheckTx(code=code, codespace=NAME if code else ""))

    def _prepare(self, request: Request) -> Response:
        asked = request.prepare_proposal
        executor = self._parts.executor
        with executor.at_rest() as chain:
            room = asked.max_tx_bytes - sum(_field_bytes(raw) for raw in asked.txs)
            if asked.txs:
                room = min(room, max(executor.room(), len(asked.txs[0])))
            chosen = chain.machine.prepare(tuple(asked.txs), room, milliseconds(asked.time))
        return Response(prepare_proposal=abci_pb2.ResponsePrepareProposal(txs=chosen))

    def _process(self, request: Request) -> Response:
        asked = request.process_proposal
        with self._parts.executor.at_rest() as chain:
            good = chain.machine.process(tuple(asked.txs), milliseconds(asked.time))
        if not good:
            LOG.warning("a proposal was rejected", extra={"height": asked.height})
        status = abci_pb2.ResponseProcessProposal.ACCEPT if good else abci_pb2.ResponseProcessProposal.REJECT
        return Response(process_proposal=abci_pb2.ResponseProcessProposal(status=status))

    def _finalize(self, request: Request) -> Response:
        asked = request.finalize_block
        if asked.misbehavior:
            LOG.warning("validators misbehaved", extra={"height": asked.height, "count": len(asked.misbehavior)})
        shown = DecidedBlock(
            asked.height, milliseconds(asked.time), asked.hash, asked.proposer_address, tuple(asked.txs)
        )
        result = self._parts.executor.decide(shown)
        answer = abci_pb2.ResponseFinalizeBlock(app_hash=result.app_hash)
        answer.tx_results.extend(abci_pb2.ExecTxResult(code=batch.code) for batch in result.batches)
        for public, power in result.validator_updates:
            answer.validator_updates.add(power=power).pub_key.ed25519 = public
        return Response(finalize_block=answer)

    def _commit(self, _: Request) -> Response:
        result = self._parts.executor.keep()
        snapshots = self._parts.snapshots
        retain = 0 if snapshots is None else snapshots.retain_height(result.height, self._parts.collected())
        return Response(commit=abci_pb2.ResponseCommit(retain_height=retain))

    def _list_snapshots(self, _: Request) -> Response:
        answer = abci_pb2.ResponseListSnapshots()
        for one in () if self._parts.snapshots is None else self._parts.snapshots.list():
            answer.snapshots.add(**one._asdict())
        return Response(list_snapshots=answer)

    def _load_chunk(self, request: Request) -> Response:
        asked, snapshots = request.load_snapshot_chunk, self._parts.snapshots
        chunk = b"" if snapshots is None else snapshots.load(asked.height, asked.format, asked.chunk)
        return Response(load_snapshot_chunk=abci_pb2.ResponseLoadSnapshotChunk(chunk=chunk))

    def _offer(self, request: Request) -> Response:
        asked, snapshots = request.offer_snapshot, self._parts.snapshots
        one, result = asked.snapshot, int(abci_pb2.ResponseOfferSnapshot.ABORT)
        if snapshots is not None:
            shown = Snapshot(one.height, one.format, one.chunks, one.hash, one.metadata)
            result = snapshots.offer(shown, asked.app_hash)
        answer = abci_pb2.ResponseOfferSnapshot(result=abci_pb2.ResponseOfferSnapshot.Result.Name(result))
        return Response(offer_snapshot=answer)

    def _apply_chunk(self, request: Request) -> Response:
        asked, snapshots = request.apply_snapshot_chunk, self._parts.snapshots
        if snapshots is None:
            raise NoSnapshots
        applied = snapshots.apply(asked.index, asked.chunk, asked.sender)
        answer = abci_pb2.ResponseApplySnapshotChunk(
            result=abci_pb2.ResponseApplySnapshotChunk.Result.Name(applied.result),
            refetch_chunks=applied.refetch,
            reject_senders=applied.reject_senders,
        )
        return Response(apply_snapshot_chunk=answer)


def _field_bytes(raw: bytes) -> int:
    """Return what a transaction costs beside its own bytes: CometBFT counts those of the field in a block."""
    return 1 + max(1, -(-len(raw).bit_length() // 7))


def _exception(error: str) -> Response:
    return Response(exception=abci_pb2.ResponseException(error=error))


def _refuse_mempool(_: Request) -> Response:
    raise NoMempool


def _refuse_extension(_: Request) -> Response:
    raise NoExtensions


def _reject_extension(_: Request) -> Response:
    rejected = abci_pb2.ResponseVerifyVoteExtension.REJECT
    return Response(verify_vote_extension=abci_pb2.ResponseVerifyVoteExtension(status=rejected))
