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
from pathlib import Path
from typing import Annotated

import msgspec

from salus.bootstrap.consensus import ConsensusFile, Peer, Trust, read_consensus, write_consensus
from salus.bootstrap.keys import THRESHOLD, OrganisationKeys, new_keys, new_node
from salus.bootstrap.layout import FILES, GENESIS, MemberSpec
from salus.bootstrap.network.errors import BadInvitation, NoConsensusHome
from salus.bootstrap.network.founding import consensus_of
from salus.bootstrap.network.keyfiles import make_cometbft, node_id
from salus.bootstrap.network.plan import Place
from salus.bootstrap.organisations import make_vault
from salus.bootstrap.region import Region
from salus.client.cometbft.rpc import Rpc
from salus.client.envelopes import EnvelopeBuilder
from salus.cometbft.header import header_hash
from salus.contracts.accounts.messages import OpenOrganisation
from salus.contracts.governance.messages import AdmitMember, SetValidator
from salus.core.encoding import decode, encode
from salus.core.errors import Malformed, Refusal
from salus.core.genesis import read_genesis
from salus.core.hashing import object_id
from salus.core.keys import KeyEntry, Role, list_key, proved
from salus.core.types import Id, Message
from salus.services.folder_exchange import FolderExchange
from salus.services.propose import Proposed, propose

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


class Application(Message, frozen=True):
    """What a newcomer hands to its sponsor: public halves with proofs of possession."""

    network: Id
    opening: OpenOrganisation
    nonce: Nonce
    validator: KeyEntry | None  # of its node; None: it wants none


def invite(region: Region, sponsor: str) -> Invitation:
    """Return an invitation by a member of an open home; raise NoConsensusHome, NoSuchActor, and what `Rpc` raises."""
    said = read_consensus(region.home)
    if said is None or said.own_rpc is None:
        raise NoConsensusHome
    own = Peer(
        said.name,
        node_id(region.home),
        said.external or said.p2p,
        _reached(said),
        said.url or f"http://{said.listen}",
    )
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


def _reached(said: ConsensusFile) -> str:
    """Return where others reach the node's RPC: at the host by which they dial it."""
    if said.external is None:
        return f"http://{said.rpc}"
    return f"http://{said.external.rpartition(':')[0]}:{said.rpc.rpartition(':')[2]}"


def _trust(home: Path, rpc: str) -> Trust | None:
    """Return the node's newest block, where it has a snapshot that a newcomer may begin with."""
    if not any((home / "ledger/snapshots").glob("*")):
        return None
    node = Rpc(rpc)
    try:
        header, _ = node.commit()
        return Trust(header.height, header_hash(header).hex())
    except LookupError:
        return None
    finally:
        node.close()


def read_invitation(raw: bytes) -> Invitation:
    """Return an invitation; raise BadInvitation."""
    try:
        found = msgspec.json.decode(raw[:MOST_BYTES], type=Invitation)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise BadInvitation from None
    if len(found.sponsor) != 64 or len(found.nonce) != 32 or not found.peers or found.document is None:
        raise BadInvitation
    return found


def join(home: Path, invitation: Invitation, member: Place, passphrase: str, *, validator: bool = True) -> Path:
    """Make the home of a newcomer; return the file of its application.

    Raises BadInvitation, StorageFull, StorageFailed. The home has no genesis, and is none, until all else is there.
    """
    genesis, account = invitation.document, invitation.account
    network, _ = read_genesis(genesis)
    if member.spec.slug in {peer.name for peer in invitation.peers}:
        raise BadInvitation
    FILES.create_folder(home)
    node = new_node(home, passphrase)
    made = new_keys(home, member.spec.slug, passphrase, time.time_ns() // 1_000_000)
    make_cometbft(home, genesis, node)
    alone = invitation.one_machine and member.dialled == member.p2p
    said = consensus_of(member, invitation.peers, invitation.heartbeat_ms, alone=alone)
    write_consensus(
        home, msgspec.structs.replace(said, trust=invitation.trust, node="validator" if validator else "full")
    )
    exchange = FolderExchange(home / "exchange", network)
    make_vault(home, network, exchange, member.spec, made, account).close()
    entry = list_key(network, account, Role.VALIDATOR, node) if validator else None
    opening = _opening(network, invitation, member.spec, made)
    FILES.write(home / APPLICATION, encode(Application(network, opening, bytes.fromhex(invitation.nonce), entry)))
    FILES.write(home / GENESIS, genesis)
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

    `effective` is the height at which votes are counted, by default some blocks ahead.

    Raises BadInvitation where it is not for this sponsor and network, or proves nothing, and the contract's refusals.
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
    builder = EnvelopeBuilder(region.network, region.ledger.now, nonce=lambda: application.nonce)
    backer.carrier.submit_now(builder.build([(backer.account, backer.gateway)], application.opening).raw)
    actions: list[Message] = [AdmitMember(account)]
    if entry is not None:
        actions.append(SetValidator(account, entry.public, power, entry.proof))
    return account, propose(backer, actions, effective)
