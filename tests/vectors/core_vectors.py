"""Vectors of what stands under everything: encoding, T, keys, COSE, ids, envelopes, batches, genesis."""

from salus.contracts.accounts.messages import OpenAccounts
from salus.contracts.records.messages import AnchorRelations
from salus.core import cose
from salus.core.encoding import encode
from salus.core.envelope import parse_batch, parse_envelope, seal_batch, seal_envelope
from salus.core.genesis import (
    Founder,
    FounderKey,
    FounderValidator,
    FoundingGroup,
    Genesis,
    GenesisFile,
    Purpose,
    founder_id,
    listed_keys,
    network_id,
)
from salus.core.hashing import T, object_id
from salus.core.keys import Role, list_key, possession
from salus.core.signatures import SigningKey

from .fixed import NETWORK, NOW, fixed, key, shown

Vectors = dict[str, object]

PLAIN: tuple[object, ...] = (
    [], [0], [23], [24], [255], [256], [65535], [65536], [2**32 - 1], [2**32], [2**63 - 1],
    [-1], [-24], [-25], [-256], [-257], [-(2**63) + 1],
    [b""], [b"\x00" * 23], [b"\x00" * 24], [b"\x00" * 256],
    [""], ["é"], ["salus/1"], ["x" * 24],
    [True], [False], [None], [[]], [[1, [2, [b"\x03", "4", None]]]],
)  # fmt: skip

NOT_CANONICAL = {
    "a longer head than needed": "811817",
    "an integer of 2^63": "811b8000000000000000",
    "an integer of -2^63": "813b7fffffffffffffff",
    "an indefinite array": "9f01ff",
    "an indefinite byte string": "815f4101ff",
    "an indefinite text": "817f6161ff",
    "a map": "a10102",
    "a tag": "81c11a514b67b0",
    "a bignum": "81c249010000000000000000",
    "a half float": "81f93c00",
    "a double float": "81fb3ff0000000000000",
    "undefined": "81f7",
    "another simple value": "81f0",
    "a simple value in two bytes": "81f820",
    "text that is no UTF-8": "8161ff",
    "bytes after the end": "8000",
    "a missing byte": "8201",
    "nothing": "",
    "17 arrays deep": "81" * 17 + "80",
}


def encoding() -> Vectors:
    """Deterministic CBOR of the payload profile; `invalid` are refused."""
    return {
        "valid": [{"value": shown(value), "cbor": encode(list(value)).hex()} for value in PLAIN],  # type: ignore[call-overload]
        "invalid": [{"defect": defect, "cbor": raw} for defect, raw in NOT_CANONICAL.items()],
    }


def hashes() -> Vectors:
    """T(tag, fields...) = SHA-256(dCBOR([tag, network, fields...]))."""
    fields: tuple[tuple[object, ...], ...] = (
        (), (0,), (1, 2**53 - 1), (-1,), (b"",), (fixed("a"),), ("text",), (None,), (True, False),
        ([fixed("a"), fixed("b")],), (fixed("relation"), 1, "x", [b"\x01", [None]]),
    )  # fmt: skip
    cases = [
        {
            "tag": tag,
            "network": NETWORK.hex(),
            "fields": [shown(value) for value in values],
            "preimage": encode([tag, NETWORK, *values]).hex(),
            "hash": T(tag, NETWORK, *values).hex(),
        }
        for tag in ("event", "leaf")
        for values in fields
    ]
    return {"cases": cases}


def keys() -> Vectors:
    """Key ids, and proofs of possession (COSE kind possession over [account, role, suite, public key])."""
    account = fixed("account")
    cases = []
    for role in Role:
        signer = key(role.name)
        cases.append(
            {
                "seed": signer.seed.hex(),
                "public": signer.public.hex(),
                "suite": 1,
                "key_id": signer.id(NETWORK).hex(),
                "account": account.hex(),
                "role": int(role),
                "possession_payload": encode([account, int(role), 1, signer.public]).hex(),
                "possession_to_be_signed": possession(NETWORK, account, role, signer.public).hex(),
                "possession_proof": list_key(NETWORK, account, role, signer).proof.hex(),
            }
        )
    return {"network": NETWORK.hex(), "cases": cases}


