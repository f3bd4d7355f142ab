"""The main job, step by step, on real parts: what one person lives through with Salus."""

from story_region import DAY_MS, START_MS, Story, ask, clinician, give_wallet, grant_laboratory, records_of, take_in

from salus.evidence.report import Verdict
from salus.evidence.verify import verify
from salus.policy.reasons import TEXTS, Reason
from salus.policy.types import BasisKind, Residual
from salus.services.accounting import accounting
from salus.services.anchor import anchor
from salus.services.deliver import Delivery
from salus.services.deposit import deposit
from salus.services.inbox import collect, process_inbox
from salus.services.patients import list_patients
from salus.services.receive import Received
from salus.services.receive_own import OwnView
from salus.services.refuse import Refused
from salus.services.request import request_own
from salus.services.revoke import revoke
from salus.services.unanswered import unanswered_own


def test_the_main_job(story: Story) -> None:
    north, south, clinic, ledger = story.north, story.south, story.clinic, story.region.ledger

    # 1. Two hospitals take in records; the patient has custodial accounts, unlinked.
    first = deposit(north, records_of("Alma", "N-1", START_MS))
    assert (first.records, first.opened, first.again) == (5, 1, False)
    assert anchor(north) == (1, ())
    handle, other = first.handles[0], take_in(south, "Alma", "S-1")
    (known,) = list_patients(north)
    assert (known.name, known.state, known.records) == ("Test Alma", "custodial", 5)

    # 2. She claims both accounts, and sees that her list is complete.
    alma = give_wallet(story, north, handle, "alma")
    assert give_wallet(story, south, other, "alma") is alma
    mine = alma.wallet.relation(handle), alma.wallet.relation(other)
    assert mine[0].device_seed != mine[1].device_seed and mine[0].seal_seed != mine[1].seal_seed
    sent = request_own(alma, handle)
    assert [one.request for one in unanswered_own(alma)] == [sent.request]
    (answered,) = process_inbox(north)
    assert isinstance(answered.outcome, Delivery) and answered.outcome.records == 5
    assert unanswered_own(alma) == ()
    (view,) = collect(alma)
    assert isinstance(view, OwnView)
    assert (len(view.records), view.log_size, view.grown_from) == (5, 5, None)
    assert verify(view.evidence, story.region.genesis).verdict is Verdict.UNWITNESSED
    assert any(b'"value": 1.1,' in record.octets for record in view.records)

    # 3. She grants laboratory results of two years; the clinic gets exactly those, and is told that some were left out.
    granted = grant_laboratory(story, alma, handle)
    badge = clinician(story)
    ask(story, handle, badge)
    (answered,) = process_inbox(north)
    assert isinstance(answered.outcome, Delivery)
    (got,) = process_inbox(clinic)
    received = got.outcome
    assert isinstance(received, Received)
    assert {(r.header.data_class, r.header.start // DAY_MS) for r in received.records} == {
        ("laboratory", START_MS // DAY_MS - 30),
        ("laboratory", START_MS // DAY_MS - 300),
    }
    assert received.basis == (BasisKind.DIRECTIVE, granted.directive, 1)
    assert received.left_out == (Residual.GENERIC, True, None)

    # 4. The evidence proves it to anybody who has the genesis; a changed byte refutes it.
    report = verify(received.evidence, story.region.genesis)
    assert report.verdict is Verdict.UNWITNESSED and len(report.steps) == 11
    changed = bytearray(received.evidence)
    changed[len(changed) // 2] ^= 1
    assert verify(bytes(changed), story.region.genesis).verdict is Verdict.REFUTED

    # 5. She revokes; the next request is refused, and the refusal stands on the ledger.
    assert revoke(alma, handle, granted.directive).carriers >= 1
    refused_request = ask(story, handle, badge)
    (answered,) = process_inbox(north)
    assert isinstance(answered.outcome, Refused) and answered.outcome.reason is Reason.PERMIT_REVOKED

    # 6. She prints who received what, when, why, under which directive.
    lines = accounting(ledger, handle).lines
    assert [line.what for line in lines] == [
        "opened", "invited", "claim-made", "claimed", "released",
        "granted", "in-force", "released", "acknowledged", "revoked", "refused",
    ]  # fmt: skip
    own, to_clinic, refused = lines[4], lines[7], lines[10]
    assert (own.name, own.basis, own.purpose) == ("the person", "self", "PATRQT")
    assert (to_clinic.name, to_clinic.purpose, to_clinic.basis) == ("Riverside Clinic", "TREAT", "directive")
    assert (to_clinic.directive, to_clinic.version, to_clinic.acknowledged) == (granted.directive, 1, True)
    assert (refused.request, refused.reason) == (refused_request.request, TEXTS[Reason.PERMIT_REVOKED])
    for line in lines:  # each line can be proved by its place in the log
        assert handle in ledger.prove_event(line.index).body

    # After a restart everything is as it was.
    before = ledger.view().height
    story.reopen()
    assert story.region.ledger.height() >= before
    assert accounting(story.region.ledger, handle).lines == lines
    assert len(story.region.person("alma").wallet.relations()) == 2


def test_what_came_since_is_grown_from_what_was_seen(story: Story) -> None:
    handle = take_in(story.north, "Alma", "N-1")
    alma = give_wallet(story, story.north, handle, "alma")
    request_own(alma, handle)
    process_inbox(story.north)
    collect(alma)
    assert deposit(story.north, records_of("Alma", "N-1", START_MS - DAY_MS)).handles == (handle,)
    request_own(alma, handle)
    process_inbox(story.north)
    (view,) = collect(alma)
    assert isinstance(view, OwnView)
    assert (len(view.records), view.grown_from) == (10, 5)
