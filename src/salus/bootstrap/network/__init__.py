"""A network over CometBFT: homes of its members, what CometBFT reads, the two processes of a member."""

from salus.bootstrap.consensus import Url
from salus.bootstrap.network.agreeing import AGREEMENT, agree, begin, examine
from salus.bootstrap.network.cards import CARD, Card, make_card, open_founder
from salus.bootstrap.network.errors import NeverHealthy, NoPassphraseFile, NothingToStop, NotUp
from salus.bootstrap.network.following import Begun, Node, Origin, Wanted, follow, read_origin
from salus.bootstrap.network.founding import Founding, found
from salus.bootstrap.network.halts import Halted
from salus.bootstrap.network.joining import admit, invite, join, read_invitation
from salus.bootstrap.network.keeping import Keeper, homes_in, is_running, kept, said_by, served_at, stop_home
from salus.bootstrap.network.peers import add_peer, own_card, read_card, remove_peer, write_card
from salus.bootstrap.network.plan import HERE, LISTEN, P2P, Place, place_of, read_members, usual
from salus.bootstrap.network.status import NetworkStatus, NodeStatus, network_status
from salus.bootstrap.network.together import found_network
from salus.bootstrap.network.trial import Trial

__all__ = [
    "AGREEMENT",
    "Begun",
    "CARD",
    "Card",
    "Founding",
    "HERE",
    "Halted",
    "Keeper",
    "LISTEN",
    "NetworkStatus",
    "NeverHealthy",
    "NoPassphraseFile",
    "Node",
    "P2P",
    "NodeStatus",
    "NotUp",
    "NothingToStop",
    "Place",
    "Trial",
    "Origin",
    "Url",
    "Wanted",
    "add_peer",
    "admit",
    "agree",
    "begin",
    "examine",
    "follow",
    "found",
    "found_network",
    "invite",
    "join",
    "make_card",
    "open_founder",
    "place_of",
    "own_card",
    "read_card",
    "read_invitation",
    "homes_in",
    "is_running",
    "kept",
    "network_status",
    "read_members",
    "read_origin",
    "remove_peer",
    "said_by",
    "served_at",
    "stop_home",
    "usual",
    "write_card",
]
