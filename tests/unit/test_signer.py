"""A validator's signer: what it signs once, what it refuses by name, and what a crash at each durable write leaves."""

import json
import logging
import random
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from salus.bootstrap import new_signer, open_signer, validator_entry
from salus.cometbft import chain_id
from salus.cometbft.proto.privval_pb2 import (
    Message,
    PingRequest,
    PubKeyRequest,
    SignProposalRequest,
    SignVoteRequest,
)
from salus.cometbft.proto.types_pb2 import (
    SIGNED_MSG_TYPE_PRECOMMIT,
    SIGNED_MSG_TYPE_PREVOTE,
    SIGNED_MSG_TYPE_PROPOSAL,
    BlockID,
    PartSetHeader,
    Proposal,
    Vote,
)
from salus.cometbft.votes import extension_sign_bytes, proposal_sign_bytes, vote_sign_bytes
from salus.core.encoding import decode
from salus.core.errors import Refusal
from salus.core.keys import KeyEntry, Role, proved
from salus.core.signatures import SigningKey, verify
from salus.signer import errors
from salus.signer.dialling import read_listening, sign_for
from salus.signer.protocol import MAX_BYTES, answer, framed, read_message
from salus.signer.signing import Signer
from salus.signer.state import FOLDER, STATE, LastSigned, SignState, read_state
from salus.testing.faults import Crash, FaultyFiles, Plan
from salus.vault import keystore
from salus.vault.errors import StorageFailed, StorageFull, WrongPassphrase
from salus.vault.files import LocalFiles

NETWORK = bytes(range(32))
CHAIN = chain_id(NETWORK)
KEY = SigningKey.from_seed(b"k" * 32)
PREVOTE, PRECOMMIT = SIGNED_MSG_TYPE_PREVOTE, SIGNED_MSG_TYPE_PRECOMMIT
WAIT_S = 30


@pytest.fixture(autouse=True)
def cheap_passphrases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keystore, "MEMORY_KIB", 128)
    monkeypatch.setattr(keystore, "ITERATIONS", 1)


@pytest.fixture
def signer(tmp_path: Path) -> Iterator[Signer]:
    made = opened(tmp_path)
    yield made
    made.close()


def opened(home: Path, after: int | None = 0, files: Any = None) -> Signer:
    """Open the home's state; begin it where there is none."""
    begun = None if read_state(home, LocalFiles()) is not None else after
    return Signer(KEY, NETWORK, SignState.open(home, NETWORK, KEY.public, begun, files or LocalFiles()))


def block(name: str = "a") -> BlockID:
    return BlockID(hash=name.encode() * 32, part_set_header=PartSetHeader(total=1, hash=b"p" * 32))


def vote(
    height: int = 5,
    round_: int = 0,
    kind: Any = PREVOTE,
    of: BlockID | None = None,
    seconds: int = 1_700_000_000,
    **more: Any,
) -> Vote:
    made = Vote(type=kind, height=height, round=round_, block_id=of or block(), validator_address=b"v" * 20, **more)
    made.timestamp.seconds = seconds
    return made


def proposal(height: int = 5, round_: int = 0, of: BlockID | None = None, seconds: int = 1_700_000_000) -> Proposal:
    made = Proposal(type=SIGNED_MSG_TYPE_PROPOSAL, height=height, round=round_, pol_round=-1, block_id=of or block())
    made.timestamp.seconds = seconds
    return made


NIL = BlockID(part_set_header=PartSetHeader())


def test_what_is_signed_verifies_and_nothing_else_is_changed(signer: Signer) -> None:
    asked = proposal()
    signed = signer.sign_proposal(CHAIN, asked)
    assert verify(KEY.public, proposal_sign_bytes(CHAIN, asked), signed.signature)
    signed.ClearField("signature")
    assert signed == asked
    cast = vote(validator_index=3)
    done = signer.sign_vote(CHAIN, cast)
    assert verify(KEY.public, vote_sign_bytes(CHAIN, cast), done.signature)
    assert done.extension_signature == b"", "a prevote has none"
    done.ClearField("signature")
    assert done == cast


