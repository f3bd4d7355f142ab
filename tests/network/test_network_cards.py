"""Cards and foundings that are wrong: each has its own refusal. Nothing here needs CometBFT."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from network.founders import MADE_MS, SPECS, card_of, described, drawn_keys, signed
from salus.bootstrap.founding import make_genesis
from salus.bootstrap.layout import MemberSpec, RegionSpec
from salus.bootstrap.network.cards import KIND, MOST_BYTES, read_card
from salus.bootstrap.network.founding import FoundingFile, found, read_founding
from salus.bootstrap.network.founding_errors import (
    BadCard,
    BadFounding,
    CardAltered,
    SameAddress,
    SameKey,
    SameName,
    UnusableAddress,
)
from salus.bootstrap.network.plan import place_of
from salus.core import cose
from salus.core.encoding import decode, encode
from salus.core.errors import Refusal
from salus.core.genesis import FounderKey, Genesis, GenesisFile
from salus.core.hashing import NO_NETWORK
from salus.core.keys import Role
from salus.policy.types import OrganisationRole

KEYS = [drawn_keys(bytes([n]) * 31) for n in range(1, 5)]
CARDS = [card_of(*KEYS[at], spec) for at, spec in enumerate(SPECS)]


def gathered(*cards: bytes) -> Any:
    return found([(f"card {at}", card) for at, card in enumerate(cards, 1)], "trial", MADE_MS)


def refused(code: type[Refusal], what: str, act: Callable[[], object]) -> None:
    """See that it is refused, and that the line names what it is about."""
    with pytest.raises(code) as caught:
        act()
    assert f": {what} (0x{code.code:04x})" in str(caught.value)


def test_a_card_says_what_was_put_into_it() -> None:
    (keys, node), spec = KEYS[1], SPECS[1]
    card = read_card(CARDS[1], "south.cbor")
    assert card == described(keys, node, spec) and card.spec == spec
    assert card.keys == (*(key.public for key in keys.signing), node.public)
    assert (card.peer.name, card.peer.p2p, card.peer.url) == ("south", "south.example:26656", "https://south.example")


def test_no_byte_of_a_card_can_be_changed() -> None:
    for at in range(len(CARDS[0])):
        changed = bytearray(CARDS[0])
        changed[at] ^= 1
        with pytest.raises((BadCard, CardAltered)) as caught:
            read_card(bytes(changed), "north.cbor")
        assert "north.cbor" in str(caught.value)


@pytest.mark.parametrize(
    "raw", [b"", b"\xff", CARDS[0][:-1], CARDS[0] + b"\x00", bytes(MOST_BYTES), CARDS[0] + bytes(MOST_BYTES)]
)
def test_what_is_no_card(raw: bytes) -> None:
    refused(BadCard, "x", lambda: read_card(raw, "x"))


def test_an_altered_card_that_the_other_keys_sign_again() -> None:
    """Somebody changes addresses, and signs with keys of their own where they lack the founder's."""
    (keys, node), (other, other_node) = KEYS[0], KEYS[3]
    moved = described(keys, node, p2p="evil.example:26656")
    refused(CardAltered, "x", lambda: read_card(signed(moved, other, other_node), "x"))
    pairs = list(cose.parse(KIND, CARDS[0]).signatures)
    refused(CardAltered, "x", lambda: read_card(cose.build(KIND, encode(moved), pairs), "x"))


@pytest.mark.parametrize("at", range(6))
def test_a_card_that_one_of_its_keys_did_not_sign(at: int) -> None:
    """So nobody lists the key of somebody else: administration, gateway, validator, CometBFT's."""
    payload, pairs = cose.parse(KIND, CARDS[0])
    strangers = list(cose.parse(KIND, CARDS[1]).signatures)
    for instead in ([], [strangers[at]], [(pairs[at][0], bytes(64))], [(pairs[at][0], strangers[at][1])]):
        raw = cose.build(KIND, payload, [*pairs[:at], *instead, *pairs[at + 1 :]])
        refused(CardAltered, "x", lambda raw=raw: read_card(raw, "x"))


def test_the_signature_of_a_card_is_of_no_other_kind() -> None:
    (keys, node) = KEYS[0]
    raw = cose.sign("request", NO_NETWORK, encode(described(keys, node)), (*keys.signing, node))
    refused(BadCard, "x", lambda: read_card(raw, "x"))


