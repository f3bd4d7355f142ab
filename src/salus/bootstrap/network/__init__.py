"""A network over CometBFT: homes of its members, what CometBFT reads, the two processes of a member."""

from salus.bootstrap.network.errors import NeverHealthy, NotUp
from salus.bootstrap.network.founding import found_network
from salus.bootstrap.network.joining import admit, invite, join, read_invitation
from salus.bootstrap.network.keeping import Keeper, homes_in, is_running, kept, said_by, served_at, stop_home
from salus.bootstrap.network.peers import add_peer, own_card, read_card, remove_peer, write_card
from salus.bootstrap.network.plan import LISTEN, P2P, Place, PlannedMember, places, read_members, usual
from salus.bootstrap.network.status import NetworkStatus, NodeStatus, network_status
from salus.bootstrap.network.trial import Trial

__all__ = [
    "LISTEN",
    "P2P",
    "Keeper",
    "NetworkStatus",
    "NeverHealthy",
    "NodeStatus",
    "NotUp",
    "Place",
    "Trial",
    "PlannedMember",
    "add_peer",
    "admit",
    "found_network",
    "invite",
    "join",
    "own_card",
    "places",
    "read_card",
    "read_invitation",
    "homes_in",
    "is_running",
    "kept",
    "network_status",
    "read_members",
    "remove_peer",
    "said_by",
    "served_at",
    "stop_home",
    "usual",
    "write_card",
]
