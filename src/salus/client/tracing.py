"""The trace that requests to others belong to (https://www.w3.org/TR/trace-context/#traceparent-header)."""

from contextvars import ContextVar

TRACEPARENT: ContextVar[str] = ContextVar("traceparent", default="")


def trace_fields() -> dict[str, str]:
    """Return the header fields that go with a request made now."""
    parent = TRACEPARENT.get()
    return {"traceparent": parent} if parent else {}
