"""Members that lie, lose answers or are away while they carry what a person signed; which of her accounts shows."""

from collections.abc import Callable

import pytest
from apart_world import Apart

from e2e.story_region import laboratory_terms
from salus.client.submission import Outcome, Submitted
from salus.contracts.accounts.messages import RotateSealKey
from salus.core.encoding import decode, encode
from salus.core.errors import Refusal
from salus.services.errors import NotCarried
from salus.services.grant import grant
from salus.services.remote.carriers import RemoteCarriers
from salus.services.remote.errors import BadAnswer, GatewayAway, NoSigningAccount, NotReachable
from salus.services.remote.gateways import Answer
from salus.services.remote.sender import PersonSender

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
    landed = carriers(homes).carry(homes.north.account, envelope(homes)).result(WAIT_S)
    assert (landed.result.code, landed.height, homes.ledger.height()) == (0, before + 1, before + 1)
    assert len(answers) == 3


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
