"""A network over CometBFT: homes of its members, what CometBFT reads, the two processes of a member."""

from salus.bootstrap.consensus import Url
from salus.bootstrap.network.errors import NeverHealthy, NotUp
from salus.bootstrap.network.following import Begun, Node, Origin, Wanted, follow, read_origin
from salus.bootstrap.network.founding import found_network
from salus.bootstrap.network.joining import admit, invite, join, read_invitation
from salus.bootstrap.network.keeping import Keeper, homes_in, is_running, kept, said_by, served_at, stop_home
from salus.bootstrap.network.plan import HERE, LISTEN, P2P, Place, PlannedMember, places, read_members, usual
from salus.bootstrap.network.status import NetworkStatus, NodeStatus, network_status
from salus.bootstrap.network.trial import Trial

__all__ = [
    "HERE",
    "LISTEN",
    "P2P",
    "Begun",
    "Keeper",
    "NetworkStatus",
    "NeverHealthy",
    "Node",
    "NodeStatus",
    "NotUp",
    "Place",
    "Trial",
    "Origin",
    "Url",
    "PlannedMember",
    "Wanted",
    "admit",
    "follow",
    "found_network",
    "invite",
    "join",
    "places",
    "read_invitation",
    "homes_in",
    "is_running",
    "kept",
    "network_status",
    "read_members",
    "read_origin",
    "said_by",
    "served_at",
    "stop_home",
    "usual",
]
