"""Light following: what was seen before must be continued."""

import pytest

from salus.core.encoding import decode, encode
from salus.evidence.follow import Forked, Remembered, RolledBack, follow, follow_headers, grew
from salus.evidence.header import Header, SignedHeader, sign_header
from salus.merkle.log import EMPTY_ROOT, Log
from vectors.fixed import NOW, fixed, key

NETWORK, NODE = fixed("network"), key("node")
LOG = Log(fixed(f"entry {i}") for i in range(9))


def header(height: int, previous: bytes = NETWORK, time: int = NOW, label: str = "") -> SignedHeader:
    app_hash = fixed(f"app hash {height}{label}")
    return sign_header(Header(1, NETWORK, height, time, previous, EMPTY_ROOT, app_hash, NODE.id(NETWORK)), NODE)


def chain(count: int) -> tuple[SignedHeader, ...]:
    headers: list[SignedHeader] = []
    for height in range(1, count + 1):
        headers.append(header(height, headers[-1].hash if headers else NETWORK, NOW + height))
    return tuple(headers)


def seen(one: SignedHeader, size: int) -> Remembered:
    return follow(None, one, size, LOG.root(size), ())


def test_what_is_remembered_fits_in_few_bytes_and_comes_back() -> None:
    memory = seen(header(3), 5)
    assert decode(encode(memory), Remembered) == memory
    assert len(encode(memory)) < 100


def test_a_ledger_that_grew_is_followed() -> None:
    one, two, three, four = chain(4)
    memory = follow(seen(one, 3), two, 7, LOG.root(7), LOG.consistency(3, 7).path)
    assert (memory.height, memory.log_size, memory.header) == (2, 7, two.hash)
    assert follow(memory, two, 7, LOG.root(7), ()) == memory
    memory = follow(memory, four, 9, LOG.root(), LOG.consistency(7).path)
    assert memory.height == 4 and three.header.height == 3
    assert follow(seen(one, 0), two, 3, LOG.root(3), ()).log_size == 3


@pytest.mark.parametrize("defect", ["height", "time", "log"])
def test_going_back_is_found(defect: str) -> None:
    one, two = chain(2)
    memory = seen(two, 5)
    later = header(3, two.hash, NOW + 9)
    with pytest.raises(RolledBack):
        if defect == "height":
            follow(memory, one, 5, LOG.root(5), ())
        elif defect == "time":
            follow(memory, header(3, two.hash, NOW), 5, LOG.root(5), ())
        else:
            follow(memory, later, 4, LOG.root(4), ())
    assert follow(memory, later, 5, LOG.root(5), ()).height == 3


def test_forks_are_found() -> None:
    one, two = chain(2)
    memory = seen(two, 5)
    for forked, size, root, growth in (
        (header(2, one.hash, NOW + 2, "other"), 5, LOG.root(5), ()),  # another header at the height
        (header(3, fixed("x"), NOW + 3), 5, LOG.root(5), ()),  # one that does not follow
        (header(3, two.hash, NOW + 3), 5, fixed("x"), ()),  # another log of the same size
        (header(3, two.hash, NOW + 3), 9, fixed("x"), LOG.consistency(5).path),
        (header(3, two.hash, NOW + 3), 9, LOG.root(), ()),  # growth not shown
        (header(3, two.hash, NOW + 3), 5, LOG.root(5), (fixed("x"),)),
    ):
        with pytest.raises(Forked):
            follow(memory, forked, size, root, growth)


def test_the_empty_log_is_the_beginning_of_any() -> None:
    assert grew(0, EMPTY_ROOT, 0, EMPTY_ROOT, ()) and grew(0, EMPTY_ROOT, 4, LOG.root(4), ())
    assert not grew(0, fixed("x"), 4, LOG.root(4), ())
    assert not grew(0, EMPTY_ROOT, 0, fixed("x"), ())
    assert not grew(0, EMPTY_ROOT, 4, LOG.root(4), (fixed("x"),))


def test_a_chain_of_headers_is_checked_link_by_link() -> None:
    one, two, three = chain(3)
    follow_headers((one, two, three))
    follow_headers(())
    for broken, error in (
        ((one, three), Forked),
        ((two, one), RolledBack),
        ((one, header(2, fixed("x"), NOW + 2)), Forked),
        ((one, header(2, one.hash, NOW - 1)), RolledBack),
    ):
        with pytest.raises(error):
            follow_headers(broken)
