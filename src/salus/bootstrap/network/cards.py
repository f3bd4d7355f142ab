"""A founder's card: what others must know of a founder before there is a network. Nothing of it is secret.

HOME/card.cbor     as it was handed out; written last: without it nothing was begun

Every key that the card names signs the whole of it, CometBFT's too: so nobody can alter it on its way, nor list a key
that is another's. The possession that a genesis wants proved is bound to the network, which no founder can know before
all cards are there: it comes with the founder's agreement (`agreeing`).
"""

from pathlib import Path
from typing import Annotated, NamedTuple

from msgspec import Meta

from salus.bootstrap.consensus import HEARTBEAT_MS, Address, Peer, Slug, Url, write_consensus
from salus.bootstrap.founding import founder_of
from salus.bootstrap.keys import THRESHOLD, OrganisationKeys, keys_of, new_keys, new_node
from salus.bootstrap.layout import (
    FILES,
    GENESIS,
    REALM,
    MemberSpec,
    keystore_path,
    may_name_organisation,
    node_keystore_path,
)
from salus.bootstrap.network.founding_errors import AlreadyFounded, BadCard, CardAltered, NoCard
from salus.bootstrap.network.keyfiles import address, make_cometbft
from salus.bootstrap.network.plan import Place, Shown, consensus_of
from salus.contracts.accounts.organisations import known_roles
from salus.core import cose
from salus.core.encoding import decode, encode
from salus.core.errors import Malformed
from salus.core.genesis import Founder, founder_id
from salus.core.hashing import NO_NETWORK
from salus.core.keys import Role
from salus.core.signatures import SigningKey, key_id, valid_public_key, verify
from salus.core.types import Message, PublicKey
from salus.policy.types import OrganisationRole
from salus.vault.keystore import Keystore
from salus.vault.seals import PUBLIC_BYTES, seal_key_id

CARD, KIND = "card.cbor", "founder-card"
MOST_BYTES = 16 * 1024
_ROLES = (Role.ADMINISTRATION, Role.GATEWAY)  # of a founder's keys


class Card(Message, frozen=True):
    """What every key that it names signs, in the order of `keys`."""

    format: Annotated[int, Meta(ge=1, le=1)]
    slug: Slug
    founder: Founder  # as the genesis will list it
    validator: PublicKey
    node: PublicKey  # by which CometBFT's nodes know this one
    seal: Annotated[bytes, Meta(min_length=PUBLIC_BYTES, max_length=PUBLIC_BYTES)]  # public half of its sealing key
    p2p: Address  # these three as others reach them
    rpc: Url
    url: Url

    @property
    def keys(self) -> tuple[bytes, ...]:
        """Return every key that signs."""
        return (*(key.public for key in self.founder.keys), self.validator, self.node)

    @property
    def account(self) -> bytes:
        """Return the account that the founder will have."""
        return founder_id(self.founder)

    @property
    def shown(self) -> Shown:
        """Return what others reach it by."""
        return Shown(self.slug, self.founder.name, (self.p2p, self.rpc, self.url))

    @property
    def spec(self) -> MemberSpec:
        """Return the member that it is to be."""
        roles = tuple(map(OrganisationRole, self.founder.roles))
        return MemberSpec(self.founder.name, self.slug, roles, self.founder.realm)

    @property
    def peer(self) -> Peer:
        """Return its node as the others' consensus.json has it."""
        return Peer(self.slug, address(self.node).hex(), self.p2p, self.rpc, self.url)


class FounderKeys(NamedTuple):
    """The secrets of a founder's home."""

    organisation: OrganisationKeys
    validator: SigningKey

    @property
    def signing(self) -> tuple[SigningKey, ...]:
        """Return those that the genesis lists."""
        return (*self.organisation.signing, self.validator)

    def __repr__(self) -> str:
        return "FounderKeys()"


def make_card(home: Path, place: Place, passphrase: str, made_ms: int) -> FounderKeys:
    """Make the keys of a founder in a new home, and its card; return the keys.

    Raises StorageFull, StorageFailed.
    """
    FILES.create_folder(home)
    spec = place.spec
    made = FounderKeys(new_keys(home, spec.slug, passphrase, made_ms), new_node(home, passphrase))
    node = make_cometbft(home, made.validator)
    write_consensus(home, consensus_of(place, (), HEARTBEAT_MS, alone=False))  # whom it meets is known at the beginning
    card = Card(
        1,
        spec.slug,
        founder_of(spec, made.organisation),
        made.validator.public,
        node.public,
        made.organisation.seal.public,
        place.dialled,
        place.asked,
        place.url,
    )
    FILES.write(home / CARD, cose.sign(KIND, NO_NETWORK, encode(card), (*made.signing, node)))
    return made


def read_card(raw: bytes, where: str) -> Card:
    """Return a card that every key of it has signed; `where` says which it is to who is refused.

    Raises BadCard, CardAltered.
    """
    try:
        signed = cose.parse(KIND, raw[: MOST_BYTES + 1])
        card = decode(signed.payload, Card)
    except Malformed:
        raise BadCard(where) from None
    if len(raw) > MOST_BYTES or not _is_of_form(card):
        raise BadCard(where)
    if [kid for kid, _ in signed.signatures] != [key_id(NO_NETWORK, public) for public in card.keys]:
        raise CardAltered(where)
    for public, (kid, signature) in zip(card.keys, signed.signatures, strict=True):
        message = cose.to_be_signed(KIND, NO_NETWORK, signed.payload, kid)
        if not valid_public_key(public) or not verify(public, message, signature):
            raise CardAltered(where)
    return card


def _is_of_form(card: Card) -> bool:
    """True if it says what `make_card` may say."""
    founder = card.founder
    *administration, last = (key.role for key in founder.keys)
    return (
        may_name_organisation(card.slug)
        and all(text.isprintable() for text in (founder.name, *card.shown.addresses))  # they are shown at terminals
        and founder.realm == REALM
        and bool(founder.roles)
        and known_roles(founder.roles)
        and (set(administration), last) == ({Role.ADMINISTRATION}, Role.GATEWAY)
        and founder.threshold == THRESHOLD <= len(administration)
        and founder.seal_key == seal_key_id(NO_NETWORK, card.seal)
    )


def own_card(home: Path) -> bytes:
    """Return the card of a home that has no network yet, as it was handed out; raise NoCard, AlreadyFounded."""
    if (home / GENESIS).exists():
        raise AlreadyFounded
    if not (home / CARD).is_file():
        raise NoCard
    return (home / CARD).read_bytes()


def open_founder(home: Path, passphrase: str) -> FounderKeys:
    """Return the keys of a founder's home; raise NoCard, AlreadyFounded, WrongPassphrase, KeystoreDamaged."""
    slug = read_card(own_card(home), CARD).slug
    node = Keystore.open(node_keystore_path(home), passphrase).get("node")
    return FounderKeys(keys_of(Keystore.open(keystore_path(home, slug), passphrase)), SigningKey.from_seed(node))
