"""What a CometBFT node is asked. https://docs.cometbft.com/v0.38/rpc/"""

import base64
from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated, Any, NamedTuple

import msgspec

from salus.client.cometbft.calls import Calls, Failure, refused
from salus.client.cometbft.evidence import EvidenceForm
from salus.client.cometbft.forms import (
    MOST_VALIDATORS,
    BlockIdForm,
    CommitForm,
    HeaderForm,
    Hex,
    KeyForm,
    Name,
    SignedHeaderForm,
    Small,
    Time,
    ValidatorForm,
    Whole,
    milliseconds,
    read_set,
    read_time,
)
from salus.client.cometbft.subscription import Subscription
from salus.client.remote_errors import NodeRefused, UnreadableAnswer
from salus.client.tls import Authority
from salus.cometbft.proto.types_pb2 import Commit, EvidenceList, Header, PublicKey, ValidatorSet

READ_S = 10.0
CHECK_S = 20.0  # so much longer the check of a batch may take
KNOWN = "tx already exists in cache"
PAGE = 100  # validators: as many as a node gives at once
MOST_TXS = 100_000  # of a block
MOST_PEERS = 10_000


class BroadcastAnswer(NamedTuple):
    """What a node made of a batch. `known`: it had it before, in its mempool or in a block; the code is 0 then."""

    code: int  # of the refusal by CheckTx, 0: it is in the mempool
    known: bool


class NodeStatus(NamedTuple):
    """How far a node is."""

    chain_id: str
    node_id: str  # hexadecimal: the address of its p2p key
    version: str  # of CometBFT
    moniker: str
    height: int  # of its newest block, 0 before the first
    time: int  # of that, milliseconds; of no meaning where `height` is 0
    app_hash: bytes  # in the header of that
    earliest: int  # height of the oldest block it has
    catching_up: bool
    validator: bytes  # its 20-byte address
    public: PublicKey | None
    power: int  # 0: it is no validator now


class FetchedBlock(NamedTuple):
    """A block as a node gave it: nothing of it is checked."""

    hash: bytes  # of its header
    header: Header
    txs: tuple[bytes, ...]
    evidence: EvidenceList
    last_commit: Commit


class Op(NamedTuple):
    """A step of a proof."""

    type: str
    key: bytes
    data: bytes


class QueryAnswer(NamedTuple):
    """What the application behind a node answered."""

    code: int
    key: bytes
    value: bytes
    height: int
    ops: tuple[Op, ...]


class Peer(NamedTuple):
    """A node that another is connected with."""

    node_id: str
    moniker: str
    address: str
    outbound: bool


class _Broadcast(msgspec.Struct, frozen=True):
    code: Small
    hash: Hex


class _NodeInfo(msgspec.Struct, frozen=True):
    id: Name
    network: Name
    version: Name
    moniker: Name


class _SyncInfo(msgspec.Struct, frozen=True):
    latest_app_hash: Hex
    latest_block_height: Whole
    latest_block_time: Time
    earliest_block_height: Whole
    catching_up: bool


class _ValidatorInfo(msgspec.Struct, frozen=True):
    address: Hex
    pub_key: KeyForm | None
    voting_power: Whole


class _Status(msgspec.Struct, frozen=True):
    node_info: _NodeInfo
    sync_info: _SyncInfo
    validator_info: _ValidatorInfo


class _Commit(msgspec.Struct, frozen=True):
    signed_header: SignedHeaderForm
    canonical: bool


class _Validators(msgspec.Struct, frozen=True):
    block_height: Whole
    validators: Annotated[list[ValidatorForm], msgspec.Meta(max_length=PAGE)]
    total: Whole


class _Data(msgspec.Struct, frozen=True):
    txs: Annotated[list[bytes], msgspec.Meta(max_length=MOST_TXS)] | None


class _Block(msgspec.Struct, frozen=True):
    header: HeaderForm
    data: _Data
    evidence: EvidenceForm
    last_commit: CommitForm | None


class _BlockResult(msgspec.Struct, frozen=True):
    block_id: BlockIdForm
    block: _Block | None


class _Op(msgspec.Struct, frozen=True):
    type: Name = ""
    key: bytes | None = None
    data: bytes | None = None


class _Ops(msgspec.Struct, frozen=True):
    ops: Annotated[list[_Op], msgspec.Meta(max_length=64)] | None = None


class _Response(msgspec.Struct, frozen=True, rename={"proof_ops": "proofOps"}):
    code: Small = 0
    key: bytes | None = None
    value: bytes | None = None
    height: Whole = 0
    proof_ops: _Ops | None = None


class _Query(msgspec.Struct, frozen=True):
    response: _Response


class _PeerInfo(msgspec.Struct, frozen=True):
    node_info: _NodeInfo
    is_outbound: bool
    remote_ip: Name


class _NetInfo(msgspec.Struct, frozen=True):
    peers: Annotated[list[_PeerInfo], msgspec.Meta(max_length=MOST_PEERS)] | None


class _Mempool(msgspec.Struct, frozen=True):
    total: Whole
    total_bytes: Whole


