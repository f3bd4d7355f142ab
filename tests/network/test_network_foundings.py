"""Foundings: what is none, and that any cards give the genesis that one machine would make. Without CometBFT."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from network.founders import CARDS, KEYS, card_of, drawn_keys, refused
from network.founders import gathered_cards as gathered
from salus.bootstrap.founding import make_genesis
from salus.bootstrap.layout import MemberSpec, RegionSpec
from salus.bootstrap.network.founding import FoundingFile, found, read_founding
from salus.bootstrap.network.founding_errors import BadFounding, CardAltered, SameName
from salus.core.encoding import decode, encode
from salus.core.genesis import Genesis, GenesisFile
from salus.policy.types import OrganisationRole


def test_foundings_that_are_not_what_their_cards_say() -> None:
    raw, founding = gathered(*CARDS)
    file = decode(raw, FoundingFile)
    replace = msgspec.structs.replace
    genesis = founding.genesis
    stronger = replace(genesis.validators[0], power=9)
    documents = [
        replace(genesis, validators=(stronger, *genesis.validators[1:])),
        replace(genesis, validators=genesis.validators[:2]),
        replace(genesis, founders=genesis.founders[:2], validators=genesis.validators[:2]),
        replace(genesis, founders=(replace(genesis.founders[0], name="Other"), *genesis.founders[1:])),
        replace(genesis, policies=()),
        replace(genesis, purposes=genesis.purposes[1:]),
        replace(genesis, groups=()),
    ]
    wrongs = [replace(file, document=encode(one)) for one in documents]
    wrongs += [replace(file, document=b""), replace(file, cards=file.cards[::-1]), replace(file, cards=file.cards[:2])]
    wrongs += [replace(file, cards=())]
    for wrong in (b"", b"\xff", raw[:-1], raw + b"\x00", *map(encode, wrongs)):
        with pytest.raises(BadFounding):
            read_founding(wrong)


def test_an_altered_card_in_a_founding_is_named() -> None:
    raw, _ = gathered(*CARDS)
    refused(CardAltered, "card 2", lambda: read_founding(raw.replace(b"South Hospital", b"Sauth Hospital")))
    file = decode(raw, FoundingFile)
    twice = msgspec.structs.replace(file, cards=(file.cards[0], *file.cards))
    refused(SameName, "north, north", lambda: read_founding(encode(twice)))


def test_the_hash_is_of_every_byte_and_addresses_are_in_it() -> None:
    raw, founding = gathered(*CARDS)
    moved, other = gathered(card_of(*KEYS[0], p2p="elsewhere.example:26656"), *CARDS[1:])
    assert founding.network == other.network and founding.hash != other.hash and raw != moved


NAMES = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=40)
SLUGS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,39}", fullmatch=True).filter(lambda slug: slug not in {"ledger", "tile"})
ROLES = st.sets(st.sampled_from(OrganisationRole), min_size=1, max_size=3).map(lambda roles: tuple(sorted(roles)))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(SLUGS, NAMES, ROLES, st.binary(min_size=31, max_size=31)),
        min_size=1,
        max_size=6,
        unique_by=(lambda one: one[0], lambda one: one[1].casefold(), lambda one: one[3]),
    ),
    st.integers(0, 2**53 - 1),
)
def test_any_founders_found_what_init_would(drawn: list[tuple[Any, ...]], made_ms: int) -> None:
    """The founding comes back as it was, its genesis by all agreements is byte for byte the one of one machine."""
    specs = [MemberSpec(name, slug, roles) for slug, name, roles, _ in drawn]
    keys = [drawn_keys(seed) for *_, seed in drawn]
    cards = [card_of(*its, spec, f"m{at}.example") for at, (its, spec) in enumerate(zip(keys, specs, strict=True))]
    raw, founding = found([("", card) for card in cards], "drawn", made_ms)
    assert read_founding(raw) == founding and founding.raw == tuple(cards)
    assert [card.spec for card in founding.cards] == specs
    organisations = [its.organisation for its, _ in keys]
    validators = [(at, its.validator) for at, (its, _) in enumerate(keys)]
    genesis, _ = make_genesis(RegionSpec("drawn", tuple(specs)), organisations, validators, made_ms)
    assert decode(genesis, GenesisFile).document == founding.document
    assert decode(founding.document, Genesis).time == made_ms
