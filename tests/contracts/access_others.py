"""Scenes and defects of releases that are deferred, sealed, or made in bulk."""

from typing import Any

import msgspec

from contracts.precedence import HEIGHT, NETWORK, NOW, Defect, Scene
from contracts.region import (
    BY_HOSPITAL,
    BY_REGULATOR,
    CLINIC,
    DIRECTIVE,
    HOSPITAL,
    POLICY,
    REGULATOR,
    RELATION,
    ROOT,
    TREAT,
    directive,
    emergency,
    glass_request,
    name,
    put_policy,
    scene,
    signed,
)
from salus.contracts.access import keeper
from salus.contracts.access.messages import (
    DeferredRelease,
    OpenSealedRelease,
    RecordBulkRelease,
    RecordSealedOrder,
    RecordSealedRelease,
)
from salus.contracts.access.types import SealedOrder, SealedRelease
from salus.contracts.consent import keeper as consent_keeper
from salus.contracts.governance import keeper as governance_keeper
from salus.contracts.governance.types import Member, MemberState
from salus.core.hashing import object_id
from salus.core.sealed import OrderTerms, ReleaseTerms, order_commitment, release_commitment
from salus.policy.types import BasisKind

LEAVES = name("leaves")
OCCURRED = NOW - 5
SALT, OTHER_SALT = name("salt"), name("other salt")
ORDER, SEALED = name("sealed order"), name("sealed release")
ORDER_TERMS = OrderTerms(HOSPITAL, RELATION, CLINIC, TREAT, 5, name("writ"))
TERMS = ReleaseTerms(RELATION, CLINIC, TREAT, ROOT, LEAVES)
ON_DIRECTIVE = (int(BasisKind.DIRECTIVE), DIRECTIVE, 1)


def deferred() -> Scene:
    asked = glass_request()
    outage = (HEIGHT - 1, NOW - 7)
    s = scene(DeferredRelease(HOSPITAL, signed(asked), OCCURRED, outage, (POLICY, 1), ROOT, LEAVES), BY_HOSPITAL)
    put_policy(s.state, emergency=emergency())
    s.notes["request"] = asked
    return s


def sealed_order() -> Scene:
    return scene(RecordSealedOrder(REGULATOR, name("commitment"), NOW + 5, NOW + 10), BY_REGULATOR)


def put_order(s: Scene, issuer: bytes = REGULATOR, **fields: Any) -> None:
    commitment = order_commitment(NETWORK, issuer, SALT, ORDER_TERMS)
    entry = SealedOrder(issuer, commitment, NOW - 9, NOW + 1, NOW + 10)
    keeper.put_sealed_order(s.state, ORDER, msgspec.structs.replace(entry, **fields))


def put_sealed(s: Scene, **fields: Any) -> None:
    commitment = release_commitment(NETWORK, HOSPITAL, ORDER, SALT, TERMS)
    entry = SealedRelease(ORDER, commitment, NOW - 8, NOW, None)
    found = keeper.get_sealed_release(s.state, HOSPITAL, SEALED)
    keeper.put_sealed_release(s.state, HOSPITAL, SEALED, msgspec.structs.replace(found or entry, **fields))


def sealed_release() -> Scene:
    s = scene(RecordSealedRelease(HOSPITAL, ORDER, name("commitment")), BY_HOSPITAL)
    put_order(s)
    entry = SealedOrder(REGULATOR, SALT, NOW - 9, NOW, NOW + 10)
    keeper.put_sealed_order(s.state, name("over"), entry)
    clinics = msgspec.structs.replace(entry, issuer=CLINIC, end=NOW + 1)
    keeper.put_sealed_order(s.state, name("a clinic's"), clinics)
    return s


def opening() -> Scene:
    s = scene(OpenSealedRelease(HOSPITAL, SEALED, SALT, ORDER_TERMS, SALT, TERMS), BY_HOSPITAL)
    put_order(s, end=NOW - 1, notice_until=NOW)
    put_sealed(s)
    return s


def bulk() -> Scene:
    message = RecordBulkRelease(HOSPITAL, CLINIC, TREAT, NOW + 5, ((RELATION, ON_DIRECTIVE, ROOT, LEAVES),))
    s = scene(message, BY_HOSPITAL)
    consent_keeper.put_directive(s.state, directive(uses=1))
    return s


def exists(kind: str) -> Defect:
    """Put what the message would make at its derived id."""

    def defect(s: Scene) -> None:
        if kind == "release":
            release = object_id("release", NETWORK, HOSPITAL, s.nonce, 0, 0)
            keeper.put_sealed_release(s.state, HOSPITAL, release, SealedRelease(ORDER, SALT, NOW, NOW, None))
        else:
            order = object_id("sealed-order", NETWORK, REGULATOR, s.nonce, 0, 0)
            keeper.put_sealed_order(s.state, order, SealedOrder(REGULATOR, SALT, NOW, NOW, NOW))

    return defect


def opens_with(**fields: Any) -> Defect:
    """Show other terms of the release, to which nobody committed."""
    return lambda s: s.change(terms=msgspec.structs.replace(TERMS, **fields))


def committed(order: OrderTerms = ORDER_TERMS, terms: ReleaseTerms = TERMS, issuer: bytes = REGULATOR) -> Defect:
    """Commit to these terms, and show them."""

    def defect(s: Scene) -> None:
        old = keeper.get_sealed_order(s.state, ORDER)
        if old is not None:
            made = order_commitment(NETWORK, issuer, SALT, order)
            keeper.put_sealed_order(s.state, ORDER, msgspec.structs.replace(old, commitment=made, issuer=issuer))
        put_sealed(s, commitment=release_commitment(NETWORK, HOSPITAL, ORDER, SALT, terms))
        s.change(order=order, terms=terms)

    return defect


def no_authority(s: Scene) -> None:
    """Let the regulator leave the network."""
    governance_keeper.put_member(s.state, REGULATOR, Member(MemberState.LEFT, False, False))
