"""Values of a class that no thread has read before, read by several at once: in a process, which it would end."""

import subprocess
import sys

CLASSES, THREADS = 60, 8
PROGRAM = f"""
import sys
from threading import Barrier, Thread
from typing import Annotated

import msgspec
from msgspec import Meta

from salus.core.encoding import decode, decode_stored, encode
from salus.core.types import Message
from salus.shapes import made

sys.setswitchinterval(1e-6)
WAYS = (
    (encode, decode),
    (encode, decode_stored),
    (msgspec.json.encode, lambda raw, kind: msgspec.json.decode(raw, type=made(kind))),
    (msgspec.msgpack.encode, lambda raw, kind: msgspec.msgpack.Decoder(made(kind)).decode(raw)),
)


def shape(name, fields):
    return type(Message)(name, (Message,), {{"__annotations__": fields}}, frozen=True)


for number in range({CLASSES}):
    inner = shape("Inner", {{f"f{{at}}": Annotated[bytes, Meta(max_length=at + 1)] for at in range(20)}})
    outer = shape("Outer", {{f"g{{at}}": inner for at in range(3)}})
    value = inner(*[b""] * 20)
    both = [(outer, outer(value, value, value)), (inner, value)]
    begin, found = Barrier({THREADS}), []

    def read(kind, wanted, write, how):
        raw = write(wanted)
        begin.wait()
        found.append(how(raw, kind) == wanted)

    threads = [Thread(target=read, args=(*one, *way)) for one in both for way in WAYS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * {THREADS}
"""


def test_a_class_that_several_threads_read_for_the_first_time() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
