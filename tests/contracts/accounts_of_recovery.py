"""Messages of keyholders, delayed changes, recovery, freezing: each with its refusals, and what brings them about."""

from collections.abc import Callable
from itertools import combinations
from typing import Any

import msgspec
from msgspec.structs import replace

from contracts import people, recovering
from contracts.accounts_defects import (
    CARRIER,
    FIRST,
    NETWORK,
    SECOND,
    change,
    no_gateway,
    not_active,
    not_serving,
    parameter,
    reserved,
)
from contracts.accounts_of_devices import OF_TWO_DEVICES, OTHER_SIGNERS, adding, custodial, frozen
from contracts.founding import key
from contracts.precedence import NOW, Case, Scene
from contracts.recovering import CODE, DEVICES, HOLDERS, NEW, RECOVERY_DELAY, STAFF, TWO_OF_THREE
from salus.contracts.accounts import errors, keeper, recovery_errors, recovery_keeper
from salus.contracts.accounts import recovery_messages as m
from salus.contracts.accounts.messages import AddKey, RevokeKey
from salus.contracts.accounts.recovery_types import Frozen, KeyHistory, PendingChange, PendingRecovery
from salus.contracts.accounts.types import Person, PersonState, Staff
from salus.contracts.governance.parameters import Parameter
from salus.core import cose
from salus.core.encoding import encode
from salus.core.errors import InvalidKey, Malformed, WrongSignature
from salus.core.keys import Role, list_key

NO_STAFF = (
    change(staff=b"?" * 32),
    lambda scene: keeper.put_staff(scene.state, scene.notes["staffed"], STAFF, Staff(0, NOW)),
)
UNKNOWN = (change(handle=b"?" * 32), change(handle=FIRST))
BY_DEVICE = {
    refusal: OF_TWO_DEVICES[refusal] for refusal in (errors.NoSuchAccount, errors.NotClaimed, errors.NotDevice)
}
CARRIED = {errors.NotMember: not_serving(CARRIER), errors.NotGateway: no_gateway(3)}


def helped(scene_of: Callable[[Any, bytes], Scene]) -> Callable[[], Scene]:
    """A scene over a state in which a person has three devices, three keyholders and a printed code."""

    def scene() -> Scene:
        state = NETWORK.state()
        return scene_of(state, recovering.helped(NETWORK, state))

    return scene


def devices(handle: bytes, *names: int) -> list[Any]:
    return recovering.devices(NETWORK, handle, *names)


def recovery_pending(scene: Scene) -> None:
    entry = PendingRecovery(b"x" * 32, 1, (), recovering.SEAL, None, NOW, NOW, False, False)
    recovery_keeper.put_recovery(scene.state, scene.notes["handle"], entry)


# keyholders and the printed code


def set_keyholders(state: Any, handle: bytes) -> Scene:
    message = recovering.keyholders(NETWORK, handle, [HOLDERS[0], key("cousin"), key("uncle")])
    return NETWORK.scene(message, devices(handle, 0, 1), state, handle=handle)


def holding(at: int, **fields: Any) -> Callable[[Scene], None]:
    """A defect of one of the keyholders that the message names."""

    def defect(scene: Scene) -> None:
        holders = list(scene.message.holders)  # type: ignore[attr-defined]
        holders[at] = msgspec.structs.replace(holders[at], **fields)
        scene.change(holders=tuple(holders))

    return defect


def of_another_account(scene: Scene) -> None:
    holders = list(scene.message.holders)  # type: ignore[attr-defined]
    holders[1] = recovering.holder(NETWORK, FIRST, key("cousin"))
    scene.change(holders=tuple(holders))


def four_holders(scene: Scene) -> None:
    more = recovering.holder(NETWORK, scene.notes["handle"], key("aunt"))
    scene.change(holders=(*scene.message.holders, more))  # type: ignore[attr-defined]


SET_KEYHOLDERS = Case(
    "SetKeyholders",
    helped(set_keyholders),
    {
        **OF_TWO_DEVICES,
        errors.UnknownPolicy: (change(policy=0), change(policy=4)),
        recovery_errors.WrongKeyholders: four_holders,
        errors.KeyListed: (
            reserved("uncle"),
            holding(2, public=HOLDERS[0].public),
            holding(2, public=DEVICES[0].public),
            holding(2, public=CODE.public),
        ),
        InvalidKey: (holding(1, proof=bytes(64)), holding(1, public=bytes(32)), of_another_account),
    },
    OTHER_SIGNERS,
)


