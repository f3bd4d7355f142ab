"""Questions to the ledger's state that several verbs ask; each raises where there is no answer."""

from salus.contracts.accounts import queries as accounts
from salus.contracts.accounts.keys import account_key
from salus.contracts.accounts.types import Key, Organisation, Person
from salus.contracts.governance import queries as governance
from salus.contracts.governance.keys import PURPOSES
from salus.contracts.records import queries as records
from salus.core.encoding import decode
from salus.core.genesis import Purpose
from salus.core.hashing import NO_NETWORK
from salus.core.keys import Role
from salus.core.signatures import verify
from salus.services.errors import NoSuchKey, NoSuchMember, UnknownPurpose, UnknownRelation
from salus.state.overlay import Reader
from salus.vault.seals import SealKey, seal_key_id

DAY_MS = 86_400_000
OWN_PURPOSE = "PATRQT"  # of a person's own access, also by who acts for her


def purpose_number(state: Reader, code: str) -> int:
    """Return the number of a purpose's code in the governed table; raise UnknownPurpose."""
    for row in purposes(state):
        if row.code == code:
            return row.number
    raise UnknownPurpose


def purposes(state: Reader) -> list[Purpose]:
    """Return the governed table of purposes."""
    return [decode(raw, Purpose) for _, raw in state.scan(PURPOSES)]


def purpose_code(state: Reader, number: int) -> str:
    """Return the code of a purpose; raise UnknownPurpose."""
    row = governance.purpose(state, number)
    if row is None:
        raise UnknownPurpose
    return row.code


def is_own_purpose(state: Reader, number: int) -> bool:
    """True for the purpose of a person's own access (PATRQT)."""
    row = governance.purpose(state, number)
    return row is not None and row.code == OWN_PURPOSE


def person(state: Reader, relation: bytes) -> Person:
    """Return the person's account at its custodian; raise UnknownRelation."""
    found = accounts.person(state, relation)
    if found is None:
        raise UnknownRelation
    return found


def organisation(state: Reader, account: bytes) -> Organisation:
    """Return an organisation's profile; raise NoSuchMember."""
    found = accounts.organisation(state, account)
    if found is None:
        raise NoSuchMember
    return found


def signer(state: Reader, kid: bytes, time: int) -> tuple[bytes, Key] | None:
    """Return (account, key) of a gateway or device key that is live at `time`."""
    account = accounts.account_of_key(state, kid)
    key = None if account is None else accounts.live_key(state, account, kid, time)
    if account is None or key is None or key.role not in (Role.GATEWAY, Role.DEVICE):
        return None
    return account, key


def signed_by_live_key(state: Reader, account: bytes, kid: bytes, time: int, message: bytes, signature: bytes) -> bool:
    """True if `signature` over `message` is by a live gateway or device key of `account`."""
    found = signer(state, kid, time)
    return found is not None and found[0] == account and verify(found[1].public, message, signature)


def listed_public(state: Reader, account: bytes, kid: bytes) -> bytes:
    """Return the public key that `account` lists, or listed, under the key id; raise NoSuchKey."""
    raw = state.get(account_key(account, kid))
    if raw is None:
        raise NoSuchKey
    return decode(raw, Key).public


def answered_for(state: Reader, relation: bytes, account: bytes, time: int) -> bool:
    """True if the account is the relation's custodian, or was at `time`: what it did then it answers for."""
    if person(state, relation).custodian == account:
        return True
    until = records.kept_until(state, relation, account)
    return until is not None and time <= until


def names_seal_key(network: bytes, key: bytes, public: bytes) -> bool:
    """True if `key` is the id of the public sealing key: on this network, or on none, as a founder's in the genesis."""
    return key in (seal_key_id(network, public), seal_key_id(NO_NETWORK, public))


def opens(network: bytes, named: bytes, key: SealKey) -> bool:
    """True if what is sealed to the key id `named` can be opened by `key`, or by one before it that is kept."""
    return any(names_seal_key(network, named, one.public) for one in (key, *key.older))


def whole_days(now: int, start: int | None, days: int) -> tuple[int, int]:
    """Return [start, end) in whole days of UTC: from the day of `start`, at least `days` days."""
    first = (now if start is None else start) // DAY_MS
    return first * DAY_MS, (first + days + 1) * DAY_MS
