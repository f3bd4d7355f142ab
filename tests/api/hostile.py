"""Hostile values for every part of a request, drawn from one seed: bodies, parameters, header fields."""

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any
from urllib.parse import quote

from salus.core.encoding import decode_plain, encode
from salus.core.errors import Refusal

CANARY = "Zzcanaryfamily"
ODD_WORDS = ("", ".", "..", "%00", "a/b", "\u202e", CANARY, "'; --", "\ud800", "0x1", "\u0663", "+1", "1_0")
SIGNED = (b"\xd8", b"\x86", b"\x87", b"\x88", b"\x89")  # a COSE object; an array as letters are
MOST_BYTES = 300_000  # of a body that is made here


class Hostile:
    """Draws from a corpus of true bodies, by media type, and spoils most of what it draws."""

    def __init__(self, random: Random, corpus: Sequence[bytes], words: Sequence[str]) -> None:
        self._random, self._corpus, self._words = random, corpus, words
        self._whole = [body for body in corpus if body[:1] in SIGNED or body[:1] == b"{"]

    def body(self, media_type: str, most: int) -> bytes:
        """Return a body: true, spoiled, or of nothing but what such a body is made of."""
        pick = self._random.random()
        if pick < 0.35:
            return self._spoiled(self._true(media_type))[:MOST_BYTES]
        if pick < 0.5:
            return self._true(media_type)
        if pick < 0.53:
            return self._random.randbytes(self._random.choice([most, most + 1, 2 * most]) % MOST_BYTES)
        make = self._json if "json" in media_type else self._cbor
        return self._random.choice([make, make, make, self._odd, self._noise])()[:MOST_BYTES]

    def _true(self, media_type: str) -> bytes:
        """Return a body as somebody sent it once; where arrays may be meant, perhaps as one in an array."""
        chosen = self._random.choice(self._whole if self._random.random() < 0.7 else self._corpus)
        if media_type.endswith("/cbor") and self._random.random() < 0.3:
            return encode([chosen] * self._random.choice([1, 2, 5, 501]))[:MOST_BYTES]
        return chosen

    def value(self, pattern: str = "") -> str:
        """Return a parameter's value, percent-encoded mostly."""
        made: Callable[[], str] = self._random.choice(
            [
                lambda: self._random.choice(self._words),
                lambda: self._random.randbytes(32).hex(),
                lambda: str(self._random.choice([0, 1, 2, 7, -1, 2**31, 2**63 - 1, 2**63, 2**64, 10**30])),
                lambda: self._random.choice(
                    ["", ".", "..", "%00", "a/b", "\u202e", CANARY, "'; --", "\ud800", "0x1", "٣"]
                ),
                lambda: "9" * self._random.choice([20, 400, 5_000]),
                lambda: "a" * self._random.randrange(4_000),
            ]
        )
        return quote(made(), safe="", errors="surrogatepass")

    def fields(self) -> list[tuple[bytes, bytes]]:
        """Return header fields that some handler may read."""
        names = (b"accept", b"salus-height", b"if-none-match", b"range", b"prefer", b"salus-purpose", b"traceparent")
        values = (b"*/*", b"application/json", b"", b"\xff\xfe", b"bytes=0-", b'W/"1"', b"9" * 50, b"a, b;q=2, ,;")
        chosen = [name for name in names if self._random.random() < 0.12]
        return [(name, self._random.choice(values)) for name in chosen]

    def _spoiled(self, body: bytes) -> bytes:
        made = bytearray(body)
        for _ in range(self._random.choice([1, 1, 1, 2, 5])):
            at = self._random.randrange(len(made) + 1)
            match self._random.randrange(6):
                case 0 if at < len(made):
                    made[at] ^= 1 << self._random.randrange(8)
                case 1:
                    del made[at:]
                case 2:
                    del made[at : at + self._random.randrange(1, 20)]
                case 3:
                    made[at:at] = self._random.randbytes(self._random.randrange(1, 20))
                case 4:
                    made[at:at] = made[: self._random.randrange(1, 200)]
                case 5:
                    made += self._random.choice(self._corpus)[:2_000]
        return bytes(made)

    def _cbor(self) -> bytes:
        try:
            return encode(self._tree(0, binary=True))
        except (Refusal, ValueError, TypeError, OverflowError):
            return self._odd()

    def _json(self) -> bytes:
        return json.dumps(self._tree(0, binary=False)).encode("utf-8", "replace")

    def _tree(self, depth: int, *, binary: bool) -> Any:
        pick = self._random.randrange(10 if depth < 5 else 6)
        match pick:
            case 0:
                return self._random.choice([None, True, False])
            case 1:
                return self._random.choice([0, 1, -1, 23, 24, 2**32, 2**63 - 1, -(2**63)])
            case 2 | 3 if binary:
                return self._random.randbytes(self._random.choice([0, 1, 16, 32, 32, 64, 500]))
            case 4 if binary:
                return self._random.choice(self._corpus)[:50_000]
            case 2 | 3 | 4 | 5:
                return self._random.choice([*self._words, CANARY, "", "\u0000", "resourceType", "x" * 300])
            case 6 | 7 | 8:
                return [self._tree(depth + 1, binary=binary) for _ in range(self._random.randrange(7))]
        keys = self._words if not binary else [*self._words, 1, 2, 3]
        return {
            self._random.choice(keys): self._tree(depth + 1, binary=binary) for _ in range(self._random.randrange(5))
        }

    def _odd(self) -> bytes:
        """Return forms in which readers break: depth, lengths that lie, indefinite ones, tags, no numbers."""
        deep = self._random.choice([100, 5_000, 100_000])
        return self._random.choice(
            [
                b"\x81" * deep,
                b"\xa1\x00" * deep,
                b"\xc0" * deep,
                b"[" * deep,
                b'{"a":' * deep,
                b"\x5b" + b"\xff" * 8,
                b"\x9b" + b"\x7f" + b"\xff" * 7,
                b"\xbb\x00\x00\x00\x00\xff\xff\xff\xff",
                b"\x9f" + b"\x00" * deep,
                b"\x5f" + b"\x41a" * 500 + b"\xff",
                b"\xfb\x7f\xf0" + bytes(6),
                b"\xf9\x7e\x00",
                b"\xc2\x59\x40\x00" + b"\xff" * 16_384,
                b"\xd2\x84\x43\xa1\x01\x27\xa0\x40\x40",
                b"\xd8\x62\x84\x40\xa0\x41\x80\x80",
                b"1" * deep,
                b"1e999999999",
                b"-" * 10,
                b'"\\ud800"',
                b'{"a":1,"a":2}',
                b"\xef\xbb\xbf{}",
                b"",
            ]
        )

    def _noise(self) -> bytes:
        return self._random.randbytes(self._random.choice([1, 2, 10, 100, 5_000]))


def corpus_of(bodies: Sequence[bytes], most: int = 3_000) -> list[bytes]:
    """Return bodies and, of those that are CBOR, the longer byte strings in them: what is in a block, in a letter."""
    found: dict[bytes, None] = {}

    def walk(value: Any) -> None:
        if len(found) >= most:
            return
        if isinstance(value, bytes) and len(value) > 40 and value not in found:
            found[value] = None
            try:
                walk(decode_plain(value))
            except (Refusal, ValueError, RecursionError):
                return
        elif isinstance(value, list | tuple):
            for one in value:
                walk(one)
        elif isinstance(value, dict):
            walk(list(value.values()))

    for body in bodies:
        walk(body)
    return list(found)