def add_freeze_key(state: Any, handle: bytes) -> Scene:
    message = m.AddFreezeKey(handle, list_key(NETWORK.id, handle, Role.FREEZE, key("second code")))
    return NETWORK.scene(message, devices(handle, 0), state, handle=handle)


ADD_FREEZE_KEY = Case(
    "AddFreezeKey",
    helped(add_freeze_key),
    {
        **BY_DEVICE,
        recovery_errors.AccountBarred: frozen,
        errors.TooManyKeys: parameter(Parameter.MAX_KEYS, 4),
        errors.WrongKeyRole: (adding(role=Role.DEVICE), adding(role=Role.KEYHOLDER)),
        errors.InvalidValidity: (adding(start=5, end=5), adding(end=NOW)),
        errors.KeyListed: (reserved("second code"), adding(public=CODE.public)),
        InvalidKey: (adding(proof=bytes(64)), adding(public=bytes(32))),
    },
    {(errors.KeyListed, InvalidKey): "a key that is listed is a valid point"},
)


# delayed changes


def adding_key(handle: bytes) -> AddKey:
    return AddKey(handle, people.device(NETWORK, handle, key("watch")))


def propose_change(state: Any, handle: bytes) -> Scene:
    message = m.ProposeChange(handle, 0x020B, encode(adding_key(handle)))
    return NETWORK.scene(message, devices(handle, 0), state, handle=handle)


def proposing(number: int, wanted: Callable[[bytes], Any]) -> Callable[[Scene], None]:
    return lambda scene: scene.change(number=number, change=encode(wanted(scene.notes["handle"])))


def wanting_key(**fields: Any) -> Callable[[Scene], None]:
    def wanted(handle: bytes) -> AddKey:
        return AddKey(handle, replace(adding_key(handle).key, **fields))

    return proposing(0x020B, wanted)


def without_holder(handle: bytes) -> m.SetKeyholders:
    return m.SetKeyholders(handle, TWO_OF_THREE, recovering.keyholders(NETWORK, handle).holders[:2])


def pending_before(scene: Scene) -> None:
    handle = scene.notes["handle"]
    wanted = encode(RevokeKey(handle, DEVICES[2].id(NETWORK.id)))
    entry = PendingChange(b"x" * 32, 0x020C, wanted, NOW)
    recovery_keeper.put_change(scene.state, handle, DEVICES[0].id(NETWORK.id), entry)


_ONE_CHANGE = "the message has one change"
_OF_CHANGE = (
    recovery_errors.UnknownChange,
    Malformed,
    errors.UnknownPolicy,
    recovery_errors.WrongKeyholders,
    errors.NoSuchKey,
    errors.TooManyKeys,
    errors.WrongKeyRole,
    errors.InvalidValidity,
    errors.KeyListed,
    InvalidKey,
)
_TOGETHER = (  # both of one key, by defects that do not undo one another
    (errors.TooManyKeys, errors.WrongKeyRole),
    (errors.TooManyKeys, errors.InvalidValidity),
    (errors.TooManyKeys, errors.KeyListed),
    (errors.TooManyKeys, InvalidKey),
    (errors.WrongKeyRole, errors.KeyListed),
    (errors.InvalidValidity, errors.KeyListed),
    (errors.KeyListed, InvalidKey),
)
PROPOSE_CHANGE = Case(
    "ProposeChange",
    helped(propose_change),
    {
        **BY_DEVICE,
        recovery_errors.AccountBarred: frozen,
        recovery_errors.UnknownChange: (
            change(number=0x020E),
            proposing(0x020B, lambda handle: adding_key(FIRST)),
        ),
        Malformed: (change(change=b"\x80"), change(change=b"")),
        recovery_errors.ChangePending: pending_before,
        errors.UnknownPolicy: proposing(0x0210, lambda handle: m.SetKeyholders(handle, 9, ())),
        recovery_errors.WrongKeyholders: proposing(0x0210, without_holder),
        errors.NoSuchKey: proposing(0x020C, lambda handle: RevokeKey(handle, b"?" * 32)),
        errors.TooManyKeys: parameter(Parameter.MAX_KEYS, 4),
        errors.WrongKeyRole: wanting_key(role=Role.FREEZE),
        errors.InvalidValidity: wanting_key(end=NOW),
        errors.KeyListed: reserved("watch"),
        InvalidKey: wanting_key(proof=bytes(64)),
    },
    {pair: _ONE_CHANGE for pair in combinations(_OF_CHANGE, 2) if pair not in _TOGETHER},
)


