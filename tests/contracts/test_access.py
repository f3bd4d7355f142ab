"""What a release may rest on, at the edges where other systems let data through."""

from typing import Any

import msgspec
import pytest

from contracts.precedence import NOW, Nothing, Scene
from contracts.region import (
    BREAK_GLASS,
    BY_CLINIC,
    BY_HOSPITAL,
    BY_PATIENT,
    CLINIC,
    DIRECTIVE,
    EMERGENCY,
    GROUP,
    HOSPITAL,
    OTHER,
    PATIENT,
    RELATION,
    RESEARCH,
    ROOT,
    STAFF,
    TREAT,
    change_directive,
    change_key,
    change_member,
    directive,
    list_key,
    name,
    region,
    request,
    request_id,
    scene,
    signed,
    then,
    total_deny,
)
from salus.contracts.access import errors, keeper, queries
from salus.contracts.access.events import RecordsReleased, ReleaseAcknowledged, RequestRefused
from salus.contracts.access.expected import ANCHOR_GRACE_MS, REQUEST_WINDOW_MS
from salus.contracts.access.invariants import violations
from salus.contracts.access.messages import AckRelease, RecordRefusal, RecordRelease
from salus.contracts.access.types import Answer, Outcome
from salus.contracts.accounts.types import KeyStatus
from salus.contracts.consent import keeper as consent_keeper
from salus.contracts.consent import queries as consent_queries
from salus.contracts.consent.messages import AckDirective, GrantConsent, RevokeConsent
from salus.contracts.context import Signer
from salus.contracts.governance import keeper as governance_keeper
from salus.contracts.governance.parameters import BOUNDS, Parameter
from salus.contracts.governance.types import Group
from salus.contracts.records.messages import AnchorRelations
from salus.core.keys import Role
from salus.core.request import Request
from salus.policy.reasons import Reason
from salus.policy.types import BasisKind, Directive, Status, Trigger
from salus.state.overlay import Overlay

LEAVES = name("leaves")
SELF = (int(BasisKind.SELF), None, 0)
NETWORK_2 = name("another network")


def release(asked: Request | None = None, by: str = "clinic", **fields: Any) -> RecordRelease:
    sound = RecordRelease(
        HOSPITAL,
        signed(request() if asked is None else asked, by),
        (int(BasisKind.DIRECTIVE), DIRECTIVE, 1),
        ROOT,
        LEAVES,
        int(Trigger.REQUEST),
        NOW + 5,
    )
    return msgspec.structs.replace(sound, **fields)


def releasing(message: RecordRelease, *directives: Directive) -> Scene:
    s = scene(message, BY_HOSPITAL)
    for entry in directives:
        consent_keeper.put_directive(s.state, entry)
    return s


def own_request(**fields: Any) -> Request:
    return request(purpose=PATIENT, staff=None, **fields)


def test_a_release_says_all_that_accounting_needs() -> None:
    asked = request()
    s = releasing(release(asked), directive(uses=2))
    (event,) = s.commit().events
    assert event == RecordsReleased(
        RELATION, CLINIC, HOSPITAL, request_id(asked), asked.filter, TREAT, STAFF, asked.seal_key,
        (int(BasisKind.DIRECTIVE), DIRECTIVE, 1), 1, ROOT, LEAVES, int(Trigger.REQUEST), NOW + 5,
    )  # fmt: skip
    answer = Answer(Outcome.RELEASED, CLINIC, NOW, LEAVES, NOW + 5, None)
    assert queries.answer(s.state, RELATION, request_id(asked)) == answer
    assert queries.answers(s.state, RELATION) == [(request_id(asked), answer)]
    assert consent_queries.used(s.state, RELATION, DIRECTIVE) == 1
    assert list(violations(s.state, RELATION)) == []


def test_a_refusal_says_why_and_consumes_the_request() -> None:
    asked = request()
    s = scene(RecordRefusal(HOSPITAL, signed(asked), int(Reason.PERMIT_REVOKED)), BY_HOSPITAL)
    (event,) = s.commit().events
    assert event == RequestRefused(
        RELATION, CLINIC, HOSPITAL, request_id(asked), asked.filter, TREAT, STAFF, int(Reason.PERMIT_REVOKED)
    )
    assert list(violations(s.state, RELATION)) == []
    consent_keeper.put_directive(s.state, directive())
    assert then(s, release(asked), BY_HOSPITAL).run().code == errors.AlreadyAnswered.code


def test_the_parameters_are_governances() -> None:
    assert (ANCHOR_GRACE_MS, REQUEST_WINDOW_MS) == (Parameter.ANCHOR_GRACE_MS, Parameter.REQUEST_WINDOW_MS)


