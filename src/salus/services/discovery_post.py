"""Sealed and signed letters between members: made for one recipient, read with all checks in one order."""

from typing import TypeVar

from salus.core import cose
from salus.core.encoding import decode
from salus.core.errors import WrongSignature
from salus.core.keys import Role
from salus.services import lookup
from salus.services.actors import Organisation
from salus.services.discovery_letters import Sealed, kind_of, open_sealed, seal_into
from salus.services.errors import NotForUs
from salus.services.objects import UNSEALED, parse_signed, sign
from salus.state.overlay import Reader

S = TypeVar("S", bound=Sealed)
__all__ = ["UNSEALED", "post_sealed", "read_sealed", "seal_key_of"]


def seal_key_of(organisation: Organisation, member: bytes) -> bytes:
    """Return the id of the sealing key that the ledger lists for a member; raise NoSuchMember."""
    return lookup.organisation(organisation.ledger.view(), member).seal_key


def post_sealed(organisation: Organisation, sealed: Sealed, content: bytes, public: bytes | None = None) -> None:
    """Seal, sign and post to the recipient; by default to the key that the exchange has under the listed id."""
    key = organisation.exchange.find_key(sealed.recipient_key) if public is None else public
    made = seal_into(organisation.network, sealed, key, content)
    kind = kind_of(sealed)
    raw = sign(kind, organisation.network, made, organisation.gateway)
    organisation.exchange.post(sealed.recipient, kind, raw)


def read_sealed(organisation: Organisation, shape: type[S], kind: str, raw: bytes) -> tuple[S, bytes]:
    """Return (letter, its content): form, addressee, signature by a live gateway key of the sender, seal.

    Raises Malformed, NotForUs, WrongSignature, WrongSeal.
    """
    network, state = organisation.network, organisation.ledger.view()
    signed = parse_signed(kind, raw)
    sealed = decode(signed.payload, shape)
    if sealed.recipient != organisation.account or not lookup.names_seal_key(
        network, sealed.recipient_key, organisation.seal_key.public
    ):
        raise NotForUs
    message = cose.to_be_signed(kind, network, signed.payload, signed.key)
    if not _by_gateway(state, sealed.sender, signed.key, organisation.ledger.now(), message, signed.signature):
        raise WrongSignature
    return sealed, open_sealed(network, sealed, organisation.seal_key)


def _by_gateway(state: Reader, account: bytes, kid: bytes, time: int, message: bytes, signature: bytes) -> bool:
    found = lookup.signer(state, kid, time)
    if found is None or found[1].role != Role.GATEWAY:
        return False
    return lookup.signed_by_live_key(state, account, kid, time, message, signature)
