"""Release: answer a request, by the order of consent.md. Nothing leaves before the ledger holds the release."""

from salus.core import cose
from salus.core.encoding import decode
from salus.core.errors import Kind, Refusal
from salus.core.request import GLASS
from salus.policy.reasons import Reason
from salus.policy.types import BasisKind
from salus.services.access_log import Looked, What, log_reads
from salus.services.actors import Organisation
from salus.services.anchor import anchor
from salus.services.asking import read_request
from salus.services.authorise import AskedFor, authorise, deciding
from salus.services.commit_release import ReleaseTask, basis_of, commit_release
from salus.services.defer import Deferred, release_deferred, waits_for_ledger
from salus.services.deliver import Delivery, Withheld, deliver
from salus.services.freshness import check_fresh
from salus.services.objects import RequestLetter
from salus.services.refuse import Refused, refuse
from salus.vault.errors import NoSuchRelation

__all__ = ["Deferred", "Delivery", "Refused", "Withheld", "release"]

ATTEMPTS = 3  # at a vault that changes while the release is decided


def release(organisation: Organisation, package: bytes) -> Delivery | Refused | Withheld | Deferred:
    """Answer the request in `package`, of either kind: a delivery, posted to the recipient, or a refusal on the ledger.

    An emergency goes on while the ledger cannot commit (`defer.py`); everything else waits for it. Raises what
    `asking.read_request` does, for requests that nobody entitled has made, and StateTooOld.
    """
    emergency = is_emergency(package)
    try:
        if not emergency or not waits_for_ledger(organisation, package):
            return _answer(organisation, package)
    except Refusal as refusal:
        if refusal.kind is not Kind.UNAVAILABLE or not emergency:
            raise
    return release_deferred(organisation, package)


def is_emergency(package: bytes) -> bool:
    """True if the request in a package is a break-glass, whose reason is signed."""
    return cose.is_of(GLASS, decode(package, RequestLetter).request)


def _answer(organisation: Organisation, package: bytes) -> Delivery | Refused | Withheld:
    asked, opens = read_request(organisation, package)
    if not asked.own:
        check_fresh(organisation, asked.payload.purpose)
    if not opens:
        return refuse(organisation, asked, Reason.REQUEST_INVALID)
    for _ in range(ATTEMPTS):
        authorised = authorise(organisation, asked)
        if isinstance(authorised, Reason):
            log_decision(organisation, asked)
            return refuse(organisation, asked, authorised)
        if (asked.kind == GLASS) != (basis_of(authorised)[0] == BasisKind.BREAK_GLASS):
            return refuse(
                organisation, asked, Reason.REQUEST_INVALID
            )  # a reason was signed, or none, at the wrong place
        committed = commit_release(organisation, package, asked, authorised)
        if isinstance(committed, ReleaseTask):
            return deliver(organisation, committed)
        if isinstance(committed, Reason):
            return refuse(organisation, asked, committed)
        anchor_quietly(organisation)
    return refuse(organisation, asked, Reason.EVALUATION_FAILED)


def log_decision(organisation: Organisation, asked: AskedFor) -> None:
    """Enter that the gateway looked at headers to decide about a request that it now refuses."""
    scope = deciding(organisation, asked)
    try:
        log_reads(organisation, [Looked(scope, What.DECISION)])
    except NoSuchRelation:
        return  # there was nothing to look at


def anchor_quietly(organisation: Organisation) -> None:
    """Anchor what waits; a refusal shows at the next attempt."""
    try:
        anchor(organisation)
    except Refusal:
        return
