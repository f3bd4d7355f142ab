"""Traces: a span for each request, by the operation's name, where the extra `opentelemetry` is installed.

The trace goes on from a request's `traceparent` and into the requests that are made for it
(https://www.w3.org/TR/trace-context/). A span has the operation's name, its path as it is declared, method and status:
no address, no id, no query. `tracestate` is others' and is dropped.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from salus.client.tracing import TRACEPARENT
from salus.core.errors import Kind, Refusal

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

_FORM = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
SERVICE = "salus"


class NoTracing(Refusal):
    code, kind = 0x8042, Kind.UNAVAILABLE
    text = "Traces need OpenTelemetry: install Salus with the extra `opentelemetry`."


class Span(Protocol):
    """What is told of a request at its end."""

    def status(self, status: int) -> None: ...


class Tracer(Protocol):
    """Where spans come from."""

    def request(self, operation: str, method: str, path: str, parent: str) -> "Iterator[Span]": ...


class _Nothing:
    def status(self, status: int) -> None:
        return


class Passing:
    """Without OpenTelemetry: a caller's trace is handed on to who is asked for it, and nothing is kept."""

    @contextmanager
    def request(self, operation: str, method: str, path: str, parent: str) -> Iterator[Span]:
        """Let requests made in the block carry the caller's `traceparent`, if it is one."""
        token = TRACEPARENT.set(parent if _FORM.fullmatch(parent) else "")
        try:
            yield _Nothing()
        finally:
            TRACEPARENT.reset(token)


class Tracing:
    """With OpenTelemetry: spans go to the exporter in the background; `close` sends what is left."""

    def __init__(self, exporter: "SpanExporter") -> None:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        self._provider = TracerProvider(resource=Resource({"service.name": SERVICE}), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer(SERVICE)

    @contextmanager
    def request(self, operation: str, method: str, path: str, parent: str) -> Iterator[Span]:
        """Give the span of one request; requests made in the block are its children."""
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        carrier = {"traceparent": parent} if _FORM.fullmatch(parent) else {}
        context = TraceContextTextMapPropagator().extract(carrier)
        attributes = {"http.request.method": method, "http.route": path}
        with self._tracer.start_as_current_span(
            operation, context, SpanKind.SERVER, attributes, record_exception=False, set_status_on_exception=False
        ) as span:
            made = span.get_span_context()
            token = TRACEPARENT.set(f"00-{made.trace_id:032x}-{made.span_id:016x}-{int(made.trace_flags):02x}")
            try:
                yield _OfRequest(span)
            finally:
                TRACEPARENT.reset(token)

    def close(self) -> None:
        """Send what is left and end."""
        self._provider.shutdown()


class _OfRequest:
    def __init__(self, span: "OpenSpan") -> None:
        self._span = span

    def status(self, status: int) -> None:
        self._span.set_attribute("http.response.status_code", status)


class OpenSpan(Protocol):
    """What is used of OpenTelemetry's span."""

    def set_attribute(self, key: str, value: int) -> None: ...


def tracing_to(url: str) -> Tracing:
    """Return what sends spans by OTLP over HTTP to a collector; raise NoTracing."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError:
        raise NoTracing from None
    return Tracing(OTLPSpanExporter(endpoint=url))
