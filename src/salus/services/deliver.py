"""Deliver: seal what the ledger holds as released to its recipient, under a fresh content key, with evidence.

Just before it leaves, the ground is asked once more of the present state: what was revoked since the
release was committed stays here.
"""

from typing import NamedTuple

from salus.contracts.access import queries as access
from salus.contracts.access.messages import Basis
from salus.contracts.access.types import Answer
from salus.core.encoding import decode, encode
from salus.core.request import SignedRequest, parse_request
from salus.policy.filter import UNFILTERED, Filter
from salus.policy.reasons import TEXTS, Reason
from salus.policy.types import BasisKind
from salus.services import lookup
from salus.services.access_log import Looked, What, log_reads
from salus.services.actors import Organisation
from salus.services.asking import under_of
from salus.services.authorise import AskedFor, pushed_to, released_records, still_stands, whole_relation
from salus.services.commit_release import ReleaseTask, drop_task, prove_available
from salus.services.errors import NotReleased
from salus.services.objects import Content, RefusalLetter, RequestLetter, RequestOpening, opening_info
from salus.services.proofs import Disclosed, prove_push, prove_release, prove_whole
from salus.services.sealing import Addressed, sealed_letter
from salus.services.tell_release import tell_release
from salus.vault.reading import Proven
from salus.vault.scope import Scope
from salus.vault.vault import Vault

Reads = tuple[tuple[bytes, bytes], ...]  # (salt, entry) of an access log, in order


class Delivery(NamedTuple):
    """A release that was sealed and posted."""

    release: bytes  # id; of a request, the request's too
    relation: bytes
    recipient: bytes
    records: int
    height: int
    raw: bytes
    basis: Basis
    purpose: int

    @property
    def request(self) -> bytes:
        """The id of the request, which is the release's too."""
        return self.release

    def __repr__(self) -> str:
        return f"Delivery({self.release.hex()})"


class Withheld(NamedTuple):
    """A release that the ledger holds and that did not leave: its ground ended before."""

    release: bytes
    relation: bytes
    recipient: bytes
    reason: Reason

    @property
    def text(self) -> str:
        """The reason in a fixed sentence."""
        return TEXTS[self.reason]


def deliver(organisation: Organisation, task: ReleaseTask) -> Delivery | Withheld:
    """Seal and post a committed release, then take it off the outbox; doing it twice posts it twice at most.

    Raises NotReleased unless the ledger holds this very release.
    """
    asked = _asked(organisation, task)
    content = content_of(organisation, task, asked)
    to = Addressed(
        task.release, task.relation, task.basis, asked.recipient, asked.payload.seal_key, asked.answer_key, task.purpose
    )
    raw = sealed_letter(organisation, to, task.deliver_by, encode(content))
    reason = _late(organisation, task) or still_stands(organisation, asked, task.basis, task.records)
    if reason is not None:
        organisation.exchange.post(asked.recipient, "refusal", encode(RefusalLetter(task.release)))
        drop_task(organisation, task.release)
        return Withheld(task.release, task.relation, asked.recipient, reason)
    organisation.exchange.post(asked.recipient, "delivery", raw)
    tell_release(organisation, to)
    drop_task(organisation, task.release)
    return Delivery(
        task.release, task.relation, asked.recipient, len(task.records), content.height, raw, task.basis, task.purpose
    )  # fmt: skip


def _late(organisation: Organisation, task: ReleaseTask) -> Reason | None:
    """An emergency is over when its window is; any other release may come late, which its acknowledgement shows."""
    late = task.basis[0] == BasisKind.BREAK_GLASS and organisation.ledger.now() >= task.deliver_by
    return Reason.BREAK_GLASS_NOT_ALLOWED if late else None


def _asked(organisation: Organisation, task: ReleaseTask) -> AskedFor:
    """Return what is answered: the request again, from what came, or the push."""
    answer = access.answer(organisation.ledger.view(), task.relation, task.release)
    if answer is None or answer.leaves != task.leaves:
        raise NotReleased
    if not task.package:
        return pushed_to(organisation, task.release, task.relation, answer.recipient, task.purpose, UNFILTERED)
    return asked_again(organisation, task.package, answer)


def asked_again(organisation: Organisation, package: bytes, answer: Answer) -> AskedFor:
    """Return the request in `package`, which was verified before it was answered."""
    network = organisation.network
    letter = decode(package, RequestLetter)
    request = parse_request(network, letter.request)
    opening = decode(organisation.seal_key.open(opening_info(network, request.id), letter.sealed), RequestOpening)
    own = answer.recipient == request.payload.relation
    payload, key = request.payload, opening.answer_key
    wanted = decode(opening.filter, Filter)
    under = None if own else _under(organisation, request, answer.recipient)
    return AskedFor(request.id, letter.request, payload, answer.recipient, own, wanted, key, request.kind, under)


def _under(organisation: Organisation, request: SignedRequest, recipient: bytes) -> bytes | None:
    """Return the authority that the recipient still has to see what the person may see."""
    state, now = organisation.ledger.view(), organisation.ledger.now()
    found = lookup.signer(state, request.key, now)
    return None if found is None else under_of(state, request, recipient, found[1].role, now)


def content_of(organisation: Organisation, task: ReleaseTask, asked: AskedFor, *, logged: bool = False) -> Content:
    """Return what is sealed to the recipient; `logged`: the access log has the read already."""
    ledger, vault = organisation.ledger, organisation.vault
    scope = released_records(asked, frozenset(task.records))
    proven = vault.prove(scope, task.records, task.seq)
    what = What.OWN if asked.own else What.RELEASE
    if not logged:
        log_reads(organisation, [Looked(scope, what, [record.header for record in proven.records])])
    octets = {} if asked.own else read_octets(vault, scope, proven)  # a person's own are in the complete view
    shown = Disclosed(proven, octets)
    if asked.pushed:
        evidence = prove_push(ledger, task.relation, task.release, task.leaves_salt, shown)
    else:
        request = parse_request(organisation.network, asked.raw)
        public = lookup.listed_public(ledger.view(), asked.recipient, request.key)
        evidence = prove_release(ledger, request, asked.raw, public, task.leaves_salt, shown)
    view, reads = _whole(organisation, asked) if asked.own else (None, ())
    return Content(evidence, view, task.left_out, task.obligations, task.redisclosure, ledger.height(), reads)


def _whole(organisation: Organisation, asked: AskedFor) -> tuple[bytes, Reads]:
    """Return the complete view of the relation, as of its newest anchored root, and the reads that were anchored so."""
    vault, scope = organisation.vault, whole_relation(asked)
    records = [header.record for header in vault.headers(scope)]
    proven = prove_available(vault, scope, records, None)
    view = prove_whole(
        organisation.ledger,
        asked.payload.relation,
        Disclosed(proven, read_octets(vault, scope, proven)),
        vault.leaves(scope),
    )
    return view, tuple(vault.access_entries(scope)[: proven.opening.access_size])


def read_octets(vault: Vault, scope: Scope, proven: Proven) -> dict[bytes, bytes]:
    """Return record -> exact octets, of the very versions that were proved."""
    return {
        record.header.record: vault.read(scope, record.header.record, record.header.version).octets
        for record in proven.records
    }
