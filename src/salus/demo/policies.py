"""The policy set that the chapters about policies put her relation under."""

from salus.demo.stage import Stage
from salus.services.policies import list_policy_sets, name_policy_set


def put_under(stage: Stage, name: str, handle: bytes | None = None) -> bytes:
    """Let the hospital name one of the network's sets by its name, for her relation or another; return its id."""
    found = next(view.set for view in list_policy_sets(stage.region.ledger) if view.name == name)
    name_policy_set(stage.organisation(stage.hospital), handle or stage.handle, found)
    return found
