"""Whose signature under a checkpoint counts: validators of the genesis, and those of headers that it leads to."""

from pathlib import Path

import pytest

from salus.client.published import PublishedLog
from salus.core.errors import Malformed, Refusal, WrongSignature
from salus.core.signatures import SigningKey
from salus.evidence.equivocation import check, log_key
from salus.merkle.checkpoint import NoteKey, SignedCheckpoint, parse, sign
from salus.services.audit import audit, continues
from salus.services.compare import Side, compare
from salus.services.cosign import Cosigned, cosign
from salus.services.errors import UnknownLog
from salus.services.witness import Witness
from salus.testing.region import Region, key
from salus.vault import keystore
from unit.published_samples import GENESIS, NETWORK, NODE, ORIGIN, published
from vectors import committed_chain
from vectors.committed_chain import Chain

NEW, LATER = key("validator new"), key("validator later")


def powers(height: int) -> dict[str, int]:
    """The node alone, then with a new one, which is rotated to a later key; at last the node is gone."""
    at = {3: {"node": 1, "new": 1}, 4: {"node": 1, "new": 1}, 5: {"node": 1, "later": 1}}
    return {"node": 1} if height < 3 else at.get(height, {"later": 2})


@pytest.fixture
def chain(monkeypatch: pytest.MonkeyPatch) -> Chain:
    """A chain that the genesis' one validator begins."""
    keys: dict[str, SigningKey] = {"node": NODE, "new": NEW, "later": LATER}
    monkeypatch.setattr(committed_chain, "validator_key", lambda name: keys.get(name) or key(f"validator {name}"))
    return Chain(NETWORK, powers)


@pytest.fixture
def witness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Witness:
    monkeypatch.setattr(keystore, "MEMORY_KIB", 128)
    monkeypatch.setattr(keystore, "ITERATIONS", 1)
    return Witness.create(tmp_path / "witness", "witness.example/one", "passphrase")


def by(signer: SigningKey, folder: Path, size: int = 5, fork_at: int | None = None) -> Path:
    """Publish a log whose checkpoint another validator than the node signed."""
    place = published(folder, size, fork_at)
    note = sign(parse((place / "checkpoint").read_bytes()).checkpoint, ORIGIN, signer)
    (place / "checkpoint").write_bytes(note.note().encode())
    return place


def note(place: Path) -> SignedCheckpoint:
    return PublishedLog(place).checkpoint()


def test_validators_by_vote_and_rotated_keys_are_known_by_a_header(chain: Chain, tmp_path: Path) -> None:
    joined, rotated = chain.header(2, 3), chain.header(2, 3, 4, 5)
    new, later = note(by(NEW, tmp_path / "new")), note(by(LATER, tmp_path / "later"))
    for one in (new, later):
        with pytest.raises(WrongSignature):
            log_key(one, GENESIS)
    assert log_key(new, GENESIS, [joined]) == NoteKey(ORIGIN, NEW.public)
    with pytest.raises(WrongSignature):
        log_key(later, GENESIS, [joined])
    assert log_key(later, GENESIS, [rotated]) == NoteKey(ORIGIN, LATER.public)
    assert log_key(later, GENESIS, [joined, chain.header(2, 3, 4, 5, 6)]).public == LATER.public
    assert log_key(note(published(tmp_path / "old", 5)), GENESIS, [rotated]).public == NODE.public
    with pytest.raises(WrongSignature):
        log_key(note(by(key("somebody"), tmp_path / "other")), GENESIS, [joined, rotated])


def test_a_header_that_the_genesis_does_not_lead_to_makes_nobody_a_validator(chain: Chain, tmp_path: Path) -> None:
    new, later = note(by(NEW, tmp_path / "new")), note(by(LATER, tmp_path / "later"))
    wrongs: list[tuple[bytes, type[Refusal]]] = [
        (chain.header(6), WrongSignature),  # by the later key alone: no step leads there
        (Chain(NETWORK, lambda _: {"new": 1}).header(3), WrongSignature),
        (Chain(Region("other").network, powers).header(2, 3), Malformed),
        (b"", Malformed),
        (chain.header(2, 3)[:-1], Malformed),
    ]
    for wrong, refusal in wrongs:
        for one in (new, later):
            with pytest.raises(refusal):
                log_key(one, GENESIS, [wrong])


def test_audits_comparisons_and_proofs_take_headers(chain: Chain, tmp_path: Path) -> None:
    headers = [chain.header(2, 3)]
    old, place = note(published(tmp_path / "old", 5)), by(NEW, tmp_path / "new", 9)
    log = PublishedLog(place)
    with pytest.raises(WrongSignature):
        audit(log, GENESIS)
    found = audit(log, GENESIS, headers=headers)
    assert (found.signed.checkpoint.size, found.damages) == (9, ())
    assert continues(log, found.signed, old, GENESIS, headers).proof == b""
    forked = PublishedLog(by(NEW, tmp_path / "forked", 9, 2))
    proof = compare(Side(old, None), Side(forked.checkpoint(), forked), GENESIS, headers).proof
    assert check(proof, GENESIS, headers).longer == forked.checkpoint()
    with pytest.raises(WrongSignature):
        check(proof, GENESIS)


def test_a_witness_learns_validators_and_keeps_the_newest(chain: Chain, tmp_path: Path, witness: Witness) -> None:
    assert isinstance(cosign(witness, PublishedLog(published(tmp_path / "old", 3)), GENESIS, 1), Cosigned)
    place = PublishedLog(by(NEW, tmp_path / "new"))
    with pytest.raises(WrongSignature):
        cosign(witness, place, GENESIS, 2)
    witness.learn_validators(chain.header(2, 3))
    done = cosign(Witness.open(witness.folder, "passphrase"), place, None, 2)
    assert isinstance(done, Cosigned) and done.before is not None
    newer = chain.header(2, 3, 4, 5)
    witness.learn_validators(newer)
    witness.learn_validators(chain.header(2, 3))
    assert [log.headers for log in witness.logs()] == [(newer,)]
    for wrong, refusal in (
        (b"", Malformed),
        (chain.header(6), WrongSignature),
        (Chain(Region("other").network, powers).header(2), UnknownLog),
    ):
        with pytest.raises(refusal):
            witness.learn_validators(wrong)
    assert [log.headers for log in witness.logs()] == [(newer,)]
