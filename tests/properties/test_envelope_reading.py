"""The quick way to read an envelope's payload and the decoder: where the quick one answers, both give the same."""

import random

from salus.core.encoding import decode, encode
from salus.core.envelope import FORMAT, Payload, _usual
from salus.core.errors import Malformed

CASES = 60_000
SIZES = (0, 1, 23, 24, 255, 256, 300, 65_535, 65_536)


def sound(rng: random.Random) -> bytes:
    """Return a payload at the edges of each head."""
    time = rng.choice((0, 23, 2**32 - 1, 2**32, 1_700_000_000_000, 2**53 - 1))
    number = rng.choice((0, 23, 24, 255, 256, 0x0401, 65_535))
    size = rng.choice(SIZES if rng.random() < 0.02 else SIZES[:7])
    signers = tuple((rng.randbytes(32), rng.randbytes(32)) for _ in range(rng.choice((1, 1, 1, 2))))
    messages = tuple((number, bytes(size)) for _ in range(rng.choice((1, 1, 1, 2))))
    return encode(Payload(FORMAT, rng.randbytes(16), time, signers, messages))


def changed(rng: random.Random, raw: bytes) -> bytes:
    """Return the payload cut, lengthened, or with a byte changed near a head."""
    way = rng.randrange(4)
    if way == 0:
        return raw[: rng.randrange(len(raw) + 1)]
    if way == 1:
        return raw + rng.randbytes(rng.randrange(1, 4))
    at = rng.choice((*range(4), *range(18, 33), *range(63, 67), *range(97, min(len(raw), 112))))
    if way == 2:
        return raw[:at] + bytes((rng.choice((raw[at] ^ 1 << rng.randrange(8), rng.randrange(256))),)) + raw[at + 1 :]
    return raw[:at] + rng.randbytes(rng.randrange(3)) + raw[at + rng.randrange(3) :]


def test_the_quick_way_agrees_with_the_decoder() -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    taken = 0
    for _ in range(CASES):
        raw = sound(rng)
        if rng.random() < 0.7:
            raw = changed(rng, raw)
        quick = _usual(raw)
        try:
            slow = decode(raw, Payload)
        except Malformed:
            slow = None
        if quick is None:
            usual = slow is not None and len(slow.signers) == len(slow.messages) == 1
            assert not (usual and slow.not_after >= 2**32 and slow.messages[0][0] >= 256), raw.hex()
        else:
            assert quick == slow, raw.hex()
            taken += 1
    assert taken > CASES // 50
