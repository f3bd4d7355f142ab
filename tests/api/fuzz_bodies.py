"""Hostile requests over every operation that is served, from one seed; each failure can be had again by its number.

`make fuzz RUNS=100000`. Nothing may be answered with 500 or with a status that the operation does not declare, nothing
may hang, errors are problem details without anything of the caller's, memory stays within bounds.
"""

import argparse
import asyncio
import logging
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote

import orjson
from api_world import HOST, World
from hostile import CANARY, Hostile, corpus_of

from e2e.story_region import ask, bundle, clinician, found, give_wallet, grant_laboratory, patient, records_of, take_in
from salus.api.explorer import tail
from salus.api.guard import SignedGuard
from salus.api.limits import Limits
from salus.api.openapi import document
from salus.api.operation import Operation
from salus.bootstrap.serving import OPERATIONS, serving
from salus.client.signing import signature_headers
from salus.core.signatures import SigningKey
from salus.vault import keystore

UNLIMITED = Limits(
    **{f"{who}_{what}": 1e9 for who in ("address", "person", "member") for what in ("rate", "burst")}, under_way=100
)
HANG_S = 60.0
MOST_GROWTH = 256 * 1024 * 1024  # bytes of memory after the first hundred requests


@dataclass
class Target:
    """A world with something in it, and what a hostile caller may know of it."""

    world: World
    corpus: list[bytes]
    words: list[str]
    keys: list[SigningKey]
    allowed: dict[str, set[int]]  # statuses by operation
    seen: Counter[str] = field(default_factory=Counter)


class _Bugs(logging.Handler):
    """Keeps where bugs were raised."""

    def __init__(self) -> None:
        super().__init__()
        self.places: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        fields = record.__dict__
        self.places.append(f"{fields.get('kind')} {fields.get('place')}")


BUGS = _Bugs()
logging.getLogger("salus.api").addHandler(BUGS)


class Failed(AssertionError):
    """A request that was answered as none may be."""


@contextmanager
def target(home: Path) -> Iterator[Target]:
    """Found the stories' region with a patient, a grant and a request, and serve it."""
    guard = SignedGuard(lambda: frozenset((HOST,)), limits=UNLIMITED)
    streams = patch.object(tail, "LIFE_S", 0.0)  # else they go on as long as somebody listens
    with streams, found(home) as story, serving(story.region, guard) as app:
        world = World(story, app)
        handle = take_in(story.north, CANARY, "N-1")
        person = give_wallet(story, story.north, handle, "alma")
        grant_laboratory(story, person, handle)
        asked = ask(story, handle, clinician(story))
        blocks = world.call("GET", "/ledger/blocks?from=1&most=100").content
        letters = [one.body for one in story.north.exchange.inbox(story.north.account)]
        json = [records_of("Beta", "N-2", 1_790_000_000_000), bundle(patient("Gamma", "N-3"))]
        accounts = [one.account.hex() for one in (story.north, story.south, story.clinic)]
        words = ["north", "south", "clinic", "regulator", handle.hex(), asked.request.hex(), *accounts]
        keys = [story.north.gateway, story.south.gateway, story.clinic.gateway, person.wallet.relation(handle).device]
        corpus = [*corpus_of([blocks, *letters]), *letters, *json]
        yield Target(world, corpus, words, [*keys, SigningKey.from_seed(bytes(32))], _allowed())


def _allowed() -> dict[str, set[int]]:
    """Return the statuses that each operation declares; 500 is none of them. A hostile path may be none, too."""
    found = {}
    for operation in OPERATIONS:
        ((_, of_path),) = document([operation], "0")["paths"].items() if operation.in_document else (("", {}),)
        declared = {int(status) for one in of_path.values() for status in one["responses"]}
        found[operation.name] = (declared or set(range(200, 500)) | {503}) - {500} | {404, 405}
    return found


async def one_run(aim: Target, seed: int, number: int) -> tuple[Operation, int]:
    """Send request `number` of a seed; return (operation, status). Raises Failed."""
    random = Random(f"{seed}/{number}")
    hostile = Hostile(random, aim.corpus, aim.words)
    operation = random.choice(OPERATIONS)
    scope, body = _request(aim, operation, random, hostile)
    sent: list[MutableMapping[str, Any]] = []
    came, endless = iter([body]), asyncio.Event()

    async def receive() -> MutableMapping[str, Any]:
        for raw in came:
            return {"type": "http.request", "body": raw, "more_body": False}
        await endless.wait()  # whoever reads a stream of events goes away again; other answers are read to their end
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)
        if any(value.startswith(b"text/event-stream") for _, value in message.get("headers", ())):
            endless.set()

    try:
        async with asyncio.timeout(HANG_S):
            await aim.world.app(scope, receive, send)
    except TimeoutError:
        raise Failed(f"{operation.name}: no answer, seed {seed} number {number}") from None
    if endless.is_set():
        sent.append({"more_body": False})
    _check(aim, operation, sent, f"{operation.name}: seed {seed} number {number}")
    return operation, sent[0]["status"]


