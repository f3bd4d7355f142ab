"""Members that lie, lose answers or are away while they carry what a person signed; which of her accounts shows."""

from collections.abc import Callable

import pytest
from apart_world import Apart
from msgspec.structs import replace

from e2e.story_region import laboratory_terms
from salus.client.http import Answer
from salus.client.submission import Outcome, Submitted, read_receipt, sign_receipts
from salus.contracts.accounts.messages import RotateSealKey
from salus.core.encoding import decode, encode
from salus.core.errors import Refusal
from salus.services.errors import NotCarried
from salus.services.grant import grant
from salus.services.remote.carriers import RemoteCarriers
from salus.services.remote.errors import BadAnswer, GatewayAway, NoSigningAccount, NotReachable
from salus.services.remote.sender import PersonSender
from salus.services.revoke import revoke
from salus.services.sent import Standing, keep_receipts, list_sent
from salus.wallet.kept import KeptSubmission
from salus.wallet.wallet import MOST_SUBMISSIONS

WAIT_S = 30
ASK = Callable[..., Answer]


def envelope(homes: Apart) -> bytes:
    relation = homes.alma.wallet.relation(homes.handle)
    key = relation.seal_key.id(homes.ledger.network)
    return homes.alma.build(homes.handle, RotateSealKey(homes.handle, key)).raw


def carriers(homes: Apart) -> RemoteCarriers:
    assert isinstance(homes.alma.carriers, RemoteCarriers)
    return homes.alma.carriers


def test_a_lost_answer_is_given_again_and_nothing_is_done_twice(homes: Apart, monkeypatch: pytest.MonkeyPatch) -> None:
    ask, answers = carriers(homes)._gateways.ask, list[Answer]()

    def lossy(method: str, url: str, *rest: object, **named: object) -> Answer:
        answer = ask(method, url, *rest, **named)  # type: ignore[arg-type]
        if not url.endswith("/envelopes"):
            return answer
        answers.append(answer)
        if len(answers) < 3:
            raise GatewayAway
        return answers[-1]

    monkeypatch.setattr(carriers(homes)._gateways, "ask", lossy)
    before = homes.ledger.height()
    raw = envelope(homes)
    landed = carriers(homes).carry(homes.north.account, raw).result(WAIT_S)
    assert (landed.result.code, len(answers)) == (0, 3)
    blocks = range(before + 1, homes.ledger.height() + 1)  # empty ones come by themselves
    assert [height for height in blocks if raw in homes.ledger.block(height)] == [landed.height]