def test_precommits_of_a_block_are_signed_with_their_extension_and_those_of_none_without(signer: Signer) -> None:
    for height, extension in ((5, b""), (6, b"what the application adds")):
        cast = vote(height, kind=PRECOMMIT, extension=extension)
        done = signer.sign_vote(CHAIN, cast)
        assert verify(KEY.public, extension_sign_bytes(CHAIN, cast), done.extension_signature)
    assert signer.sign_vote(CHAIN, vote(7, kind=PRECOMMIT, of=NIL)).extension_signature == b""
    for unfit in (vote(8, kind=PRECOMMIT, of=NIL, extension=b"x"), vote(8, extension=b"x")):
        with pytest.raises(errors.UnfitRequest):
            signer.sign_vote(CHAIN, unfit)


def test_the_same_again_gets_the_same_signature_and_another_extension_another(signer: Signer) -> None:
    first = signer.sign_vote(CHAIN, vote(kind=PRECOMMIT, extension=b"one"))
    again = signer.sign_vote(CHAIN, vote(kind=PRECOMMIT, extension=b"two"))
    assert first.signature == again.signature
    assert first.extension_signature != again.extension_signature


@pytest.mark.parametrize("kind", ["proposal", "prevote", "precommit"])
def test_another_time_alone_gets_the_signature_and_the_time_from_before(signer: Signer, kind: str) -> None:
    def ask(seconds: int, name: str = "a") -> Vote | Proposal:
        if kind == "proposal":
            return signer.sign_proposal(CHAIN, proposal(of=block(name), seconds=seconds))
        one = PREVOTE if kind == "prevote" else PRECOMMIT
        return signer.sign_vote(CHAIN, vote(kind=one, of=block(name), seconds=seconds))

    first = ask(1_700_000_000)
    for seconds in (1_700_000_009, 1_600_000_000):
        later = ask(seconds)
        assert later == first and later.timestamp.seconds == 1_700_000_000
    with pytest.raises(errors.ConflictingSignature):
        ask(1_700_000_009, "b")
    with pytest.raises(errors.ConflictingSignature):
        ask(1_700_000_000, "b")
    assert ask(1_700_000_000) == first, "a refusal changes nothing"


def test_none_and_a_block_contradict_one_another(signer: Signer) -> None:
    signer.sign_vote(CHAIN, vote(of=NIL))
    with pytest.raises(errors.ConflictingSignature):
        signer.sign_vote(CHAIN, vote())


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        (vote(9, 9, PRECOMMIT), errors.HeightRegression),
        (proposal(9, 9), errors.HeightRegression),
        (vote(10, 2, PRECOMMIT), errors.RoundRegression),
        (proposal(10, 2), errors.RoundRegression),
        (proposal(10, 3), errors.StepRegression),
        (vote(10, 3, PREVOTE, block("b")), errors.ConflictingSignature),
        (vote(0), errors.UnfitRequest),
        (vote(-1), errors.UnfitRequest),
        (vote(11, -1), errors.UnfitRequest),
        (vote(11, kind=SIGNED_MSG_TYPE_PROPOSAL), errors.UnfitRequest),
        (vote(11, kind=0), errors.UnfitRequest),
        (vote(11, kind=77), errors.UnfitRequest),
        (vote(11, seconds=2**60), errors.UnfitRequest),
        (Vote(type=PREVOTE, height=11, block_id=block()), errors.UnfitRequest),
        (Proposal(height=11, block_id=block()), errors.UnfitRequest),
    ],
    ids=str,
)
def test_what_goes_back_or_is_nothing_is_refused_by_name(
    signer: Signer, asked: Vote | Proposal, refusal: type[Refusal]
) -> None:
    signer.sign_vote(CHAIN, vote(10, 3))
    before = signer.last
    with pytest.raises(refusal):
        signer.sign_vote(CHAIN, asked) if isinstance(asked, Vote) else signer.sign_proposal(CHAIN, asked)
    assert signer.last == before
    assert signer.sign_vote(CHAIN, vote(10, 3, PRECOMMIT)).signature, "and it goes on"


