"""All operations of the explorer."""

from salus.api.explorer import blocks, envelopes, members, policies, search, status, watch
from salus.api.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *status.OPERATIONS,
    *blocks.OPERATIONS,
    *envelopes.OPERATIONS,
    *members.OPERATIONS,
    *policies.OPERATIONS,
    *search.OPERATIONS,
    *watch.OPERATIONS,
)
