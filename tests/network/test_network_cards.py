"""Cards that are wrong, alone or together: each has its own refusal. Nothing here needs CometBFT."""

from typing import Any

import pytest

from network.founders import CARDS, KEYS, SPECS, card_of, described, refused, signed
from network.founders import gathered_cards as gathered
from salus.bootstrap.layout import MemberSpec
from salus.bootstrap.network.cards import KIND, MOST_BYTES, read_card
from salus.bootstrap.network.founding_errors import (
    BadCard,
    CardAltered,
    SameAddress,
    SameKey,
    SameName,
    UnusableAddress,
)
from salus.bootstrap.network.plan import place_of
from salus.core import cose
from salus.core.encoding import encode
from salus.core.genesis import FounderKey
from salus.core.hashing import NO_NETWORK
from salus.core.keys import Role


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
