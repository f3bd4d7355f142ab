"""Founders agree and begin, each in its own home: what is refused, and what all of them end with. Without CometBFT."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from network.founders import MADE_MS, SECRET, SPECS, Founder, agreed, begun, card_of, gathered, new_founder
from salus.bootstrap.consensus import read_consensus
from salus.bootstrap.founding import make_genesis
from salus.bootstrap.layout import MemberSpec, RegionSpec
from salus.bootstrap.network.agreeing import Agreement, agree, begin, examine
from salus.bootstrap.network.cards import open_founder
from salus.bootstrap.network.founding import found
from salus.bootstrap.network.founding_errors import (
    AgreementsMissing,
    AlreadyFounded,
    BadAgreement,
    NoCard,
    NotAgreed,
    NotBegun,
    OtherAgreement,
    OtherFounding,
    OwnCardMissing,
)
from salus.bootstrap.network.keyfiles import address, node_id
from salus.bootstrap.network.member import Member
from salus.core.encoding import decode, encode
from salus.core.genesis import read_genesis
from salus.core.signatures import SigningKey
from salus.policy.types import OrganisationRole
from salus.vault import files, keystore
from salus.vault.errors import StorageFailed, WrongNetwork, WrongPassphrase
from salus.vault.vault import Vault

WEST = MemberSpec("West Clinic", "west", (OrganisationRole.CLINIC,))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Founder]]:
    """Three founders with their cards, and a fourth who is in no founding."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(keystore, "MEMORY_KIB", 128)
        patched.setattr(keystore, "ITERATIONS", 1)
        folder = tmp_path_factory.mktemp("made")
        yield [new_founder(folder, spec) for spec in (*SPECS, WEST)]


@pytest.fixture
def all_four(made: list[Founder], tmp_path: Path) -> list[Founder]:
    """The same, in homes of this test."""
    for one in made:
        shutil.copytree(one.home, tmp_path / one.home.name)
    return [Founder(tmp_path / one.home.name, one.keys) for one in made]


@pytest.fixture
def founders(all_four: list[Founder]) -> list[Founder]:
    return all_four[:3]


@pytest.fixture
def west(all_four: list[Founder]) -> Founder:
    return all_four[3]


def held(home: Path) -> dict[str, bytes]:
    """Everything in a home."""
    return {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}


def test_all_homes_are_of_one_network_which_is_the_one_that_init_would_make(founders: list[Founder]) -> None:
    founding = agreed(founders)
    genesis = {begun(one, founders) for one in founders}
    organisations = [one.keys.organisation for one in founders]
    validators = [(at, one.keys.validator) for at, one in enumerate(founders)]
    expected, _ = make_genesis(RegionSpec("trial", SPECS), organisations, validators, MADE_MS)
    assert genesis == {expected} and read_genesis(expected)[0] == founding.network
    assert len({(one.home / "cometbft/config/genesis.json").read_bytes() for one in founders}) == 1
    for at, one in enumerate(founders):
        said = read_consensus(one.home)
        assert said is not None and (said.name, said.node, said.one_machine) == (SPECS[at].slug, "validator", False)
        assert {(peer.name, peer.node, peer.p2p) for peer in said.peers} == {
            (other.home.name, node_id(other.home), f"{other.home.name}.example:26656")
            for other in founders
            if other is not one
        }
        account = founding.cards[at].account
        folder = one.home / "organisations" / SPECS[at].slug / "vault"
        Vault.open(folder, one.keys.organisation.vault, founding.network, account).close()
        kept = json.loads((one.home / "cometbft/config/priv_validator_key.json").read_bytes())
        assert kept["address"] == address(founding.genesis.validators[at].public).hex().upper()


def test_no_secret_leaves_its_home(founders: list[Founder]) -> None:
    """What is handed over holds none, and no home has a secret of another."""
    agreed(founders)
    handed = [name for one in founders for name in (one.card, one.agreement, (one.home / "founding.cbor").read_bytes())]
    for one in founders:
        begun(one, founders)
        made = one.keys.organisation
        secrets = [key.seed for key in one.keys.signing] + [made.seal.seed, made.vault]
        secrets += [json.loads((one.home / "cometbft/config/node_key.json").read_bytes())["priv_key"]["value"].encode()]
        others = [raw for other in founders if other is not one for raw in held(other.home).values()]
        assert not any(secret in raw for secret in secrets for raw in (*handed, *others))
        assert [path.parent.name for path in one.home.glob("organisations/*/keystore.sealed")] == [one.home.name]


def test_a_founding_with_another_hash_than_was_told(founders: list[Founder]) -> None:
    raw, founding = gathered(founders)
    before = held(founders[0].home)
    for told in (bytes(32), founding.network, founding.hash[::-1]):
        with pytest.raises(OtherFounding):
            agree(founders[0].home, raw, told, founders[0].keys)
    with pytest.raises(OtherFounding):
        examine(founders[0].home, raw + b"\x00", founding.hash)
    assert held(founders[0].home) == before


def test_a_founding_without_the_own_card(founders: list[Founder], west: Founder) -> None:
    raw, founding = gathered(founders)
    with pytest.raises(OwnCardMissing):
        agree(west.home, raw, founding.hash, west.keys)
    assert not (west.home / "agreement.cbor").exists()


def test_a_founding_with_somebody_elses_card_under_the_own_name(founders: list[Founder], west: Founder) -> None:
    """An impostor's card is well signed, by keys of its own; or the founder's keys signed another one once."""
    north, *others = founders
    node = SigningKey.from_seed(bytes(32))
    for card in (card_of(west.keys, node, SPECS[0]), card_of(north.keys, node, SPECS[0])):
        raw, founding = found([("", card), *(("", one.card) for one in others)], "trial", MADE_MS)
        with pytest.raises(OwnCardMissing):
            agree(north.home, raw, founding.hash, north.keys)


