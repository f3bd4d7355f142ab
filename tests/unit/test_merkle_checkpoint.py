"""Checkpoints as signed notes: the exact form, and every other form refused."""

from base64 import b64decode, b64encode
from hashlib import sha256

import pytest

from salus.core.errors import Malformed
from salus.core.signatures import SigningKey
from salus.merkle.checkpoint import (
    Checkpoint,
    NoteKey,
    cosign,
    cosigned_at,
    note_key_id,
    parse,
    parse_note_key,
    sign,
    signed_by,
    witness_key_id,
    witnessed_by,
)

LOG, ONE, TWO = (SigningKey.from_seed(bytes((n,)) * 32) for n in (1, 2, 3))
ROOT = sha256(b"root").digest()
CHECKPOINT = Checkpoint("ledger.example/region", 20852163, ROOT)
LOG_KEY = NoteKey("ledger.example/region", LOG.public)
WITNESS, OTHER = NoteKey("witness.example/one", ONE.public), NoteKey("witness.example/two", TWO.public)
TIME_S = 1_700_000_000
SIGNED = sign(CHECKPOINT, LOG_KEY.name, LOG)
WITNESSED = cosign(SIGNED, WITNESS.name, ONE, TIME_S)


def test_the_bytes_of_a_note() -> None:
    head = f"ledger.example/region\n20852163\n{b64encode(ROOT).decode()}\n"
    key_id = sha256(b"ledger.example/region\n\x01" + LOG.public).digest()[:4]
    line = b64encode(key_id + LOG.sign(head.encode())).decode()
    assert SIGNED.note() == f"{head}\n\u2014 ledger.example/region {line}\n"
    assert note_key_id(*LOG_KEY) == key_id


def test_the_bytes_of_a_cosignature() -> None:
    line = WITNESSED.note().splitlines()[-1].removeprefix("\u2014 witness.example/one ")
    message = f"cosignature/v1\ntime {TIME_S}\n{CHECKPOINT.text()}".encode()
    key_id = sha256(b"witness.example/one\n\x04" + ONE.public).digest()[:4]
    assert b64decode(line) == key_id + TIME_S.to_bytes(8, "big") + ONE.sign(message)
    assert witness_key_id(*WITNESS) == key_id


def test_round_trip_with_extensions() -> None:
    extended = sign(CHECKPOINT._replace(extensions=("state 00ff", "height 7")), LOG_KEY.name, LOG)
    for signed in (SIGNED, WITNESSED, extended):
        assert parse(signed.note()) == parse(signed.note().encode()) == signed
        assert signed_by(signed, LOG_KEY)
    assert not signed_by(extended._replace(checkpoint=CHECKPOINT), LOG_KEY)


def test_who_signed() -> None:
    assert not signed_by(SIGNED, NoteKey("other.example", LOG.public))
    assert not signed_by(SIGNED, NoteKey(LOG_KEY.name, ONE.public))
    assert not signed_by(WITNESSED, WITNESS)  # a cosignature is none of the log's signatures
    for changed in (CHECKPOINT._replace(size=1), CHECKPOINT._replace(root=bytes(32)), CHECKPOINT._replace(origin="x")):
        assert not signed_by(SIGNED._replace(checkpoint=changed), LOG_KEY)


def test_a_known_key_with_one_wrong_signature_signs_nothing() -> None:
    line = SIGNED.signatures[0]
    wrong = line._replace(signature=bytes(64))
    assert not signed_by(SIGNED._replace(signatures=(line, wrong)), LOG_KEY)
    late = WITNESSED.signatures[1]
    assert cosigned_at(WITNESSED._replace(signatures=(late, late._replace(signature=bytes(72)))), WITNESS) is None


def test_who_cosigned_and_when() -> None:
    assert cosigned_at(SIGNED, WITNESS) is None
    assert cosigned_at(WITNESSED, WITNESS) == TIME_S
    assert cosigned_at(WITNESSED, NoteKey(WITNESS.name, TWO.public)) is None
    assert cosigned_at(cosign(WITNESSED, WITNESS.name, ONE, TIME_S + 9), WITNESS) == TIME_S + 9
    assert cosigned_at(WITNESSED._replace(checkpoint=CHECKPOINT._replace(size=9)), WITNESS) is None
    moved = WITNESSED.signatures[1]._replace(signature=bytes(8) + WITNESSED.signatures[1].signature[8:])
    assert cosigned_at(WITNESSED._replace(signatures=(moved,)), WITNESS) is None
    far = cosign(SIGNED, WITNESS.name, ONE, 2**63)
    assert cosigned_at(far, WITNESS) is None


def test_a_witness_counts_once() -> None:
    both = cosign(cosign(WITNESSED, OTHER.name, TWO, TIME_S), "again.example", ONE, TIME_S)
    assert witnessed_by(SIGNED, [WITNESS, OTHER]) == 0
    assert witnessed_by(WITNESSED, [WITNESS, OTHER]) == 1
    assert witnessed_by(both, [WITNESS, OTHER, WITNESS, NoteKey("again.example", ONE.public)]) == 2


