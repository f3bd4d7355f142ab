"""Envelopes as built, refusals by code, and reads that believe proofs only."""

from pathlib import Path

import pytest

from salus.client import refused
from salus.client.batcher import Carrier
from salus.client.checked import CheckedLedger, Unproved
from salus.client.envelopes import LIFETIME_MS, NUMBERS, EnvelopeBuilder
from salus.client.ledger import StateProof
from salus.contracts.accounts.messages import OpenAccounts, OpenOrganisation, RevokeOwnKey
from salus.contracts.consent.messages import DenyTotally, GrantConsent
from salus.contracts.governance.messages import Propose
from salus.contracts.records.messages import Petition, PlaceHold
from salus.contracts.registry import MESSAGES
from salus.core.encoding import encode
from salus.core.envelope import WINDOW_MS, parse_envelope
from salus.core.errors import Kind, Malformed, Refusal, WrongSignature
from salus.core.hashing import object_id
from salus.evidence.follow import Forked, Remembered, RolledBack
from salus.evidence.state import LOG_KEY
from salus.machine import errors as machine_errors
from unit.fsck_home import GATEWAY, GENESIS, HOSPITAL, NETWORK, make_ledger, open_ledger
from vectors.fixed import NOW, fixed, key

SIGNERS = [(HOSPITAL, GATEWAY)]


# -- envelopes


def test_numbers_are_those_of_the_registry() -> None:
    assert {number: shape for shape, number in NUMBERS.items()} == MESSAGES


def test_an_envelope_is_parsed_as_built() -> None:
    built = EnvelopeBuilder(NETWORK, lambda: NOW).build(
        [(fixed("z"), key("z")), (fixed("a"), key("a"))], OpenAccounts(HOSPITAL, 2), RevokeOwnKey(HOSPITAL, fixed("k"))
    )
    envelope = parse_envelope(NETWORK, built.raw)
    assert envelope.id == built.id and envelope.payload.not_after == built.not_after == NOW + LIFETIME_MS
    assert [number for number, _ in envelope.payload.messages] == [0x0205, 0x020D]
    assert len(built.created[0]) == 2 and built.created[1] == ()


def test_nonces_are_fresh_and_ids_stand_on_them() -> None:
    builder = EnvelopeBuilder(NETWORK, lambda: NOW)
    built = [builder.build(SIGNERS, OpenAccounts(HOSPITAL, 1)) for _ in range(50)]
    assert len({one.id for one in built}) == len({one.created for one in built}) == 50


def test_created_ids_follow_the_documented_derivation() -> None:
    nonce, relation = fixed("nonce", 16), fixed("relation")
    builder = EnvelopeBuilder(NETWORK, lambda: NOW, nonce=lambda: nonce)
    messages = (
        OpenOrganisation(HOSPITAL, "x", "y", (1,), 1, (), fixed("s")),
        OpenAccounts(HOSPITAL, 2),
        GrantConsent(relation, 1, None, (0, b""), 1, (1,), 0, 1, 0, 0, (True, 0, False), fixed("sealed")),
        DenyTotally(relation, 1, (0, b""), (), 0, 1),
        Propose(HOSPITAL, 9, ((1, b""),)),
        Petition(relation, 1, 2, fixed("commitment")),
        PlaceHold(HOSPITAL, relation, fixed("reason")),
    )
    built = builder.build(SIGNERS, *messages)

    def derived(kind: str, account: bytes, index: int, entry: int = 0) -> bytes:
        return object_id(kind, NETWORK, account, nonce, index, entry)

    assert built.created == (
        (derived("organisation", HOSPITAL, 0),),
        (derived("handle", HOSPITAL, 1, 0), derived("handle", HOSPITAL, 1, 1)),
        (derived("directive", relation, 2),),
        (derived("directive", relation, 3),),
        (derived("proposal", HOSPITAL, 4),),
        (derived("petition", relation, 5),),
        (derived("hold", HOSPITAL, 6),),
    )


@pytest.mark.parametrize("lifetime_ms", [0, -1, WINDOW_MS + 1])
def test_a_lifetime_the_ledger_would_refuse_is_a_bug(lifetime_ms: int) -> None:
    with pytest.raises(ValueError, match="lifetime"):
        EnvelopeBuilder(NETWORK, lambda: NOW, lifetime_ms)


# -- refusals


def test_admission_codes_are_the_machines() -> None:
    defined = [v for v in vars(machine_errors).values() if isinstance(v, type) and issubclass(v, Refusal)]
    theirs = {v.code: (v.__name__, v.kind, v.text) for v in defined if v is not Refusal and v.code < 0x0010}
    ours = {code: (name, kind, text) for code, kind, name, text in refused._ADMISSION}
    assert ours == theirs


