"""Register: a custodian gives a locator its tokens; the locator keeps them.

Tokens are made of those relations alone that are locatable and not sensitive, not restricted, and whose glass the
group may break. The locator learns handles, which stand on the ledger, and how many there are; no name.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from salus.contracts.accounts import queries as accounts
from salus.contracts.discovery import queries as discovery
from salus.contracts.governance import queries as governance
from salus.contracts.records import queries as records
from salus.core.encoding import decode, encode
from salus.core.types import Count, Message, Time
from salus.linkage.keys import combinations
from salus.linkage.tokens import token, token_key
from salus.services import lookup
from salus.services.access_log import Looked, What, log_reads
from salus.services.actors import Organisation
from salus.services.authorise import for_lookup, own_shared
from salus.services.discovery_errors import NoEmergencyGroup, NotALocator, OldTokens
from salus.services.discovery_letters import MAX_ROWS, SealedTokens, TokenRow, Tokens
from salus.services.discovery_post import UNSEALED, post_sealed, read_sealed, seal_key_of
from salus.services.errors import NotCustodian
from salus.services.found_by import demographics_of, own_patients
from salus.services.locates import KIND, LOCATOR, Place, breaks_glass
from salus.services.locator_key import current_key, emergency_group, locator
from salus.services.marks import marks_of
from salus.state.overlay import Reader
from salus.vault.errors import NoSuchRecord
from salus.vault.seals import X_WING
from salus.vault.shared import Identifier, SharedResource

SOURCES = "LocatorSource"  # no FHIR type has this name
_LOGGED = 500  # relations whose reads are entered in one step


class Registered(NamedTuple):
    """What was given to a locator, or taken from a custodian."""

    locator: bytes
    custodian: bytes
    epoch: int
    tokens: int
    relations: int


class _Source(Message, frozen=True):
    """How far a custodian's tokens have come."""

    issued: Time
    parts: Count


def register_tokens(organisation: Organisation, at: bytes | None = None) -> Registered:
    """Give a locator all tokens of now, which take the place of those it had; the reads of patients are logged.

    Raises NoEmergencyGroup, NoLocator, NoLocatorKey.
    """
    group, recipient = emergency_group(organisation), locator(organisation, at)
    epoch, key = current_key(organisation, group)
    own = token_key(organisation.network, group, epoch, key, organisation.account)
    rows = sorted(_rows(organisation, group, own), key=lambda row: (row.token, row.relation))
    issued, listed = organisation.ledger.now(), seal_key_of(organisation, recipient)
    for part, at_row in enumerate(range(0, max(len(rows), 1), MAX_ROWS)):
        letter = SealedTokens(
            group, epoch, organisation.account, recipient, listed, X_WING, issued, part, UNSEALED, b""
        )
        post_sealed(organisation, letter, encode(Tokens(tuple(rows[at_row : at_row + MAX_ROWS]))))
    relations = len({row.relation for row in rows})
    return Registered(recipient, organisation.account, epoch, len(rows), relations)


def _rows(organisation: Organisation, group: bytes, key: bytes) -> Iterator[TokenRow]:
    state, looked = organisation.ledger.view(), list[Looked]()
    named = [r for r in organisation.vault.relations() if _locatable(organisation, state, group, r)]
    for relation, reads in own_patients(organisation, named, group):
        scope = for_lookup(organisation, relation, group)
        looked.append(Looked(scope, What.READ, [read.header for read in reads]))
        if len(looked) == _LOGGED:
            log_reads(organisation, looked)
            looked.clear()
        found = {one: None for read in reads for one in combinations(demographics_of(read.octets))}
        for one in found:
            yield TokenRow(token(key, one.octets), relation, int(one.kind))
    log_reads(organisation, looked)


def _locatable(organisation: Organisation, state: Reader, group: bytes, relation: bytes) -> bool:
    if accounts.custodian_of(state, relation) != organisation.account or not records.in_use(state, relation):
        return False
    marks = marks_of(organisation, relation)
    return marks.locatable and not marks.sensitive and breaks_glass(state, relation, group)


def take_tokens(organisation: Organisation, raw: bytes) -> Registered:
    """Keep a part of a custodian's tokens, in order, each once; the first part takes the place of all before.

    Raises Malformed, NotForUs, WrongSignature, WrongSeal, NotALocator, NoEmergencyGroup, OldTokens, NotCustodian (a
    token for another's relation).
    """
    letter, content = read_sealed(organisation, SealedTokens, "tokens", raw)
    state = organisation.ledger.view()
    if LOCATOR not in lookup.organisation(state, organisation.account).roles:
        raise NotALocator
    if not governance.is_active(state, letter.sender) or not governance.in_group(state, letter.group, letter.sender):
        raise NoEmergencyGroup
    named, before = discovery.locator_key(state, letter.group), _source(organisation, letter.sender)
    first = letter.part == 0 and letter.issued > before.issued
    if named is None or named.epoch != letter.epoch or letter.issued > organisation.ledger.now():
        raise OldTokens
    if not first and (letter.issued, letter.part) != (before.issued, before.parts):
        raise OldTokens
    rows = decode(content, Tokens).rows
    if any(accounts.custodian_of(state, row.relation) != letter.sender for row in rows):
        raise NotCustodian
    _keep(organisation, letter, rows, first)
    return Registered(organisation.account, letter.sender, letter.epoch, len(rows), len({r.relation for r in rows}))


def _keep(organisation: Organisation, letter: SealedTokens, rows: Sequence[TokenRow], first: bool) -> None:
    shared, custodian = organisation.vault.shared, letter.sender.hex()
    found = [
        Identifier(KIND, row.token.hex(), Place(row.kind, row.relation, letter.group).text, custodian) for row in rows
    ]
    source = encode(_Source(letter.issued, letter.part + 1))
    noted = SharedResource(SOURCES, custodian, source, "application/cbor")
    if first:
        shared.relink(KIND, custodian, found, noted)
    else:
        shared.put([noted], found)


def _source(organisation: Organisation, custodian: bytes) -> _Source:
    try:
        raw = organisation.vault.shared.get(own_shared(organisation), SOURCES, custodian.hex())[1]
    except NoSuchRecord:
        return _Source(0, 0)
    return decode(raw, _Source)