def proposed(scene_of: Callable[[Any, bytes, bytes], Scene]) -> Callable[[], Scene]:
    """A scene over a state in which the phone wants a further key."""

    def scene() -> Scene:
        state = NETWORK.state()
        handle = recovering.helped(NETWORK, state)
        NETWORK.commit(state, m.ProposeChange(handle, 0x020B, encode(adding_key(handle))), devices(handle, 0))
        ((_, pending),) = recovery_keeper.get_changes(state, handle)
        return scene_of(state, handle, pending.id)

    return scene


def veto_change(state: Any, handle: bytes, wanted: bytes) -> Scene:
    return NETWORK.scene(m.VetoChange(handle, wanted), devices(handle, 1), state, handle=handle)


VETO_CHANGE = Case(
    "VetoChange",
    proposed(veto_change),
    {**BY_DEVICE, recovery_errors.NoSuchChange: change(change=b"?" * 32)},
)


def complete_change(state: Any, handle: bytes, wanted: bytes) -> Scene:
    scene = NETWORK.scene(m.CompleteChange(CARRIER, handle, wanted), NETWORK.gateway(3), state, handle=handle)
    scene.time = NOW + RECOVERY_DELAY
    return scene


def too_early(scene: Scene) -> None:
    scene.time -= 1


def proposer_over(scene: Scene) -> None:
    """The key that wants it has run out."""
    kid = DEVICES[0].id(NETWORK.id)
    entry = keeper.get_key(scene.state, scene.notes["handle"], kid)
    assert entry is not None
    keeper.list_key(scene.state, scene.notes["handle"], kid, replace(entry, end=NOW + 1))


def wanted_instead(number: int, wanted: Callable[[bytes], Any]) -> Callable[[Scene], None]:
    """What was sound when it was proposed is so no more."""

    def defect(scene: Scene) -> None:
        handle = scene.notes["handle"]
        ((kid, entry),) = recovery_keeper.get_changes(scene.state, handle)
        changed = replace(entry, number=number, change=encode(wanted(handle)))
        recovery_keeper.put_change(scene.state, handle, kid, changed)

    return defect


def over_by_then(handle: bytes) -> AddKey:
    return AddKey(handle, people.device(NETWORK, handle, key("watch"), end=NOW + RECOVERY_DELAY - 1))


COMPLETE_CHANGE = Case(
    "CompleteChange",
    proposed(complete_change),
    {
        **CARRIED,
        errors.NoSuchAccount: change(account=b"?" * 32),
        recovery_errors.AccountBarred: (frozen, recovery_pending),
        recovery_errors.NoSuchChange: (change(change=b"?" * 32), proposer_over),
        recovery_errors.ChangeDelayed: too_early,
        errors.NoSuchKey: wanted_instead(0x020C, lambda handle: RevokeKey(handle, b"?" * 32)),
        errors.TooManyKeys: parameter(Parameter.MAX_KEYS, 3),
        errors.InvalidValidity: wanted_instead(0x020B, over_by_then),
        errors.KeyListed: reserved("watch"),
    },
    {
        (recovery_errors.NoSuchChange, errors.NoSuchKey): _ONE_CHANGE,
        (recovery_errors.NoSuchChange, errors.InvalidValidity): _ONE_CHANGE,
        (errors.NoSuchKey, errors.TooManyKeys): _ONE_CHANGE,
        (errors.NoSuchKey, errors.InvalidValidity): _ONE_CHANGE,
        (errors.NoSuchKey, errors.KeyListed): _ONE_CHANGE,
    },
)


# recovery


def start_recovery(state: Any, handle: bytes) -> Scene:
    wanted = recovering.payload(NETWORK, handle)
    scene = NETWORK.scene(recovering.start(NETWORK, wanted), NETWORK.gateway(3), state, handle=handle)
    scene.notes.update(wanted=wanted, holders=HOLDERS[:2])
    return scene


