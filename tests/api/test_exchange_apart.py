"""Letters and envelopes between homes apart: what one posts the other has, also when it was away meanwhile."""

import pytest
from apart_world import Apart, joined

from e2e.story_region import laboratory_terms
from salus.core.errors import Refusal
from salus.services.accounting import accounting
from salus.services.grant import grant
from salus.services.inbox import collect
from salus.services.receive_own import OwnView
from salus.services.remote import inboxes
from salus.services.remote.errors import GatewayAway, NoSigningAccount
from salus.services.remote.exchange import GIVEN_UP_MS, RemoteExchange
from salus.services.remote.outbox import Outbox
from salus.services.request import request, request_own
from salus.services.revoke import revoke
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


def test_what_is_posted_while_the_other_is_away_arrives_in_order_later(homes: Apart) -> None:
    homes.homes["north"].down()
    packages = [request(homes.clinic, homes.handle, "TREAT", homes.badge) for _ in range(3)]
    assert waiting(homes.clinic.exchange) == ["request"] * 3
    hurry(homes.clinic.exchange)
    assert waiting(homes.clinic.exchange) == ["request"] * 3
    homes.homes["north"].up()
    hurry(homes.clinic.exchange)
    assert waiting(homes.clinic.exchange) == []
    assert [letter.body for letter in homes.north.exchange.inbox(homes.north.account)] == [one.raw for one in packages]


def test_what_waits_outlives_the_process(homes: Apart) -> None:
    homes.homes["north"].down()
    package = request(homes.clinic, homes.handle, "TREAT", homes.badge)
    homes.homes["clinic"].region.release_actors()  # nothing of it is kept in memory
    homes.homes["north"].up()
    with joined(homes.homes["clinic"].region.home, homes.ledger, homes.clock, homes.node.url) as again:
        remote(again.region.organisation("clinic").exchange).flush()
    assert [letter.body for letter in homes.north.exchange.inbox(homes.north.account)] == [package.raw]


def test_a_letter_whose_answer_was_lost_lies_there_once(homes: Apart, monkeypatch: pytest.MonkeyPatch) -> None:
    exchange = remote(homes.clinic.exchange)
    ask = exchange._gateways.ask

    def lost(method: str, *rest: object, **named: object) -> object:
        answer = ask(method, *rest, **named)  # type: ignore[arg-type]
        if method == "POST":
            raise GatewayAway
        return answer

    with monkeypatch.context() as patched:
        patched.setattr(exchange._gateways, "ask", lost)
        request(homes.clinic, homes.handle, "TREAT", homes.badge)
    assert waiting(exchange) == ["request"]
    hurry(exchange)
    assert waiting(exchange) == []
    assert letters(homes, "north") == ["request"]


def test_a_full_inbox_is_no_loss(homes: Apart, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(inboxes, "OF_MEMBER", inboxes.Room(1, 1 << 20))
        for _ in range(3):
            request(homes.clinic, homes.handle, "TREAT", homes.badge)
        assert letters(homes, "north") == ["request"]
        assert waiting(homes.clinic.exchange) == ["request"] * 2
    hurry(homes.clinic.exchange)
    assert letters(homes, "north") == ["request"] * 3


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