GOOD = SIGNED.note()
HEAD, SIGNATURE = GOOD.split("\n\n")
ORIGIN, SIZE, ENCODED = HEAD.split("\n")
REFUSED = {
    "empty": "",
    "no signature": HEAD + "\n\n",
    "no blank line": HEAD + "\n" + SIGNATURE,
    "no final newline": GOOD[:-1],
    "more newlines": GOOD + "\n",
    "carriage returns": GOOD.replace("\n", "\r\n"),
    "tab": GOOD.replace("region", "reg\tion"),
    "two lines": f"{ORIGIN}\n{SIZE}\n\n{SIGNATURE}",
    "empty origin": GOOD.replace(ORIGIN + "\n20", "\n20"),
    "empty extension": f"{HEAD}\n\nmore\n\n{SIGNATURE}",
    "leading zero": GOOD.replace(SIZE, "0" + SIZE),
    "sign": GOOD.replace(SIZE, "+" + SIZE),
    "underscore": GOOD.replace(SIZE, "2_0"),
    "other digits": GOOD.replace(SIZE, "\u0661"),
    "huge size": GOOD.replace(SIZE, "9" * 17),
    "size in words": GOOD.replace(SIZE, "many"),
    "short root": GOOD.replace(ENCODED, b64encode(ROOT[:31]).decode()),
    "root in base64url": GOOD.replace(ENCODED, "_" * 43 + "="),
    "root without padding": GOOD.replace(ENCODED, ENCODED.rstrip("=")),
    "stray bits in root": GOOD.replace(ENCODED, ENCODED[:-2] + chr(ord(ENCODED[-2]) + 1) + "="),
    "hyphen for a dash": GOOD.replace("\u2014", "-"),
    "no name": GOOD.replace("\u2014 ledger.example/region ", "\u2014  "),
    "plus in a name": GOOD.replace("\u2014 ledger", "\u2014 led+ger"),
    "space in a name": GOOD.replace("\u2014 ledger", "\u2014 led\u00a0ger"),
    "short signature": f"{HEAD}\n\n\u2014 a AAAAAA==\n",
    "no base64": f"{HEAD}\n\n\u2014 a !!!!\n",
    "base64 beyond ASCII": f"{HEAD}\n\n\u2014 a \u00e4\u00e4\u00e4\u00e4\n",
    "lone surrogate": GOOD.replace("region", "\ud800"),
    "bytes that are no UTF-8": b"\xff" + GOOD.encode(),
    "65 signatures": HEAD + "\n\n" + SIGNATURE * 65,
    "too long": HEAD + "\n" + "x" * 65536 + "\n\n" + SIGNATURE,
}


@pytest.mark.parametrize("defect", REFUSED)
def test_any_other_form_is_malformed(defect: str) -> None:
    with pytest.raises(Malformed):
        parse(REFUSED[defect])


def test_what_cannot_be_parsed_is_not_signed() -> None:
    for wrong in (
        CHECKPOINT._replace(origin=""),
        CHECKPOINT._replace(origin="two\nlines"),
        CHECKPOINT._replace(origin=f"ledger.example\n1\n{b64encode(ROOT).decode()}"),
        CHECKPOINT._replace(extensions=("two\nlines",)),
        CHECKPOINT._replace(root=bytes(31)),
        CHECKPOINT._replace(size=-1),
        CHECKPOINT._replace(extensions=("",)),
    ):
        with pytest.raises(Malformed):
            sign(wrong, LOG_KEY.name, LOG)
    with pytest.raises(Malformed):
        sign(CHECKPOINT, "a name", LOG)


def test_sixteen_signatures_and_unknown_ones_are_taken() -> None:
    signed = SIGNED
    for n in range(16):
        signed = cosign(signed, f"witness.example/{n}", ONE, TIME_S + n)
    unknown = signed.note() + f"\u2014 quantum.example {b64encode(bytes(2500)).decode()}\n"
    assert signed_by(parse(unknown), LOG_KEY)
    assert cosigned_at(parse(unknown), NoteKey("witness.example/15", ONE.public)) == TIME_S + 15


def verifier_key(name: str, public: bytes, kind: bytes = b"\x04") -> str:
    """The text form of a key, made from its definition."""
    key_id = sha256(name.encode() + b"\n" + kind + public).digest()[:4].hex()
    return f"{name}+{key_id}+{b64encode(kind + public).decode()}"


def test_a_verifier_key_is_read() -> None:
    text = verifier_key(*WITNESS)
    assert parse_note_key(text) == WITNESS
    assert cosigned_at(WITNESSED, parse_note_key(text)) == TIME_S


@pytest.mark.parametrize(
    "text",
    [
        "",
        "witness.example/one",
        verifier_key(WITNESS.name, WITNESS.public, b"\x01"),  # a log's key, no witness's
        verifier_key("", WITNESS.public),
        verifier_key("witness example", WITNESS.public),
        verifier_key("witness+example", WITNESS.public),
        verifier_key(WITNESS.name, WITNESS.public[:-1]),
        verifier_key(WITNESS.name, bytes(32)),  # of low order
        verifier_key("witness.example/two", WITNESS.public).replace("two", "one"),  # another name's id
        verifier_key(*WITNESS).upper(),
        verifier_key(*WITNESS) + "\n",
        verifier_key(*WITNESS) + "=",
        " " + verifier_key(*WITNESS),
    ],
)
def test_every_other_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        parse_note_key(text)