def cose_sign() -> Vectors:
    """COSE_Sign of each kind, one signer and two; and what must be refused, by its defect."""
    payload, one, two = encode(["payload", 1]), key("one"), key("two")
    cases = []
    for kind in cose.KINDS:
        for signers in ([one], [one, two]):
            cases.append(
                {
                    "kind": kind,
                    "payload": payload.hex(),
                    "signers": [{"key_id": s.id(NETWORK).hex(), "public": s.public.hex()} for s in signers],
                    "external_aad": encode(["salus/1", kind, NETWORK]).hex(),
                    "to_be_signed": [cose.to_be_signed(kind, NETWORK, payload, s.id(NETWORK)).hex() for s in signers],
                    "cose": cose.sign(kind, NETWORK, payload, signers).hex(),
                }
            )
    return {"network": NETWORK.hex(), "valid": cases, "invalid": _bad_cose(payload, one, two)}


def _bad_cose(payload: bytes, one: SigningKey, two: SigningKey) -> list[Vectors]:
    good = cose.sign("request", NETWORK, payload, [one])
    pair = cose.sign("request", NETWORK, payload, [one, two])
    (kid, signature), second = cose.parse("request", pair).signatures
    flipped = bytes((signature[0] ^ 1,)) + signature[1:]
    forms = {  # defect -> (kind to read it as, bytes)
        "another kind": ("claim", good),
        "another network": ("request", cose.sign("request", fixed("other"), payload, [one])),
        "signature changed": ("request", cose.build("request", payload, [(kid, flipped)])),
        "payload changed": ("request", cose.build("request", encode(["payload", 2]), [(kid, signature)])),
        "signed by another key": ("request", cose.build("request", payload, [(kid, second[1])])),
        "signed as another kind": (
            "request",
            cose.build("request", payload, [(kid, one.sign(cose.to_be_signed("claim", NETWORK, payload, kid)))]),
        ),
        "no signer": ("request", cose.build("request", payload, [])),
        "signer doubled": ("request", cose.build("request", payload, [(kid, signature), (kid, signature)])),
        "tag stripped": ("request", good[2:]),
        "another tag": ("request", b"\xd8\x63" + good[2:]),
        "bytes after the end": ("request", good + b"\x00"),
        "cut short": ("request", good[:-1]),
        "unprotected header not empty": ("request", good.replace(b"\xa0\x58\x40", b"\xa1\x05\x40\x58\x40", 1)),
        "another algorithm": ("request", good.replace(b"\xa2\x01\x27", b"\xa2\x01\x26", 1)),
        "R of low order": ("request", cose.build("request", payload, [(kid, bytes((1, *bytes(63))))])),
        "S of the group order more": ("request", cose.build("request", payload, [(kid, _malleable(signature))])),
    }
    return [{"defect": defect, "kind": kind, "cose": raw.hex()} for defect, (kind, raw) in forms.items()]


def _malleable(signature: bytes) -> bytes:
    order = 2**252 + 27742317777372353535851937790883648493
    s = int.from_bytes(signature[32:], "little") + order
    return signature[:32] + s.to_bytes(32, "little")


def ids() -> Vectors:
    """Ids of objects: T(kind, account, nonce, message index, entry index)."""
    account, nonce = fixed("account"), fixed("nonce", 16)
    cases = [
        {"kind": kind, "message": message, "entry": entry,
         "id": object_id(kind, NETWORK, account, nonce, message, entry).hex()}
        for kind in ("organisation", "handle", "directive", "proposal")
        for message, entry in ((0, 0), (1, 0), (0, 999))
    ]  # fmt: skip
    return {"network": NETWORK.hex(), "account": account.hex(), "nonce": nonce.hex(), "cases": cases}


def anchor_envelope(nonce: str = "nonce") -> bytes:
    """An envelope that anchors two relations, one for the first time."""
    entries = ((fixed("relation 1"), None, fixed("root 1")), (fixed("relation 2"), fixed("old"), fixed("root 2")))
    message = AnchorRelations(fixed("hospital"), entries)
    signers = [(fixed("hospital"), key("gateway"))]
    return seal_envelope(NETWORK, fixed(nonce, 16), NOW + 60_000, signers, [(0x0301, message)])


