"""`salus signer serve` and a real CometBFT with its own key-value store: blocks are made, and nothing is signed twice.

Between the two stands a relay that keeps every answer, so that what the signer gave is known whoever is killed.
"""

import base64
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp

import pytest

from consensus.kvstore_nodes import STARTS_S, STOPS_S, KvNode, free_ports, until
from salus.bootstrap import new_signer
from salus.client.cometbft.rpc import Rpc
from salus.cometbft import chain_id
from salus.cometbft.proto.privval_pb2 import Message
from salus.cometbft.validators import address
from salus.cometbft.votes import proposal_sign_bytes, vote_sign_bytes
from salus.core.signatures import verify
from salus.signer.protocol import framed, read_message

NETWORK = bytes(range(32))
CHAIN = chain_id(NETWORK)
PASSPHRASE = "words for a test"
Place = tuple[int, int, int]


class Relay:
    """Stands between the node, which listens at `node`, and the signer, which dials `signer`."""

    def __init__(self, node: Path, signer: Path) -> None:
        self.given: dict[Place, set[tuple[bytes, bytes]]] = {}  # what was signed, and the signature
        self.refused: list[int] = []
        self._node, self._ended = node, False
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(signer))
        self._listening.listen()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while not self._ended:
            try:
                signer, _ = self._listening.accept()
            except OSError:
                return
            with signer, socket.socket(socket.AF_UNIX) as node, suppress(OSError):
                node.connect(str(self._node))
                self._carry(node, signer)

    def _carry(self, node: socket.socket, signer: socket.socket) -> None:
        with node.makefile("rb") as asked, signer.makefile("rb") as answered:
            while True:
                request = read_message(lambda length: asked.read(length) or b"")
                if request is None:
                    return
                signer.sendall(framed(request))
                answer = read_message(lambda length: answered.read(length) or b"")
                if answer is None:
                    return
                self._note(request, answer)
                node.sendall(framed(answer))

    def _note(self, request: Message, answer: Message) -> None:
        """Keep what was given, whether or not the node hears of it."""
        match answer.WhichOneof("sum"):
            case "signed_vote_response" if answer.signed_vote_response.HasField("error"):
                self.refused.append(answer.signed_vote_response.error.code)
            case "signed_proposal_response" if answer.signed_proposal_response.HasField("error"):
                self.refused.append(answer.signed_proposal_response.error.code)
            case "signed_vote_response":
                vote = answer.signed_vote_response.vote
                self._keep((vote.height, vote.round, vote.type), vote_sign_bytes(CHAIN, vote), vote.signature)
            case "signed_proposal_response":
                made = answer.signed_proposal_response.proposal
                self._keep((made.height, made.round, 0), proposal_sign_bytes(CHAIN, made), made.signature)

    def _keep(self, place: Place, signed: bytes, signature: bytes) -> None:
        self.given.setdefault(place, set()).add((signed, signature))

    def close(self) -> None:
        self._ended = True
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(STOPS_S)


class Signing:
    """The signer's process."""

    def __init__(self, home: Path, listen: str) -> None:
        self.home, self.listen = home, listen
        self.words = home.parent / "words"
        self.words.write_text(PASSPHRASE)
        self.log = home.parent / "signer.log"
        self._process: subprocess.Popen[bytes] | None = None

    def command(self) -> Sequence[str]:
        return (sys.executable, "-m", "salus", "signer", "serve", "--home", str(self.home), "--listen", self.listen)

    def environment(self) -> dict[str, str]:
        return {**os.environ, "SALUS_PASSPHRASE_FILE": str(self.words)}

    def start(self) -> None:
        """Start it, and wait until it dials: a node gives up after three seconds without a signer."""
        self.log.write_bytes(b"")
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self.command(), stdout=log, stderr=log, env=self.environment())
        until(lambda: b"Signing for" in self.log.read_bytes())

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOPS_S)

    def end(self) -> int:
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(STOPS_S)


