"""Work shared by two threads: the results of one, in order; what is raised in either reaches the caller."""

import threading

import pytest

from salus.side_by_side import WORTH_IT, side_by_side


@pytest.mark.parametrize("size", [0, 1, WORTH_IT - 1, WORTH_IT, WORTH_IT + 3, 1000])
def test_results_are_those_of_map_in_order(size: int) -> None:
    items = list(range(size))
    assert side_by_side()(lambda n: n * n, items) == [n * n for n in items]


def test_it_serves_again_and_again() -> None:
    each = side_by_side()
    assert [each(str, range(40)) for _ in range(3)] == [[str(n) for n in range(40)]] * 3


@pytest.mark.parametrize("bad", [0, 500, 999])
def test_what_is_raised_in_either_thread_reaches_the_caller(bad: int) -> None:
    def work(n: int) -> int:
        if n == bad:
            raise ValueError(n)
        return n

    with pytest.raises(ValueError, match=str(bad)):
        side_by_side()(work, range(1000))


def test_few_items_stay_in_the_thread_of_the_caller() -> None:
    threads = side_by_side()(lambda _: threading.current_thread(), range(WORTH_IT - 1))
    assert all(thread is threading.current_thread() for thread in threads)
