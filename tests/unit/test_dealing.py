"""Many at once, or one alone: nobody answers while interrupted work is resumed."""

import threading

from salus.services.dealing import Dealing

WAIT_S = 10.0


def test_those_that_answer_work_together_and_who_resumes_alone() -> None:
    dealing, steps = Dealing(), list[str]()
    inside, out = threading.Barrier(3), threading.Event()

    def answer() -> None:
        with dealing.together():
            inside.wait(WAIT_S)
            out.wait(WAIT_S)
            steps.append("answered")

    def resume() -> None:
        with dealing.alone(WAIT_S) as alone:
            steps.append("resumed" if alone else "not now")

    answering = [threading.Thread(target=answer) for _ in range(2)]
    for thread in answering:
        thread.start()
    inside.wait(WAIT_S)  # both are inside at once
    resuming = threading.Thread(target=resume)
    resuming.start()
    assert steps == []
    out.set()
    for thread in (*answering, resuming):
        thread.join(WAIT_S)
    assert steps == ["answered", "answered", "resumed"]


def test_who_waits_to_be_alone_goes_before_others_that_come() -> None:
    dealing, steps = Dealing(), list[str]()
    begun, go_on = threading.Event(), threading.Event()

    def first() -> None:
        with dealing.together():
            begun.set()
            go_on.wait(WAIT_S)

    def alone() -> None:
        with dealing.alone(WAIT_S):
            steps.append("alone")

    def later() -> None:
        with dealing.together():
            steps.append("later")

    threads = [threading.Thread(target=first), threading.Thread(target=alone), threading.Thread(target=later)]
    threads[0].start()
    assert begun.wait(WAIT_S)
    threads[1].start()
    while not dealing._waiting:
        pass
    threads[2].start()
    go_on.set()
    for thread in threads:
        thread.join(WAIT_S)
    assert steps == ["alone", "later"]


def test_an_error_lets_others_in() -> None:
    dealing = Dealing()
    for block in (dealing.together, dealing.inbox, dealing.alone):
        try:
            with block():
                raise ValueError
        except ValueError:
            pass
    with dealing.alone() as alone:
        assert alone
    with dealing.inbox():
        pass


def test_who_cannot_be_alone_soon_does_not_hold_others_up() -> None:
    dealing = Dealing()
    with dealing.together():
        with dealing.alone(0.0) as alone:
            assert not alone
        with dealing.together(), dealing.inbox():
            pass
    with dealing.alone() as alone, dealing.alone(0.0) as second:
        assert (alone, second) == (True, False)
    with dealing.together():
        pass
