"""Letters and envelopes between homes apart: what one posts the other has, also when it was away meanwhile."""

import pytest
from apart_world import Apart, joined

from e2e.story_region import laboratory_terms
from salus.api.gateway import ask as ask_operations
from salus.client.http import Answer
from salus.contracts.access import queries as access
from salus.contracts.access.types import Outcome
from salus.core.errors import Refusal
from salus.services.accounting import accounting
from salus.services.errors import AlreadyAnswered
from salus.services.grant import grant
from salus.services.inbox import collect
from salus.services.open_session import ask_session
from salus.services.receive_own import OwnView
from salus.services.received import list_received
from salus.services.remote import inboxes
from salus.services.remote.errors import GatewayAway, NoSigningAccount
from salus.services.remote.exchange import GIVEN_UP_MS, LETTER, RemoteExchange
from salus.services.remote.gateways import Gateways
from salus.services.remote.outbox import Outbox
from salus.services.request import request, request_own
from salus.services.revoke import revoke
from salus.services.session_page import ask_close, ask_page
from salus.vault.seals import SealKey


def told(homes: Apart) -> list[str]:
    return [line.what for line in accounting(homes.ledger, homes.handle).lines]


def remote(exchange: object) -> RemoteExchange:
    assert isinstance(exchange, RemoteExchange)
    return exchange


def waiting(exchange: object) -> list[str]:
    """Return the kinds of what waits in an outbox."""
    return [letter.kind for letter in remote(exchange)._outbox.waiting()]


def hurry(exchange: object) -> None:
    """Let the pauses of an outbox be over, and send."""
    remote(exchange)._pauses.clear()
    remote(exchange).flush()


def letters(homes: Apart, slug: str) -> list[str]:
    """Return the kinds of the letters that lie at an organisation's own inbox."""
    region = homes.homes[slug].region
    return [letter.kind for letter in region.exchange.lying(region.account(slug))]


def test_a_grant_and_a_release_between_homes(homes: Apart) -> None:
    granted = grant(homes.alma, homes.handle, laboratory_terms(homes.clinic))
    homes.tend("north")
    assert "in-force" in told(homes)
    request(homes.clinic, homes.handle, "TREAT", homes.badge)
    homes.tend("north", "clinic")
    assert told(homes)[-2:] == ["released", "acknowledged"]
    assert revoke(homes.alma, homes.handle, granted.directive).carriers >= 1
    request(homes.clinic, homes.handle, "TREAT", homes.badge)
    homes.tend("north", "clinic")
    assert told(homes)[-1] == "refused"
    assert [letters(homes, slug) for slug in ("north", "clinic")] == [[], []]


def test_a_person_fetches_what_is_hers_from_her_custodian(homes: Apart) -> None:
    request_own(homes.alma, homes.handle)
    homes.tend("north")
    assert len(homes.alma.exchange.inbox(homes.handle)) == 1
    (view,) = collect(homes.alma)
    assert isinstance(view, OwnView) and len(view.records) == 5
    assert homes.alma.exchange.inbox(homes.handle) == []
    assert collect(homes.alma) == ()


def leave(homes: Apart, count: int) -> list[bytes]:
    """Post letters from the clinic to the north that nobody answers; return them."""
    bodies = [b"letter %d" % number for number in range(count)]
    for body in bodies:
        homes.clinic.exchange.post(homes.north.account, "notice", body)
    return bodies


def test_what_is_posted_while_the_other_is_away_arrives_in_order_later(homes: Apart) -> None:
    homes.homes["north"].down()
    bodies = leave(homes, 3)
    assert waiting(homes.clinic.exchange) == ["notice"] * 3
    hurry(homes.clinic.exchange)
    assert waiting(homes.clinic.exchange) == ["notice"] * 3
    homes.homes["north"].up()
    hurry(homes.clinic.exchange)
    assert waiting(homes.clinic.exchange) == []
    assert [letter.body for letter in homes.north.exchange.inbox(homes.north.account)] == bodies


