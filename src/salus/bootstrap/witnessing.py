"""A witness that is served over HTTP: no ledger, no region, its own folder alone."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.applications import Starlette

from salus.api.app import Guard, make_app
from salus.api.witness.add_checkpoint import operations
from salus.api.work import Work
from salus.services.witness import Witness


@contextmanager
def serving_witness(witness: Witness, guard: Guard) -> Iterator[Starlette]:
    """Give the application of a witness; its thread ends with the block. One at a time looks, as its folder demands."""
    work = Work(threads=1)
    try:
        yield make_app(None, operations(witness, work, time.time), guard)
    finally:
        work.close()
