"""Headers committed by CometBFT's validators: what is kept of them, what a reader is told, that no bit changes."""

import pytest
from msgspec.structs import replace

from salus.cometbft.errors import NotTrusted
from salus.cometbft.header import MAX_HEIGHT, check_header
from salus.cometbft.proto.types_pb2 import ValidatorSet
from salus.cometbft.reading import read
from salus.cometbft.validators import MAX_TOTAL_POWER, read_validators, validator_set, validators
from salus.core.encoding import encode
from salus.core.errors import Malformed, WrongSignature
from salus.core.signatures import SigningKey
from salus.evidence.committed import Committed, committed, read_steps, signers
from salus.evidence.format import MAX_HEADER_BYTES, Checkpoint, Evidence, origin
from salus.evidence.header import Header, parse_header, read_header, sign_header
from salus.evidence.report import Outcome, Report, Verdict
from salus.evidence.verify import verify
from salus.merkle import checkpoint as notes
from salus.merkle.plain import plain_root
from vectors.consortium import Decided, Powers, block, decide, header, powers, shown, trusting
from vectors.core_vectors import genesis_file
from vectors.fixed import NOW, fixed, key
from vectors.world import NETWORK, NODE, WITNESS, World

FOUR = powers(("a", 10), ("b", 10), ("c", 10), ("d", 10))
ALONE: Powers = {NODE: 1}  # the one validator of the genesis
LATER: Powers = {NODE: 1, key("e"): 1}


def test_every_flipped_bit_is_refused() -> None:
    """Each vote is needed here; of votes that are not, one may be left out and nothing else."""
    three = powers(("a", 10), ("b", 10), ("c", 10))
    raw, trusted = shown(NETWORK, block(NETWORK, 9, three)), trusting(NETWORK, three)
    assert read_header(NETWORK, raw, trusted).header.height == 9
    for at in range(len(raw)):
        for bit in (1, 128):
            changed = bytearray(raw)
            changed[at] ^= bit
            with pytest.raises((Malformed, WrongSignature)):
                read_header(NETWORK, bytes(changed), trusted)


def test_what_proves_nothing_is_left_out_of_what_cometbft_gives() -> None:
    made = block(NETWORK, 9, FOUR)
    given = ValidatorSet()
    given.CopyFrom(made.validators)
    for one in given.validators:
        one.proposer_priority = -7
    given.proposer.CopyFrom(given.validators[1])
    given.total_voting_power = 40
    assert committed(NETWORK, [made._replace(validators=given)]) == shown(NETWORK, made)


def test_a_header_has_room_to_its_limit_and_no_byte_more() -> None:
    many = powers(*((f"many {n}", 1) for n in range(400)))
    while len(most := shown(NETWORK, block(NETWORK, 9, many))) > MAX_HEADER_BYTES:
        many = dict(list(many.items())[:-1])
    assert len(many) > 350
    assert read_header(NETWORK, most, trusting(NETWORK, many)).raw == most
    more = shown(NETWORK, block(NETWORK, 9, {**many, key("one more"): 1}))
    assert len(more) > MAX_HEADER_BYTES
    with pytest.raises(Malformed):
        parse_header(NETWORK, more)


def test_nobody_trusted_trusts_nothing() -> None:
    with pytest.raises(NotTrusted):
        read_header(NETWORK, shown(NETWORK, block(NETWORK, 9, FOUR)), {})


def test_trusted_power_counts_and_not_the_power_shown() -> None:
    """Who is trusted with little has little to say, whatever power a set of its own gives it."""
    mighty = {key("a"): 1_000_000, key("x"): 1}
    with pytest.raises(NotTrusted):
        read_header(NETWORK, shown(NETWORK, block(NETWORK, 9, mighty)), trusting(NETWORK, FOUR))


def test_the_first_block_follows_the_network_and_later_ones_a_block() -> None:
    trusted = trusting(NETWORK, FOUR)
    assert read_header(NETWORK, shown(NETWORK, block(NETWORK, 1, FOUR)), trusted).header.previous == NETWORK
    assert read_header(NETWORK, shown(NETWORK, block(NETWORK, 2, FOUR)), trusted).header.previous == fixed("block 1")


def test_signers_are_the_validators_of_the_last_step() -> None:
    raw = shown(NETWORK, block(NETWORK, 20, FOUR, LATER), block(NETWORK, 21, LATER))
    assert signers(NETWORK, raw) == trusting(NETWORK, LATER)
    assert [step.header.height for step in read_steps(NETWORK, raw)] == [20, 21]