def test_what_waits_outlives_the_process(homes: Apart) -> None:
    homes.homes["north"].down()
    bodies = leave(homes, 1)
    homes.homes["clinic"].region.release_actors()  # nothing of it is kept in memory
    homes.homes["north"].up()
    with joined(homes.homes["clinic"].region.home, homes.ledger, homes.clock, homes.node.url) as again:
        remote(again.region.organisation("clinic").exchange).flush()
    assert [letter.body for letter in homes.north.exchange.inbox(homes.north.account)] == bodies


def lossy(patched: pytest.MonkeyPatch, exchange: RemoteExchange) -> None:
    """Lose every answer to what is posted, after it was dealt with."""
    ask = exchange._gateways.ask

    def lost(method: str, *rest: object, **named: object) -> object:
        answer = ask(method, *rest, **named)  # type: ignore[arg-type]
        if method == "POST":
            raise GatewayAway
        return answer

    patched.setattr(exchange._gateways, "ask", lost)


def test_a_letter_whose_answer_was_lost_lies_there_once(homes: Apart, monkeypatch: pytest.MonkeyPatch) -> None:
    exchange = remote(homes.clinic.exchange)
    with monkeypatch.context() as patched:
        lossy(patched, exchange)
        leave(homes, 1)
    assert waiting(exchange) == ["notice"]
    hurry(exchange)
    assert waiting(exchange) == []
    assert letters(homes, "north") == ["notice"]


