"""A founder's agreement to a founding, and the beginning of its home once everybody's is there.

HOME/founding.cbor    the founding that this home agreed to
HOME/agreement.cbor   its own agreement, for all other founders

An agreement is the proof of possession, for this network alone, of every key of the founder that the genesis lists. All
of them together make the genesis file, the same bytes in every home; so nobody is in a genesis who did not agree to it.
"""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from shutil import rmtree

import msgspec

from salus.bootstrap.consensus import read_consensus, write_consensus
from salus.bootstrap.founding import proofs_by
from salus.bootstrap.layout import FILES, GENESIS, organisation_folder
from salus.bootstrap.network.cards import FounderKeys, own_card
from salus.bootstrap.network.errors import NoConsensusHome
from salus.bootstrap.network.founding import Founding, heartbeat_ms, read_founding
from salus.bootstrap.network.founding_errors import (
    AgreementsMissing,
    BadAgreement,
    NotAgreed,
    OtherAgreement,
    OtherFounding,
    OwnCardMissing,
)
from salus.bootstrap.network.keyfiles import write_genesis
from salus.bootstrap.organisations import make_vault
from salus.core.encoding import decode, encode
from salus.core.errors import Malformed
from salus.core.genesis import GenesisFile, listed_keys
from salus.core.keys import FOREVER, KeyEntry, proved
from salus.core.signatures import ED25519
from salus.core.types import Digest, Id, Message, Signature
from salus.services.folder_exchange import FolderExchange
from salus.vault.vault import Vault

FOUNDING, AGREEMENT = "founding.cbor", "agreement.cbor"


class Agreement(Message, frozen=True):
    """What a founder hands to all others."""

    founding: Digest  # the hash it was told
    account: Id
    proofs: tuple[Signature, ...]  # of the founder's keys, in the order of the genesis


def examine(home: Path, raw: bytes, told: bytes) -> Founding:
    """Return the founding in `raw` if it is the one whose hash was `told`, and has the home's own card unaltered.

    Raises NoCard, AlreadyFounded, OtherFounding, OwnCardMissing, and what `read_founding` raises.
    """
    own = own_card(home)
    if sha256(raw).digest() != told:
        raise OtherFounding
    founding = read_founding(raw)
    if own not in founding.raw:
        raise OwnCardMissing
    return founding


def agree(home: Path, raw: bytes, told: bytes, keys: FounderKeys) -> Founding:
    """Keep a founding in the home, and sign its genesis by all `keys` that it lists; return it.

    A home may agree anew, to another founding, until it has begun. Raises as `examine`; StorageFull, StorageFailed.
    """
    founding = examine(home, raw, told)
    account = founding.cards[founding.raw.index(own_card(home))].account
    agreement = Agreement(told, account, proofs_by(founding.document, keys.signing))
    FILES.write(home / FOUNDING, raw)
    FILES.write(home / AGREEMENT, encode(agreement))
    return founding


def begin(home: Path, agreements: Iterable[tuple[str, bytes]], keys: FounderKeys) -> Founding:
    """Make the home a member's, by the agreements of all founders; return what they founded.

    Each is (where it is, the agreement); the home's own may be among them or not. Broken off, it is done again. Raises
    NoCard, AlreadyFounded, NotAgreed, OwnCardMissing, OtherAgreement, BadAgreement, AgreementsMissing, WrongNetwork
    (broken off before for another founding), StorageFull, StorageFailed.
    """
    own = own_card(home)
    if not (home / AGREEMENT).is_file() or not (home / FOUNDING).is_file():
        raise NotAgreed
    founding = read_founding((home / FOUNDING).read_bytes())
    if own not in founding.raw:
        raise OwnCardMissing
    genesis = _genesis(founding, [(str(home / AGREEMENT), (home / AGREEMENT).read_bytes()), *agreements])
    card = founding.cards[founding.raw.index(own)]
    said = read_consensus(home)
    if said is None:
        raise NoConsensusHome
    peers = tuple(other.peer for other in founding.cards if other is not card)
    heartbeat = heartbeat_ms(founding.genesis.parameters)
    write_genesis(home, genesis)
    write_consensus(
        home, msgspec.structs.replace(said, peers=peers, heartbeat_ms=heartbeat, one_machine=founding.one_machine)
    )
    exchange = FolderExchange(home / "exchange", founding.network)
    for one in founding.cards:
        exchange.publish_key(one.seal)
    folder = organisation_folder(home, card.slug)
    if (folder / "organisation.cbor").is_file():  # broken off after this
        Vault.open(folder / "vault", keys.organisation.vault, founding.network, card.account).close()
    else:
        rmtree(folder / "vault", ignore_errors=True)  # nothing can have come into it
        make_vault(home, founding.network, exchange, card.spec, keys.organisation, card.account).close()
    FILES.write(home / GENESIS, genesis)
    return founding


def _genesis(founding: Founding, agreements: Iterable[tuple[str, bytes]]) -> bytes:
    """Return the genesis file; raise BadAgreement, OtherAgreement, AgreementsMissing."""
    given: dict[bytes, tuple[bytes, ...]] = {}
    for where, raw in agreements:
        try:
            agreement = decode(raw, Agreement)
        except Malformed:
            raise BadAgreement(where) from None
        if agreement.founding != founding.hash or agreement.account not in {card.account for card in founding.cards}:
            raise OtherAgreement(where)
        if not _is_proved(founding, agreement):
            raise BadAgreement(where)
        given[agreement.account] = agreement.proofs
    missing = [card.slug for card in founding.cards if card.account not in given]
    if missing:
        raise AgreementsMissing(", ".join(missing))
    rest = {account: iter(proofs) for account, proofs in given.items()}
    proofs = tuple(next(rest[account]) for account, _, _ in listed_keys(founding.genesis))
    return encode(GenesisFile(founding.document, proofs))


def _is_proved(founding: Founding, agreement: Agreement) -> bool:
    listed = [(role, key) for account, role, key in listed_keys(founding.genesis) if account == agreement.account]
    return len(listed) == len(agreement.proofs) and all(
        proved(founding.network, agreement.account, KeyEntry(ED25519, role, key, 0, FOREVER, proof))
        for (role, key), proof in zip(listed, agreement.proofs, strict=True)
    )
