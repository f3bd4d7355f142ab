"""Ask for records: a signed request, and its opening sealed to the custodian."""

import os
from typing import NamedTuple

from salus.client.ledger import Ledger
from salus.core.encoding import encode
from salus.core.hashing import T
from salus.core.request import GLASS, REQUEST, GlassRequest, Request, filter_commitment
from salus.core.signatures import SigningKey
from salus.policy.filter import UNFILTERED, Filter
from salus.policy.types import EVERYTHING, Provision
from salus.services import lookup
from salus.services.actors import Organisation, Person
from salus.services.asked import Asked, keep_asked
from salus.services.attest_staff import Badge
from salus.services.lookup import OWN_PURPOSE
from salus.services.objects import RequestLetter, RequestOpening, StaffOpening, opening_info, sign
from salus.services.ports import Exchange
from salus.vault.seals import SealKey, seal
from salus.wallet.kept import KeptRequest
from salus.wallet.menu import HOUR_MS, whole

LIFETIME_MS = 3_600_000


class RequestPackage(NamedTuple):
    """A request as it was posted to the custodian."""

    request: bytes  # id
    relation: bytes
    custodian: bytes
    raw: bytes

    def __repr__(self) -> str:
        return f"RequestPackage({self.request.hex()})"


def request(
    organisation: Organisation,
    relation: bytes,
    purpose: str,
    staff: Badge,
    wanted: Provision = EVERYTHING,
    without: Provision | None = None,
    lifetime_ms: int = LIFETIME_MS,
) -> RequestPackage:
    """Ask the custodian of `relation` for what `wanted` covers and `without` does not.

    Raises UnknownRelation, UnknownPurpose, UnknownSealKey.
    """
    return ask(organisation, relation, purpose, staff, Filter(wanted, without), lifetime_ms)


def ask(
    organisation: Organisation,
    relation: bytes,
    purpose: str,
    staff: Badge,
    wanted: Filter,
    lifetime_ms: int = LIFETIME_MS,
    *,
    kind: str = "request",
    reason: int | None = None,
) -> RequestPackage:
    """Post a request as a letter of `kind`; with a reason it is one to break the glass. It is kept until answered."""
    parts = _Parts(organisation.ledger, organisation.exchange, organisation.network, relation, purpose)
    answer = _Answer(
        lookup.organisation(organisation.ledger.view(), organisation.account).seal_key, organisation.seal_key
    )
    now = organisation.ledger.now()
    made = parts.make(organisation.gateway, answer, wanted, staff.opening, now + lifetime_ms, reason)
    keep_asked(organisation, Asked(made.request, relation, made.custodian, purpose, now, now + lifetime_ms))
    organisation.exchange.post(made.custodian, kind, made.raw)
    return made


def request_own(person: Person, relation: bytes, lifetime_ms: int = LIFETIME_MS) -> RequestPackage:
    """Ask the custodian for everything it keeps of oneself, with the complete view.

    The request's end is rounded up to the hour, so that it tells no moment.
    """
    return _own(person, relation, relation, lifetime_ms)


def request_for(person: Person, account: bytes, relation: bytes, lifetime_ms: int = LIFETIME_MS) -> RequestPackage:
    """Ask for what the person of `relation` may see, as who acts for her with the wallet's `account`.

    Labels that are kept from this representative are left out, and nothing says so. Raises NoSuchKeptRelation,
    UnknownRelation.
    """
    return _own(person, account, relation, lifetime_ms)


def _own(person: Person, account: bytes, relation: bytes, lifetime_ms: int) -> RequestPackage:
    kept = person.wallet.relation(account)
    parts = _Parts(person.ledger, person.exchange, person.wallet.network, relation, OWN_PURPOSE)
    answer = _Answer(kept.seal_key.id(person.wallet.network), kept.seal_key)
    not_after = whole(person.ledger.now() + lifetime_ms, HOUR_MS)
    made = parts.make(kept.device, answer, UNFILTERED, None, not_after, None)
    person.wallet.keep_request(KeptRequest(made.request, relation, person.ledger.now(), not_after))
    person.exchange.post(made.custodian, "request", made.raw)
    return made


class _Answer(NamedTuple):
    """The key to seal the answer to, under the id that the ledger lists."""

    id: bytes
    key: SealKey


class _Parts(NamedTuple):
    """What a request is made of, whoever asks."""

    ledger: Ledger
    exchange: Exchange
    network: bytes
    relation: bytes
    purpose: str

    def make(
        self,
        key: SigningKey,
        answer: _Answer,
        wanted: Filter,
        staff: StaffOpening | None,
        not_after: int,
        reason: int | None,
    ) -> RequestPackage:
        state, network = self.ledger.view(), self.network
        custodian = lookup.person(state, self.relation).custodian
        salt, body = os.urandom(32), encode(wanted)
        fields = (
            self.relation,
            filter_commitment(network, salt, body),
            lookup.purpose_number(state, self.purpose),
            None if staff is None else staff.commitment(network),
            answer.id,
            os.urandom(16),
            not_after,
        )
        kind, payload = (REQUEST, Request(*fields)) if reason is None else (GLASS, GlassRequest(*fields, reason))
        request_id = T("request", network, encode(payload))
        opening = RequestOpening(salt, body, staff, answer.key.public)
        public = self.exchange.find_key(lookup.organisation(state, custodian).seal_key)
        sealed = seal(public, opening_info(network, request_id), encode(opening))
        letter = RequestLetter(sign(kind, network, payload, key), sealed)
        return RequestPackage(request_id, self.relation, custodian, encode(letter))