def test_a_full_inbox_is_no_loss(homes: Apart, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(inboxes, "OF_MEMBER", inboxes.Room(1, 1 << 20))
        leave(homes, 3)
        assert letters(homes, "north") == ["notice"]
        assert waiting(homes.clinic.exchange) == ["notice"] * 2
    hurry(homes.clinic.exchange)
    assert letters(homes, "north") == ["notice"] * 3


def granted(homes: Apart) -> None:
    grant(homes.alma, homes.handle, laboratory_terms(homes.clinic))
    homes.tend("north")


def test_an_answer_comes_in_the_answer_and_no_letter_lies_at_the_custodians(homes: Apart) -> None:
    granted(homes)
    asked = request(homes.clinic, homes.handle, "TREAT", homes.badge)
    assert told(homes)[-1] == "released"  # before the north looked at any inbox
    assert (letters(homes, "north"), letters(homes, "clinic"), waiting(homes.clinic.exchange)) == ([], ["delivery"], [])
    homes.tend("clinic")
    assert told(homes)[-1] == "acknowledged"
    assert [release for release, _ in list_received(homes.clinic)] == [asked.request] * 2
    refused = request(homes.clinic, homes.handle, "HRESCH", homes.badge)
    assert letters(homes, "clinic") == ["refusal"]
    answer = access.answer(homes.ledger.view(), homes.handle, refused.request)
    assert answer is not None and answer.outcome == Outcome.REFUSED


def test_a_session_goes_by_answers_alone(homes: Apart) -> None:
    granted(homes)
    session = ask_session(homes.clinic, homes.handle, "TREAT", homes.badge).request
    assert told(homes)[-1] == "session" and letters(homes, "clinic") == []
    for number in (1, 2):
        assert ask_page(homes.clinic, session) == number
        assert letters(homes, "clinic") == ["page"]
        homes.tend("clinic")
    ask_close(homes.clinic, session)
    assert letters(homes, "clinic") == ["closing"] and letters(homes, "north") == []
    homes.tend("clinic")
    assert told(homes)[-2:] == ["session-closed", "acknowledged"]


def test_what_is_asked_while_the_custodian_is_away_is_asked_later(homes: Apart) -> None:
    granted(homes)
    homes.homes["north"].down()
    packages = [request(homes.clinic, homes.handle, "TREAT", homes.badge) for _ in range(2)]
    assert (waiting(homes.clinic.exchange), letters(homes, "clinic")) == (["request"] * 2, [])
    homes.homes["north"].up()
    hurry(homes.clinic.exchange)
    assert (waiting(homes.clinic.exchange), letters(homes, "clinic")) == ([], ["delivery"] * 2)
    homes.tend("clinic")
    assert {release for release, _ in list_received(homes.clinic)} == {one.request for one in packages}


def test_an_answer_that_was_lost_is_given_again_and_decided_once(homes: Apart, monkeypatch: pytest.MonkeyPatch) -> None:
    granted(homes)
    exchange = remote(homes.clinic.exchange)
    with monkeypatch.context() as patched:
        lossy(patched, exchange)
        request(homes.clinic, homes.handle, "TREAT", homes.badge)
    assert (waiting(exchange), letters(homes, "clinic")) == (["request"], [])
    hurry(exchange)
    assert (waiting(exchange), letters(homes, "clinic")) == ([], ["delivery"])
    assert told(homes).count("released") == 1


def test_what_the_custodian_does_not_answer_goes_as_a_letter(homes: Apart, monkeypatch: pytest.MonkeyPatch) -> None:
    granted(homes)
    monkeypatch.setattr(ask_operations, "answer_request", refuses)
    request(homes.clinic, homes.handle, "TREAT", homes.badge)
    assert (waiting(homes.clinic.exchange), letters(homes, "clinic"), letters(homes, "north")) == ([], [], ["request"])
    homes.tend("north", "clinic")
    assert told(homes)[-2:] == ["released", "acknowledged"]


def refuses(*given: object) -> None:
    raise AlreadyAnswered


@pytest.mark.parametrize("kind", ["grant", "custody", "nothing"])
def test_an_answer_of_a_kind_that_answers_nothing_is_not_kept(
    homes: Apart, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    exchange = remote(homes.clinic.exchange)
    forged = Answer(200, b"what it likes", {LETTER: kind})
    monkeypatch.setattr(exchange._gateways, "ask", lambda *rest, **named: forged)
    request(homes.clinic, homes.handle, "TREAT", homes.badge)
    assert (letters(homes, "clinic"), waiting(exchange)) == ([], ["request"])


def test_an_answer_from_ahead_waits_for_the_own_ledger(homes: Apart, monkeypatch: pytest.MonkeyPatch) -> None:
    exchange = remote(homes.clinic.exchange)
    ahead = Answer(200, b"sealed", {LETTER: "delivery", "salus-height": str(homes.ledger.height() + 1)})
    monkeypatch.setattr(exchange._gateways, "ask", lambda *rest, **named: ahead)
    monkeypatch.setattr(exchange._gateways, "catch_up", lambda height: catch_up(height, 0.0))
    catch_up = Gateways.catch_up.__get__(exchange._gateways)
    request(homes.clinic, homes.handle, "TREAT", homes.badge)
    assert (letters(homes, "clinic"), waiting(exchange)) == ([], ["request"])


def test_what_nobody_takes_for_weeks_is_put_aside(homes: Apart) -> None:
    exchange = remote(homes.clinic.exchange)
    outbox = exchange._outbox
    old = Outbox(outbox._folder, lambda: outbox._now_ms() - GIVEN_UP_MS - 1)
    homes.homes["north"].down()
    name = old.put(homes.north.account, "request", b"never")
    hurry(exchange)
    assert waiting(exchange) == []
    assert [letter.name for letter in outbox.given_up()] == [name]


def test_a_protective_message_goes_on_without_the_custodian(homes: Apart) -> None:
    granted = grant(homes.alma, homes.handle, laboratory_terms(homes.clinic))
    homes.homes["north"].down()
    assert revoke(homes.alma, homes.handle, granted.directive).carriers == 1
    assert told(homes)[-1] == "revoked"


def test_nobody_fetches_under_an_account_that_is_not_the_wallets(homes: Apart) -> None:
    other = next(handle for handle in homes.north.vault.relations())
    assert other == homes.handle
    with pytest.raises(NoSigningAccount):
        remote(homes.clinic.exchange).inbox(homes.handle)
    with pytest.raises(NoSigningAccount):
        homes.alma.exchange.post(homes.south.account, "request", b"names no account of hers")


def test_a_rotated_sealing_key_is_found_by_others(homes: Apart) -> None:
    key = SealKey.from_seed(b"k" * 32)
    homes.north.exchange.publish_key(key.public)
    assert homes.clinic.exchange.find_key(key.id(homes.ledger.network)) == key.public
    homes.node.down()
    assert homes.clinic.exchange.find_key(key.id(homes.ledger.network)) == key.public  # kept
    with pytest.raises(Refusal):
        homes.south.exchange.find_key(key.id(homes.ledger.network))