@pytest.mark.parametrize("lie", ["another block", "nothing", "two", "no block", "another"])
def test_what_a_member_says_it_carried_is_looked_for(homes: Apart, lie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = carriers(homes)._gateways.ask
    before = carriers(homes).carry(homes.north.account, envelope(homes)).result(WAIT_S)
    earlier, height = before.result.id, before.height

    def lying(method: str, url: str, *rest: object, **named: object) -> Answer:
        answer = ask(method, url, *rest, **named)  # type: ignore[arg-type]
        if not url.endswith("/envelopes"):
            return answer
        told = decode(answer.body, Submitted)
        (one,) = told.outcomes
        outcomes = {
            "another block": (Outcome(one.id, 0, one.height - 1, one.time, ()),),
            "nothing": (),
            "two": (one, one),
            "another": (Outcome(earlier, 0, height, one.time, ()),),
            "no block": (Outcome(bytes(32), 0, one.height, one.time, ()),),
        }[lie]
        return answer._replace(body=encode(Submitted(outcomes, told.receipts)))

    monkeypatch.setattr(carriers(homes)._gateways, "ask", lying)
    with pytest.raises(BadAnswer):
        carriers(homes).carry(homes.north.account, envelope(homes)).result(WAIT_S)


def standings(homes: Apart) -> list[tuple[str, Standing]]:
    return sorted(((one.name, one.standing) for one in list_sent(homes.alma)), key=str)


def test_who_carried_signs_for_it_and_the_wallet_keeps_that(homes: Apart) -> None:
    granted = grant(homes.alma, homes.handle, laboratory_terms(homes.clinic))
    keep_receipts(homes.alma)
    assert standings(homes) == [("North Hospital", Standing.THERE)]
    done = revoke(homes.alma, homes.handle, granted.directive)
    keep_receipts(homes.alma, WAIT_S)  # the slower carrier's too
    assert len(standings(homes)) == 3 and {standing for _, standing in standings(homes)} == {Standing.THERE}
    assert done.height in {one.height for one in list_sent(homes.alma)}
    assert len(homes.alma.wallet.submissions()) == 3


def answering(homes: Apart, change: Callable[[Submitted], Submitted], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the north answer otherwise than it does."""
    ask = carriers(homes)._gateways.ask

    def changed(method: str, url: str, *rest: object, **named: object) -> Answer:
        answer = ask(method, url, *rest, **named)  # type: ignore[arg-type]
        if not url.endswith("/north/envelopes"):
            return answer
        return answer._replace(body=encode(change(decode(answer.body, Submitted))))

    monkeypatch.setattr(carriers(homes)._gateways, "ask", changed)


def test_a_custodian_that_signs_for_what_it_suppressed_is_shown_to_have_lied(
    homes: Apart, monkeypatch: pytest.MonkeyPatch
) -> None:
    north = homes.north

    def lie(told: Submitted) -> Submitted:
        (one,) = told.outcomes
        said = (Outcome(one.id, 0, one.height - 1, one.time, ()),)
        return Submitted(said, sign_receipts(north.network, north.account, north.gateway, said))

    answering(homes, lie, monkeypatch)
    with pytest.raises(BadAnswer):
        carriers(homes).carry(homes.north.account, envelope(homes)).result(WAIT_S)
    keep_receipts(homes.alma)
    (lied,) = list_sent(homes.alma)
    assert (lied.name, lied.standing) == ("North Hospital", Standing.NOT_THERE)
    said = read_receipt(homes.ledger.view(), homes.ledger.network, homes.ledger.now(), lied.receipt)
    assert (said.member, said.ids, said.height) == (north.account, (lied.envelope,), lied.height)


@pytest.mark.parametrize("whose", ["nobody's", "another's", "of another block", "of another envelope"])
def test_what_nobody_signed_for_is_not_believed(homes: Apart, whose: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def change(told: Submitted) -> Submitted:
        (one,) = told.outcomes
        signer = homes.south if whose == "another's" else homes.north
        height = one.height + (whose == "of another block")
        key = bytes(32) if whose == "of another envelope" else one.id
        said = (Outcome(key, one.code, height, one.time, ()),)
        made = sign_receipts(signer.network, signer.account, signer.gateway, said)
        return Submitted(told.outcomes, () if whose == "nobody's" else made)

    answering(homes, change, monkeypatch)
    with pytest.raises(BadAnswer):
        carriers(homes).carry(homes.north.account, envelope(homes)).result(WAIT_S)
    keep_receipts(homes.alma)
    assert standings(homes) == [("North Hospital", Standing.NO_RECEIPT)]


def test_a_custodian_that_is_away_gave_no_receipt_and_that_shows(homes: Apart) -> None:
    granted = grant(homes.alma, homes.handle, laboratory_terms(homes.clinic))
    homes.homes["north"].down()
    revoke(homes.alma, homes.handle, granted.directive)
    keep_receipts(homes.alma, WAIT_S)
    assert [one for one in standings(homes) if one[0] == "North Hospital"] == [
        ("North Hospital", Standing.NO_RECEIPT),
        ("North Hospital", Standing.THERE),
    ]
    assert sum(standing is Standing.THERE for _, standing in standings(homes)) == 2


def test_a_receipt_of_a_later_block_or_of_a_forger_is_told_apart(homes: Apart) -> None:
    landed = carriers(homes).carry(homes.north.account, envelope(homes)).result(WAIT_S)
    keep_receipts(homes.alma)
    (kept,) = homes.alma.wallet.submissions()
    forged = replace(kept, receipt=kept.receipt[:-1] + bytes((kept.receipt[-1] ^ 1,)))
    others = replace(kept, member=homes.south.account)
    moved = replace(kept, envelope=bytes(32))
    for changed in (forged, others, moved):
        homes.alma.wallet.keep_submissions([changed])
    found = {(one.envelope, one.member): one.standing for one in list_sent(homes.alma)}
    assert set(found.values()) == {Standing.FORGED} and len(found) == 3
    said = (Outcome(kept.envelope, 0, landed.height + 9, landed.time, ()),)
    (ahead,) = sign_receipts(homes.ledger.network, homes.north.account, homes.north.gateway, said)
    homes.alma.wallet.keep_submissions([replace(kept, height=landed.height + 9, receipt=ahead)])
    assert (Standing.AHEAD, kept.envelope) in {(one.standing, one.envelope) for one in list_sent(homes.alma)}


def test_a_wallet_keeps_so_many_receipts_and_no_receipt_takes_ones_place(homes: Apart) -> None:
    wallet = homes.alma.wallet
    made = [KeptSubmission(bytes((n // 256, n % 256)) * 16, bytes(32), 1, b"r", n) for n in range(MOST_SUBMISSIONS + 3)]
    wallet.keep_submissions(made)
    assert wallet.submissions() == tuple(made[3:])
    wallet.keep_submissions([replace(made[-1], height=0, receipt=b"")])
    assert wallet.submissions()[-1] == made[-1]
    assert not any(name.startswith("submission/") for name in wallet.secrets())


def test_a_refusal_of_the_ledger_is_an_outcome(homes: Apart) -> None:
    with pytest.raises(NotReachable):
        carriers(homes).carry(bytes(32), b"")
    landed = carriers(homes).carry(homes.south.account, b"no envelope").result(WAIT_S)
    assert (landed.height, landed.result.code) == (0, 0x0001)
    claimed = carriers(homes).carry_claim(homes.south.account, b"no claim").result(WAIT_S)
    assert claimed.result.code == 0x0001


def test_nobody_carries_where_nobody_is(homes: Apart) -> None:
    for served in homes.homes.values():
        served.down()
    with pytest.raises((NotCarried, Refusal)):
        grant(homes.alma, homes.handle, laboratory_terms(homes.clinic))


def test_members_are_those_of_the_directory(homes: Apart) -> None:
    accounts = sorted(served.region.account(slug) for slug, served in homes.homes.items())
    assert list(homes.alma.carriers.members()) == accounts


def test_a_letter_is_signed_by_the_account_it_names(homes: Apart) -> None:
    sender, relation = PersonSender(homes.alma.wallet), homes.alma.wallet.relation(homes.handle)
    network = homes.ledger.network
    other = homes.alma.wallet.new_relation(b"\x01" * 32, homes.north.account)
    homes.alma.wallet.keep_relation(other)
    for body, wanted in ((relation.handle, relation), (other.handle, other), (other.device.id(network), other)):
        assert sender.signs(homes.north.account, b"head" + body + b"tail").public == wanted.device.public
    with pytest.raises(NoSigningAccount):  # two are there, and a guess would link them
        sender.signs(homes.north.account, b"names none")
    with pytest.raises(NoSigningAccount):
        sender.fetches(b"\x02" * 32)
    assert sender.fetches(homes.handle)[1] == (homes.north.account,)
