"""Join a network that runs: invitation, application, admission.

1. A member invites: the invitation holds the genesis, the nodes, a block to begin with, and a nonce. From the nonce the
   newcomer's account follows, for which it can then prove its keys before anybody has opened it.
2. The newcomer makes its home out of it, with keys that nobody else sees, and an application: public halves and proofs.
3. The member opens the account as the application says, and proposes admission and validator; members vote.

The newcomer's node is brought up at any time after 2: it follows, and signs from the second block after the vote acts.
"""

import os
import time
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import structs

from salus.bootstrap.consensus import (
    CERTIFICATES,
    Address,
    NodeId,
    Peer,
    Slug,
    Trust,
    Url,
    read_consensus,
    write_consensus,
)
from salus.bootstrap.keys import THRESHOLD, OrganisationKeys, new_keys, new_node
from salus.bootstrap.layout import FILES, GENESIS, MemberSpec
from salus.bootstrap.network.errors import BadInvitation, NoConsensusHome
from salus.bootstrap.network.keeping import said_by
from salus.bootstrap.network.keyfiles import make_cometbft, write_genesis
from salus.bootstrap.network.peers import CARD, add_peer, own_card, with_peer, write_card
from salus.bootstrap.network.plan import Place, consensus_of
from salus.bootstrap.organisations import make_vault
from salus.bootstrap.region import Region
from salus.client.cometbft.rpc import Rpc
from salus.client.envelopes import EnvelopeBuilder
from salus.client.tls import Local, trusting
from salus.cometbft.header import header_hash
from salus.contracts.accounts.messages import OpenOrganisation
from salus.contracts.governance.messages import AdmitMember, SetValidator
from salus.core.encoding import decode, encode
from salus.core.errors import Malformed, Refusal
from salus.core.genesis import read_genesis
from salus.core.hashing import object_id
from salus.core.keys import KeyEntry, Role, list_key, proved
from salus.core.signatures import SigningKey
from salus.core.types import Id, Message
from salus.services.folder_exchange import FolderExchange
from salus.services.propose import Proposed, propose
from salus.shapes import made

Hex = Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{2})*$", max_length=64)]
Nonce = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
MOST_BYTES = 4 * 1024**2
APPLICATION = "application.cbor"


class Invitation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """JSON, for one newcomer. Nothing of it is secret; `network` is to be compared with what one knows already."""

    network: Hex
    genesis: str  # the file, in base64
    sponsor: Hex
    nonce: Hex
    peers: tuple[Peer, ...]
    trust: Trust | None  # of the sponsor's node; None: all blocks are fetched
    heartbeat_ms: int
    one_machine: bool

    @property
    def document(self) -> bytes:
        """Return the genesis file; raise BadInvitation unless it is the network's."""
        try:
            raw = b64decode(self.genesis, validate=True)
            found, _ = read_genesis(raw)
        except (NotBase64, ValueError, Refusal):
            raise BadInvitation from None
        if found.hex() != self.network:
            raise BadInvitation
        return raw

    @property
    def account(self) -> bytes:
        """Return the account that the newcomer will have."""
        network, sponsor, nonce = (bytes.fromhex(one) for one in (self.network, self.sponsor, self.nonce))
        return object_id("organisation", network, sponsor, nonce, 0, 0)


class Card(Message, frozen=True):
    """Where the newcomer's node is, as `bootstrap.consensus.Peer` says it."""

    name: Slug
    node: NodeId
    p2p: Address
    rpc: Url
    url: Url | None


class Application(Message, frozen=True):
    """What a newcomer hands to its sponsor: public halves with proofs of possession."""

    network: Id
    opening: OpenOrganisation
    nonce: Nonce
    validator: KeyEntry | None  # of its node; None: it wants none
    card: Card | None  # None: it has no node


def invite(region: Region, sponsor: str) -> Invitation:
    """Return an invitation by a member of an open home; raise NoConsensusHome, NoSuchActor, and what `Rpc` raises."""
    said = read_consensus(region.home)
    if said is None or said.own_rpc is None:
        raise NoConsensusHome
    own = own_card(region.home)
    return Invitation(
        region.network.hex(),
        b64encode(region.genesis).decode(),
        region.account(sponsor).hex(),
        os.urandom(16).hex(),
        (own, *said.peers),
        _trust(region.home, said.own_rpc),
        said.heartbeat_ms,
        said.one_machine,
    )


def _trust(home: Path, rpc: str) -> Trust | None:
    """Return the block after the newest snapshot, with which a newcomer may begin: what it verifies lies ahead."""
    taken = [int(path.name) for path in (home / "ledger/snapshots").glob("*") if path.name.isdecimal()]
    node = Rpc(rpc, Local.OWN)
    try:
        for height in sorted(taken, reverse=True):
            with suppress(LookupError):  # it is not decided yet
                header, _ = node.commit(height + 1)
                return Trust(header.height, header_hash(header).hex())
        return None
    finally:
        node.close()


