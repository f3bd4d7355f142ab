"""Tell: the person hears of each release that rests on a rule which asks for notice (`PolicyRule.notice`).

The letter is signed and not sealed: it says nothing but what stands on the ledger, and names the release, of which her
wallet reads the rest there. It is the same to the byte each time, so that posting it again changes nothing.
"""

from typing import NamedTuple

from salus.contracts.governance import queries as governance
from salus.core import cose
from salus.core.encoding import decode
from salus.core.errors import WrongSignature
from salus.core.types import Count, Id, Message
from salus.policy.types import BasisKind
from salus.services import lookup
from salus.services.account.law import policy_rule
from salus.services.account.line import Line
from salus.services.accounting import accounting
from salus.services.actors import Organisation, Person
from salus.services.errors import NotForUs, NotReleased
from salus.services.objects import parse_signed, sign
from salus.services.sealing import Addressed

KIND = "told"  # of the letter
_SIGNED_AS = "release-notice"


class ReleaseNotice(Message, frozen=True):
    """Payload of COSE kind `release-notice`: from the custodian to the person."""

    custodian: Id
    relation: Id
    release: Id
    set: Id
    version: Count


class ToldView(NamedTuple):
    """A verified notice of a release; all but the custodian's word for it is from the ledger."""

    relation: bytes
    release: bytes
    line: Line


def tell_release(organisation: Organisation, to: Addressed) -> bool:
    """Post the person a notice of a release that left; return whether the rule that it rests on asks for one.

    Where members voted another version meanwhile, that of today decides.
    """
    kind, named, version = to.basis
    if kind != BasisKind.POLICY or named is None:
        return False
    state = organisation.ledger.view()
    found, row = governance.policy_set(state, named), governance.purpose(state, to.purpose)
    rule = None if found is None or row is None else policy_rule(state, found[1], to.recipient, row)
    if rule is None or not rule.notice:
        return False
    notice = ReleaseNotice(organisation.account, to.relation, to.release, named, version)
    signed = sign(_SIGNED_AS, organisation.network, notice, organisation.gateway)
    organisation.exchange.post(to.relation, KIND, signed)
    return True


def receive_told(person: Person, raw: bytes) -> ToldView:
    """Verify a notice of a release of one of the wallet's relations.

    In this order: form, addressee, signature by a live key of the relation's custodian, the release in the ledger's
    log. Raises Malformed, NoSuchKeptRelation, NotForUs, WrongSignature, NotReleased.
    """
    signed = parse_signed(_SIGNED_AS, raw)
    notice = decode(signed.payload, ReleaseNotice)
    relation, network, state = (
        person.wallet.relation(notice.relation).handle,
        person.wallet.network,
        person.ledger.view(),
    )
    custodian = lookup.person(state, relation).custodian
    if notice.custodian != custodian:
        raise NotForUs
    message = cose.to_be_signed(_SIGNED_AS, network, signed.payload, signed.key)
    now = person.ledger.now()
    if not lookup.signed_by_live_key(state, custodian, signed.key, now, message, signed.signature):
        raise WrongSignature
    basis = "policy", notice.set, notice.version
    for line in accounting(person.ledger, relation).lines:
        if line.request == notice.release and (line.basis, line.directive, line.version) == basis:
            return ToldView(relation, notice.release, line)
    raise NotReleased
