"""Settings of the whole process that a node should run with; for the composition root to make, once."""

import gc
import sys
from functools import cache

YOUNG = 50_000  # container objects before the collector looks at the new ones: some blocks' worth
SWITCH_S = 1e-4  # a thread that is woken beside a busy one waits so long for the interpreter, not 5 ms


@cache
def tune_process() -> None:
    """Let the collector run less often, and threads take turns sooner; only the first call does anything.

    Executing a block makes many small objects that hold no cycles: at the default threshold the
    collector took a sixth of the time. What is alive now, modules and classes above all, is taken to stay.
    """
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 50)
    sys.setswitchinterval(SWITCH_S)
