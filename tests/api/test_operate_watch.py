"""Figures, lines, traces and the document: what they say, and that they say nothing of anybody."""

import io
import json
import logging
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from api_world import HOST, World
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families
from starlette.responses import Response

from e2e.story_region import ask, clinician, found, give_wallet, grant_laboratory, take_in
from salus.api.app import make_app
from salus.api.guard import SignedGuard
from salus.api.operate.logs import start_logging
from salus.api.operate.traces import Passing, Tracing
from salus.api.operate.watch import Watch
from salus.api.operation import Call, Operation
from salus.api.work import Work
from salus.bootstrap.serving import served as made_served
from salus.bootstrap.serving import serving
from salus.client.tracing import TRACEPARENT, trace_fields
from salus.contracts.accounts.messages import OpenAccounts
from salus.evidence.state import LOG_KEY
from salus.services.inbox import process_inbox

ROOT = Path(__file__).parents[2]
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is logged, as a server logs it with a line a request."""
    root, own, stream = logging.getLogger(), logging.getLogger("salus"), io.StringIO()
    before, levels = list(root.handlers), (root.level, own.level)
    start_logging("info", stream)
    yield stream
    for handler in list(root.handlers):
        root.removeHandler(handler)
    for handler in before:
        root.addHandler(handler)
    root.setLevel(levels[0])
    own.setLevel(levels[1])


def lived(world: World) -> tuple[list[str], bytes]:
    """Let a patient be taken in, claim, grant, be asked for, read her account; return what must show nowhere."""
    story = world.story
    handle = take_in(story.north, "Canary-Family", "CANARY-77")
    alma = give_wallet(story, story.north, handle, "canary-slug")
    grant_laboratory(story, alma, handle)
    ask(story, handle, clinician(story))
    process_inbox(story.north)
    device = alma.wallet.relation(handle).device
    path = f"/north/relations/{handle.hex()}/accounting"
    assert world.call("GET", path, signed_by=device, headers={"traceparent": PARENT}).status_code == 200
    assert world.call("GET", f"/north/relations/{handle.hex()}/nothing-canary").status_code == 404
    raw = story.north.build(OpenAccounts(story.north.account, 1)).raw
    assert world.call("POST", "/north/envelopes", raw, "application/cose").status_code == 200
    assert world.call("POST", "/north/requests", b"canary-body", "application/cbor").status_code == 400
    key = device.id(story.region.network).hex()
    return [handle.hex(), handle.hex()[:12], "anary", "CANARY", key, str(handle), PARENT], handle


def figures(world: World) -> dict[tuple[str, ...], float]:
    answer = world.call("GET", "/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_figures_count_what_happened(served: World) -> None:
    lived(served)
    served.story.region.ledger.prove([LOG_KEY])  # or the empty block that makes this provable comes between the looks
    found = figures(served)
    assert found["salus_requests_total", "account", "200"] == 1
    assert found["salus_requests_total", "postEnvelopes", "200"] == 1
    assert found["salus_requests_total", "postRequest", "400"] == 1
    assert found["salus_request_seconds_count", "postEnvelopes"] == 1
    assert found["salus_requests_under_way",] == 1  # this one
    assert found["salus_ledger_height",] == served.story.region.ledger.height()
    assert found["salus_ledger_lag_seconds",] == 0
    assert found["salus_envelopes_total", "north"] > found["salus_batches_total", "north"] / 2 > 0
    assert (found["salus_envelopes_waiting", "north"], found["salus_inbox_letters", "clinic"]) == (0, 1)
    assert found["salus_vault_relations", "north"] == 1
    assert found["salus_vault_index_bytes", "north"] > 10_000
    assert found["salus_work_under_way", "work"] == 1 and found["salus_work_under_way", "answering"] == 0


def test_figures_are_for_who_runs_the_machine(served: World) -> None:
    async def elsewhere(scope: dict, receive: object, send: object) -> None:
        await served.app({**scope, "client": ("192.0.2.7", 4711)}, receive, send)

    strange = World(served.story, elsewhere)  # type: ignore[arg-type]
    assert strange.refused("GET", "/metrics") == (404, 0x800B)


@pytest.mark.parametrize("field", ["Forwarded", "Via", "X-Forwarded-For", "X-Real-IP"])
def test_figures_are_not_for_whom_a_proxy_of_this_machine_forwards(served: World, field: str) -> None:
    assert served.refused("GET", "/metrics", headers={field: "127.0.0.1"}) == (404, 0x800B)


def test_nothing_of_anybody_is_in_figures_lines_and_spans(tmp_path: Path, lines: io.StringIO) -> None:
    exporter = InMemorySpanExporter()
    tracing = Tracing(exporter)
    with found(tmp_path / "home") as story:
        guard = SignedGuard(lambda: frozenset((HOST,)))
        with serving(story.region, guard, tracing=tracing) as app:
            world = World(story, app)
            canaries, _ = lived(world)
            page = world.call("GET", "/metrics").text
    tracing.close()
    spans = "\n".join(span.to_json() for span in exporter.get_finished_spans())
    logged = lines.getvalue()
    for kept in (page, spans, logged):
        assert kept
        for canary in canaries:
            assert canary not in kept


def test_a_line_says_what_is_on_the_list_and_no_more(lines: io.StringIO) -> None:
    logger = logging.getLogger("salus.api")
    try:
        raise ValueError("canary in an exception")
    except ValueError:
        logger.exception("bug", extra={"operation": "account", "handle": "canary", "ms": 1.5, "kind": b"canary"})
    logger.error("with %s", "a canary")
    logger.debug("canary, too detailed")
    logging.getLogger("urllib.canary").error("canary")
    logging.getLogger("urllib").info("canary")
    try:
        raise KeyError("canary in a library's exception")
    except KeyError:
        logging.getLogger("urllib.canary").exception("canary")
    found = [json.loads(line) for line in lines.getvalue().splitlines()]
    for line in found:
        assert line.pop("time").endswith("+00:00")
    left_out = "(of a library, or with values: left out)"
    assert found == [
        {"level": "error", "logger": "salus.api", "text": "bug", "operation": "account", "ms": 1.5},
        {"level": "error", "logger": "salus", "text": left_out},
        {"level": "error", "logger": "urllib", "text": left_out},
        {"level": "error", "logger": "urllib", "text": left_out, "kind": "KeyError"},
    ]


def test_a_request_is_one_line_where_lines_are_wanted(served: World, lines: io.StringIO) -> None:
    served.call("GET", "/health", headers={"traceparent": PARENT})
    (line,) = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert (line["text"], line["operation"], line["status"], line["trace"]) == ("request", "health", 200, TRACE)
    start_logging("warning", lines)
    served.call("GET", "/health")
    assert len(lines.getvalue().splitlines()) == 1
    start_logging("off", lines)
    logging.getLogger("salus.api").error("bug")
    assert len(lines.getvalue().splitlines()) == 1


@pytest.fixture
def tracer(tmp_path: Path) -> Iterator[tuple[World, InMemorySpanExporter, Tracing]]:
    """An operation that asks others in a thread, and says which trace that belongs to."""

    async def asks(call: Call) -> Response:
        return Response((await call.served.work.run(trace_fields)).get("traceparent", ""), media_type="text/plain")

    operations = (Operation("GET", "/{org}/asks", "asks", "test", "", asks, {200: None}),)
    exporter = InMemorySpanExporter()
    tracing, work = Tracing(exporter), Work()
    with found(tmp_path / "home") as story:
        served = made_served(story.region, work, watch=Watch(tracing=tracing))
        yield World(story, make_app(served, operations, SignedGuard(lambda: frozenset((HOST,))))), exporter, tracing
    work.close()


def test_a_trace_goes_on_from_who_asks_to_who_is_asked(tracer: tuple[World, InMemorySpanExporter, Tracing]) -> None:
    world, exporter, tracing = tracer
    out = world.call("GET", "/secret-canary/asks?canary=1", headers={"traceparent": PARENT, "tracestate": "canary=1"})
    tracing.close()
    (span,) = exporter.get_finished_spans()
    assert (span.name, f"{span.context.trace_id:032x}", f"{span.parent.span_id:016x}") == (
        "asks", TRACE, "b7ad6b7169203331"
    )  # fmt: skip
    assert out.text == f"00-{TRACE}-{span.context.span_id:016x}-01"
    assert dict(span.attributes) == {
        "http.request.method": "GET", "http.route": "/{org}/asks", "http.response.status_code": 200
    }  # fmt: skip
    assert not span.events and not span.context.trace_state
    assert TRACEPARENT.get() == ""


@pytest.mark.parametrize("parent", ["", "canary", f"00-{'0' * 32}-b7ad6b7169203331-01", PARENT.upper(), f"{PARENT}-x"])
def test_what_is_no_trace_begins_a_new_one(tracer: tuple[World, InMemorySpanExporter, Tracing], parent: str) -> None:
    world, exporter, tracing = tracer
    world.call("GET", "/north/asks", headers={"traceparent": parent})
    tracing.close()
    (span,) = exporter.get_finished_spans()
    assert span.parent is None and f"{span.context.trace_id:032x}" != TRACE


def test_without_opentelemetry_a_trace_is_handed_on() -> None:
    with Passing().request("asks", "GET", "/asks", PARENT) as span:
        span.status(200)
        assert trace_fields() == {"traceparent": PARENT}
    with Passing().request("asks", "GET", "/asks", "canary"):
        assert trace_fields() == {}


def test_the_document_is_served_and_the_pages_are_current(served: World) -> None:
    spec = spec_from_file_location("http_reference", ROOT / "scripts/http_reference.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    for name, text in module.pages().items():
        assert (ROOT / "docs/reference" / name).read_text() == text, f"run python scripts/http_reference.py: {name}"
    document = served.call("GET", "/openapi.json").json()
    assert document == json.loads(module.pages()["openapi.json"])
    assert set(document["paths"]["/{org}/envelopes"]["post"]["responses"]["200"]["content"]) == {
        "application/cbor",
        "application/json",
    }
