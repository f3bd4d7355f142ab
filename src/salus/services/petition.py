"""Petition: a person asks her custodian to amend, erase or restrict; two members carry it, so that none hides it."""

import os
from collections.abc import Sequence
from typing import NamedTuple

from salus.client.envelopes import EnvelopeBuilder
from salus.client.ledger import Ledger
from salus.contracts.records import queries as records
from salus.contracts.records.messages import Petition
from salus.contracts.records.types import Asked, PetitionKind
from salus.core.encoding import decode, encode
from salus.core.errors import Refusal
from salus.core.hashing import object_id
from salus.policy.types import Capacity
from salus.services import lookup
from salus.services.actors import Person
from salus.services.errors import NotCarried
from salus.services.petition_letters import PetitionLetter, Wish, petition_info
from salus.services.protect import protect
from salus.services.typed import encode_typed
from salus.vault.seals import seal
from salus.wallet.kept import KeptPetition


class Petitioned(NamedTuple):
    """A petition as it stands on the ledger."""

    petition: bytes
    relation: bytes
    kind: PetitionKind
    height: int


class PetitionView(NamedTuple):
    """A petition and what became of it; `text` is what she said, where the asker may know it."""

    petition: bytes
    relation: bytes
    entry: Asked
    text: str
    records: tuple[bytes, ...]

    def __repr__(self) -> str:
        return f"PetitionView({self.petition.hex()})"


def petition(
    person: Person,
    handle: bytes,
    kind: PetitionKind,
    wanted: Sequence[bytes] = (),
    text: str = "",
    proposed: bytes | None = None,
    signer: tuple[bytes, Capacity] | None = None,
) -> Petitioned:
    """Ask for `kind` of the records `wanted`, all of them by default. Her words go to the custodian, sealed.

    `signer` is the wallet's account that acts for the person, and in which capacity. The words are in the wallet
    before the petition leaves. Raises Malformed, NotCarried, the contract's refusals.
    """
    account, capacity = signer or (handle, Capacity.SELF)
    kept, network, nonce = person.wallet.relation(account), person.wallet.network, os.urandom(16)
    wish = Wish(os.urandom(32), tuple(sorted(wanted)), text, proposed, kept.seal_key.public)
    encode_typed(wish)  # too long a text is refused here, not at the custodian
    made = object_id("petition", network, handle, nonce, 0, 0)
    message = Petition(handle, int(capacity), int(kind), wish.commitment(network))
    builder = EnvelopeBuilder(network, person.ledger.now, nonce=lambda: nonce)
    envelope = builder.build([(account, kept.device)], message).raw
    person.wallet.keep_petition(KeptPetition(made, handle, encode(wish), person.ledger.now()))
    try:
        landed = protect(person, handle, envelope)
    except Refusal as refusal:
        if not isinstance(refusal, NotCarried):  # which leaves open whether it will be
            person.wallet.drop_petition(made)
        raise
    send_wish(person, handle, made, wish)
    return Petitioned(made, handle, kind, landed.height)


def send_wish(person: Person, handle: bytes, made: bytes, wish: Wish) -> None:
    """Post what a petition says to the custodian; a second letter changes nothing."""
    network, state = person.wallet.network, person.ledger.view()
    custodian = lookup.person(state, handle).custodian
    public = person.exchange.find_key(lookup.organisation(state, custodian).seal_key)
    sealed = seal(public, petition_info(network, made), encode(wish))
    person.exchange.post(custodian, "petition", encode(PetitionLetter(handle, made, sealed)))


def list_petitions(person: Person, handle: bytes) -> tuple[PetitionView, ...]:
    """Return the petitions of a relation, oldest first, answered ones too."""
    words = {kept.petition: decode(kept.raw, Wish) for kept in person.wallet.petitions(handle)}
    return views(person.ledger, handle, words)


def views(ledger: Ledger, handle: bytes, words: dict[bytes, Wish]) -> tuple[PetitionView, ...]:
    """Return the petitions of a relation on the ledger, with what is known of their words."""
    found = []
    for key, entry in records.petitions(ledger.view(), handle):
        wish = words.get(key)
        found.append(PetitionView(key, handle, entry, wish.text if wish else "", wish.records if wish else ()))
    return tuple(sorted(found, key=lambda view: (view.entry.made, view.petition)))
