"""A ledger is pruned after a month: accounts begin there and say so, evidence made before holds, care goes on."""

import pytest
from command_line import salus
from story_region import (
    DAY_MS,
    PASSPHRASE,
    Story,
    ask,
    clinician,
    give_wallet,
    grant_laboratory,
    laboratory_terms,
    take_in,
)

from salus.bootstrap import open_region
from salus.evidence.report import Verdict
from salus.evidence.verify import verify
from salus.ledger.errors import PrunedEvent
from salus.services.account.form_cells import Cells
from salus.services.account.form_data import form_as_data
from salus.services.account.page import Proofs, page
from salus.services.account_form import account_form
from salus.services.accounting import accounting
from salus.services.deliver import Delivery
from salus.services.grant import grant
from salus.services.inbox import process_inbox
from salus.services.receive import Received


def test_a_month_is_pruned(story: Story) -> None:
    home, north, clinic = story.region.home, story.north, story.clinic
    handle = take_in(north, "Alma", "N-1")
    alma = give_wallet(story, north, handle, "alma")
    grant_laboratory(story, alma, handle)
    badge = clinician(story)
    ask(story, handle, badge)
    (answered,) = process_inbox(north)
    assert isinstance(answered.outcome, Delivery)
    (got,) = process_inbox(clinic)
    assert isinstance(got.outcome, Received)
    kept = got.outcome.evidence
    whole = accounting(story.region.ledger, handle)
    assert whole.pruned is None and "released" in [line.what for line in whole.lines]

    # A month later she grants anew, and the clinic asks again.
    story.clock.advance(31 * DAY_MS)
    first = story.region.ledger.height() + 1
    now = story.clock.now_ms()
    grant(alma, handle, laboratory_terms(clinic, now))
    process_inbox(north)
    ask(story, handle, badge)
    process_inbox(north)
    process_inbox(clinic)
    before = accounting(story.region.ledger, handle)
    story.region.close()

    # Whoever runs the node asks what would go, and lets it go.
    (home / "passphrase").write_text(PASSPHRASE)
    would = salus("ledger", "prune", "--keep-days", 20, "--dry-run", "--json", home=home)
    assert would.status == 0, would
    assert (would.data["height"], would.data["blocks"], would.data["dry_run"]) == (first, first - 1, True)
    assert salus("ledger", "show", first - 1, "--json", home=home).data["pruned"] is False
    done = salus("ledger", "prune", "--before", first, home=home)
    assert done.status == 0 and f"{first - 1} blocks" in done.out
    again = salus("ledger", "prune", "--before", first, home=home)
    assert (again.status, "(0x7022)" in again.line) == (1, True)
    assert salus("ledger", "prune", home=home).status == 2  # there is no age that fits every law
    assert "would" not in done.out and f"all before block {first}" in salus("ledger", "status", home=home).out
    shown = salus("ledger", "show", first - 1, home=home)
    assert shown.status == 0 and "pruned" in shown.out and "app hash before" in shown.out

    # The account begins there and says so; what is young is as it was.
    story.region = open_region(home, PASSPHRASE, clock=story.clock)
    ledger = story.region.ledger
    told = accounting(ledger, handle)
    assert told.pruned is not None and told.pruned.height == first
    assert [line.index for line in told.lines] == [line.index for line in before.lines if line.height >= first]
    assert "released" in [line.what for line in told.lines]
    text = page(told, Proofs(ledger.checkpoint().decode(), {}), "en")
    assert "Pruned until" in text and f"before block {first}" in text
    form = account_form("gdpr", ledger, told, None, None)
    assert any("Incomplete: " in lead for lead in Cells(form, "en").leads())
    assert form_as_data(form, {})["pruned"] == told.pruned._asdict()
    with pytest.raises(PrunedEvent):
        ledger.prove_event(whole.lines[0].index)

    # Evidence made before holds; care goes on.
    assert verify(kept, story.region.genesis).verdict is Verdict.UNWITNESSED
    ask(story, handle, badge)
    (answered,) = process_inbox(story.north)
    assert isinstance(answered.outcome, Delivery)
    (got,) = process_inbox(story.clinic)
    assert isinstance(got.outcome, Received)
    assert verify(got.outcome.evidence, story.region.genesis).verdict is Verdict.UNWITNESSED
    story.region.close()

    # An entry that is gone is refused in words, and fsck says what it could not check.
    report = salus("fsck", "--json", "-", home=home)
    assert report.status == 0 and report.data["sound"]
    (note,) = report.data["findings"]
    assert (note["severity"], note["file"], note["place"]) == ("note", "ledger/blocks", f"blocks 1 to {first - 1}")
    assert report.data["figures"]["vaults"] == 4
