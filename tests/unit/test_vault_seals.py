import pytest

from salus.core.errors import InvalidKey
from salus.core.hashing import T
from salus.vault.errors import WrongSeal
from salus.vault.seals import ENC_BYTES, SealKey, open_seal, seal, seal_key_id

NETWORK = bytes(range(32))
KEY = SealKey.from_seed(b"s" * 32)


def test_round_trip() -> None:
    sealed = seal(KEY.public, b"info", b"plain")
    assert KEY.open(b"info", sealed) == b"plain"
    assert seal(KEY.public, b"info", b"plain") != sealed


@pytest.mark.parametrize(
    ("seed", "info", "change"),
    [
        (b"t" * 32, b"info", lambda s: s),
        (KEY.seed, b"other", lambda s: s),
        (KEY.seed, b"info", lambda s: s[:-1]),
        (KEY.seed, b"info", lambda s: s + b"\0"),
        (KEY.seed, b"info", lambda s: s[: ENC_BYTES + 15]),
        (KEY.seed, b"info", lambda s: s[:100]),
        (KEY.seed, b"info", lambda s: b""),
        (KEY.seed, b"info", lambda s: bytes((s[0] ^ 1,)) + s[1:]),
    ],
    ids=["another-key", "another-context", "truncated", "extended", "no-tag", "no-enc", "empty", "flipped"],
)
def test_refuses(seed: bytes, info: bytes, change) -> None:
    sealed = change(seal(KEY.public, b"info", b"plain"))
    with pytest.raises(WrongSeal) as caught:
        open_seal(seed, info, sealed)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "public", [b"", KEY.public[:-1], KEY.public + b"\0", b"\xff" * 1216, KEY.public[:1184] + bytes(32)]
)
def test_refuses_invalid_public_key(public: bytes) -> None:
    with pytest.raises(InvalidKey):
        seal(public, b"", b"plain")


def test_refuses_seed_of_another_length() -> None:
    with pytest.raises(InvalidKey):
        SealKey.from_seed(b"short")


def test_id_is_bound_to_network_suite_and_key() -> None:
    assert KEY.id(NETWORK) == T("sealkey", NETWORK, 1, KEY.public)
    assert len({KEY.id(NETWORK), KEY.id(bytes(32)), seal_key_id(NETWORK, KEY.public, 2)}) == 3


def test_repr_shows_no_secret() -> None:
    assert KEY.seed.hex() not in repr(KEY)
    assert str(KEY.seed) not in repr(KEY)
