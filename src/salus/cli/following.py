"""What `salus ledger status` says of a home that follows a node."""

from collections.abc import Mapping

from salus.bootstrap import Region, read_upstream
from salus.cli.output import when
from salus.ledger.followed.contradiction import FILE

ENGINE = "replica: each block of the node is checked and executed here; one operator orders them"


def following(region: Region) -> dict[str, object] | None:
    """Return what is said of the replica, for JSON; None for the node's own home."""
    upstream = read_upstream(region.home)
    if upstream is None:
        return None
    trouble = region.ledger.trouble()
    return {
        "engine": "replica",
        "follows": upstream.node,
        "as_of": when(region.ledger.as_of()),
        "trouble": None if trouble is None else str(trouble),
        "contradiction": (region.home / "ledger" / FILE).exists(),
    }


def fields(said: Mapping[str, object]) -> dict[str, object]:
    """Return the same for people."""
    named = {"follows": said["follows"], "as of": said["as_of"], "engine": ENGINE}
    if said["trouble"] is not None:
        named["trouble"] = said["trouble"]
    if said["contradiction"]:
        named["contradiction"] = f"the node signed what contradicts it; both are in ledger/{FILE}"
    return named
