"""Vectors of what a person signs beside envelopes: a claim, and the grant that carries a sealed part."""

from salus.contracts.accounts.messages import ClaimPayload
from salus.core import cose
from salus.core.encoding import encode
from salus.core.hashing import T
from salus.core.keys import Role, list_key
from salus.services.objects import SealedGrant, SealedPartOpening
from salus.wallet.invitation import InvitationCode

from .fixed import NETWORK, NOW, fixed, key, shown
from .record_vectors import RELATION

Vectors = dict[str, object]


def claims() -> Vectors:
    """A claim, signed by the invitation's key and then each new key; its id, and the short code from it."""
    device = key("device")
    code = InvitationCode(fixed("invitation secret", 16))
    invitation = code.key(NETWORK)
    payload = ClaimPayload(
        RELATION,
        (list_key(NETWORK, RELATION, Role.DEVICE, device, NOW, NOW + 10**10),),
        fixed("seal key id"),
        1,
        fixed("claim nonce", 16),
        NOW + 60_000,
    )
    raw = encode(payload)
    return {
        "network": NETWORK.hex(),
        "handle": RELATION.hex(),
        "invitation_secret": code.secret.hex(),
        "invitation_code": code.printed(NETWORK),
        "payload": raw.hex(),
        "claim": cose.sign("claim", NETWORK, raw, [invitation, device]).hex(),
        "publics": [invitation.public.hex(), device.public.hex()],
        "id": T("claim", NETWORK, raw).hex(),
    }


def grants() -> Vectors:
    """A signed grant; `enc` and `ciphertext` stand for a seal, which is random; `info` is what it is bound to."""
    fields = (
        RELATION, fixed("directive"), 1, RELATION, fixed("hospital"), fixed("seal key id"),
        1, None, 0, (1,), NOW + 10**9,
    )  # fmt: skip
    grant = SealedGrant(*fields, fixed("enc") * 35, fixed("ciphertext") + fixed("tag", 16))
    opening = SealedPartOpening(fixed("sealed salt"), b"\x80")
    return {
        "network": NETWORK.hex(),
        "fields": shown(fields),
        "info": grant.info(NETWORK).hex(),
        "payload": encode(grant).hex(),
        "grant": cose.sign("grant", NETWORK, encode(grant), [key("device")]).hex(),
        "public": key("device").public.hex(),
        "opening": encode(opening).hex(),
    }
