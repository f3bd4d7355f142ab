"""Vectors of records, relations, requests, consents: what custodians and patients commit to."""

from msgspec.structs import replace

from salus.core import cose
from salus.core.encoding import encode
from salus.core.hashing import T
from salus.core.record import LeafHeader, RelationOpening, Status, content_digest, leaf_hash, relation_root
from salus.core.request import Request, filter_commitment, parse_request
from salus.merkle.log import Log
from salus.merkle.plain import plain_root
from salus.policy.form import Form
from salus.policy.types import EVERYTHING, Directive, Effect, Focused, Provision, SealedPart, sealed_commitment
from salus.services.objects import SealedDelivery

from .fixed import NETWORK, NOW, fixed, key, shown

Vectors = dict[str, object]

RELATION = fixed("relation")
STAFF = (fixed("clinic"), "physician", "Practitioner/7")  # organisation, role, name
OCTETS = b'{"resourceType":"Observation","valueQuantity":{"value":1.10}}'


def header(label: str, network: bytes = NETWORK, octets: bytes = OCTETS) -> LeafHeader:
    """A laboratory result, version 1, whose ids and salts are made from `label`."""
    return LeafHeader(
        record=fixed("record " + label, 16),
        version=1,
        previous=None,
        data_class="laboratory",
        type="Observation",
        start=NOW - 86_400_000,
        end=NOW - 86_000_000,
        labels=("N",),
        rule_set=1,
        author="Practitioner/12",
        recorder=fixed("hospital"),
        recorded=NOW,
        origin=None,
        status=int(Status.CURRENT),
        retention=None,
        content=content_digest(network, fixed("content salt " + label), octets),
        media_type="application/fhir+json",
        cipher=fixed("ciphertext " + label),
    )


def records() -> Vectors:
    """Leaf header, leaf, content digest; log, map and root of a relation of two records."""
    cases, leaves, entries = [], [], []
    for label in ("a", "b"):
        encoded = encode(header(label))
        leaf = leaf_hash(NETWORK, RELATION, fixed("leaf salt " + label), encoded)
        leaves.append(leaf)
        entries.append((fixed("record " + label, 16), leaf))
        cases.append(
            {
                "octets": OCTETS.hex(),
                "content_salt": fixed("content salt " + label).hex(),
                "content_digest": header(label).content.hex(),
                "header": encoded.hex(),
                "leaf_salt": fixed("leaf salt " + label).hex(),
                "leaf": leaf.hex(),
            }
        )
    opening = RelationOpening(
        RELATION, 7, fixed("opening salt"), 2, Log(leaves).root(), plain_root(entries), 0, Log().root()
    )
    return {
        "network": NETWORK.hex(),
        "relation": RELATION.hex(),
        "records": cases,
        "map": [[record.hex(), leaf.hex()] for record, leaf in entries],
        "opening": encode(opening).hex(),
        "before_1970": _old(),
        "log_root": opening.log_root.hex(),
        "map_root": opening.map_root.hex(),
        "relation_root": relation_root(NETWORK, opening).hex(),
        "leaves_salt": fixed("leaves salt").hex(),
        "leaves_commitment": T("leaves", NETWORK, fixed("leaves salt"), sorted(leaves)).hex(),
    }


def _old() -> dict[str, str]:
    """The leaf of a record whose clinical period is the year 1945: times of data may be negative."""
    encoded = encode(replace(header("old"), start=-788_918_400_000, end=-757_382_400_000))
    leaf = leaf_hash(NETWORK, RELATION, fixed("leaf salt old"), encoded)
    return {"header": encoded.hex(), "leaf_salt": fixed("leaf salt old").hex(), "leaf": leaf.hex()}


def request(network: bytes = NETWORK) -> bytes:
    """A clinic's request for treatment, signed by its gateway."""
    payload = Request(
        RELATION,
        filter_commitment(network, fixed("filter salt"), encode(EVERYTHING)),
        1,
        T("staff", network, fixed("staff salt"), list(STAFF)),
        fixed("seal key id"),
        fixed("request nonce", 16),
        NOW + 60_000,
    )
    return cose.sign("request", network, encode(payload), [key("Clinic gateway")])


def requests() -> Vectors:
    """A signed request with what its commitments open to."""
    raw = request()
    parsed = parse_request(NETWORK, raw)
    return {
        "network": NETWORK.hex(),
        "request": raw.hex(),
        "payload": parsed.payload_bytes.hex(),
        "id": parsed.id.hex(),
        "public": key("Clinic gateway").public.hex(),
        "filter": encode(EVERYTHING).hex(),
        "filter_salt": fixed("filter salt").hex(),
        "filter_commitment": parsed.payload.filter.hex(),
        "staff_opening": shown(STAFF),
        "staff_salt": fixed("staff salt").hex(),
        "staff_commitment": (parsed.payload.staff or b"").hex(),
    }


def consents() -> Vectors:
    """A directive's public part, its sealed part and the commitment between them."""
    directive = fixed("directive")
    base = Provision(("laboratory",), (), (), (), (), ((NOW - 10**10, None),), (), (), ())
    exception = Provision((), (), (("http://loinc.org", "75622-1"),), (), (), (), (), (), ())
    part = SealedPart(
        base,
        ((int(Effect.DENY), exception),),
        ("NORDSCLCD",),
        1,
        None,
        "Laboratory results, two years",
        None,
        None,
        None,
        (Focused(int(Effect.DENY), EVERYTHING, (1,), ((1, fixed("other clinic")),)),),
        Form((), (), (), "DocumentReference/1", False, (), ((fixed("record", 16), "Observation/1"),)),
    )
    sealed = sealed_commitment(NETWORK, RELATION, directive, 1, fixed("sealed salt"), encode(part))
    public = Directive(
        directive, 1, directive, None, RELATION, 1, (1, fixed("clinic")), 1, False, (1,), NOW, NOW + 10**9, 0, 0,
        (True, 0, False), sealed, 2, NOW, None,
    )  # fmt: skip
    return {
        "network": NETWORK.hex(),
        "relation": RELATION.hex(),
        "directive": directive.hex(),
        "version": 1,
        "sealed_part": encode(part).hex(),
        "sealed_salt": fixed("sealed salt").hex(),
        "sealed_commitment": sealed.hex(),
        "public": encode(public).hex(),
    }


def deliveries() -> Vectors:
    """A signed delivery; `enc` and `ciphertext` stand for a seal, which is random; `info` is what it is bound to."""
    fields = (
        fixed("release"), RELATION, (2, fixed("directive"), 1), fixed("hospital"), fixed("clinic"),
        fixed("seal key id"),
        1, None, 0, 1, NOW + 60_000, fixed("stream"),
    )  # fmt: skip
    enc, ciphertext = (fixed("enc") * 35), fixed("ciphertext") + fixed("tag", 16)
    delivery = SealedDelivery(*fields, enc, ciphertext)
    return {
        "network": NETWORK.hex(),
        "fields": shown(fields),
        "info": delivery.info(NETWORK).hex(),
        "payload": encode(delivery).hex(),
        "delivery": cose.sign("delivery", NETWORK, encode(delivery), [key("gateway")]).hex(),
        "public": key("gateway").public.hex(),
    }