def test_a_refusal_needs_no_active_recipient_nor_known_purpose() -> None:
    s = scene(RecordRefusal(HOSPITAL, signed(request(purpose=99)), int(Reason.RECIPIENT_SUSPENDED)), BY_HOSPITAL)
    change_member(s.state, CLINIC, suspended_recipient=True)
    change_member(s.state, HOSPITAL, suspended_custodian=True)
    assert s.run().code == 0


# --- replay, forgery, whose request it is


def test_a_replayed_request_is_refused_in_the_same_block_and_later() -> None:
    s = releasing(release(), directive())
    s.commit()
    again = then(s, release(), BY_HOSPITAL)
    assert again.run().code == errors.AlreadyAnswered.code
    again.time = NOW + 6
    assert again.run().code == errors.AlreadyAnswered.code


def test_at_the_exact_not_after_a_request_is_over() -> None:
    s = releasing(release(request(not_after=NOW + 1)), directive())
    assert s.run().code == 0
    s.time = NOW + 1
    assert s.run().code == errors.RequestExpired.code


def test_a_request_may_be_valid_for_just_the_window() -> None:
    window_ms = BOUNDS[Parameter.REQUEST_WINDOW_MS].default
    s = releasing(release(request(not_after=NOW + window_ms), deliver_by=NOW + window_ms), directive())
    assert s.run().code == 0


def test_a_request_for_another_network_does_not_verify() -> None:
    s = releasing(release(request=signed(request(), network=NETWORK_2)), directive())
    assert s.run().code == errors.RequestKeyNotLive.code  # ids of keys hold the network too


def test_a_request_signed_by_a_revoked_key_is_refused() -> None:
    s = releasing(release(), directive())
    change_key(s.state, CLINIC, "clinic", status=int(KeyStatus.REVOKED))
    assert s.run().code == errors.RequestKeyNotLive.code


def test_a_request_signed_by_an_unknown_key_is_refused() -> None:
    assert releasing(release(by="stranger"), directive()).run().code == errors.RequestKeyNotLive.code


def test_the_requester_is_who_signed_and_never_an_argument() -> None:
    """The other clinic asks under the first one's permit, naming the first one's staff."""
    assert "recipient" not in RecordRelease.__struct_fields__ + Request.__struct_fields__
    s = releasing(release(request(staff=None), by="other clinic"), directive())
    assert s.run().code == errors.OtherRecipient.code
    s = releasing(release(by="other clinic"), directive())
    assert s.run().code == errors.StaffNotAttested.code


def test_a_custodians_own_signature_does_not_stand_in_for_the_recipients() -> None:
    s = releasing(release(request(staff=None), by="hospital"), directive())
    assert s.run().code == errors.OtherRecipient.code


def test_only_the_custodian_answers() -> None:
    s = releasing(release(custodian=CLINIC), directive())
    s.signers = [BY_CLINIC]
    assert s.run().code == errors.NotTheCustodian.code


def test_a_device_key_of_another_person_cannot_ask() -> None:
    s = releasing(release(own_request(), by="stranger", basis=SELF))
    list_key(s.state, name("stranger"), "stranger", Role.DEVICE)
    assert s.run().code == errors.NotARequester.code


def test_a_request_without_staff_is_the_organisations_own() -> None:
    assert releasing(release(request(staff=None)), directive()).run().code == 0


# --- own access


def test_a_persons_own_access_holds_under_a_total_deny_and_a_suspended_custodian() -> None:
    s = releasing(release(own_request(), by="patient", basis=SELF), total_deny())
    change_member(s.state, HOSPITAL, suspended_custodian=True)
    (event,) = s.commit().events
    assert isinstance(event, RecordsReleased)
    assert (event.recipient, event.staff, event.use) == (RELATION, None, 0)


def test_no_organisation_has_own_access_not_even_the_custodian() -> None:
    for by in ("clinic", "hospital"):
        s = releasing(release(request(staff=None), by=by, basis=SELF), directive())
        assert s.run().code == errors.NotOwnAccess.code


def test_own_access_names_no_staff() -> None:
    s = releasing(release(own_request(), by="patient", basis=SELF))
    s.change(request=signed(request(staff=STAFF), "patient"))
    assert s.run().code == errors.StaffNotAttested.code


