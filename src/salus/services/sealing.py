"""Seal content to a recipient: a fresh content key each time, signed by the gateway."""

import os
from hashlib import sha256
from typing import NamedTuple

from salus.contracts.access.messages import Basis
from salus.core.encoding import encode
from salus.services.actors import Organisation
from salus.services.objects import UNSEALED, DeliveryLetter, SealedDelivery, seal_content_key, sign
from salus.vault.seals import X_WING
from salus.vault.stream import encrypt_stream


class Addressed(NamedTuple):
    """What a letter is about, and to whom it goes."""

    release: bytes
    relation: bytes
    basis: Basis
    recipient: bytes
    key: bytes  # id of the sealing key, as the ledger lists it
    public: bytes  # the key itself
    purpose: int


def sealed_letter(organisation: Organisation, to: Addressed, expiry: int, octets: bytes) -> bytes:
    """Return a letter with `octets` sealed to the recipient's key and bound to the release."""
    content_key = os.urandom(32)
    stream = encrypt_stream(organisation.network, content_key, to.release, octets)
    delivery = SealedDelivery(
        to.release,
        to.relation,
        to.basis,
        organisation.account,
        to.recipient,
        to.key,
        X_WING,
        None,
        0,
        to.purpose,
        expiry,
        sha256(stream).digest(),
        UNSEALED,
        b"",
    )
    sealed = seal_content_key(organisation.network, delivery, to.public, content_key)
    signed = sign("delivery", organisation.network, sealed, organisation.gateway)
    return encode(DeliveryLetter(signed, stream))
