"""Vectors of looking somebody up: the look-up and its answer, locator tokens from names to octets, share codes."""

from salus.core import cose
from salus.core.encoding import encode
from salus.core.lookup import Lookup, parse_lookup, query_commitment
from salus.linkage.demographics import of_patient
from salus.linkage.keys import combinations
from salus.linkage.tokens import check_value, token, token_key
from salus.services.discovery_letters import CustodianTokens, LocateQuery, SealedTicket, Ticket
from salus.services.objects import UNSEALED
from salus.wallet.menu import MINUTE_MS
from salus.wallet.share import make, read

from .fixed import NETWORK, NOW, fixed, key

Vectors = dict[str, object]

GROUP, CUSTODIAN, LOCATOR = fixed("emergency group"), fixed("hospital"), fixed("locator")
PEOPLE: tuple[dict[str, object], ...] = (
    {
        "identifier": [{"system": "http://hl7.org/fhir/sid/passport-ESP", "value": "xda-123 456"}],
        "name": [{"family": "Marín", "given": ["Lucía", "Elena"]}],
        "birthDate": "1984-03-09",
        "telecom": [{"system": "phone", "value": "+34 600 111 222"}],
    },
    {"name": [{"family": "张", "given": ["小明"]}], "birthDate": "1980-02-03"},
    {"name": [{"text": "Ｏｌｇａ Ιvаnоvа"}], "birthDate": "1991-07-22"},  # full width; letters of three scripts
)


def lookups() -> Vectors:
    """A look-up at a locator and its sealed answer; tokens of some people under a group's key."""
    group_key = fixed("group key")
    query = encode(LocateQuery((CustodianTokens(CUSTODIAN, tuple(sorted((fixed("token a"), fixed("token b"))))),), ()))
    salt = fixed("query salt")
    asked = Lookup(
        LOCATOR,
        query_commitment(NETWORK, salt, query),
        12,
        fixed("staff commitment"),
        fixed("seal key"),
        GROUP,
        fixed("nonce", 16),
        NOW + 300_000,
    )
    signed = cose.sign("look-up", NETWORK, encode(asked), [key("Clinic gateway")])
    lookup = parse_lookup(NETWORK, signed).id
    ticket = SealedTicket(lookup, LOCATOR, fixed("clinic"), fixed("seal key"), 1, NOW + 600_000, UNSEALED, b"")
    fields = [getattr(ticket, name) for name in ticket.__struct_fields__[:-2]]
    tokens_key = token_key(NETWORK, GROUP, 3, group_key, CUSTODIAN)
    return {
        "network": NETWORK.hex(),
        "public": key("Clinic gateway").public.hex(),
        "query": query.hex(),
        "query_salt": salt.hex(),
        "payload": encode(asked).hex(),
        "lookup": signed.hex(),
        "id": lookup.hex(),
        "ticket": encode(Ticket(fixed("relation"), CUSTODIAN, 1, b"")).hex(),
        "ticket_fields": [field.hex() if isinstance(field, bytes) else field for field in fields],
        "group": GROUP.hex(),
        "epoch": 3,
        "custodian": CUSTODIAN.hex(),
        "group_key": group_key.hex(),
        "check": check_value(NETWORK, GROUP, 3, group_key).hex(),
        "tokens_key": tokens_key.hex(),
        "people": [
            {
                "patient": patient,
                "combinations": [
                    {"kind": int(one.kind), "octets": one.octets.hex(), "token": token(tokens_key, one.octets).hex()}
                    for one in combinations(of_patient(patient))
                ],
            }
            for patient in PEOPLE
        ],
    }


def share_codes() -> Vectors:
    """Codes with a directive and without; signed by a device, printed, as a link."""
    device, ends = key("Alma device"), NOW + 15 * MINUTE_MS
    cases = []
    for directive in (None, fixed("directive")):
        code = make(NETWORK, fixed("relation"), directive, ends, device)
        assert read(NETWORK, code.printed(NETWORK)) == code
        cases.append(
            {
                "hint": code.hint.hex(),
                "minute": code.ends // MINUTE_MS,
                "body": code.body.hex(),
                "signature": code.signature.hex(),
                "printed": code.printed(NETWORK),
                "link": code.link(NETWORK),
            }
        )
    return {
        "network": NETWORK.hex(),
        "public": device.public.hex(),
        "key": device.id(NETWORK).hex(),
        "relation": fixed("relation").hex(),
        "codes": cases,
    }
