"""ABCI queries: the value of a key with its proof, and what the ledger says of itself.

A proof is under the app hash in the header of the height after the one that is named. A value's is of type `ics23:smt`,
a CommitmentProof (ICS-23); that there is none, `salus:smt` proves: the encoded `merkle.smt.Proof`, which shows of a
neighbour in the tree its hashes and nothing in clear.
"""

import json

from salus.cometbft.proto import abci_pb2
from salus.core.encoding import encode
from salus.core.errors import Oversized, Refusal
from salus.ledger.consensus.errors import NoSuchQuery, PastState
from salus.ledger.consensus.executor import Executor
from salus.merkle.ics23 import existence

KEY, STATUS = "/key", "/status"
ICS23, ABSENCE = "ics23:smt", "salus:smt"
MAX_KEY_BYTES = 256
CODESPACE = "salus"


class Queries:
    """Answers; what cannot be answered has the code of a refusal."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def answer(self, asked: abci_pb2.RequestQuery) -> abci_pb2.ResponseQuery:
        """Answer one query."""
        try:
            if asked.path == KEY:
                return self._key(asked)
            if asked.path == STATUS:
                return self._status()
            raise NoSuchQuery
        except Refusal as refusal:
            return abci_pb2.ResponseQuery(code=refusal.code, log=str(refusal), codespace=CODESPACE)

    def _key(self, asked: abci_pb2.RequestQuery) -> abci_pb2.ResponseQuery:
        key = asked.data
        if not 0 < len(key) <= MAX_KEY_BYTES:
            raise Oversized
        found = self._executor.proved(key)
        if asked.height not in (0, found.height):
            raise PastState
        answer = abci_pb2.ResponseQuery(key=key, value=found.value or b"", height=found.height)
        if asked.prove:
            if found.value is None:
                answer.proof_ops.ops.add(type=ABSENCE, key=key, data=encode(found.proof))
            else:
                answer.proof_ops.ops.add(type=ICS23, key=key, data=existence(key, found.value, found.proof))
        return answer

    def _status(self) -> abci_pb2.ResponseQuery:
        last = self._executor.last()
        said = {"height": last.height, "time": last.time, "app_hash": last.app_hash.hex()}
        return abci_pb2.ResponseQuery(value=json.dumps(said).encode(), height=last.height)