class Pair:
    """A node that makes blocks without pause, its signer, and the relay."""

    def __init__(self, folder: Path) -> None:
        rpc, p2p = free_ports(2)
        self.node = KvNode(folder / "node", rpc, p2p)
        self.socket = folder / "n"
        self.public = new_signer(folder / "signer", NETWORK, PASSPHRASE)
        self.node.configure(
            {
                "priv_validator_laddr": f'"unix://{self.socket}"',
                "timeout_commit": '"50ms"',
                "timeout_propose": '"300ms"',
                "pex": "false",
            }
        )
        config = folder / "node/config"
        genesis = json.loads((config / "genesis.json").read_text())
        genesis["chain_id"] = CHAIN
        genesis["validators"] = [
            {
                "address": address(self.public).hex().upper(),
                "pub_key": {"type": "tendermint/PubKeyEd25519", "value": base64.b64encode(self.public).decode()},
                "power": "10",
                "name": "",
            }
        ]
        (config / "genesis.json").write_text(json.dumps(genesis))
        (config / "priv_validator_key.json").unlink()  # the node has no key at all
        self.signing = Signing(folder / "signer", f"unix://{folder / 's'}")
        self.relay = Relay(self.socket, folder / "s")

    def start_node(self) -> None:
        self.socket.unlink(missing_ok=True)  # a node that was killed leaves it
        self.node.start()

    def height(self) -> int:
        rpc = Rpc(self.node.url)
        try:
            return rpc.status().height
        finally:
            rpc.close()

    def grow(self, blocks: int = 3, *, unless_refused: bool = False) -> None:
        """Wait for some blocks more, or for a refusal."""
        target = self.height() + blocks
        until(lambda: self.height() >= target or (unless_refused and bool(self.relay.refused)), 120)

    def check(self) -> None:
        """Nothing was signed twice, and every signature is of what it was given for."""
        assert self.relay.given
        for place, given in list(self.relay.given.items()):
            assert len(given) == 1, place
            ((signed, signature),) = given
            assert verify(self.public, signed, signature)

    def close(self) -> None:
        self.node.stop()
        self.signing.kill()
        self.relay.close()


@pytest.fixture
def pair() -> Iterator[Pair]:
    folder = Path(mkdtemp(prefix="sign-", dir="/tmp"))
    made: Pair | None = None
    try:
        made = Pair(folder)
        yield made
    finally:
        if made is not None:
            made.close()
        shutil.rmtree(folder, ignore_errors=True)


def test_blocks_are_made_and_a_killed_signer_goes_on_without_signing_twice(pair: Pair) -> None:
    pair.signing.start()
    pair.start_node()
    pair.grow()
    pause = threading.Event()
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    for _ in range(4):
        pause.wait(chance.random() / 3)  # anywhere in a round
        pair.signing.kill()
        pair.signing.start()
        pair.grow()
    assert pair.signing.end() == 0
    pair.check()
    heights = sorted({height for height, _, _ in pair.relay.given})
    assert len(heights) >= 15, seed
    log = pair.signing.log.read_text()
    assert PASSPHRASE not in log and "Traceback" not in log


def test_a_killed_node_that_forgot_its_votes_is_refused_by_name_and_goes_on(pair: Pair) -> None:
    """Where its prevote of before it was killed is refused it waits for other validators' votes, and here are none."""
    pair.signing.start()
    pair.start_node()
    pair.grow()
    for forgets in (False, True, True):
        pair.node.stop(hard=True)
        if forgets:
            shutil.rmtree(pair.node.home / "data/cs.wal")
        pair.start_node()
        pair.grow(unless_refused=forgets)
    pair.check()
    assert set(pair.relay.refused) <= {0x3102, 0x3103, 0x3104, 0x3105}


def test_a_node_of_another_chain_gets_no_key_and_no_signature(pair: Pair) -> None:
    path = pair.node.home / "config/genesis.json"
    genesis = json.loads(path.read_text())
    genesis["chain_id"] = "salus-another"
    path.write_text(json.dumps(genesis))
    pair.signing.start()
    with pytest.raises(AssertionError):
        pair.start_node()
    assert "asks for the key of another chain" in (pair.node.home / "log").read_text()
    assert pair.relay.given == {}


def test_the_command_refuses_tcp_and_a_second_signer(pair: Pair) -> None:
    def said(*more: str) -> tuple[int, str]:
        command = [*pair.signing.command()[:-1], *more]
        done = subprocess.run(command, env=pair.signing.environment(), capture_output=True, timeout=STARTS_S)
        return done.returncode, done.stderr.decode()

    status, words = said("tcp://127.0.0.1:26659")
    assert (status, "forward that over SSH" in words) == (2, True)
    pair.signing.start()
    status, words = said(pair.signing.listen)
    assert (status, "two would sign twice" in words) == (4, True)
    assert pair.signing.end() == 0
