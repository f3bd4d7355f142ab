"""A clinician works through a chart: forty searches are one session and one use, until she revokes."""

from time import perf_counter

from salus.contracts.consent import queries as consent
from salus.demo.stage import CLINIC, YEAR_MS, Stage, Step
from salus.services.attest_staff import list_staff
from salus.services.close_session import check_log, show_log
from salus.services.grant import Terms, grant, provision, sealed_part, to_organisation
from salus.services.inbox import process_inbox
from salus.services.open_session import ask_session
from salus.services.receive_session import ClosedSession, ReceivedPage
from salus.services.revoke import revoke
from salus.services.session_page import PageSent, SessionOver, ask_page

SEARCHES = 40
DAYS = 30


def hold_session(stage: Stage) -> Step:
    """Open, search, revoke, search again; compare what came with the log that the closing committed to."""
    hospital, clinic, ledger = stage.organisation(stage.hospital), stage.organisation(CLINIC), stage.region.ledger
    sealed = sealed_part(classes=("laboratory",), text="Laboratory results, for one session.")
    terms = Terms(to_organisation(clinic.account), ("TREAT",), DAYS, sealed, uses=1)
    granted = grant(stage.patient, stage.handle, terms)
    process_inbox(hospital)
    session = ask_session(clinic, stage.handle, "TREAT", list_staff(clinic)[0]).request
    process_inbox(hospital)
    begun = perf_counter()
    for search in range(SEARCHES):
        stage.progress("A clinician searches in the chart", search, SEARCHES)
        ask_page(clinic, session, provision(since=stage.now - (1 + search % 10) * YEAR_MS))
        process_inbox(hospital)
    took = perf_counter() - begun
    ask_page(clinic, session)
    revoke(stage.patient, stage.handle, granted.directive)
    stopped = [item.outcome for item in process_inbox(hospital)]
    received = [item.outcome for item in process_inbox(clinic)]
    pages = [one for one in received if isinstance(one, ReceivedPage)]
    closed = [one for one in received if isinstance(one, ClosedSession)]
    log = check_log(ledger, stage.handle, session, show_log(hospital, session))
    used = consent.used(ledger.view(), stage.handle, granted.directive)
    reason = next((one.reason.name.lower().replace("_", " ") for one in stopped if isinstance(one, SessionOver)), "")
    whole = len(pages) == SEARCHES == len(log) and len(closed) == 1 and closed[0].received == SEARCHES
    return Step(
        "session",
        "Forty searches in a chart are one session and one use; her revocation stops the next page",
        whole and used == 1 and reason != "" and not any(isinstance(one, PageSent) for one in stopped),
        {
            "pages": len(pages),
            "uses": used,
            "records_shown": sum(len(page.leaves) for page in log),
            "pages_per_s": round(SEARCHES / took),
        },
        (
            f"{clinic.name} signed one request and searched {SEARCHES} times; the ledger counts {used} use",
            f"Each page was sealed by itself after the ledger was asked anew; the next one: {reason}",
            "The closing commits to the log of the pages under a salt: nobody can count them on the ledger",
            f"{clinic.name} found every page in it; shown the log, so can she: {len(log)} pages, exactly those",
        ),
        (f"access session list --as {stage.hospital}",),
    )