class Rpc:
    """A client of one CometBFT node. Every method may be called from any thread.

    Questions are asked again once where they fail, then raise NodeAway (a TlsFailed where TLS is why) or NodeBusy. All
    raise UnreadableAnswer for an answer that is not of its form, and NodeRefused for a question that was refused.
    Nothing of an answer is checked but its form: headers, commits, validators and proofs are believed by those who
    verify them.
    """

    def __init__(self, url: str, authority: Authority = None, read_s: float = READ_S) -> None:
        """`url` is http or https, `authority` whom its certificate must be of; raises BadUpstream."""
        self.url = url
        self._authority = authority
        self._calls = Calls(url, authority, read_s)

    def close(self) -> None:
        """Let go of the connections."""
        self._calls.close()

    def broadcast(self, batch: bytes) -> BroadcastAnswer:
        """Send a batch once, and return what the node's check of it says; it is in no block yet.

        Raises NodeAway: nothing was sent; AnswerLost: it may have been taken; MempoolFull, CatchingUp, BeyondLimit,
        NodeBusy: it was not.
        """
        params = {"tx": base64.b64encode(batch).decode()}
        answer = self._calls.send(_Broadcast, "broadcast_tx_sync", params, CHECK_S)
        if isinstance(answer, Failure):
            if KNOWN in answer.data:
                return BroadcastAnswer(0, known=True)
            refusal = refused(answer)
            raise NodeRefused if isinstance(refusal, LookupError) else refusal
        if bytes.fromhex(answer.hash) != sha256(batch).digest():
            raise UnreadableAnswer
        return BroadcastAnswer(answer.code, known=False)

    def status(self, tries: int = 2) -> NodeStatus:
        """Return how far the node is."""
        found = self._calls.ask(_Status, "status", tries=tries)
        info, sync, validator = found.node_info, found.sync_info, found.validator_info
        return NodeStatus(
            info.network,
            info.id,
            info.version,
            info.moniker,
            sync.latest_block_height,
            milliseconds(read_time(sync.latest_block_time)),
            bytes.fromhex(sync.latest_app_hash),
            sync.earliest_block_height,
            sync.catching_up,
            bytes.fromhex(validator.address),
            validator.pub_key.read() if validator.pub_key is not None else None,
            validator.voting_power,
        )

    def commit(self, height: int | None = None) -> tuple[Header, Commit]:
        """Return the header of a height, of the newest without one, and the commit for it.

        Raises LookupError where there is none yet, PrunedThere.
        """
        found = self._calls.ask(_Commit, "commit", _at(height)).signed_header
        if height is not None and found.header.height != height:
            raise UnreadableAnswer
        return found.header.read(), found.commit.read()

    def validators(self, height: int | None = None) -> ValidatorSet:
        """Return the validators of a height, page by page, in their order; raises LookupError, PrunedThere."""
        found: list[ValidatorForm] = []
        at = height
        while True:
            params = _at(at) | {"page": str(len(found) // PAGE + 1), "per_page": str(PAGE)}
            page = self._calls.ask(_Validators, "validators", params)
            if page.total > MOST_VALIDATORS or not page.validators or (at is not None and page.block_height != at):
                raise UnreadableAnswer
            at = page.block_height  # so that all pages are of one
            found += page.validators
            if len(found) >= page.total:
                break
            if len(page.validators) != PAGE:
                raise UnreadableAnswer
        if len(found) != page.total:
            raise UnreadableAnswer
        return read_set(found)

    def block(self, height: int | None = None) -> FetchedBlock:
        """Return a block, the newest without a height; raises LookupError, PrunedThere."""
        found = self._calls.ask(_BlockResult, "block", _at(height))
        if found.block is None:
            raise LookupError
        block = found.block
        if height is not None and block.header.height != height:
            raise UnreadableAnswer
        last = block.last_commit.read() if block.last_commit is not None else Commit()
        return FetchedBlock(
            bytes.fromhex(found.block_id.hash),
            block.header.read(),
            tuple(block.data.txs or ()),
            block.evidence.read(),
            last,
        )

    def abci_query(self, path: str, data: bytes, height: int = 0, prove: bool = False) -> QueryAnswer:
        """Ask the application behind the node; height 0 is its newest."""
        params = {"path": path, "data": data.hex(), "height": str(height), "prove": prove}
        found = self._calls.ask(_Query, "abci_query", params).response
        ops = (found.proof_ops.ops if found.proof_ops is not None else None) or ()
        steps = tuple(Op(op.type, op.key or b"", op.data or b"") for op in ops)
        return QueryAnswer(found.code, found.key or b"", found.value or b"", found.height, steps)

    def peers(self) -> tuple[Peer, ...]:
        """Return the nodes it is connected with."""
        found = self._calls.ask(_NetInfo, "net_info").peers or ()
        return tuple(Peer(one.node_info.id, one.node_info.moniker, one.remote_ip, one.is_outbound) for one in found)

    def mempool(self) -> tuple[int, int]:
        """Return how many transactions wait in its mempool, and their bytes."""
        found = self._calls.ask(_Mempool, "num_unconfirmed_txs")
        return found.total, found.total_bytes

    def call(self, method: str, params: Mapping[str, Any]) -> Any:
        """Ask by any method; return the result as JSON read it."""
        return self._calls.ask(object, method, dict(params))

    def subscribe(self, query: str) -> Subscription:
        """Return the events that a query names, from now on, over a connection of their own.

        Raises NodeAway, SubscriptionEnded, UnreadableAnswer.
        """
        return Subscription(self.url, query, self._authority)


def _at(height: int | None) -> dict[str, Any]:
    return {} if height is None else {"height": str(height)}
