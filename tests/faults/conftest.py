"""Which of the durable steps of a deed are tried."""

import random

import pytest

from faults.first import First


@pytest.fixture
def first(request: pytest.FixtureRequest) -> First:
    """Every step with `--fault-runs 600` or more; with fewer runs every third, beginning anywhere."""
    stride = max(1, 600 // request.config.getoption("--fault-runs"))
    found = First(1 + random.SystemRandom().randrange(stride))
    found.stride = stride
    print("first step", int(found), "then every", stride)
    return found
