"""What is elsewhere, as a home reaches it: the node's directory, others' gateways, letters that wait for them."""

from collections.abc import Callable, Container
from dataclasses import dataclass, field
from pathlib import Path

from salus.bootstrap.consensus import read_consensus
from salus.bootstrap.layout import directory_folder, node_keystore_path
from salus.bootstrap.upstream import read_upstream
from salus.client.ledger import Ledger
from salus.services.folder_exchange import FolderExchange
from salus.services.remote.addresses import Addresses
from salus.services.remote.directory import Directory
from salus.services.remote.endpoint import on_this_machine
from salus.services.remote.exchange import RemoteExchange
from salus.services.remote.gateways import Gateways
from salus.services.remote.node import AskedDirectory, MembersDirectory, NodeDirectory, OwnDirectory
from salus.services.remote.outbox import Outbox
from salus.services.remote.sender import Sender

Here = Callable[[], Container[bytes]]  # the organisations of a home, which others may join


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The ways from a home to others. `own` is the directory itself, in the home of the node."""

    home: Path
    ledger: Ledger = field(repr=False)
    gateways: Gateways = field(repr=False)
    directory: AskedDirectory = field(repr=False)
    addresses: Addresses = field(repr=False)
    own: Directory | None = field(repr=False)

    def exchange(self, local: FolderExchange, here: Here, sender: Sender, name: str) -> RemoteExchange:
        """Return the exchange of one sender, whose outbox is the folder `name`."""
        outbox = Outbox(self.home / "exchange" / "outbox" / name)
        ways = self.gateways, self.addresses, self.directory
        return RemoteExchange(self.ledger, local, here, *ways, outbox, sender)

    def close(self) -> None:
        """Close the connections."""
        self.gateways.close()


def ways_out(home: Path, ledger: Ledger) -> Elsewhere | None:
    """Return the ways to others: through the node that the home follows, or from the node's own home.

    None in a home that neither follows nor has the node's key: it knows nobody else. Raises BadUpstream, BadConsensus.
    """
    upstream, consensus = read_upstream(home), read_consensus(home)
    trusts = upstream or consensus
    gateways = Gateways(ledger.network, ledger.height, None if trusts is None else trusts.authority(home))
    own = None
    directory: AskedDirectory
    if upstream is not None:
        directory = NodeDirectory(gateways, upstream.node)
    elif consensus is not None:
        own = Directory(directory_folder(home), ledger.network)
        urls = [peer.url for peer in consensus.peers if peer.url is not None]
        others = [NodeDirectory(gateways, url) for url in urls]
        near = all(map(on_this_machine, urls))
        directory = MembersDirectory(OwnDirectory(own, ledger), others, near=near)
    elif node_keystore_path(home).is_file():
        own = Directory(directory_folder(home), ledger.network)
        directory = OwnDirectory(own, ledger)
    else:
        return None
    kept = home / "exchange" / "directory.cbor"
    addresses = Addresses(ledger, directory.listed, kept, near=directory.near)
    return Elsewhere(home, ledger, gateways, directory, addresses, own)