LISTED = described(*KEYS[0]).founder.keys
FORMS: dict[str, dict[str, Any]] = {
    "another format": {"format": 2},
    "a page of a server": {"slug": "ledger"},
    "no short name": {"slug": "North!"},
    "a name that moves the cursor": {"founder": {"name": "North\x1b[2J"}},
    "no name": {"founder": {"name": ""}},
    "another realm": {"founder": {"realm": "person"}},
    "no role": {"founder": {"roles": ()}},
    "an unknown role": {"founder": {"roles": (1, 77)}},
    "roles unsorted": {"founder": {"roles": (2, 1)}},
    "one signature is enough": {"founder": {"threshold": 1}},
    "more signatures than keys": {"founder": {"threshold": 4}},
    "another's sealing key": {"seal": KEYS[1][0].organisation.seal.public},
    "no host": {"p2p": ":26656"},
    "an address that goes on": {"p2p": "north.example:26656\n"},
    "no URL": {"url": "ftp://north.example"},
    "a key of a device": {"founder": {"keys": (FounderKey(1, int(Role.DEVICE), LISTED[0].public), *LISTED[1:])}},
    "no gateway": {"founder": {"keys": LISTED[:3]}},
    "one administrator": {"founder": {"keys": LISTED[2:]}},
    "the gateway first": {"founder": {"keys": LISTED[::-1]}},
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_cards_that_are_signed_and_not_of_their_form(form: dict[str, Any]) -> None:
    keys, node = KEYS[0]
    said = described(keys, node, **{name: dict(it) if isinstance(it, dict) else it for name, it in form.items()})
    publics = {key.public: key for key in (*keys.signing, node)}
    signers = [publics[public] for public in said.keys if public in publics]
    refused(BadCard, "x", lambda: read_card(cose.sign(KIND, NO_NETWORK, encode(said), signers), "x"))


def test_two_of_a_name() -> None:
    again = MemberSpec("Others", "north", SPECS[0].roles)
    refused(SameName, "north, north", lambda: gathered(CARDS[0], card_of(*KEYS[1], again, "others.example")))
    for name in ("North Hospital", " north  HOSPITAL"):
        spec = MemberSpec(name, "west", SPECS[0].roles)
        refused(SameName, "north, west", lambda spec=spec: gathered(CARDS[0], card_of(*KEYS[1], spec)))
    refused(SameName, "north, north", lambda: gathered(CARDS[0], CARDS[1], CARDS[0]))


@pytest.mark.parametrize("which", ["p2p", "rpc", "url"])
def test_two_of_an_address(which: str) -> None:
    north = described(*KEYS[0])
    south = card_of(*KEYS[1], SPECS[1], **{which: getattr(north, which).replace("north", "NORTH")})
    refused(SameAddress, "north, south", lambda: gathered(CARDS[0], south))


def test_an_address_that_is_given_twice_by_one() -> None:
    raw = card_of(*KEYS[0], rpc="http://north.example:26656")
    refused(SameAddress, "north, north", lambda: gathered(raw))


def test_two_of_a_key() -> None:
    """The keys of one founder under two names, all or any of them; also the key that CometBFT knows a node by."""
    (keys, node), (other, other_node) = KEYS[0], KEYS[1]
    made = [
        (keys, node),
        (other, node),
        (other._replace(validator=keys.validator), other_node),
        (other._replace(organisation=other.organisation._replace(gateway=keys.organisation.gateway)), other_node),
        (other._replace(organisation=other.organisation._replace(seal=keys.organisation.seal)), other_node),
    ]
    for those, its_node in made:
        raw = card_of(those, its_node, SPECS[1])
        refused(SameKey, "north, south", lambda raw=raw: gathered(CARDS[0], raw))


UNUSABLE: list[dict[str, str]] = [
    {"p2p": "0.0.0.0:26656"},
    {"p2p": "[::]:26656"},
    {"p2p": "north.example:0"},
    {"p2p": "north.example:65536"},
    {"p2p": "127.0.0.1:26656"},
    {"p2p": "localhost:26656"},
    {"rpc": "http://0.0.0.0:26657"},
    {"rpc": "http://127.9.0.1:26657"},
    {"rpc": "http://[::1]:26657"},
    {"url": "http://LOCALHOST:8080"},
    {"url": "http://north.example:99999"},
]


@pytest.mark.parametrize("address", UNUSABLE, ids=lambda one: next(iter(one.values())))
def test_addresses_that_nobody_else_can_use(address: dict[str, str]) -> None:
    refused(UnusableAddress, "north", lambda: gathered(card_of(*KEYS[0], **address), CARDS[1]))


def test_all_on_one_machine_or_none() -> None:
    here = [
        card_of(*KEYS[at], spec, p2p=f"127.0.0.1:{at + 1}", rpc=f"http://127.0.0.1:{at + 11}")
        for at, spec in enumerate(SPECS[:2])
    ]
    assert gathered(*here)[1].one_machine and not gathered(*CARDS)[1].one_machine
    refused(UnusableAddress, "south", lambda: gathered(CARDS[0], here[1]))


@pytest.mark.parametrize("host", ["0.0.0.0", "a b", "", "north.example:1", "x" * 151])
def test_a_card_is_not_made_for_a_host_that_is_none(host: str) -> None:
    refused(UnusableAddress, "north", lambda: place_of(SPECS[0], host, 26_656, 8080, None))
    refused(UnusableAddress, "north", lambda: place_of(SPECS[0], "north.example", 26_656, 8080, f"//{host}"))


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
