"""The recipient's side of a session: what it asked, the pages it got, and that the closing commits to all of them."""

from typing import NamedTuple

from salus.contracts.access import queries as access
from salus.contracts.access.messages import AckRelease
from salus.contracts.access.types import Outcome
from salus.core.encoding import decode
from salus.evidence.format import Kind, Page, page_entry
from salus.services.actors import Organisation
from salus.services.authorise import own_shared
from salus.services.errors import NotReleased, Refuted
from salus.services.opening import open_letter
from salus.services.receive import LeftOut, left_out_of, shown_records
from salus.services.received import keep, keep_evidence
from salus.services.records import Record
from salus.vault.shared import SharedResource

_ASKED, _GOT = "PageAsked", "PageReceived"  # no FHIR type has these names
_MEDIA_TYPE = "application/octet-stream"


class ReceivedPage(NamedTuple):
    """What a page brought, verified. `evidence` proves it to anybody who trusts the genesis."""

    session: bytes
    number: int
    relation: bytes
    records: tuple[Record, ...]  # sorted by record id
    evidence: bytes
    left_out: LeftOut

    @property
    def name(self) -> str:
        """A name for a file of its evidence."""
        return f"{self.session.hex()[:12]}-{self.number}"

    def __repr__(self) -> str:
        return f"ReceivedPage({self.session.hex()}, number={self.number})"


class ClosedSession(NamedTuple):
    """A session whose closing was verified: every page that came stands in its log."""

    session: bytes
    relation: bytes
    pages: int  # in the log
    received: int
    evidence: bytes
    height: int  # of the acknowledgement

    @property
    def name(self) -> str:
        """A name for a file of its evidence."""
        return f"{self.session.hex()[:12]}-closing"

    def __repr__(self) -> str:
        return f"ClosedSession({self.session.hex()})"


def next_number(organisation: Organisation, session: bytes) -> int:
    """Return a number that no page of the session was asked for by, and keep it."""
    kind, shared = f"{_ASKED} {session.hex()}", organisation.vault.shared
    number = 1 + max((int(name) for name in shared.names(own_shared(organisation), kind)), default=0)
    shared.put([SharedResource(kind, f"{number:010d}", b"", _MEDIA_TYPE)])
    return number


def receive_page(organisation: Organisation, raw: bytes) -> ReceivedPage:
    """Verify a page, store its records and its entry; doing it again changes nothing. Raises as `open_letter` does."""
    opened = open_letter(organisation.ledger, organisation.genesis, organisation.account, organisation.seal_key, raw)
    delivery, annex = opened.delivery, opened.report.annex
    if opened.evidence.kind != Kind.PAGE or annex is None or annex.page is None:
        raise Refuted
    page = decode(annex.page, Page)
    records = shown_records(opened.evidence)
    name = f"{delivery.release.hex()}-{page.number}"
    keep(organisation, delivery, opened.evidence, name, opened.content.evidence)
    entry = page_entry(organisation.network, annex.salt, annex.page)
    kind = f"{_GOT} {delivery.release.hex()}"
    organisation.vault.shared.put([SharedResource(kind, f"{page.number:010d}", entry, _MEDIA_TYPE)])
    content = opened.content
    return ReceivedPage(
        delivery.release, page.number, delivery.relation, records, content.evidence, left_out_of(content)
    )


def receive_closing(organisation: Organisation, raw: bytes) -> ClosedSession:
    """Verify that the closing commits to every page that came, and acknowledge it. Raises as `open_letter` does."""
    opened = open_letter(organisation.ledger, organisation.genesis, organisation.account, organisation.seal_key, raw)
    delivery, annex = opened.delivery, opened.report.annex
    if opened.evidence.kind != Kind.SESSION or annex is None:
        raise Refuted
    got = _received(organisation, delivery.release)
    if not set(got) <= set(annex.pages):
        raise Refuted
    state = organisation.ledger.view()
    answer = access.answer(state, delivery.relation, delivery.release)
    if answer is None or answer.outcome != Outcome.SESSION or answer.leaves is None:
        raise NotReleased
    keep_evidence(organisation, f"{delivery.release.hex()}-closing", opened.content.evidence)
    height = state.height
    if answer.acknowledged is None:
        ack = AckRelease(organisation.account, delivery.relation, delivery.release, answer.leaves)
        height = organisation.send(ack)[1].height
    pages = len(annex.pages)
    return ClosedSession(delivery.release, delivery.relation, pages, len(got), opened.content.evidence, height)


def _received(organisation: Organisation, session: bytes) -> list[bytes]:
    scope, shared, kind = own_shared(organisation), organisation.vault.shared, f"{_GOT} {session.hex()}"
    return [shared.get(scope, kind, name)[1] for name in shared.names(scope, kind)]