def read_invitation(raw: bytes) -> Invitation:
    """Return an invitation; raise BadInvitation."""
    try:
        found = msgspec.json.decode(raw[:MOST_BYTES], type=made(Invitation))
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise BadInvitation from None
    if len(found.sponsor) != 64 or len(found.nonce) != 32 or not found.peers or found.document is None:
        raise BadInvitation
    return found


def join(
    home: Path,
    invitation: Invitation,
    member: Place,
    passphrase: str,
    *,
    validator: bool = True,
    authority: Path | None = None,
) -> Path:
    """Make the home of a newcomer; return the file of its application.

    `authority` are certificates in PEM to trust alone for the others' servers, of which the home keeps a copy.
    Raises BadInvitation, BadUpstream, StorageFull, StorageFailed. The home has no genesis, and is none, until all else
    is there.
    """
    genesis = invitation.document
    refuse_taken(invitation, member.spec)
    if authority is not None:
        trusting(authority)  # refuses what no certificates are in
    FILES.create_folder(home)
    if authority is not None:
        FILES.write(home / CERTIFICATES, authority.read_bytes())
    node = new_node(home, passphrase)
    make_cometbft(home, node)
    write_genesis(home, genesis)
    alone = invitation.one_machine and member.dialled == member.p2p
    said = consensus_of(member, invitation.peers, invitation.heartbeat_ms, alone=alone)
    write_consensus(
        home,
        structs.replace(
            said,
            node="validator" if validator else "full",
            trust=invitation.trust,
            ca=None if authority is None else CERTIFICATES,
        ),
    )
    application = apply_for(home, invitation, member.spec, passphrase, node if validator else None)
    FILES.write(home / GENESIS, genesis)
    return application


def refuse_taken(invitation: Invitation, spec: MemberSpec) -> None:
    """Raise BadInvitation where a member has the newcomer's name already."""
    if spec.slug in {peer.name for peer in invitation.peers}:
        raise BadInvitation


def apply_for(home: Path, invitation: Invitation, spec: MemberSpec, passphrase: str, node: SigningKey | None) -> Path:
    """Make the keys and the vault of a newcomer, and its application, whose file is returned.

    `node` is the key of the validator that it asks for. Raises StorageFull, StorageFailed.
    """
    network, account = bytes.fromhex(invitation.network), invitation.account
    made = new_keys(home, spec.slug, passphrase, time.time_ns() // 1_000_000)
    make_vault(home, network, FolderExchange(home / "exchange", network), spec, made, account).close()
    entry = None if node is None else list_key(network, account, Role.VALIDATOR, node)
    opening = _opening(network, invitation, spec, made)
    said, card = said_by(home), None
    if said.has_node:
        own = own_card(home)
        card = Card(own.name, own.node, own.p2p or said.p2p, own.rpc, own.url)
        FILES.write(home / CARD, write_card(own))
    application = Application(network, opening, bytes.fromhex(invitation.nonce), entry, card)
    FILES.write(home / APPLICATION, encode(application))
    return home / APPLICATION


def _opening(network: bytes, invitation: Invitation, spec: MemberSpec, made: OrganisationKeys) -> OpenOrganisation:
    listed = [(Role.ADMINISTRATION, key) for key in made.administration] + [(Role.GATEWAY, made.gateway)]
    return OpenOrganisation(
        bytes.fromhex(invitation.sponsor),
        spec.name,
        spec.realm,
        tuple(sorted(map(int, spec.roles))),
        THRESHOLD,
        tuple(list_key(network, invitation.account, role, key) for role, key in listed),
        made.seal.id(network),
    )


def admit(
    region: Region, sponsor: str, raw: bytes, power: int = 1, effective: int | None = None
) -> tuple[bytes, Proposed]:
    """Open the account that an application wants, and propose its admission, with its validator; return the account.

    The newcomer's node becomes a peer of this home, which dials it from its next start on: before the vote, since the
    node follows from the start. `effective` is the height at which votes are counted, by default some blocks ahead.
    Raises BadInvitation where the application is not for this sponsor and network, or proves nothing; PeerClash; and
    the contract's refusals.
    """
    backer = region.organisation(sponsor)
    try:
        application = decode(raw, Application)
    except Malformed:
        raise BadInvitation from None
    if application.network != region.network or application.opening.sponsor != backer.account:
        raise BadInvitation
    account = object_id("organisation", region.network, backer.account, application.nonce, 0, 0)
    entry = application.validator
    if entry is not None and (entry.role != Role.VALIDATOR or not proved(region.network, account, entry)):
        raise BadInvitation
    said, card = read_consensus(region.home), application.card
    peer = None if card is None or said is None else Peer(*structs.astuple(card))
    if peer is not None and said is not None:
        with_peer(region.home, said.peers, peer)
    builder = EnvelopeBuilder(region.network, region.ledger.now, nonce=lambda: application.nonce)
    backer.carrier.submit_now(builder.build([(backer.account, backer.gateway)], application.opening).raw)
    actions: list[Message] = [AdmitMember(account)]
    if entry is not None:
        actions.append(SetValidator(account, entry.public, power, entry.proof))
    proposed = propose(backer, actions, effective)
    if peer is not None:
        add_peer(region.home, peer)
    return account, proposed
