"""The founding: every founder's card, and the genesis that follows from them; one file, the same for all founders.

Its hash is SHA-256 of the file. The genesis names keys alone; the file has addresses too, so founders compare its hash,
and not the network's id.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Annotated, NamedTuple

from msgspec import Meta

from salus.bootstrap.consensus import MOST_MEMBERS
from salus.bootstrap.founding import Parameters, genesis_document
from salus.bootstrap.heartbeat import heartbeat_for
from salus.bootstrap.layout import RegionSpec
from salus.bootstrap.network.cards import MOST_BYTES, Card, read_card
from salus.bootstrap.network.founding_errors import BadFounding, SameKey
from salus.bootstrap.network.plan import check_members, is_of_this_machine
from salus.contracts.governance.parameters import BOUNDS, Parameter
from salus.core.encoding import decode, encode
from salus.core.errors import Malformed
from salus.core.genesis import Genesis, network_id
from salus.core.types import Message


class FoundingFile(Message, frozen=True):
    """The file; nobody signs it: its cards are signed, and its document follows from them."""

    document: bytes
    cards: Annotated[
        tuple[Annotated[bytes, Meta(max_length=MOST_BYTES)], ...], Meta(min_length=1, max_length=MOST_MEMBERS)
    ]


class Founding(NamedTuple):
    """A founding that was checked."""

    hash: bytes
    document: bytes
    genesis: Genesis
    cards: tuple[Card, ...]  # in the order of the genesis's founders
    raw: tuple[bytes, ...]  # the cards as they were handed out

    @property
    def network(self) -> bytes:
        """Return the id of the network."""
        return network_id(self.document)

    @property
    def one_machine(self) -> bool:
        """True if all members are on one machine, for trying out."""
        return all(is_of_this_machine(card.p2p) for card in self.cards)


def found(
    cards: Sequence[tuple[str, bytes]], name: str, made_ms: int, parameters: Parameters = ()
) -> tuple[bytes, Founding]:
    """Return the founding of a network of these founders, each (where its card is, the card), in this order.

    `parameters` are those that have not their default. Raises BadCard, CardAltered, UnusableAddress, SameName, SameKey,
    SameAddress.
    """
    read = tuple(read_card(raw, where) for where, raw in cards)
    check_together(read)
    document = _document(read, name, made_ms, parameters)
    raw = encode(FoundingFile(document, tuple(raw for _, raw in cards)))
    return raw, read_founding(raw)


def read_founding(raw: bytes) -> Founding:
    """Return the founding of a file; raise BadFounding, and what `found` raises."""
    try:
        file = decode(raw, FoundingFile)
        genesis = decode(file.document, Genesis)
    except Malformed:
        raise BadFounding from None
    cards = tuple(read_card(card, f"card {number}") for number, card in enumerate(file.cards, 1))
    check_together(cards)
    if file.document != _document(cards, genesis.name, genesis.time, genesis.parameters):
        raise BadFounding
    return Founding(sha256(raw).digest(), file.document, genesis, cards, file.cards)


def check_together(cards: Sequence[Card]) -> None:
    """Raise unless these can found one network: SameName, SameKey, SameAddress, UnusableAddress."""
    owners: dict[bytes, str] = {}
    check_members([card.shown for card in cards])
    for card in cards:
        for key in (*card.keys, card.seal):
            if owners.setdefault(key, card.slug) != card.slug:
                raise SameKey(f"{owners[key]}, {card.slug}")


def _document(cards: Sequence[Card], name: str, made_ms: int, parameters: Parameters) -> bytes:
    spec = RegionSpec(name, tuple(card.spec for card in cards))
    founders = tuple(card.founder for card in cards)
    return genesis_document(
        spec, founders, [(at, card.validator) for at, card in enumerate(cards)], made_ms, parameters
    )


def heartbeat_ms(parameters: Parameters) -> int:
    """Return how often an idle network with these parameters makes a block."""
    return heartbeat_for(dict(parameters).get(Parameter.STALE_MS, BOUNDS[Parameter.STALE_MS].default))
