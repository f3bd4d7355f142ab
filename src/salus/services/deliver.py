"""Deliver: seal what the ledger holds as released to its recipient, under a fresh content key, with evidence."""

import os
from hashlib import sha256
from typing import NamedTuple

from salus.contracts.access import queries as access
from salus.core.encoding import decode, encode
from salus.core.request import parse_request
from salus.policy.filter import UNFILTERED
from salus.services import lookup
from salus.services.access_log import Looked, What, log_reads
from salus.services.actors import Organisation
from salus.services.authorise import AskedFor, released_records, whole_relation
from salus.services.commit_release import ReleaseTask, drop_task, prove_available
from salus.services.errors import NotReleased
from salus.services.objects import (
    UNSEALED,
    Content,
    DeliveryLetter,
    RequestLetter,
    RequestOpening,
    SealedDelivery,
    opening_info,
    seal_content_key,
    sign,
)
from salus.services.proofs import Disclosed, prove_release, prove_whole
from salus.vault.reading import Proven
from salus.vault.scope import Scope
from salus.vault.seals import X_WING
from salus.vault.stream import encrypt_stream
from salus.vault.vault import Vault

Reads = tuple[tuple[bytes, bytes], ...]  # (salt, entry) of an access log, in order


class Delivery(NamedTuple):
    """A release that was sealed and posted."""

    release: bytes  # id; the request's too
    relation: bytes
    recipient: bytes
    records: int
    height: int
    raw: bytes

    @property
    def request(self) -> bytes:
        """The id of the request, which is the release's too."""
        return self.release

    def __repr__(self) -> str:
        return f"Delivery({self.release.hex()})"


def deliver(organisation: Organisation, task: ReleaseTask) -> Delivery:
    """Seal and post a committed release, then take it off the outbox; doing it twice posts it twice at most.

    Raises NotReleased unless the ledger holds this very release.
    """
    asked = _asked(organisation, task)
    content = _content(organisation, task, asked)
    raw = _letter(organisation, task, asked, encode(content))
    organisation.exchange.post(asked.recipient, "delivery", raw)
    drop_task(organisation, task.request)
    return Delivery(task.request, task.relation, asked.recipient, len(task.records), content.height, raw)


def _asked(organisation: Organisation, task: ReleaseTask) -> AskedFor:
    """Return the request again, from what came; it was verified before it was committed."""
    network, state = organisation.network, organisation.ledger.view()
    letter = decode(task.package, RequestLetter)
    request = parse_request(network, letter.request)
    answer = access.answer(state, task.relation, task.request)
    if answer is None or answer.leaves != task.leaves:
        raise NotReleased
    raw = organisation.seal_key.open(opening_info(network, request.id), letter.sealed)
    opening = decode(raw, RequestOpening)
    own = answer.recipient == task.relation
    payload = request.payload
    return AskedFor(request.id, letter.request, payload, answer.recipient, own, UNFILTERED, opening.answer_key)


def _content(organisation: Organisation, task: ReleaseTask, asked: AskedFor) -> Content:
    ledger, vault = organisation.ledger, organisation.vault
    scope = released_records(asked, frozenset(task.records))
    proven = vault.prove(scope, task.records, task.seq)
    what = What.OWN if asked.own else What.RELEASE
    log_reads(organisation, [Looked(scope, what, [record.header for record in proven.records])])
    octets = {} if asked.own else read_octets(vault, scope, proven)  # a person's own are in the complete view
    request = parse_request(organisation.network, asked.raw)
    public = lookup.listed_public(ledger.view(), asked.recipient, request.key)
    shown = Disclosed(proven, octets)
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


def _letter(organisation: Organisation, task: ReleaseTask, asked: AskedFor, octets: bytes) -> bytes:
    content_key = os.urandom(32)
    stream = encrypt_stream(organisation.network, content_key, task.request, octets)
    delivery = SealedDelivery(
        task.request,
        task.relation,
        task.basis,
        organisation.account,
        asked.recipient,
        asked.payload.seal_key,
        X_WING,
        None,
        0,
        task.purpose,
        task.deliver_by,
        sha256(stream).digest(),
        UNSEALED,
        b"",
    )
    sealed = seal_content_key(organisation.network, delivery, asked.answer_key, content_key)
    signed = sign("delivery", organisation.network, sealed, organisation.gateway)
    return encode(DeliveryLetter(signed, stream))