# --- time


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"end": NOW}, errors.DirectiveExpired.code),  # t equal to the end
        ({"end": NOW + 1}, 0),
        ({"start": NOW}, 0),  # t equal to the start
        ({"start": NOW + 1}, errors.NotYetInForce.code),
    ],
)
def test_a_permit_is_in_force_from_its_start_until_just_before_its_end(fields: dict[str, int], code: int) -> None:
    assert releasing(release(), directive(**fields)).run().code == code


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"end": NOW}, 0),
        ({"end": NOW + 1}, errors.TotallyDenied.code),
        ({"start": NOW}, errors.TotallyDenied.code),
        ({"start": NOW + 1}, 0),
        ({"status": 3}, 0),
        ({"grantee": (1, OTHER)}, 0),
        ({"grantee": (1, CLINIC)}, errors.TotallyDenied.code),
        ({"grantee": (2, b"\x00\x02")}, errors.TotallyDenied.code),
        ({"grantee": (2, b"\x00\x01")}, 0),
        ({"grantee": (3, GROUP)}, errors.TotallyDenied.code),
        ({"purposes": (RESEARCH,)}, 0),
        ({"purposes": (TREAT,)}, errors.TotallyDenied.code),
        ({"total": False}, 0),  # acknowledged: its sealed part is the gateway's to enforce
        ({"total": False, "status": 1}, errors.TotallyDenied.code),  # unacknowledged
    ],
)
def test_no_permit_helps_against_a_deny_of_everything_that_applies(fields: dict[str, Any], code: int) -> None:
    assert releasing(release(), directive(), total_deny(**fields)).run().code == code


def test_of_two_denies_one_that_applies_is_enough() -> None:
    other = total_deny(id=name("x"), grantee=(1, OTHER))
    assert releasing(release(), directive(), other, total_deny()).run().code == errors.TotallyDenied.code


def test_of_two_permits_the_one_named_counts() -> None:
    two = directive(id=name("two"), purposes=(RESEARCH,))
    assert releasing(release(), directive(), two).run().code == 0
    s = releasing(release(basis=(2, two.id, 1)), directive(), two)
    assert s.run().code == errors.OtherPurpose.code


# --- one block, both orders


def test_revoke_then_read_in_one_block_refuses_the_read() -> None:
    s = scene(RevokeConsent(RELATION, 1, DIRECTIVE), BY_PATIENT)
    consent_keeper.put_directive(s.state, directive())
    s.commit()
    assert then(s, release(), BY_HOSPITAL).run().code == errors.DirectiveRevoked.code


def test_read_then_revoke_in_one_block_both_stand() -> None:
    s = releasing(release(), directive())
    s.commit()
    then(s, RevokeConsent(RELATION, 1, DIRECTIVE), BY_PATIENT).commit()


# --- versions, acknowledgement, uses


def grant(replaces: bytes | None) -> GrantConsent:
    return GrantConsent(
        RELATION, 1, replaces, (1, CLINIC), 1, (TREAT,), NOW, NOW + 10, 1, 0, (False, 0, False), bytes(32)
    )


def test_a_stale_version_is_refused() -> None:
    s = releasing(release(), directive(uses=1))
    change_directive(s.state, status=int(Status.REPLACED))
    assert s.run().code == errors.StaleVersion.code
    s = releasing(release(basis=(2, DIRECTIVE, 2)), directive())
    assert s.run().code == errors.StaleVersion.code


def test_a_permit_serves_once_it_is_acknowledged() -> None:
    s = scene(grant(None), BY_PATIENT)
    new = s.commit().events[0].directive  # type: ignore[attr-defined]
    message = release(basis=(2, new, 1))
    assert then(s, message, BY_HOSPITAL).run().code == errors.NotAcknowledged.code
    then(s, AckDirective(HOSPITAL, RELATION, new), BY_HOSPITAL).commit()
    assert then(s, message, BY_HOSPITAL).run().code == 0


def test_uses_run_out_and_replacing_does_not_reset_them() -> None:
    s = releasing(release(), directive(uses=1))
    s.commit()
    assert then(s, release(request(nonce=b"2" * 16)), BY_HOSPITAL).run().code == errors.UsesExhausted.code
    replaced = then(s, grant(DIRECTIVE), BY_PATIENT)
    new = replaced.commit().events[0].directive  # type: ignore[attr-defined]
    then(s, AckDirective(HOSPITAL, RELATION, new), BY_HOSPITAL).commit()
    again = release(request(nonce=b"2" * 16), basis=(2, new, 2))
    assert then(s, again, BY_HOSPITAL).run().code == errors.UsesExhausted.code


def test_a_refused_release_counts_no_use() -> None:
    s = releasing(release(), directive(uses=1), total_deny())
    assert s.run().writes == {}


# --- grantees and purposes


def test_a_permit_for_another_organisation_does_not_serve() -> None:
    assert releasing(release(), directive(grantee=(1, OTHER))).run().code == errors.OtherRecipient.code


