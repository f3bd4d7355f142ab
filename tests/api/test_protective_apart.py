"""Protective messages go through two members over HTTP: one may lose its answer, lie or be away, and it counts."""

import threading
from collections.abc import Callable

import pytest
from apart_world import Apart

from e2e.story_region import laboratory_terms
from salus.client.envelopes import Built
from salus.client.submission import Outcome, Submitted
from salus.contracts.consent.messages import RevokeConsent
from salus.contracts.consent.queries import directive
from salus.core.encoding import decode, encode
from salus.core.envelope import parse_envelope
from salus.core.errors import Refusal
from salus.policy.types import Capacity, Status
from salus.services import protect as module
from salus.services.errors import NotCarried
from salus.services.grant import grant
from salus.services.protect import Protected, carry_own, landed_before, protect
from salus.services.remote.carriers import RemoteCarriers
from salus.services.remote.errors import GatewayAway
from salus.services.remote.gateways import Answer

WAIT_S = 30
REPLAYED = 0x0007
Asking = Callable[[Callable[[], Answer], bool], Answer]  # (what asks, whether it is the custodian) -> answer


@pytest.fixture
def granted(homes: Apart) -> bytes:
    """A directive in force."""
    return grant(homes.alma, homes.handle, laboratory_terms(homes.clinic)).directive


def revocation(homes: Apart, granted: bytes) -> Built:
    """Return what ends it."""
    return homes.alma.build(homes.handle, RevokeConsent(homes.handle, int(Capacity.SELF), granted))


def intercept(homes: Apart, monkeypatch: pytest.MonkeyPatch, asking: Asking) -> None:
    """Have all posts of envelopes go through `asking`."""
    carriers = homes.alma.carriers
    assert isinstance(carriers, RemoteCarriers)
    ask, custodian = carriers._gateways.ask, carriers._addresses.url(homes.north.account)

    def asked(method: str, url: str, *rest: object, **named: object) -> Answer:
        def go() -> Answer:
            return ask(method, url, *rest, **named)  # type: ignore[arg-type]

        return asking(go, url.startswith(custodian)) if url.endswith("/envelopes") else go()

    monkeypatch.setattr(carriers._gateways, "ask", asked)


def height_of(homes: Apart, built: Built) -> int:
    """Return the height of the one block that changed something by this envelope, as the node's own ledger has it."""
    heights = {event.height for event in homes.ledger.events(subject=homes.handle)}
    (height,) = (one for one in heights if module.holds(homes.ledger, one, built.id))
    return height


def status_of(homes: Apart, granted: bytes) -> int:
    """Return the status of the directive."""
    found = directive(homes.ledger.view(), homes.handle, granted)
    assert found is not None
    return found.status


def test_two_members_carry_and_the_message_is_executed_once(homes: Apart, granted: bytes) -> None:
    built = revocation(homes, granted)
    futures, _ = module._hand_over(homes.alma, homes.handle, built.raw)
    landed = [future.result(WAIT_S) for future in futures]
    assert len({one.height for one in landed}) == 1 and {one.result.code for one in landed} == {0}  # where it stands
    assert status_of(homes, granted) == Status.REVOKED
    first = next(one for one in landed if not one.result.code)
    assert landed_before(homes.alma, homes.handle, built.raw) == first
    assert len(first.result.events) == 1


def test_the_second_says_that_it_was_there_and_the_firsts_answer_is_lost(
    homes: Apart, granted: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    landed, codes = threading.Event(), list[int]()

    def asking(go: Callable[[], Answer], custodian: bool) -> Answer:
        if custodian:
            go()
            landed.set()
            raise GatewayAway
        assert landed.wait(WAIT_S)
        answer = go()
        codes.append(decode(answer.body, Submitted).outcomes[0].code)
        return answer

    intercept(homes, monkeypatch, asking)
    built = revocation(homes, granted)
    assert protect(homes.alma, homes.handle, built.raw) == Protected(height_of(homes, built), 1)
    assert codes == [0]  # told where it stands
    assert status_of(homes, granted) == Status.REVOKED


def test_what_goes_to_the_custodian_alone_is_found_too_where_its_answer_is_lost(
    homes: Apart, granted: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asking(go: Callable[[], Answer], custodian: bool) -> Answer:
        answer = go()
        if custodian:
            raise GatewayAway
        return answer

    intercept(homes, monkeypatch, asking)
    built = revocation(homes, granted)
    landed = carry_own(homes.alma, homes.handle, built.raw)
    assert (landed.height, landed.result.code, landed.result.id) == (height_of(homes, built), 0, built.id)


@pytest.mark.parametrize("silent", [True, False])
def test_one_of_the_two_is_away_and_the_other_suffices(
    homes: Apart, granted: bytes, monkeypatch: pytest.MonkeyPatch, silent: bool
) -> None:
    def asking(go: Callable[[], Answer], custodian: bool) -> Answer:
        if custodian == silent:
            raise GatewayAway
        return go()

    intercept(homes, monkeypatch, asking)
    assert protect(homes.alma, homes.handle, revocation(homes, granted).raw).carriers == 1
    assert status_of(homes, granted) == Status.REVOKED


def test_a_member_that_says_it_was_there_while_no_block_has_it_is_not_believed(
    homes: Apart, granted: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = revocation(homes, granted)
    lie = Submitted((Outcome(built.id, REPLAYED, 0, 0, ()),), ())

    def asking(go: Callable[[], Answer], custodian: bool) -> Answer:
        if custodian:
            raise GatewayAway
        return Answer(200, encode(lie), 0)

    intercept(homes, monkeypatch, asking)
    with pytest.raises(NotCarried):
        protect(homes.alma, homes.handle, built.raw)
    assert landed_before(homes.alma, homes.handle, built.raw) is None
    assert status_of(homes, granted) != Status.REVOKED


def test_an_envelope_that_was_executed_and_refused_did_not_land(homes: Apart, granted: bytes) -> None:
    first, second = revocation(homes, granted), revocation(homes, granted)
    protect(homes.alma, homes.handle, first.raw)
    with pytest.raises(Refusal) as refused:
        protect(homes.alma, homes.handle, second.raw)
    assert not isinstance(refused.value, NotCarried)
    assert parse_envelope(homes.ledger.network, second.raw).id == second.id
    assert landed_before(homes.alma, homes.handle, second.raw) is None