def restarted(scene: Scene) -> None:
    """Approve anew what the notes hold."""
    scene.message = replace(
        recovering.start(NETWORK, scene.notes["wanted"], scene.notes["holders"]),
        carrier=scene.message.carrier,  # type: ignore[attr-defined]
    )


def wanting(**fields: Any) -> Callable[[Scene], None]:
    def defect(scene: Scene) -> None:
        scene.notes["wanted"] = replace(scene.notes["wanted"], **fields)
        restarted(scene)

    return defect


def wanting_device(**fields: Any) -> Callable[[Scene], None]:
    def defect(scene: Scene) -> None:
        (first, *rest) = scene.notes["wanted"].keys
        wanting(keys=(replace(first, **fields), *rest))(scene)

    return defect


def approved_by(*holders: Any) -> Callable[[Scene], None]:
    def defect(scene: Scene) -> None:
        scene.notes["holders"] = list(holders)
        restarted(scene)

    return defect


def approved_something_else(scene: Scene) -> None:
    scene.change(approval=recovering.approved(NETWORK, b"?" * 32, HOLDERS[:2]))


def approvals_forged(scene: Scene) -> None:
    signed = cose.parse("approval", scene.message.approval)  # type: ignore[attr-defined]
    pairs = [signed.signatures[0], *((kid, bytes(64)) for kid, _ in signed.signatures[1:])]
    scene.change(approval=cose.build("approval", signed.payload, pairs))


def not_decoded(scene: Scene) -> None:
    scene.change(recovery=b"\x80")


def no_keyholders(scene: Scene) -> None:
    held = recovery_keeper.get_keyholding(scene.state, scene.notes["handle"])
    recovery_keeper.put_keyholding(scene.state, scene.notes["handle"], replace(held, holders=()))


_OTHER_APPROVALS = "what is wrong with the approvals is one thing"
_TWO = people.device(NETWORK, b"?" * 32, key("second"))
START_RECOVERY = Case(
    "StartRecovery",
    helped(start_recovery),
    {
        **CARRIED,
        Malformed: (
            not_decoded,
            change(approval=b""),
            change(approval=b"\xd8\x62"),
            change(approval=cose.sign("approval", NETWORK.id, b"\x80", HOLDERS[:2])),
        ),
        errors.NoSuchAccount: (wanting(handle=b"?" * 32), wanting(handle=FIRST)),
        errors.NotClaimed: custodial,
        recovery_errors.RecoveryPending: recovery_pending,
        recovery_errors.NoKeyholders: no_keyholders,
        recovery_errors.OtherPolicyVersion: (wanting(version=0), wanting(version=2)),
        recovery_errors.CompromisedLater: wanting(since=NOW + 1),
        errors.TooManyKeys: lambda scene: (
            parameter(Parameter.MAX_KEYS, 2)(scene),
            wanting(keys=(*scene.notes["wanted"].keys, _TWO, replace(_TWO, public=key("third").public)))(scene),
        )[0],
        errors.WrongKeyRole: (wanting_device(role=Role.GATEWAY), wanting_device(role=Role.FREEZE)),
        errors.InvalidValidity: wanting_device(end=NOW + 21 * people.DAY),
        errors.KeyListed: reserved("new phone"),
        recovery_errors.TooFewApprovals: (
            approved_by(HOLDERS[0]),
            approved_by(HOLDERS[0], key("stranger")),
            approved_by(*HOLDERS[:2], DEVICES[0]),
        ),
        InvalidKey: wanting_device(proof=bytes(64)),
        WrongSignature: approvals_forged,
    },
    {
        **{
            (Malformed, refusal): "a recovery that is not decoded says nothing"
            for refusal in (
                errors.NoSuchAccount,
                recovery_errors.OtherPolicyVersion,
                recovery_errors.CompromisedLater,
                errors.TooManyKeys,
                errors.WrongKeyRole,
                errors.InvalidValidity,
                recovery_errors.TooFewApprovals,
                InvalidKey,
                WrongSignature,
            )
        },
        **{(refusal, WrongSignature): "approved anew, or forged" for refusal in (recovery_errors.TooFewApprovals,)},
    },
)