def envelopes() -> Vectors:
    """Envelopes, and what must be refused before any signature is looked at."""
    second = [(fixed("hospital"), key("gateway")), (fixed("clinic"), key("clinic"))]
    message = OpenAccounts(fixed("hospital"), 3)
    two = seal_envelope(NETWORK, fixed("nonce", 16), NOW + 60_000, second, [(0x0205, message)] * 2)
    cases = []
    for raw in (anchor_envelope(), two):
        envelope = parse_envelope(NETWORK, raw)
        cases.append({"envelope": raw.hex(), "payload": envelope.payload_bytes.hex(), "id": envelope.id.hex()})
    return {"network": NETWORK.hex(), "valid": cases, "invalid": _bad_envelopes(two)}


def _bad_envelopes(two: bytes) -> list[Vectors]:
    envelope = parse_envelope(NETWORK, two)
    payload, signatures = envelope.payload_bytes, envelope.signatures
    forms = {
        "signature stripped": cose.build("envelope", payload, signatures[:1]),
        "signatures permuted": cose.build("envelope", payload, signatures[::-1]),
        "signers unsorted": cose.build("envelope", _with(envelope.payload.signers[::-1]), signatures[::-1]),
        "signer doubled": cose.build("envelope", _with(envelope.payload.signers[:1] * 2), (signatures[0],) * 2),
        "another format": cose.build("envelope", b"\x85\x02" + payload[2:], signatures),
        "a batch": seal_batch(NETWORK, fixed("n", 16), NOW, fixed("hospital"), key("gateway"), [two]),
    }
    return [{"defect": defect, "envelope": raw.hex()} for defect, raw in forms.items()]


def _with(signers: object) -> bytes:
    message = encode(OpenAccounts(fixed("hospital"), 3))
    return encode([1, fixed("nonce", 16), NOW + 60_000, signers, [[0x0205, message]] * 2])


def batches() -> Vectors:
    """Batches of envelopes."""
    cases = []
    for count in (1, 2):
        raw = seal_batch(
            NETWORK, fixed("batch", 16), NOW + 60_000, fixed("hospital"), key("gateway"),
            [anchor_envelope(f"nonce {i}") for i in range(count)],
        )  # fmt: skip
        batch = parse_batch(NETWORK, raw)
        cases.append({"batch": raw.hex(), "payload": batch.payload_bytes.hex(), "id": batch.id.hex()})
    return {"network": NETWORK.hex(), "cases": cases}


def genesis_document() -> Genesis:
    """Two founders, one validator, two purposes, one group."""
    founders = tuple(
        Founder(
            name, "example", (role,), 1,
            (FounderKey(1, int(Role.ADMINISTRATION), key(name + " administration").public),
             FounderKey(1, int(Role.GATEWAY), key(name + " gateway").public)),
            fixed(name + " seal key"),
        )
        for name, role in (("Hospital", 1), ("Regulator", 7))
    )  # fmt: skip
    purposes = (Purpose(1, "http://terminology.hl7.org/CodeSystem/v3-ActReason", "TREAT", ()),)
    return Genesis(
        1, 1, "Example region", NOW, founders, (FounderValidator(1, key("node").public, 1),), (), (), purposes,
        (FoundingGroup("Emergency", (0,)),),
    )  # fmt: skip


def genesis_file() -> bytes:
    """The file with its proofs of possession."""
    document = genesis_document()
    raw = encode(document)
    labels = [f"{f.name} {role}" for f in document.founders for role in ("administration", "gateway")] + ["node"]
    proofs = []
    for label, (account, role, _) in zip(labels, listed_keys(document), strict=True):
        proofs.append(list_key(network_id(raw), account, Role(role), key(label)).proof)
    return encode(GenesisFile(raw, tuple(proofs)))


def genesis() -> Vectors:
    """A genesis file; its network; the accounts of its founders (derived with a network of 32 zero bytes)."""
    document = genesis_document()
    return {
        "file": genesis_file().hex(),
        "document": encode(document).hex(),
        "network": network_id(encode(document)).hex(),
        "founders": [founder_id(founder).hex() for founder in document.founders],
    }