def _request(aim: Target, operation: Operation, random: Random, hostile: Hostile) -> tuple[dict[str, Any], bytes]:
    path = operation.path
    while "{" in path:
        name = path[path.index("{") + 1 : path.index("}")]
        known = name.partition(":")[0] == "org" and random.random() < 0.9
        value = random.choice(["north", "clinic"]) if known else hostile.value()
        path = path.replace("{" + name + "}", value)
    names = [one.name for one in operation.parameters if one.where == "query"] + ["_count", "page"]
    query = "&".join(f"{name}={hostile.value()}" for name in names if random.random() < 0.5)
    body, media_type = b"", ""
    if operation.takes:
        media_type = random.choice(operation.takes).media_type if random.random() < 0.95 else "text/html"
        body = hostile.body(media_type, operation.most_bytes)
    elif random.random() < 0.05:
        body = b"unwanted"
    fields = [(b"host", HOST.encode()), *hostile.fields()]
    fields += [(b"content-type", media_type.encode())] if media_type else []
    if random.random() < 0.7:
        fields += _signed(aim, random, operation.method, f"{path}?{query}" if query else path, body)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "scheme": "http",
        "method": operation.method,
        "path": unquote(path),
        "raw_path": path.encode("ascii"),
        "root_path": "",
        "query_string": _capped(query).encode("ascii"),
        "headers": fields,
        "client": ("192.0.2.1", 1),
        "server": (HOST, 80),
        "state": {},
    }
    return scope, body


def _capped(query: str) -> str:
    """Nobody waits for long here: a poll that is asked to wait is asked to wait less."""
    return query.replace("wait_ms=", "wait_ms=0")


def _signed(aim: Target, random: Random, method: str, target: str, body: bytes) -> list[tuple[bytes, bytes]]:
    try:
        made = signature_headers(
            aim.world.story.region.network, random.choice(aim.keys), method, f"http://{HOST}{target}", body
        )
    except Exception:  # a target that the client library takes for none is sent unsigned
        return []
    return [(name.lower().encode(), value.encode()) for name, value in made.items()]


def _check(aim: Target, operation: Operation, sent: list[MutableMapping[str, Any]], where: str) -> None:
    if not sent or sent[-1].get("more_body"):
        raise Failed(f"{where}: broken off")
    status, body = sent[0]["status"], b"".join(one.get("body", b"") for one in sent[1:])
    if status not in aim.allowed[operation.name]:
        raise Failed(f"{where}: status {status} is not declared: {body[:300]!r} {BUGS.places[-1:]}")
    if status < 400:
        return
    media_type = dict(sent[0]["headers"])[b"content-type"]
    if media_type not in (b"application/problem+json", b"application/fhir+json"):
        raise Failed(f"{where}: an error of media type {media_type!r}")
    orjson.loads(body)
    if CANARY.encode() in body:
        raise Failed(f"{where}: something of the caller's came back")


def resident() -> int:
    """Return how much memory the process has, in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def fuzz(home: Path, runs: int, seed: int, first: int = 0, *, told: bool = False) -> Counter[tuple[str, int]]:
    """Send `runs` hostile requests; return how often each operation gave each status. Raises Failed."""
    outcomes: Counter[tuple[str, int]] = Counter()

    async def all_runs(aim: Target) -> None:
        start, memory = time.monotonic(), 0
        for number in range(first, first + runs):
            operation, status = await one_run(aim, seed, number)
            outcomes[operation.name, status] += 1
            if number == first + 100:
                memory = resident()
            if told and number % 1_000 == 999:
                print(f"{number + 1} requests, {time.monotonic() - start:.0f} s, {resident() >> 20} MiB", flush=True)
        if memory and resident() - memory > MOST_GROWTH:
            raise Failed(f"memory grew by {resident() - memory} bytes, seed {seed}")

    with target(home) as aim:
        asyncio.run(all_runs(aim))
    return outcomes


def main() -> None:
    """Run it by itself."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=Random().randrange(2**32))
    parser.add_argument("--first", type=int, default=0, help="the number of the first request")
    given = parser.parse_args()
    keystore.MEMORY_KIB, keystore.ITERATIONS = 128, 1  # nobody tries passphrases here
    print(f"seed {given.seed}")
    with tempfile.TemporaryDirectory() as folder:
        try:
            outcomes = fuzz(Path(folder) / "home", given.runs, given.seed, given.first, told=True)
        except Failed as failed:
            sys.exit(str(failed))
    for (name, status), count in sorted(outcomes.items()):
        print(f"{name:24} {status} {count:8}")


if __name__ == "__main__":
    main()
