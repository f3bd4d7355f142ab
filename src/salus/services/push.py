"""Push: hand over what nobody asked for, under the person's standing directive, or because the law demands it."""

import os
from functools import partial
from typing import NamedTuple

from salus.core.hashing import object_id
from salus.policy.filter import Filter
from salus.policy.reasons import TEXTS, Reason
from salus.policy.types import EVERYTHING, Provision
from salus.services import lookup
from salus.services.actors import Organisation
from salus.services.anchor import anchor_one
from salus.services.authorise import authorise, pushed_to
from salus.services.commit_release import ReleaseTask, Stale, commit
from salus.services.deliver import Delivery, Withheld, deliver
from salus.services.errors import NotCustodian, NothingToPush
from salus.services.freshness import check_fresh
from salus.services.release import ATTEMPTS, log_decision


class NotPushed(NamedTuple):
    """No ground lets it go; nothing stands on the ledger."""

    relation: bytes
    recipient: bytes
    reason: Reason

    @property
    def text(self) -> str:
        """The reason in a fixed sentence."""
        return TEXTS[self.reason]


def push(
    organisation: Organisation, recipient: bytes, relation: bytes, purpose: str, wanted: Provision = EVERYTHING
) -> Delivery | Withheld | NotPushed:
    """Decide, commit and deliver what `wanted` covers to a member that did not ask.

    Raises UnknownRelation, NotCustodian, NoSuchMember, UnknownPurpose, UnknownSealKey, StateTooOld, NothingToPush.
    """
    state = organisation.ledger.view()
    if lookup.person(state, relation).custodian != organisation.account:
        raise NotCustodian
    number = lookup.purpose_number(state, purpose)
    check_fresh(organisation, number)
    for _ in range(ATTEMPTS):
        anchor_one(organisation, relation)  # so that the release goes alone, and its id is known before
        nonce = os.urandom(16)
        release = object_id("release", organisation.network, organisation.account, nonce, 0, 0)
        to = pushed_to(organisation, release, relation, recipient, number, Filter(wanted, None))
        authorised = authorise(organisation, to)
        if isinstance(authorised, Reason):
            log_decision(organisation, to)
            return NotPushed(relation, recipient, authorised)
        if not authorised.headers:
            raise NothingToPush
        committed = commit(organisation, b"", to, authorised, (), partial(organisation.send_as, nonce))
        if isinstance(committed, ReleaseTask):
            return deliver(organisation, committed)
        if not isinstance(committed, Stale):
            return NotPushed(relation, recipient, committed)
    return NotPushed(relation, recipient, Reason.EVALUATION_FAILED)