def test_homes_that_are_no_founders(founders: list[Founder], tmp_path: Path) -> None:
    raw, founding = gathered(founders)
    for act in (
        lambda: examine(tmp_path, raw, founding.hash),
        lambda: open_founder(tmp_path, SECRET),
        lambda: begin(tmp_path, [], founders[0].keys),
    ):
        with pytest.raises(NoCard):
            act()


def test_a_home_that_is_founded_already(founders: list[Founder]) -> None:
    founding, raw = agreed(founders), (founders[0].home / "founding.cbor").read_bytes()
    begun(founders[0], founders)
    before = held(founders[0].home)
    for act in (
        lambda: agree(founders[0].home, raw, founding.hash, founders[0].keys),
        lambda: open_founder(founders[0].home, SECRET),
        lambda: begun(founders[0], founders),
    ):
        with pytest.raises(AlreadyFounded):
            act()
    assert held(founders[0].home) == before


def test_the_wrong_passphrase_opens_nothing(founders: list[Founder]) -> None:
    with pytest.raises(WrongPassphrase):
        open_founder(founders[0].home, "another")
    opened = open_founder(founders[0].home, SECRET)
    assert opened == founders[0].keys and SECRET not in repr(opened) and opened.validator.seed.hex() not in repr(opened)


def test_nobody_begins_who_did_not_agree(founders: list[Founder]) -> None:
    with pytest.raises(NotAgreed):
        begin(founders[0].home, [], founders[0].keys)
    with pytest.raises(NotBegun):
        Member(founders[0].home, Path("cometbft"))


def test_everybodys_agreement_is_needed(founders: list[Founder]) -> None:
    agreed(founders)
    north, south, river = founders
    for given, missing in (([], "south, river"), ([north, south], "river"), ([river, river], "south")):
        with pytest.raises(AgreementsMissing, match=f"those of: {missing} "):
            begun(north, given)
    assert not (north.home / "genesis.cbor").exists()
    assert begun(north, [river, south]) == begun(south, [river, north, south]), "the own one may be left out"


def test_agreements_to_another_founding(founders: list[Founder], west: Founder) -> None:
    agreed([*founders, west])
    other = [(one.home.name, one.agreement) for one in founders]
    agreed(founders)
    for given in (other[1], (west.home.name, west.agreement)):
        with pytest.raises(OtherAgreement, match=given[0]):
            begin(founders[0].home, [given], founders[0].keys)
    said = decode(founders[1].agreement, Agreement)
    for wrong in (msgspec.structs.replace(said, account=bytes(32)), msgspec.structs.replace(said, founding=bytes(32))):
        with pytest.raises(OtherAgreement, match="x"):
            begin(founders[0].home, [("x", encode(wrong))], founders[0].keys)


def test_agreements_that_prove_nothing(founders: list[Founder], west: Founder) -> None:
    """Of another network for which the same keys signed, of another founder, of fewer keys; altered."""
    agreed([*founders, west])
    elsewhere = decode(founders[1].agreement, Agreement).proofs
    agreed(founders)
    said = decode(founders[1].agreement, Agreement)
    strangers = decode(founders[2].agreement, Agreement).proofs
    replace = msgspec.structs.replace
    wrongs = [encode(replace(said, proofs=proofs)) for proofs in (
        elsewhere, strangers, said.proofs[:-1], (), said.proofs[::-1], (*said.proofs, said.proofs[0]),
        (*said.proofs[:-1], bytes(64)),
    )]  # fmt: skip
    for wrong in (b"", b"\xff", founders[1].agreement[:-1], founders[1].card, *wrongs):
        with pytest.raises(BadAgreement, match="south"):
            begin(founders[0].home, [("south", wrong)], founders[0].keys)
    assert not (founders[0].home / "genesis.cbor").exists()


def test_what_was_broken_off_is_done_again(founders: list[Founder], tmp_path: Path, monkeypatch) -> None:
    """The disk fails at each durable write of a beginning; once it is well the home becomes what it would have."""
    agreed(founders)
    north, replace_file = founders[0], files.replace_file
    expected, at = begun(founders[1], founders), 0
    while True:
        home, left = tmp_path / f"broken-{at}", at

        def failing(path: Path, data: bytes, **more: bool) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise OSError(5, "the tests")
            replace_file(path, data, **more)

        shutil.copytree(north.home, home)
        broken = Founder(home, north.keys)
        monkeypatch.setattr(files, "replace_file", failing)
        try:
            begun(broken, founders)
            break
        except StorageFailed:
            assert not (home / "genesis.cbor").exists()
        finally:
            monkeypatch.setattr(files, "replace_file", replace_file)
        assert begun(broken, founders) == expected
        at += 1
    assert at > 8, "every write was one that failed"


def test_a_home_agrees_anew_until_it_has_begun(founders: list[Founder], west: Founder) -> None:
    agreed([*founders, west])
    founding = agreed(founders)
    assert read_genesis(begun(founders[0], founders))[0] == founding.network


def test_a_beginning_that_was_broken_off_is_not_gone_on_with_for_another_founding(
    founders: list[Founder], west: Founder
) -> None:
    agreed([*founders, west])
    begun(founders[0], [*founders, west])
    (founders[0].home / "genesis.cbor").unlink()  # as if it had been broken off before this
    agreed(founders)
    with pytest.raises(WrongNetwork):
        begun(founders[0], founders)
