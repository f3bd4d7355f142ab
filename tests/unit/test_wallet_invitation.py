"""Printed codes: what a typing error does, and what a code tells."""

import random

import pytest

from salus.core.signatures import valid_public_key
from salus.wallet.invitation import InvitationCode, WrongCode, read_code, same_short_code, short_code

NETWORK = b"N" * 32
CODE = InvitationCode(bytes(range(16)))
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def test_a_code_reads_as_it_was_printed() -> None:
    printed = CODE.printed(NETWORK)
    assert [len(group) for group in printed.split("-")] == [4] * 8
    assert not set("ILOU") & set(printed)
    spoken = printed.lower().replace("0", "o").replace("1", "l").replace("-", " ")
    for text in (printed, CODE.link(NETWORK), spoken, f" {printed}\n"):
        assert read_code(NETWORK, text) == CODE


def test_every_single_and_double_error_is_noticed() -> None:
    plain = CODE.printed(NETWORK).replace("-", "")
    for at, letter in enumerate(plain):
        for other in LETTERS:
            if other != letter:
                with pytest.raises(WrongCode):
                    read_code(NETWORK, plain[:at] + other + plain[at + 1 :])
    seed = 5
    draw = random.Random(seed)
    for _ in range(2000):
        changed = list(plain)
        for at in draw.sample(range(32), 2):
            changed[at] = draw.choice(LETTERS.replace(changed[at], ""))
        with pytest.raises(WrongCode):
            read_code(NETWORK, "".join(changed))


@pytest.mark.parametrize(
    "text", ["", "A", "-" * 40, "é" * 32, "U" * 32, CODE.printed(NETWORK) + "0", "salus:claim?code="]
)
def test_what_is_no_code(text: str) -> None:
    with pytest.raises(WrongCode):
        read_code(NETWORK, text)


def test_a_code_is_of_one_network() -> None:
    with pytest.raises(WrongCode):
        read_code(b"M" * 32, CODE.printed(NETWORK))
    assert CODE.key(NETWORK).public != CODE.key(b"M" * 32).public
    assert valid_public_key(CODE.key(NETWORK).public)


def test_the_repr_of_a_code_tells_nothing() -> None:
    assert repr(CODE) == "InvitationCode()"


def test_short_codes_compare_as_they_are_read_aloud() -> None:
    claim = bytes.fromhex("00443214c7" + "00" * 27)
    shown = short_code(claim)
    assert shown == "0123-4567"
    assert same_short_code(shown.lower().replace("-", " "), claim)
    assert same_short_code(shown.replace("0", "O").replace("1", "I"), claim)
    assert not same_short_code(shown[:-1] + ("0" if shown[-1] != "0" else "1"), claim)
    assert not same_short_code("é", claim) and not same_short_code("", claim)