def pending(scene_of: Callable[[Any, bytes, bytes], Scene]) -> Callable[[], Scene]:
    """A scene over a state in which a recovery is pending."""

    def scene() -> Scene:
        state = NETWORK.state()
        handle = recovering.helped(NETWORK, state)
        return scene_of(state, handle, recovering.started(NETWORK, state, handle))

    return scene


def veto_recovery(state: Any, handle: bytes, recovery: bytes) -> Scene:
    message = recovering.veto(NETWORK, handle, recovery, DEVICES[1])
    return NETWORK.scene(message, NETWORK.gateway(3), state, handle=handle, recovery=recovery)


def vetoed_by(signing: Any) -> Callable[[Scene], None]:
    return lambda scene: scene.change(
        veto=recovering.veto(NETWORK, scene.notes["handle"], scene.notes["recovery"], signing).veto
    )


def vetoed_by_two(scene: Scene) -> None:
    body = encode(m.VetoPayload(scene.notes["handle"], scene.notes["recovery"]))
    scene.change(veto=cose.sign("veto", NETWORK.id, body, DEVICES[:2]))


def aged(**fields: Any) -> Callable[[Scene], None]:
    """The tablet has this history."""

    def defect(scene: Scene) -> None:
        history = replace(KeyHistory(0, None, None), **fields)
        recovery_keeper.put_history(scene.state, scene.notes["handle"], DEVICES[1].id(NETWORK.id), history)

    return defect


def tablet(**fields: Any) -> Callable[[Scene], None]:
    def defect(scene: Scene) -> None:
        kid = DEVICES[1].id(NETWORK.id)
        entry = keeper.get_key(scene.state, scene.notes["handle"], kid)
        assert entry is not None
        keeper.list_key(scene.state, scene.notes["handle"], kid, replace(entry, **fields))

    return defect


def contested_before(scene: Scene) -> None:
    entry = recovery_keeper.get_recovery(scene.state, scene.notes["handle"])
    assert entry is not None
    recovery_keeper.put_recovery(scene.state, scene.notes["handle"], replace(entry, contested=True))


def veto_forged(scene: Scene) -> None:
    signed = cose.parse("veto", scene.message.veto)  # type: ignore[attr-defined]
    pairs = [(kid, bytes(64)) for kid, _ in signed.signatures]
    scene.change(veto=cose.build("veto", signed.payload, pairs))


def of_no_recovery(scene: Scene) -> None:
    scene.change(veto=recovering.veto(NETWORK, scene.notes["handle"], b"?" * 32, DEVICES[1]).veto)


VETO_RECOVERY = Case(
    "VetoRecovery",
    pending(veto_recovery),
    {
        **CARRIED,
        Malformed: (change(veto=b""), change(veto=cose.sign("veto", NETWORK.id, b"\x80", [DEVICES[1]]))),
        recovery_errors.NoSuchRecovery: (
            of_no_recovery,
            lambda scene: recovery_keeper.end_recovery(scene.state, scene.notes["handle"]),
        ),
        recovery_errors.NotAVetoingKey: (
            vetoed_by(HOLDERS[2]),
            vetoed_by(CODE),
            vetoed_by(NEW),
            vetoed_by_two,
            aged(listed=NOW - recovering.RECENT + 1),
            tablet(status=2),
            tablet(end=NOW - recovering.RECENT),
            tablet(generation=0),
            tablet(start=NOW + 1),
        ),
        recovery_errors.Contested: contested_before,
        WrongSignature: veto_forged,
    },
    {
        (Malformed, recovery_errors.NoSuchRecovery): "both replace the veto",
        (Malformed, recovery_errors.NotAVetoingKey): "both replace the veto",
        (Malformed, WrongSignature): "both replace the veto",
        (recovery_errors.NoSuchRecovery, recovery_errors.NotAVetoingKey): "both replace the veto",
        (recovery_errors.NoSuchRecovery, recovery_errors.Contested): "it is there, or it is not",
    },
)


def doubtful(scene_of: Callable[[Any, bytes, bytes], Scene]) -> Callable[[], Scene]:
    """A scene over a state in which a recovery is contested."""

    def scene() -> Scene:
        state = NETWORK.state()
        handle = recovering.helped(NETWORK, state)
        return scene_of(state, handle, recovering.contested(NETWORK, state, handle))

    return scene


