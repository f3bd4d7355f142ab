"""Vectors of break-glass requests and of sessions: what a recipient signs, what a closing commits to."""

from salus.core import cose
from salus.core.encoding import encode
from salus.core.request import GlassRequest, parse_request
from salus.evidence.format import Page, page_entry, session_root
from salus.services.objects import PageRequest, Search

from .fixed import NOW, fixed, key
from .record_vectors import NETWORK, RELATION, request

Vectors = dict[str, object]


def sessions() -> Vectors:
    """A request to break the glass, a page request, and a session's log from its entries to what the ledger holds."""
    asked = parse_request(NETWORK, request()).payload
    glass = GlassRequest(*(getattr(asked, name) for name in asked.__struct_fields__), 1)
    session = fixed("session")
    pages = [
        Page(session, number, NOW + number, fixed(f"search {number}"), tuple(sorted((fixed("a"), fixed("b")))[:number]))
        for number in range(3)
    ]
    entries = [page_entry(NETWORK, fixed(f"page salt {page.number}"), encode(page)) for page in pages]
    asking = PageRequest(session, RELATION, 1, fixed("sealed search"), False, NOW + 600_000)
    return {
        "network": NETWORK.hex(),
        "public": key("Clinic gateway").public.hex(),
        "glass_request": cose.sign("break-glass", NETWORK, encode(glass), [key("Clinic gateway")]).hex(),
        "glass_payload": encode(glass).hex(),
        "glass_reason": glass.reason,
        "page_request": cose.sign("page", NETWORK, encode(asking), [key("Clinic gateway")]).hex(),
        "page_payload": encode(asking).hex(),
        "search_info": asking.info(NETWORK).hex(),
        "search": encode(Search(fixed("search salt"), b"")).hex(),
        "session": session.hex(),
        "pages": [
            {"page": encode(page).hex(), "salt": fixed(f"page salt {page.number}").hex(), "entry": entry.hex()}
            for page, entry in zip(pages, entries, strict=True)
        ],
        "closing_salt": fixed("closing salt").hex(),
        "root": session_root(NETWORK, session, fixed("closing salt"), entries).hex(),
    }
