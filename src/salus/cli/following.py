"""What `salus ledger status` says of a home that follows a node, or whose blocks a network decides."""

from collections.abc import Mapping

from salus.bootstrap import Region, read_consensus, read_upstream
from salus.cli.output import when
from salus.ledger.followed.contradiction import FILE

REPLICA = "replica: each block of the node is checked and executed here; one operator orders them"
COMETBFT = "CometBFT: members' validators decide; no fewer than a third of their power can change or stop that"


def following(region: Region) -> dict[str, object] | None:
    """Return what is said of a replica or of a network's ledger, for JSON; None for an embedded one."""
    upstream, consensus = read_upstream(region.home), read_consensus(region.home)
    trouble = region.ledger.trouble()
    said = {"as_of": when(region.ledger.as_of()), "trouble": None if trouble is None else str(trouble)}
    if consensus is not None:
        return {"engine": "cometbft", "node": consensus.node, **said}
    if upstream is None:
        return None
    contradicted = (region.home / "ledger" / FILE).exists()
    return {"engine": "replica", "follows": upstream.node, **said, "contradiction": contradicted}


def fields(said: Mapping[str, object]) -> dict[str, object]:
    """Return the same for people."""
    named = {"follows": said["follows"]} if "follows" in said else {"node": said["node"]}
    named |= {"as of": said["as_of"], "engine": COMETBFT if said["engine"] == "cometbft" else REPLICA}
    if said["trouble"] is not None:
        named["trouble"] = said["trouble"]
    if said.get("contradiction"):
        named["contradiction"] = f"the node signed what contradicts it; both are in ledger/{FILE}"
    return named
