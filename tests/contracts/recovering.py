"""Keyholders, recoveries, vetoes and freezes for tests of the accounts contract, with real signatures."""

from typing import Any

from contracts import people
from contracts.founding import Network, key
from contracts.people import DAY
from contracts.precedence import NOW
from salus.contracts.accounts.messages import AttestStaff
from salus.contracts.accounts.recovery_messages import (
    AddFreezeKey,
    Approval,
    ConfirmReproof,
    KeyholderEntry,
    RecoveryPayload,
    ReproveAccount,
    SetKeyholders,
    StartRecovery,
    VetoPayload,
    VetoRecovery,
)
from salus.contracts.accounts.types import RecoveryPolicy
from salus.contracts.context import Signer
from salus.core import cose
from salus.core.encoding import encode
from salus.core.hashing import T, object_id
from salus.core.keys import FOREVER, Role, list_key, possession
from salus.core.signatures import ED25519, SigningKey
from salus.state.overlay import Overlay

DEVICES = [key("phone"), key("tablet"), key("laptop")]
HOLDERS = [key("sister"), key("friend"), key("lawyer")]
NEW, CODE = key("new phone"), key("printed code")
STAFF, SEAL = b"t" * 32, b"N" * 32
RECOVERY_DELAY, CONTESTED_DELAY, RECENT, PERIOD = 7 * DAY, 14 * DAY, 14 * DAY, 30 * DAY
TWO_OF_THREE = int(RecoveryPolicy.TWO_OF_THREE)


def devices(network: Network, handle: bytes, *names: int) -> list[Signer]:
    return [network.signer(handle, DEVICES[n], Role.DEVICE) for n in names]


def holder(network: Network, handle: bytes, signing: SigningKey) -> KeyholderEntry:
    proof = signing.sign(possession(network.id, handle, Role.KEYHOLDER, signing.public))
    return KeyholderEntry(ED25519, signing.public, proof)


def keyholders(network: Network, handle: bytes, holders: list[SigningKey] | None = None) -> SetKeyholders:
    entries = tuple(holder(network, handle, each) for each in HOLDERS if holders is None or each in holders)
    if holders is not None:
        entries = tuple(holder(network, handle, each) for each in holders)
    return SetKeyholders(handle, TWO_OF_THREE, entries)


def helped(network: Network, state: Overlay) -> bytes:
    """A person who claimed with three devices and has three keyholders; staff at every member. Return the handle."""
    handle = people.claimed(network, state, DEVICES)
    network.commit(state, keyholders(network, handle), devices(network, handle, 0, 1))
    code = list_key(network.id, handle, Role.FREEZE, CODE)
    network.commit(state, AddFreezeKey(handle, code), devices(network, handle, 0))
    for n, member in enumerate(network.members):
        network.commit(state, AttestStaff(member.id, STAFF, 0, FOREVER), network.gateway(n))
    return handle


def payload(network: Network, handle: bytes, **fields: Any) -> RecoveryPayload:
    values: dict[str, Any] = {
        "handle": handle,
        "version": 1,
        "keys": (people.device(network, handle, fields.pop("new", NEW)),),
        "seal_key": SEAL,
        "since": NOW - DAY,
        "nonce": b"r" * 16,
    }
    return RecoveryPayload(**values | fields)


def recovery_id(network: Network, wanted: RecoveryPayload) -> bytes:
    return T("recovery", network.id, encode(wanted))


def approved(network: Network, recovery: bytes, holders: list[SigningKey]) -> bytes:
    return cose.sign("approval", network.id, encode(Approval(recovery)), holders)


def start(network: Network, wanted: RecoveryPayload, holders: list[SigningKey] | None = None) -> StartRecovery:
    approval = approved(network, recovery_id(network, wanted), HOLDERS[:2] if holders is None else holders)
    return StartRecovery(network.members[3].id, encode(wanted), approval)


def started(network: Network, state: Overlay, handle: bytes, time: int = NOW, **fields: Any) -> bytes:
    """Start a recovery; return its id."""
    wanted = payload(network, handle, **fields)
    network.commit(state, start(network, wanted), network.gateway(3), time=time)
    return recovery_id(network, wanted)


def veto(network: Network, handle: bytes, recovery: bytes, by: SigningKey = DEVICES[0]) -> VetoRecovery:
    signed = cose.sign("veto", network.id, encode(VetoPayload(handle, recovery)), [by])
    return VetoRecovery(network.members[3].id, signed)


def contested(network: Network, state: Overlay, handle: bytes) -> bytes:
    """Let the phone veto twice; return the id of the second recovery."""
    first = started(network, state, handle)
    network.commit(state, veto(network, handle, first), network.gateway(3))
    second = started(network, state, handle, new=key("newer phone"), nonce=b"s" * 16)
    network.commit(state, veto(network, handle, second), network.gateway(3))
    return second


def reprove(network: Network, handle: bytes, **fields: Any) -> ReproveAccount:
    values: dict[str, Any] = {
        "custodian": network.members[0].id,
        "staff": STAFF,
        "handle": handle,
        "keys": (people.device(network, handle, NEW),),
        "seal_key": SEAL,
        "since": NOW - DAY,
    }
    return ReproveAccount(**values | fields)


def offered(network: Network, state: Overlay, handle: bytes) -> bytes:
    """Let the custodian re-identify the person; return the id of the recovery that waits for a second member."""
    network.commit(state, reprove(network, handle), network.gateway(0))
    return object_id("recovery", network.id, handle, b"n" * 16, 0, 0)


def reproved(network: Network, state: Overlay, handle: bytes, time: int = NOW) -> bytes:
    """Let two members re-identify the person; return the id of the recovery, which is pending."""
    recovery = offered(network, state, handle)
    message = ConfirmReproof(network.members[1].id, STAFF, handle, recovery)
    network.commit(state, message, network.gateway(1), time=time)
    return recovery
