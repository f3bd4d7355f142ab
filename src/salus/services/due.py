"""Due: do what has become due: what was interrupted, erasures whose hold or rule has ended, windows of anchoring."""

from typing import NamedTuple

from salus.services.actors import Organisation
from salus.services.anchor_windows import DEFAULT, WindowRule, anchor_windows
from salus.services.resume import resume


class Due(NamedTuple):
    """What was done: sentences, and how many relations were anchored by the rule of windows."""

    done: tuple[str, ...]
    anchored: int


def due(organisation: Organisation, rule: WindowRule = DEFAULT) -> Due:
    """Do everything that is due now. Meant to be called every so often: by a timer, or `salus record due`.

    While requests are being answered what was interrupted waits for the next time.
    """
    with organisation.dealing.alone() as alone:
        done = resume(organisation) if alone else ()
    return Due(done, anchor_windows(organisation, rule))
