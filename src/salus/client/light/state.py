"""Values of the state from any node, each proved under a header that the light client verified.

A node answers the ABCI query `/key` with the value and one proof: `ics23:smt` holds a CommitmentProof, `salus:smt` that
there is no value. The state after the block of a height is under the app hash in the header of the next, and where that
block was empty in its own header too, which is not followed by another one soon.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from salus.client.cometbft.rpc import QueryAnswer, Rpc
from salus.client.light.block import LightBlock
from salus.client.light.client import LightClient
from salus.client.light.errors import NoSuchQuery, NotCovered, WrongProof
from salus.core.encoding import decode
from salus.core.errors import Refusal
from salus.merkle.ics23 import read_existence
from salus.merkle.smt import Proof, verify_absence, verify_membership

PATH, PRESENT, ABSENT = "/key", "ics23:smt", "salus:smt"
WAIT_S, PAUSE_S = 10.0, 0.2  # for the header that covers what was answered


class Proved(NamedTuple):
    """A value, None where there is none, in the state after the block of a height."""

    value: bytes | None
    height: int
    proof: Proof
    header: LightBlock  # of the height after, under whose app hash the proof stands


class StateReader:
    """Reads the state by one node. Every method may be called from any thread."""

    def __init__(self, light: LightClient, rpc: Rpc, sleep: Callable[[float], None] = time.sleep) -> None:
        self._light, self._rpc, self._sleep = light, rpc, sleep

    def read(self, key: bytes) -> Proved:
        """Return the newest value of a key.

        Raises NoSuchQuery, WrongProof; NotCovered where the header that covers it does not come; what the node's
        client and the light client raise.
        """
        answer = self._rpc.abci_query(PATH, key, prove=True)
        if answer.code:
            raise NoSuchQuery
        value, proof = _proof(key, answer)
        if answer.height > 0:
            header = self._header(answer.height)  # an empty block leaves the state as its own header names it
            if _holds(header, key, value, proof):
                return Proved(value, header.height - 1, proof, header)
        header = self._header(answer.height + 1)
        if not _holds(header, key, value, proof):
            raise WrongProof
        return Proved(value, answer.height, proof, header)

    def _header(self, height: int) -> LightBlock:
        """Return a header that may still have to be made."""
        for _ in range(int(WAIT_S / PAUSE_S)):
            with suppress(LookupError):
                return self._light.at(height)
            self._sleep(PAUSE_S)
        raise NotCovered


def _holds(header: LightBlock, key: bytes, value: bytes | None, proof: Proof) -> bool:
    root = header.header.app_hash
    return verify_absence(root, key, proof) if value is None else verify_membership(root, key, value, proof)


def _proof(key: bytes, answer: QueryAnswer) -> tuple[bytes | None, Proof]:
    """Return value and proof as an answer shows them; raise WrongProof where they are not of their form."""
    if len(answer.ops) != 1 or answer.key != key or answer.ops[0].key != key:
        raise WrongProof
    kind, _, data = answer.ops[0]
    try:
        if kind == PRESENT:
            return answer.value, read_existence(data, key, answer.value)
        if kind == ABSENT and not answer.value:
            return None, decode(data, Proof)
    except Refusal:
        raise WrongProof from None
    raise WrongProof