def test_codes_become_fresh_refusals() -> None:
    refused.accept(0)
    with pytest.raises(WrongSignature):
        refused.accept(0x0003)
    with pytest.raises(refused.UnknownRefusal):
        refused.raise_refused(0xFFFF)
    assert refused.refusal(0x0007) is not refused.refusal(0x0007)
    assert refused.refusal(0x0007).kind is Kind.CONFLICT


# -- checked reads


class Altered:
    """A real ledger's answers, with one part replaced."""

    def __init__(self, ledger: object, **changes: object) -> None:
        self._ledger, self._changes = ledger, changes
        self.network = changes.pop("network", NETWORK)

    def prove(self, keys: list[bytes]) -> StateProof:
        proof = self._ledger.prove(keys)  # type: ignore[attr-defined]
        return proof._replace(**{name: change(proof) for name, change in self._changes.items() if name != "growth"})

    def prove_growth(self, older: int, newer: int) -> tuple[bytes, ...]:
        return self._changes.get("growth", self._ledger.prove_growth(older, newer))  # type: ignore[attr-defined]


KEY = b"\x02\x01" + HOSPITAL


def open_account(ledger: object) -> bytes:
    with Carrier(ledger, HOSPITAL, GATEWAY) as carrier:  # type: ignore[arg-type]
        built = EnvelopeBuilder(NETWORK, ledger.now).build(SIGNERS, OpenAccounts(HOSPITAL, 1))  # type: ignore[attr-defined]
        carrier.submit_now(built.raw, 20)
    return built.created[0][0]


def test_values_are_read_with_their_proofs_and_followed(tmp_path: Path) -> None:
    with make_ledger(tmp_path) as ledger:
        handle = open_account(ledger)
        reader = CheckedLedger(ledger, GENESIS)
        assert reader.value(b"\x02\x04" + handle) is not None
        assert reader.value(b"\x02\x04" + fixed("nobody")) is None
        first = reader.remembered
        assert first is not None and first.log_size == 2
        open_account(ledger)
        checked = reader.values([KEY, b"\x02\x04" + handle])
        assert None not in checked.values
        assert reader.remembered is not None and reader.remembered.log_size == 4
        assert reader.remembered.height == checked.height > first.height
    with open_ledger(tmp_path) as ledger:
        assert CheckedLedger(ledger, GENESIS, first).value(KEY) is not None


def test_a_ledger_with_nothing_in_it_can_be_read(tmp_path: Path) -> None:
    with make_ledger(tmp_path) as ledger:
        reader = CheckedLedger(ledger, GENESIS)
        assert reader.value(KEY) is not None
        assert reader.remembered is not None and reader.remembered.log_size == 0
        open_account(ledger)
        assert reader.value(LOG_KEY) is not None


def test_unproved_answers_are_refused(tmp_path: Path) -> None:
    with make_ledger(tmp_path) as ledger:
        open_account(ledger)

        def read(**changes: object) -> object:
            return CheckedLedger(Altered(ledger, **changes), GENESIS).value(KEY)  # type: ignore[arg-type]

        assert read() is not None
        with pytest.raises(Unproved):
            read(values=lambda p: (b"another", *p.values[1:]))
        with pytest.raises(Unproved):
            read(values=lambda p: (None, *p.values[1:]))
        with pytest.raises(Unproved):
            read(values=lambda p: p.values[:1])
        with pytest.raises(Unproved):
            read(proofs=lambda p: p.proofs[::-1])
        with pytest.raises(Malformed):
            read(header=lambda p: b"\x80")
        with pytest.raises(Unproved):
            CheckedLedger(Altered(ledger, network=fixed("other")), GENESIS)  # type: ignore[arg-type]
        with pytest.raises(Malformed):
            CheckedLedger(ledger, b"")


def test_a_log_head_that_is_none_is_refused() -> None:
    from salus.client.checked import _log

    with pytest.raises(Unproved):
        _log(encode([1]))


def test_a_ledger_that_was_rolled_back_or_forked_is_found(tmp_path: Path) -> None:
    with make_ledger(tmp_path / "a") as one, make_ledger(tmp_path / "b") as other:
        open_account(one)
        reader = CheckedLedger(one, GENESIS)
        reader.value(KEY)
        seen = reader.remembered
        assert seen is not None
        with pytest.raises(RolledBack):  # the other ledger has nothing yet
            CheckedLedger(other, GENESIS, seen).value(KEY)
        open_account(other)
        with pytest.raises((Forked, RolledBack)):
            CheckedLedger(other, GENESIS, seen).value(KEY)
        for _ in range(2):
            open_account(other)
        with pytest.raises(Forked):
            CheckedLedger(other, GENESIS, seen).value(KEY)
        open_account(one)
        with pytest.raises(Forked):
            CheckedLedger(Altered(one, growth=(fixed("x"),)), GENESIS, seen).value(KEY)  # type: ignore[arg-type]
        assert CheckedLedger(one, GENESIS, seen).value(KEY) is not None
        assert isinstance(seen, Remembered)