def test_another_chain_is_refused_whatever_is_asked(signer: Signer) -> None:
    with pytest.raises(errors.OtherChain):
        signer.sign_vote("salus-other", vote())
    with pytest.raises(errors.OtherChain):
        signer.sign_proposal(CHAIN + "x", proposal())
    with pytest.raises(errors.OtherChain):
        signer.check_chain("")


def test_what_was_signed_is_known_after_a_restart(tmp_path: Path) -> None:
    one = opened(tmp_path)
    first = one.sign_vote(CHAIN, vote())
    one.close()
    other = opened(tmp_path)
    assert other.last.place == (5, 0, 2)
    assert other.sign_vote(CHAIN, vote(seconds=1_800_000_000)) == first
    with pytest.raises(errors.ConflictingSignature):
        other.sign_vote(CHAIN, vote(of=block("b")))
    other.close()


def test_two_signers_of_one_home_are_one_too_many(tmp_path: Path, signer: Signer) -> None:
    with pytest.raises(errors.SignerInUse):
        opened(tmp_path)


def test_a_key_whose_past_is_not_known_signs_nothing_until_a_height_is_said(tmp_path: Path) -> None:
    files = LocalFiles()
    with pytest.raises(errors.NoSignState):
        SignState.open(tmp_path, NETWORK, KEY.public, None, files)
    one = opened(tmp_path, after=100)
    for height, round_, kind in ((99, 0, PREVOTE), (100, 0, PREVOTE), (100, 2**31 - 2, PRECOMMIT)):
        with pytest.raises((errors.HeightRegression, errors.RoundRegression)):
            one.sign_vote(CHAIN, vote(height, round_, kind))
    with pytest.raises(errors.ConflictingSignature):
        one.sign_vote(CHAIN, vote(100, 2**31 - 1, PRECOMMIT))
    assert one.sign_vote(CHAIN, vote(101)).signature
    one.close()
    with pytest.raises(errors.SignStateExists):
        SignState.open(tmp_path, NETWORK, KEY.public, 100, files)
    opened(tmp_path).close()  # and the lock was let go


def test_damaged_or_foreign_state_stops_the_signer(tmp_path: Path) -> None:
    opened(tmp_path).close()
    path, files = tmp_path / FOLDER / STATE, LocalFiles()
    sound = path.read_bytes()
    for network, public in ((bytes(32), KEY.public), (NETWORK, bytes(32))):
        with pytest.raises(errors.SignStateOfAnother):
            SignState.open(tmp_path, network, public, None, files)
    for broken in (b"", sound[:-1], sound + b"\x00", bytes(len(sound))):
        path.write_bytes(broken)
        with pytest.raises(errors.DamagedSignState):
            SignState.open(tmp_path, NETWORK, KEY.public, None, files)
        with pytest.raises(errors.DamagedSignState):
            SignState.open(tmp_path, NETWORK, KEY.public, 0, files)
        assert path.read_bytes() == broken, "nothing is begun anew over it"


# -- durable before it leaves


class Disk(FaultyFiles):
    """Files under a plan, with the errors of the vault's files."""

    def read(self, path: Path) -> bytes:  # type: ignore[override]
        return path.read_bytes()