def settle_recovery(state: Any, handle: bytes, recovery: bytes) -> Scene:
    message = m.SettleRecovery(FIRST, STAFF, handle, recovery, True)
    return NETWORK.scene(message, NETWORK.gateway(0), state, handle=handle, staffed=FIRST)


def entry_of(scene: Scene, **fields: Any) -> None:
    entry = recovery_keeper.get_recovery(scene.state, scene.notes["handle"])
    assert entry is not None
    recovery_keeper.put_recovery(scene.state, scene.notes["handle"], replace(entry, **fields))


def anothers_patient(scene: Scene) -> None:
    person = keeper.get_person(scene.state, scene.notes["handle"])
    assert person is not None
    keeper.put_person(scene.state, scene.notes["handle"], replace(person, custodian=SECOND))


CUSTODIANS = {
    errors.NotMember: not_serving(FIRST),
    errors.NotGateway: no_gateway(0),
    errors.NoSuchAccount: UNKNOWN,
    errors.NotCustodian: anothers_patient,
}
SETTLE_RECOVERY = Case(
    "SettleRecovery",
    doubtful(settle_recovery),
    {
        **CUSTODIANS,
        recovery_errors.NotCheckedByStaff: NO_STAFF,
        recovery_errors.NoSuchRecovery: change(recovery=b"?" * 32),
        recovery_errors.NotContested: (
            lambda scene: entry_of(scene, contested=False),
            lambda scene: entry_of(scene, checked=True),
        ),
    },
)


def complete_recovery(state: Any, handle: bytes, recovery: bytes) -> Scene:
    scene = NETWORK.scene(m.CompleteRecovery(CARRIER, handle, recovery), NETWORK.gateway(3), state, handle=handle)
    scene.time = NOW + RECOVERY_DELAY
    return scene


COMPLETE_RECOVERY = Case(
    "CompleteRecovery",
    pending(complete_recovery),
    {
        **CARRIED,
        errors.NoSuchAccount: UNKNOWN,
        errors.NotClaimed: custodial,
        recovery_errors.NoSuchRecovery: change(recovery=b"?" * 32),
        recovery_errors.RecoveryDelayed: too_early,
        recovery_errors.IdentityUnchecked: contested_before,
    },
)


# freezing and re-proving


def freeze_account(state: Any, handle: bytes) -> Scene:
    signers = [NETWORK.signer(handle, CODE, Role.FREEZE)]
    return NETWORK.scene(m.FreezeAccount(handle), signers, state, handle=handle)


def by_devices(scene: Scene) -> None:
    scene.signers = devices(scene.notes["handle"], 0, 1)


FREEZE_ACCOUNT = Case(
    "FreezeAccount",
    helped(freeze_account),
    {
        recovery_errors.NotFreezeKey: (by_devices, change(account=b"?" * 32), change(account=FIRST)),
        recovery_errors.AlreadyFrozen: frozen,
    },
)


def freeze_in_person(state: Any, handle: bytes) -> Scene:
    message = m.FreezeInPerson(FIRST, STAFF, handle)
    return NETWORK.scene(message, NETWORK.gateway(0), state, handle=handle, staffed=FIRST)


def custodial_of_any(scene: Scene) -> None:
    person = keeper.get_person(scene.state, scene.notes["handle"])
    assert person is not None
    keeper.put_person(
        scene.state, scene.notes["handle"], Person(person.custodian, PersonState.CUSTODIAL, 0, None, None, False)
    )


FREEZE_IN_PERSON = Case(
    "FreezeInPerson",
    helped(freeze_in_person),
    {
        **CUSTODIANS,
        errors.NotClaimed: custodial_of_any,
        recovery_errors.NotCheckedByStaff: NO_STAFF,
        recovery_errors.AlreadyFrozen: frozen,
    },
)


def lift_freeze(state: Any, handle: bytes) -> Scene:
    scene = NETWORK.scene(m.LiftFreeze(handle), devices(handle, 0, 1), state, handle=handle)
    frozen(scene)
    return scene


def lifting(scene: Scene) -> None:
    recovery_keeper.put_frozen(scene.state, scene.notes["handle"], Frozen(NOW, NOW + 5))