def test_a_permit_for_a_role_serves_who_has_it() -> None:
    assert releasing(release(), directive(grantee=(2, b"\x00\x02"))).run().code == 0
    assert releasing(release(), directive(grantee=(2, b"\x00\x01"))).run().code == errors.OtherRecipient.code


def test_membership_of_a_group_is_that_of_the_release() -> None:
    s = releasing(release(), directive(grantee=(3, GROUP)))
    assert s.run().code == 0
    governance_keeper.put_group(s.state, GROUP, Group("care network", 2, (OTHER,)))
    assert s.run().code == errors.OtherRecipient.code


def test_purposes_nest_by_the_table_alone() -> None:
    assert releasing(release(request(purpose=EMERGENCY)), directive()).run().code == 0
    s = releasing(release(), directive(purposes=(EMERGENCY,)))
    assert s.run().code == errors.OtherPurpose.code


def test_a_treatment_permit_is_no_break_glass_permit_whatever_the_table_says() -> None:
    for purposes in ((TREAT,), (BREAK_GLASS,)):
        s = releasing(release(request(purpose=BREAK_GLASS)), directive(purposes=purposes))
        assert s.run().code == errors.BreakGlassByPermit.code


# --- the root


def test_the_root_before_serves_within_the_grace_only() -> None:
    grace_ms = BOUNDS[Parameter.ANCHOR_GRACE_MS].default
    message = release(request(not_after=NOW + grace_ms + 9), deliver_by=NOW + grace_ms + 9)
    s = releasing(message, directive(end=NOW + grace_ms + 9))
    then(s, AnchorRelations(HOSPITAL, ((RELATION, ROOT, name("next")),)), BY_HOSPITAL).commit()
    s.time = NOW + grace_ms
    assert s.run().code == 0
    s.time += 1
    assert s.run().code == errors.RootNotValid.code


# --- acknowledgement


def released() -> Scene:
    s = releasing(release(), directive())
    s.commit()
    return s


def test_the_recipient_acknowledges_once_late_delivery_included() -> None:
    s = then(released(), AckRelease(CLINIC, RELATION, request_id(request()), LEAVES), BY_CLINIC)
    s.time = NOW + 60_000
    (event,) = s.commit().events
    assert event == ReleaseAcknowledged(RELATION, CLINIC, request_id(request()), LEAVES, NOW + 5)
    assert s.run().code == errors.AlreadyAcknowledged.code
    assert list(violations(s.state, RELATION)) == []


@pytest.mark.parametrize(
    "by",
    [BY_HOSPITAL, Signer(CLINIC, name("key"), int(Role.ADMINISTRATION))],
    ids=["custodian", "administration key"],
)
def test_nobody_else_acknowledges(by: Signer) -> None:
    for recipient in (CLINIC, HOSPITAL):
        s = then(released(), AckRelease(recipient, RELATION, request_id(request()), LEAVES), by)
        assert s.run().code == errors.NotTheRecipient.code


def test_a_person_acknowledges_with_a_device_key() -> None:
    s = releasing(release(own_request(), by="patient", basis=SELF))
    s.commit()
    then(s, AckRelease(RELATION, RELATION, request_id(own_request()), LEAVES), BY_PATIENT).commit()


def test_a_refusal_cannot_be_acknowledged() -> None:
    s = scene(RecordRefusal(HOSPITAL, signed(request()), 1), BY_HOSPITAL)
    s.commit()
    ack = then(s, AckRelease(CLINIC, RELATION, request_id(request()), LEAVES), BY_CLINIC)
    assert ack.run().code == errors.NoSuchRelease.code


SHAPE = "a release, and nothing else, has leaves and a time of delivery"
ACK = "only a release is acknowledged, and never before it"


@pytest.mark.parametrize(
    ("answer", "texts"),
    [
        (Answer(1, CLINIC, NOW, None, None, None), [SHAPE]),
        (Answer(1, CLINIC, NOW, LEAVES, None, None), [SHAPE]),
        (Answer(2, CLINIC, NOW, LEAVES, NOW + 1, None), [SHAPE]),
        (Answer(1, CLINIC, NOW, LEAVES, NOW, None), ["a delivery follows its release"]),
        (Answer(2, CLINIC, NOW, None, None, NOW), [ACK]),
        (Answer(1, CLINIC, NOW, LEAVES, NOW + 1, NOW - 1), [ACK]),
        (Answer(1, CLINIC, NOW, LEAVES, NOW + 1, NOW), []),
    ],
)
def test_invariants_find_each_breach(answer: Answer, texts: list[str]) -> None:
    state = Overlay(Nothing())
    keeper.put_answer(state, RELATION, name("request"), answer)
    assert list(violations(state, RELATION)) == texts


def test_the_region_is_sound() -> None:
    assert list(violations(region(), RELATION)) == []