@pytest.mark.parametrize("mode", ["before", "torn", "after"])
@pytest.mark.parametrize("seed", range(4))
def test_after_a_crash_at_any_durable_write_no_second_signature_is_given(tmp_path: Path, mode: Any, seed: int) -> None:
    """Asked for both of two contradicting things around each crash, at most one was ever signed for each place."""
    chance, step, ended = random.Random(seed), 0, False
    while not ended:
        step += 1
        home = tmp_path / f"{mode}-{step}"
        opened(home).close()
        given: dict[tuple[int, int, int], set[bytes]] = {}
        plan = Plan(step, mode, seed)
        rounds = [(height, round_, kind) for height in (1, 2) for round_ in (0, 1) for kind in (PREVOTE, PRECOMMIT)]
        one: Signer | None = None
        try:
            one = opened(home, files=Disk(plan))
            ask_all(one, rounds, given, chance)
            ended = not plan.crashed
        except Crash:
            assert one is None or one.last.height < 3
        if one is not None:
            one.close()  # the process is gone, and its lock with it
        again = opened(home)
        ask_all(again, rounds, given, chance)
        again.close()
        assert all(len(signed) == 1 for signed in given.values()), (mode, step, seed)
    assert step > 8


def ask_all(one: Signer, rounds: list[Any], given: dict[Any, set[bytes]], chance: random.Random) -> None:
    for height, round_, kind in rounds:
        names = ["a", "b"]
        chance.shuffle(names)
        for name in names:
            try:
                signed = one.sign_vote(CHAIN, vote(height, round_, kind, block(name)))
            except Refusal:
                continue
            given.setdefault((height, round_, int(kind)), set()).add(signed.block_id.hash)


