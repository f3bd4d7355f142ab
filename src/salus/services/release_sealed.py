"""Release under an order that forbids notice.

Nothing that names the person leaves this vault but to the recipient: the ledger holds a commitment, no anchor is made
on demand, and the entry of the relation's access log waits in the outbox until the opening (`continue_sealed.py`).
"""

import os

from msgspec.structs import replace

from salus.contracts.access import errors as refused
from salus.contracts.access.messages import RecordSealedRelease
from salus.core.encoding import encode
from salus.core.hashing import T, object_id
from salus.core.sealed import ReleaseTerms, release_commitment
from salus.policy.filter import UNFILTERED
from salus.policy.policies import Order
from salus.policy.reasons import Reason
from salus.policy.types import BasisKind
from salus.services import lookup
from salus.services.access_log import Read, What
from salus.services.actors import Organisation
from salus.services.authorise import Authorised, authorise, pushed_to
from salus.services.commit_release import prove_available
from salus.services.deliver import Delivery, read_octets
from salus.services.errors import NoGround, NoSuchSilence, NothingToPush
from salus.services.freshness import check_fresh
from salus.services.objects import Content
from salus.services.proofs import Disclosed, prove_records
from salus.services.sealed_orders import NO_BASIS, SilentOrder, find_sealed_order
from salus.services.sealed_tasks import TASK, SealedContent, SealedTask, drop_sealed
from salus.services.sealing import Addressed, sealed_letter
from salus.vault.errors import NoSuchOpening
from salus.vault.reading import Proven


def release_sealed(organisation: Organisation, order: bytes) -> Delivery:
    """Release what an order that forbids notice demands, under its commitment.

    Raises NoSuchSilence, NotCustodian, StateTooOld, NoGround, NothingToPush, the contract's refusals.
    """
    known = find_sealed_order(organisation, order)
    terms = known.opening.terms
    if terms.custodian != organisation.account or organisation.ledger.now() >= known.entry.end:
        raise NoSuchSilence
    check_fresh(organisation, terms.purpose)
    nonce = os.urandom(16)
    release = object_id("release", organisation.network, organisation.account, nonce, 0, 0)
    authorised = authorised_by(organisation, known, release)
    task, proven = _task(organisation, known, release, authorised)
    organisation.vault.outbox.put([(TASK, encode(task))])
    commitment = release_commitment(organisation.network, organisation.account, order, task.salt, task.terms)
    try:
        _, landed = organisation.send_as(nonce, RecordSealedRelease(organisation.account, order, commitment))
    except (refused.NoSuchOrder, refused.OrderNotInForce, refused.MayNotHold, refused.NotAnIssuer):
        drop_sealed(organisation, release)
        raise
    return post_sealed(organisation, task, authorised, proven, landed.height)


def authorised_by(organisation: Organisation, known: SilentOrder, release: bytes) -> Authorised:
    """Decide as under an open order: its ceiling, its recipient, its purpose; raise NoGround."""
    terms, entry = known.opening.terms, known.entry
    to = pushed_to(organisation, release, terms.relation, terms.recipient, terms.purpose, UNFILTERED)
    demanded = Order(
        entry.issuer,
        terms.recipient,
        terms.purpose,
        entry.recorded,
        entry.end,
        terms.ceiling,
        terms.writ,
        withdrawn=False,
    )
    basis = (int(BasisKind.ORDER), known.order, 0)
    authorised = authorise(organisation, to, on=basis, order=(known.order, demanded))
    if isinstance(authorised, Reason):
        raise NoGround
    return authorised


def _task(
    organisation: Organisation, known: SilentOrder, release: bytes, authorised: Authorised
) -> tuple[SealedTask, Proven]:
    """Return what is released: of the decided records those that the last anchored root holds. None is anchored now."""
    vault, terms = organisation.vault, known.opening.terms
    decided = {header.record: header for header in authorised.headers}
    try:
        proven = prove_available(vault, authorised.scope, tuple(decided), None)
    except NoSuchOpening:
        raise NothingToPush from None
    same = tuple(record for record in proven.records if decided[record.header.record] == record.header)
    if not same:
        raise NothingToPush
    proven, salt = proven._replace(records=same), os.urandom(32)
    leaves = T("leaves", organisation.network, salt, sorted(record.proof.leaf for record in same))
    given = ReleaseTerms(terms.relation, terms.recipient, terms.purpose, proven.root, leaves)
    versions = tuple((record.header.record, record.header.version) for record in same)
    purpose = f"purpose {terms.purpose}"
    read = Read(organisation.ledger.now(), int(What.SEALED), purpose, None, release, versions)
    return SealedTask(
        release,
        encode(known.opening),
        os.urandom(32),
        given,
        salt,
        proven.opening.seq,
        tuple(record for record, _ in versions),
        encode(read),
        posted=False,
    ), proven


def post_sealed(
    organisation: Organisation, task: SealedTask, authorised: Authorised, proven: Proven, height: int
) -> Delivery:
    """Seal and post; outside, the letter names the release alone. Then note that it left."""
    ledger, terms = organisation.ledger, task.terms
    shown = Disclosed(proven, read_octets(organisation.vault, authorised.scope, proven))
    evidence = prove_records(ledger, terms.relation, task.leaves_salt, shown)
    left_out, obligations = authorised.decision.left_out, authorised.decision.obligations
    said = int(left_out.level), left_out.some, left_out.how_many
    content = Content(evidence, None, said, obligations, authorised.redisclosure, height, ())
    whole = SealedContent(encode(content), task.order, task.salt, terms, task.leaves_salt)
    key = lookup.organisation(ledger.view(), terms.recipient).seal_key
    public = organisation.exchange.find_key(key)
    to = Addressed(task.release, task.release, NO_BASIS, terms.recipient, key, public, 0)
    raw = sealed_letter(organisation, to, ledger.now() + lookup.DAY_MS, encode(whole))
    organisation.exchange.post(terms.recipient, "sealed", raw)
    organisation.vault.outbox.put([(TASK, encode(replace(task, posted=True)))])
    drop_sealed(organisation, task.release, but_posted=True)
    return Delivery(task.release, terms.relation, terms.recipient, len(task.records), height, raw, to.basis, to.purpose)
