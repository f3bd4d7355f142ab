"""Freeze an account: by a printed code, which any member takes, or for a person at the desk; and lift it again."""

from salus.client.batcher import Landed
from salus.client.envelopes import EnvelopeBuilder
from salus.client.refused import accept
from salus.contracts.accounts import queries
from salus.contracts.accounts.recovery_messages import AddFreezeKey, FreezeAccount, FreezeInPerson, LiftFreeze
from salus.core.keys import Role, list_key
from salus.services.actors import Organisation, Person
from salus.services.attest_staff import Badge
from salus.services.change_devices import VALID_DAYS, sign_both
from salus.services.errors import NoSuchWait
from salus.services.lookup import DAY_MS
from salus.services.protect import carry_own
from salus.wallet.freeze_code import freeze_key, new_freeze_code, read_freeze_code


def print_freeze_code(person: Person, handle: bytes) -> str:
    """List a code that freezes the account; return it as it is printed. The wallet does not keep it."""
    network, code = person.wallet.network, new_freeze_code()
    start = person.ledger.now() // DAY_MS * DAY_MS
    end = start + VALID_DAYS * DAY_MS
    entry = list_key(network, handle, Role.FREEZE, freeze_key(network, code), start, end)
    accept(carry_own(person, handle, person.build(handle, AddFreezeKey(handle, entry)).raw).result.code)
    return code.printed(network)


def freeze_by_code(organisation: Organisation, text: str) -> bytes:
    """Freeze the account that a printed code is for, at any member; return its handle.

    Raises WrongCode, NoSuchWait where it is no account's, the contract's refusals.
    """
    key = read_freeze_code(organisation.network, text)
    handle = queries.account_of_key(organisation.ledger.view(), key.id(organisation.network))
    if handle is None:
        raise NoSuchWait
    builder = EnvelopeBuilder(organisation.network, organisation.ledger.now)
    organisation.carrier.submit_now(builder.build([(handle, key)], FreezeAccount(handle)).raw)
    return handle


def freeze_in_person(organisation: Organisation, handle: bytes, badge: Badge) -> Landed:
    """Freeze the account of a patient who is at the desk and whose identity a member of staff checked."""
    return organisation.send(FreezeInPerson(organisation.account, badge.commitment, handle))[1]


def lift_freeze(person: Person, second: Person, handle: bytes) -> Landed:
    """Let the freeze end after the network's delay; by two devices of the account."""
    return sign_both(person, second, handle, LiftFreeze(handle))