@pytest.mark.parametrize("refusal", [StorageFull, StorageFailed])
def test_a_full_or_failing_disk_gives_no_signature_and_can_be_asked_again(
    tmp_path: Path, refusal: type[Refusal], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = opened(tmp_path)
    before = one.last

    def fail(self: LocalFiles, path: Path, data: bytes) -> None:
        raise refusal

    with monkeypatch.context() as patched:
        patched.setattr(LocalFiles, "write", fail)
        with pytest.raises(refusal):
            one.sign_vote(CHAIN, vote())
        request = Message(sign_vote_request=SignVoteRequest(vote=vote(), chain_id=CHAIN))
        said = answer(one, request).signed_vote_response
        assert said.error.code == refusal.code and said.vote.signature == b""
    assert one.last == before
    assert one.sign_vote(CHAIN, vote()).signature
    one.close()


def test_the_state_is_on_the_disk_when_the_signature_is_given(tmp_path: Path) -> None:
    order: list[str] = []

    class Watched(LocalFiles):
        def write(self, path: Path, data: bytes) -> None:
            super().write(path, data)
            order.append(f"durable: {decode(data, LastSigned).place}")

    one = opened(tmp_path, files=Watched())
    for height in (1, 2):
        signed = one.sign_vote(CHAIN, vote(height))
        order.append("given")
        kept = read_state(tmp_path, LocalFiles())
        assert kept is not None and kept.signature == signed.signature
    assert order == ["durable: (0, 2147483647, 3)", "durable: (1, 0, 2)", "given", "durable: (2, 0, 2)", "given"]
    one.close()


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_asked_each_place_has_one_signature_and_the_places_rise(tmp_path: Path, seed: int) -> None:
    chance, given, last = random.Random(seed), {}, (0, 0, 0)
    one = opened(tmp_path)
    for step in range(150):
        if chance.random() < 0.05:
            one.close()
            one = opened(tmp_path)
        height, round_, name = last[0] + chance.randrange(-1, 2), chance.randrange(3), chance.choice("abn")
        kind = chance.choice((PREVOTE, PRECOMMIT, SIGNED_MSG_TYPE_PROPOSAL))
        of, seconds = NIL if name == "n" else block(name), chance.randrange(1_700_000_000, 1_700_000_003)
        place = (height, round_, {SIGNED_MSG_TYPE_PROPOSAL: 1, PREVOTE: 2, PRECOMMIT: 3}[kind])
        try:
            if kind == SIGNED_MSG_TYPE_PROPOSAL:
                signed: Vote | Proposal = one.sign_proposal(CHAIN, proposal(height, round_, of, seconds))
            else:
                signed = one.sign_vote(CHAIN, vote(height, round_, kind, of, seconds))
        except Refusal:
            assert place < last or given.get(place, (name,))[0] != name or height < 1, (seed, step)
            continue
        assert place >= last, (seed, step)
        assert given.setdefault(place, (name, signed.signature)) == (name, signed.signature), (seed, step)
        last = place
    one.close()


# -- the protocol


def ask(signer: Signer, request: Message) -> Message:
    return answer(signer, Message.FromString(request.SerializeToString()))


def test_each_request_has_its_answer(signer: Signer) -> None:
    assert ask(signer, Message(ping_request=PingRequest())).WhichOneof("sum") == "ping_response"
    key = ask(signer, Message(pub_key_request=PubKeyRequest(chain_id=CHAIN))).pub_key_response
    assert key.pub_key.ed25519 == KEY.public and not key.HasField("error")
    voted = ask(signer, Message(sign_vote_request=SignVoteRequest(vote=vote(), chain_id=CHAIN))).signed_vote_response
    assert voted.vote.signature and not voted.HasField("error")
    request = Message(sign_proposal_request=SignProposalRequest(proposal=proposal(6), chain_id=CHAIN))
    proposed = ask(signer, request).signed_proposal_response
    assert proposed.proposal.signature and not proposed.HasField("error")


def test_refusals_name_themselves_and_hold_no_signature(signer: Signer) -> None:
    key = ask(signer, Message(pub_key_request=PubKeyRequest(chain_id="x"))).pub_key_response
    assert key.error.code == errors.OtherChain.code and key.HasField("pub_key") and not key.pub_key.ed25519
    signer.sign_vote(CHAIN, vote(5))
    request = Message(sign_vote_request=SignVoteRequest(vote=vote(4), chain_id=CHAIN))
    voted = ask(signer, request).signed_vote_response
    assert (voted.error.code, voted.error.description) == (
        errors.HeightRegression.code,
        "Something of a greater height was signed before. (0x3102)",
    )
    assert voted.HasField("vote") and not voted.vote.signature
    again = Message(sign_proposal_request=SignProposalRequest(proposal=proposal(5), chain_id=CHAIN))
    assert ask(signer, again).signed_proposal_response.error.code == errors.StepRegression.code
    for unasked in (Message(), Message(ping_response={})):  # type: ignore[arg-type]
        with pytest.raises(errors.UnfitRequest):
            ask(signer, unasked)


def reading(raw: bytes) -> Message | None:
    left = [raw]

    def read(length: int) -> bytes:
        part, left[0] = left[0][:length], left[0][length:]
        return part

    return read_message(read)


def test_frames_are_read_whole_or_not_at_all() -> None:
    message = Message(sign_vote_request=SignVoteRequest(vote=vote(extension=b"e" * 9000), chain_id=CHAIN))
    raw = framed(message)
    assert reading(raw + b"more") == message
    for cut in (0, 1, 2, len(raw) - 1):
        assert reading(raw[:cut]) is None
    for hostile in (b"\xff" * 10, b"\x80\x80\x80\x80\x01", b"\x02\x0a\x05", framed_length(MAX_BYTES + 1) + b"x"):
        with pytest.raises(errors.UnfitRequest):
            reading(hostile)


def framed_length(length: int) -> bytes:
    head = bytearray()
    while length > 0x7F:
        head.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes((*head, length))


@pytest.mark.parametrize(
    ("address", "refusal"),
    [
        ("tcp://127.0.0.1:26659", errors.NotByTcp),
        ("", errors.UnusableAddress),
        ("unix://", errors.UnusableAddress),
        ("http://x", errors.UnusableAddress),
        ("unix:///" + "x" * 100, errors.UnusableAddress),
        ("unix:///a\x00b", errors.UnusableAddress),
    ],
)
def test_addresses_that_no_signer_dials(address: str, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        read_listening(address)


def test_an_address_names_its_socket() -> None:
    assert read_listening("unix:///run/salus/signer.sock") == Path("/run/salus/signer.sock")
    assert read_listening("unix://signer.sock") == Path("signer.sock")


# -- the connection


@pytest.fixture
def short_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    from shutil import rmtree
    from tempfile import mkdtemp

    folder = Path(mkdtemp(prefix="signer-"))
    yield folder
    rmtree(folder)


class Node:
    """The listening end, as a node has it."""

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(path))
        self._listening.listen()
        self._listening.settimeout(WAIT_S)

    def accept(self) -> socket.socket:
        connection, _ = self._listening.accept()
        connection.settimeout(WAIT_S)
        return connection

    def close(self) -> None:
        self._listening.close()


def exchange(connection: socket.socket, request: Message) -> Message | None:
    connection.sendall(framed(request))
    with connection.makefile("rb") as stream:
        return read_message(lambda length: stream.read(length) or b"")


def test_the_signer_dials_until_the_node_is_there_and_again_when_it_is_gone(signer: Signer, short_folder: Path) -> None:
    path, ending = short_folder / "s", threading.Event()
    thread = threading.Thread(target=sign_for, args=(signer, path, ending))
    thread.start()
    try:
        for height in (1, 2):
            node = Node(path)
            with node.accept() as connection:
                request = Message(sign_vote_request=SignVoteRequest(vote=vote(height), chain_id=CHAIN))
                said = exchange(connection, request)
                assert said is not None and said.signed_vote_response.vote.signature
            with node.accept() as connection:  # which it dials at once
                connection.sendall(b"\xff" * 4)
                assert connection.recv(1) == b"", "what is no request ends the connection"
            with node.accept() as connection:
                assert exchange(connection, Message(ping_request=PingRequest())) is not None
            node.close()
    finally:
        ending.set()
        thread.join(WAIT_S)
        assert not thread.is_alive()


# -- the home


def test_a_home_of_its_own(tmp_path: Path) -> None:
    public = new_signer(tmp_path, NETWORK, "secret words")
    with pytest.raises(errors.SignerExists):
        new_signer(tmp_path, NETWORK, "secret words")
    with pytest.raises(WrongPassphrase):
        open_signer(tmp_path, "other words")
    one = open_signer(tmp_path, "secret words")
    assert (one.public, one.chain, one.last.place) == (public, CHAIN, (0, 2**31 - 1, 3))
    with pytest.raises(errors.SignerInUse):
        open_signer(tmp_path, "secret words")
    one.close()
    entry = decode(validator_entry(tmp_path, "secret words", NETWORK, b"m" * 32), KeyEntry)
    assert (entry.role, entry.public) == (Role.VALIDATOR, public) and proved(NETWORK, b"m" * 32, entry)
    assert not proved(NETWORK, b"n" * 32, entry)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*") if path.is_file()}
    assert modes == {0o600}


def test_a_home_without_a_key_or_without_its_past(tmp_path: Path) -> None:
    with pytest.raises(errors.NoKeyHere):
        open_signer(tmp_path, "secret words")
    new_signer(tmp_path, NETWORK, "secret words")
    (tmp_path / FOLDER / STATE).unlink()
    for after in (None, 0):
        with pytest.raises(errors.NoSignState):  # nor does a genesis say which chain it is of
            open_signer(tmp_path, "secret words", after)


def test_neither_logs_nor_representations_show_the_key(signer: Signer, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        ask(signer, Message(sign_vote_request=SignVoteRequest(vote=vote(2), chain_id=CHAIN)))
        ask(signer, Message(sign_vote_request=SignVoteRequest(vote=vote(1), chain_id=CHAIN)))
    (record,) = [record for record in caplog.records if record.name == "salus.signer"]
    assert (record.code, record.height, record.round) == (errors.HeightRegression.code, 1, 0)  # type: ignore[attr-defined]
    shown = json.dumps([str(vars(one)) for one in caplog.records]) + repr(signer) + repr(vars(signer))
    assert (b"k" * 32).hex() not in shown and "k" * 32 not in shown