@pytest.mark.parametrize("form", [2, 3])
def test_the_nodes_own_form_has_its_own_number(form: int) -> None:
    """Fields of another form, signed by the node's key, are no header of form 1."""
    fields = Header(form, NETWORK, 9, NOW, fixed("p"), fixed("b"), fixed("a"), NODE.id(NETWORK))
    with pytest.raises(Malformed):
        parse_header(NETWORK, sign_header(fields, NODE).raw)


def test_heights_and_powers_are_bounded() -> None:
    made = header(NETWORK, 9, FOUR)
    made.height = MAX_HEIGHT
    check_header(made, made.chain_id)
    made.height += 1
    with pytest.raises(Malformed):
        check_header(made, made.chain_id)
    most = validators([(key("a").public, MAX_TOTAL_POWER - 1), (key("b").public, 1)])
    assert read_validators(validator_set(most)) == most
    with pytest.raises(Malformed):
        read_validators(validator_set(validators([(key("a").public, MAX_TOTAL_POWER), (key("b").public, 1)])))
    with pytest.raises(Malformed):
        read_validators(validator_set(validators([(key("a").public, 0)])))
    with pytest.raises(Malformed):
        read_validators(ValidatorSet())


def test_what_is_no_message_is_malformed() -> None:
    for raw in (b"\xff", b"\x0a\xff", b"\x0a\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", bytes(9)):
        with pytest.raises(Malformed):
            read(raw, ValidatorSet)


# The verifier


def fact(by: Powers, *before: Decided, checkpoint: Checkpoint | None = None, height: int = 9) -> Evidence:
    """Evidence of the world's state under a header that `by` committed."""
    world = World()
    made = world.view() if checkpoint else world.fact(b"\x03\x01" + fixed("nobody"))
    last = decide(header(NETWORK, height, by, app_hash=plain_root(world.state.items())), by)
    return replace(made, header=shown(NETWORK, *before, last), checkpoint=checkpoint)


def ask(made: Evidence) -> Report:
    return verify(encode(made), genesis_file(), witnesses=[WITNESS])


def note(by: SigningKey, witnessed: bool) -> Checkpoint:
    log = World().log
    made = notes.sign(notes.Checkpoint(origin(NETWORK), log.size, log.root()), origin(NETWORK), by)
    if witnessed:
        made = notes.cosign(made, WITNESS.name, key("witness"), NOW // 1000)
    return Checkpoint(made.note().encode(), ())


def test_the_verifier_says_who_committed_the_header_and_what_that_does_not_prove() -> None:
    report = ask(fact(ALONE))
    assert report.verdict is Verdict.UNWITNESSED
    assert report.steps[2].words == "The header of height 9 is committed by validators that the genesis leads to."
    assert (report.height, report.time) == (9, NOW + 9000)
    assert (
        "That the validators committed no other block at this height: no witness known to you has signed."
        in report.not_proved
    )
    assert (
        "That they were validators when they signed: past the trust period, only a witness or checkpoint tells."
        in report.not_proved
    )
    assert not any("operator" in words for words in report.not_proved)


def test_a_witness_takes_the_place_of_the_trust_period() -> None:
    report = ask(fact(ALONE, checkpoint=note(NODE, witnessed=True)))
    assert report.verdict is Verdict.PROVED
    assert not any("trust period" in words or "no other block" in words for words in report.not_proved)


def test_validators_that_came_later_sign_checkpoints_too() -> None:
    made = fact(LATER, block(NETWORK, 5, ALONE), checkpoint=note(key("e"), witnessed=True))
    assert ask(made).verdict is Verdict.PROVED
    stranger = fact(ALONE, checkpoint=note(key("e"), witnessed=True))
    report = ask(stranger)
    assert report.verdict is Verdict.REFUTED and report.steps[5].outcome is Outcome.FAILED


def test_a_header_that_the_genesis_does_not_lead_to_is_refuted() -> None:
    for made in (fact(FOUR), replace(fact(ALONE), header=encode(Committed(2, NETWORK, ((b"", b"", b""),))))):
        report = ask(made)
        assert report.verdict is Verdict.REFUTED
        assert report.steps[2].outcome is Outcome.FAILED
        assert report.steps[2].words == (
            "The ledger header is malformed, or not committed by validators that the genesis leads to."
        )


def test_without_a_genesis_nobody_is_known() -> None:
    report = verify(encode(fact(FOUR)), None)
    assert report.verdict is Verdict.NO_GENESIS
    assert report.steps[2].words == "The header is well-formed; without a genesis no signer is known."