def not_frozen(scene: Scene) -> None:
    recovery_keeper.end_frozen(scene.state, scene.notes["handle"])


_TWO_DEVICES = {refusal: way for refusal, way in OF_TWO_DEVICES.items() if refusal is not recovery_errors.AccountBarred}
LIFT_FREEZE = Case(
    "LiftFreeze",
    helped(lift_freeze),
    {**_TWO_DEVICES, recovery_errors.NotFrozen: (lifting, not_frozen)},
    OTHER_SIGNERS,
)


def reprove_account(state: Any, handle: bytes) -> Scene:
    return NETWORK.scene(recovering.reprove(NETWORK, handle), NETWORK.gateway(0), state, handle=handle, staffed=FIRST)


def proving(**fields: Any) -> Callable[[Scene], None]:
    def defect(scene: Scene) -> None:
        first, *rest = scene.message.keys  # type: ignore[attr-defined]
        scene.change(keys=(replace(first, **fields), *rest))

    return defect


def many_keys(scene: Scene) -> None:
    parameter(Parameter.MAX_KEYS, 2)(scene)
    more = replace(_TWO, public=key("third").public)
    scene.change(keys=(*scene.message.keys, _TWO, more))  # type: ignore[attr-defined]


REPROVE_ACCOUNT = Case(
    "ReproveAccount",
    helped(reprove_account),
    {
        **CUSTODIANS,
        errors.NotClaimed: custodial_of_any,
        recovery_errors.NotCheckedByStaff: NO_STAFF,
        recovery_errors.RecoveryPending: recovery_pending,
        recovery_errors.CompromisedLater: change(since=NOW + 1),
        errors.TooManyKeys: many_keys,
        errors.WrongKeyRole: proving(role=Role.FREEZE),
        errors.InvalidValidity: (proving(end=NOW + 21 * people.DAY), proving(start=5, end=5)),
        errors.KeyListed: reserved("new phone"),
        InvalidKey: proving(proof=bytes(64)),
    },
)


def offered(scene_of: Callable[[Any, bytes, bytes], Scene]) -> Callable[[], Scene]:
    """A scene over a state in which the custodian re-identified the person."""

    def scene() -> Scene:
        state = NETWORK.state()
        handle = recovering.helped(NETWORK, state)
        return scene_of(state, handle, recovering.offered(NETWORK, state, handle))

    return scene


def confirm_reproof(state: Any, handle: bytes, recovery: bytes) -> Scene:
    message = m.ConfirmReproof(SECOND, STAFF, handle, recovery)
    return NETWORK.scene(message, NETWORK.gateway(1), state, handle=handle, staffed=SECOND)


def runs_out(scene: Scene) -> None:
    entry = recovery_keeper.get_offered(scene.state, scene.notes["handle"])
    assert entry is not None
    keys = tuple((suite, public, start, NOW + 21 * people.DAY) for suite, public, start, _ in entry.keys)
    recovery_keeper.put_offered(scene.state, scene.notes["handle"], replace(entry, keys=keys))


CONFIRM_REPROOF = Case(
    "ConfirmReproof",
    offered(confirm_reproof),
    {
        errors.NotMember: not_active(SECOND),
        errors.NotGateway: no_gateway(1),
        errors.NoSuchAccount: UNKNOWN,
        recovery_errors.ByOneMember: anothers_patient,
        recovery_errors.NotCheckedByStaff: NO_STAFF,
        recovery_errors.RecoveryPending: recovery_pending,
        recovery_errors.NoSuchRecovery: change(recovery=b"?" * 32),
        errors.InvalidValidity: runs_out,
        errors.KeyListed: reserved("new phone"),
    },
)

CASES = (
    SET_KEYHOLDERS,
    ADD_FREEZE_KEY,
    PROPOSE_CHANGE,
    VETO_CHANGE,
    COMPLETE_CHANGE,
    START_RECOVERY,
    VETO_RECOVERY,
    SETTLE_RECOVERY,
    COMPLETE_RECOVERY,
    FREEZE_ACCOUNT,
    FREEZE_IN_PERSON,
    LIFT_FREEZE,
    REPROVE_ACCOUNT,
    CONFIRM_REPROOF,
)
