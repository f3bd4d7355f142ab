"""Values of a class that no thread has read before, read by several at once: in a process, which it would end."""

import subprocess
import sys

CLASSES, THREADS = 60, 4
PROGRAM = f"""
import sys
from threading import Barrier, Thread
from typing import Annotated

from msgspec import Meta

from salus.core.encoding import decode, decode_stored, encode
from salus.core.types import Message

sys.setswitchinterval(1e-6)


def shape(name, fields):
    return type(Message)(name, (Message,), {{"__annotations__": fields}}, frozen=True)


for number in range({CLASSES}):
    inner = shape("Inner", {{f"f{{at}}": Annotated[bytes, Meta(max_length=at + 1)] for at in range(20)}})
    outer = shape("Outer", {{f"g{{at}}": inner for at in range(3)}})
    value = inner(*[b""] * 20)
    both = [(outer, outer(value, value, value)), (inner, value)]
    begin, found = Barrier({THREADS}), []

    def read(kind, wanted, how):
        raw = encode(wanted)
        begin.wait()
        found.append(how(raw, kind) == wanted)

    threads = [Thread(target=read, args=(*one, how)) for one in both for how in (decode, decode_stored)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * {THREADS}
"""


def test_a_class_that_several_threads_read_for_the_first_time() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
