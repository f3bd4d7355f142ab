"""Founders of the tests, and cards as hostile founders would sign them."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from salus.bootstrap.founding import founder_of
from salus.bootstrap.keys import OrganisationKeys
from salus.bootstrap.layout import MemberSpec
from salus.bootstrap.network.agreeing import AGREEMENT, agree, begin
from salus.bootstrap.network.cards import CARD, KIND, Card, FounderKeys, make_card
from salus.bootstrap.network.founding import Founding, found
from salus.bootstrap.network.plan import place_of
from salus.core import cose
from salus.core.encoding import encode
from salus.core.errors import Refusal
from salus.core.hashing import NO_NETWORK
from salus.core.signatures import SigningKey
from salus.policy.types import OrganisationRole
from salus.vault.seals import SealKey

SECRET = "a passphrase of the tests"
MADE_MS = 1_790_000_000_000
SPECS = (
    MemberSpec("North Hospital", "north", (OrganisationRole.HOSPITAL,)),
    MemberSpec("South Hospital", "south", (OrganisationRole.HOSPITAL, OrganisationRole.LABORATORY)),
    MemberSpec("River Clinic", "river", (OrganisationRole.CLINIC,)),
)


@dataclass(frozen=True)
class Founder:
    """A founder's home, and what its keystores hold."""

    home: Path
    keys: FounderKeys

    @property
    def card(self) -> bytes:
        return (self.home / CARD).read_bytes()

    @property
    def agreement(self) -> bytes:
        return (self.home / AGREEMENT).read_bytes()


def new_founder(folder: Path, spec: MemberSpec) -> Founder:
    """Make a founder's home at a host of its own."""
    place = place_of(spec, f"{spec.slug}.example", 26_656, 8080, f"https://{spec.slug}.example")
    return Founder(folder / spec.slug, make_card(folder / spec.slug, place, SECRET, MADE_MS))


def gathered(founders: Sequence[Founder]) -> tuple[bytes, Founding]:
    """Return the founding of these founders."""
    return found([(founder.home.name, founder.card) for founder in founders], "trial", MADE_MS)


def agreed(founders: Sequence[Founder]) -> Founding:
    """Let all founders agree to their founding."""
    raw, founding = gathered(founders)
    for one in founders:
        agree(one.home, raw, founding.hash, one.keys)
    return founding


def begun(founder: Founder, founders: Sequence[Founder]) -> bytes:
    """Let a founder begin by the agreements of all; return its genesis."""
    begin(founder.home, [(one.home.name, one.agreement) for one in founders], founder.keys)
    return (founder.home / "genesis.cbor").read_bytes()


def drawn_keys(seed: bytes = b"") -> tuple[FounderKeys, SigningKey]:
    """Return keys of a founder and of its CometBFT, all of one seed where one is given."""
    seeds = [bytes([n]) + seed[:31] if seed else os.urandom(32) for n in range(8)]
    administration = tuple(map(SigningKey.from_seed, seeds[:3]))
    made = OrganisationKeys(administration, SigningKey.from_seed(seeds[3]), SealKey.from_seed(seeds[4]), seeds[5])
    return FounderKeys(made, SigningKey.from_seed(seeds[6])), SigningKey.from_seed(seeds[7])


def described(keys: FounderKeys, node: SigningKey, spec: MemberSpec = SPECS[0], host: str = "", **other: Any) -> Card:
    """Return what a card says; `founder` changes fields of the founder, anything else of the card."""
    at = host or f"{spec.slug}.example"
    founder = msgspec.structs.replace(founder_of(spec, keys.organisation), **other.pop("founder", {}))
    said = Card(
        1,
        spec.slug,
        founder,
        keys.validator.public,
        node.public,
        keys.organisation.seal.public,
        f"{at}:26656",
        f"http://{at}:26657",
        f"https://{at}",
    )
    return msgspec.structs.replace(said, **other)


def signed(said: Card, keys: FounderKeys, node: SigningKey) -> bytes:
    """Return a card that all of these keys signed."""
    return cose.sign(KIND, NO_NETWORK, encode(said), (*keys.signing, node))


def card_of(keys: FounderKeys, node: SigningKey, spec: MemberSpec = SPECS[0], host: str = "", **other: Any) -> bytes:
    """Return a card signed by all of its keys, whatever it says."""
    return signed(described(keys, node, spec, host, **other), keys, node)


KEYS = [drawn_keys(bytes([n]) * 31) for n in range(1, 5)]
CARDS = [card_of(*KEYS[at], spec) for at, spec in enumerate(SPECS)]


def gathered_cards(*cards: bytes) -> tuple[bytes, Founding]:
    """Return the founding of these cards."""
    return found([(f"card {at}", card) for at, card in enumerate(cards, 1)], "trial", MADE_MS)


def refused(code: type[Refusal], what: str, act: Callable[[], object]) -> None:
    """See that it is refused, and that the line names what it is about."""
    with pytest.raises(code) as caught:
        act()
    assert f": {what} (0x{code.code:04x})" in str(caught.value)
