"""What the access commands print of requests and reviews."""

from salus.cli.output import print_result, short
from salus.contracts.access.types import Review
from salus.core.glass import TEXTS, ReviewerKind, Verdict
from salus.services.request import RequestPackage


def print_request(package: RequestPackage, as_json: bool) -> None:
    """Print what was asked, and what comes next."""
    asked = f"Request {short(package.request)} is with the custodian"
    words = f"{asked}: a server answers it by itself, anybody else by `salus access answer`."
    print_result(as_json, {"request": package.request, "custodian": package.custodian}, words)


def reason_words(review: Review) -> str:
    """Return why the glass was broken."""
    return TEXTS.get(review.reason, f"Reason number {review.reason}.")


def review_words(review: Review) -> str:
    """Return who said what of it."""
    said = [
        f"{ReviewerKind(kind).name.lower()}: {Verdict(verdict).name.lower().replace('_', ' ')}"
        for kind, _, verdict, _ in review.words
    ]
    state = "closed" if review.closed is not None else "open"
    return "; ".join([state, *said])
