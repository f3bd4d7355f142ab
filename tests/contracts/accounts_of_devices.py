"""Messages of a person's own keys: each with its refusals in order, and what brings them about."""

from collections.abc import Callable
from typing import Any

import msgspec

from contracts import people
from contracts.accounts_defects import (
    DEVICES,
    FIRST,
    NETWORK,
    change,
    parameter,
    reserved,
)
from contracts.founding import key
from contracts.precedence import NOW, Case, Scene
from salus.contracts.accounts import errors, keeper, recovery_keeper
from salus.contracts.accounts.messages import (
    AddKey,
    RevokeKey,
    RevokeOwnKey,
    RotateSealKey,
)
from salus.contracts.accounts.recovery_errors import AccountBarred
from salus.contracts.accounts.recovery_types import Frozen
from salus.contracts.accounts.types import Person, PersonState
from salus.contracts.context import Signer
from salus.contracts.governance.parameters import Parameter
from salus.core.errors import InvalidKey
from salus.core.keys import Role, list_key


def devices(handle: bytes, *names: int) -> list[Signer]:
    return [NETWORK.signer(handle, DEVICES[n], Role.DEVICE) for n in names]


def claimed(scene_of: Callable[[Any, bytes], Scene]) -> Callable[[], Scene]:
    """A scene over a state in which a person claimed with three devices."""

    def scene() -> Scene:
        state = NETWORK.state()
        return scene_of(state, people.claimed(NETWORK, state, DEVICES))

    return scene


def unknown_account(scene: Scene) -> None:
    scene.change(account=b"?" * 32)


def organisation_account(scene: Scene) -> None:
    scene.change(account=FIRST)


def custodial(scene: Scene) -> None:
    keeper.put_person(scene.state, scene.notes["handle"], Person(FIRST, PersonState.CUSTODIAL, 0, None, None, False))


def no_device(scene: Scene) -> None:
    scene.signers = NETWORK.gateway(0)


def anothers_devices(scene: Scene) -> None:
    scene.signers = devices(b"?" * 32, 0, 1)


def one_device(scene: Scene) -> None:
    scene.signers = scene.signers[:1]


def one_device_twice(scene: Scene) -> None:
    scene.signers = scene.signers[:1] * 2


def one_device_listed(scene: Scene) -> None:
    scene.signers = scene.signers[:1]
    for other in DEVICES[1:]:
        kid = other.id(NETWORK.id)
        entry = keeper.get_key(scene.state, scene.notes["handle"], kid)
        assert entry is not None
        keeper.revoke_key(scene.state, scene.notes["handle"], kid, entry)


def frozen(scene: Scene) -> None:
    recovery_keeper.put_frozen(scene.state, scene.notes["handle"], Frozen(NOW, None))


OF_TWO_DEVICES: dict[Any, Any] = {
    errors.NoSuchAccount: (unknown_account, organisation_account),
    errors.NotClaimed: custodial,
    errors.NotDevice: (no_device, anothers_devices),
    AccountBarred: frozen,
    errors.SecondKeyNeeded: (one_device, one_device_twice),
    errors.DelayNeeded: one_device_listed,
}
OTHER_SIGNERS = {
    (errors.NotDevice, errors.SecondKeyNeeded): "both replace the signers; none is a device's where one is missing",
    (errors.NotDevice, errors.DelayNeeded): "the signer is a device's, or it is not",
    (errors.SecondKeyNeeded, errors.DelayNeeded): "another device is listed, or it is not",
}


def add_key(state: Any, handle: bytes) -> Scene:
    message = AddKey(handle, people.device(NETWORK, handle, key("watch")))
    return NETWORK.scene(message, devices(handle, 0, 1), state, handle=handle)


def adding(**fields: Any) -> Callable[[Scene], None]:
    return lambda scene: scene.change(key=msgspec.structs.replace(scene.message.key, **fields))  # type: ignore[attr-defined]


ADD_KEY = Case(
    "AddKey",
    claimed(add_key),
    {
        **OF_TWO_DEVICES,
        errors.TooManyKeys: parameter(Parameter.MAX_KEYS, 3),
        errors.WrongKeyRole: (adding(role=Role.GATEWAY), adding(role=Role.ADMINISTRATION), adding(role=Role.VALIDATOR)),
        errors.InvalidValidity: (adding(start=5, end=5), adding(end=NOW)),
        errors.KeyListed: (reserved("watch"), adding(public=DEVICES[0].public)),
        InvalidKey: (
            adding(proof=bytes(64)),
            adding(proof=list_key(NETWORK.id, FIRST, Role.DEVICE, key("watch")).proof),
        ),
    },
    OTHER_SIGNERS,
)


def revoke_key(state: Any, handle: bytes) -> Scene:
    message = RevokeKey(handle, DEVICES[2].id(NETWORK.id))
    return NETWORK.scene(message, devices(handle, 0, 1), state, handle=handle)


def third_revoked(scene: Scene) -> None:
    kid = DEVICES[2].id(NETWORK.id)
    entry = keeper.get_key(scene.state, scene.notes["handle"], kid)
    assert entry is not None
    keeper.revoke_key(scene.state, scene.notes["handle"], kid, entry)


REVOKE_KEY = Case(
    "RevokeKey",
    claimed(revoke_key),
    {**OF_TWO_DEVICES, errors.NoSuchKey: (change(key=b"?" * 32), third_revoked)},
    OTHER_SIGNERS,
)


def revoke_own_key(state: Any, handle: bytes) -> Scene:
    message = RevokeOwnKey(handle, DEVICES[2].id(NETWORK.id))
    return NETWORK.scene(message, devices(handle, 2), state, handle=handle)


REVOKE_OWN_KEY = Case(
    "RevokeOwnKey",
    claimed(revoke_own_key),
    {
        errors.NotOwnKey: (
            lambda scene: setattr(scene, "signers", devices(scene.notes["handle"], 0, 1)),
            change(key=DEVICES[0].id(NETWORK.id)),
            unknown_account,
            anothers_devices,
        ),
        errors.NoSuchKey: third_revoked,
    },
)


def rotate_seal_key(state: Any, handle: bytes) -> Scene:
    return NETWORK.scene(RotateSealKey(handle, b"f" * 32), devices(handle, 0, 1), state, handle=handle)


ROTATE_SEAL_KEY = Case(
    "RotateSealKey",
    claimed(rotate_seal_key),
    {refusal: OF_TWO_DEVICES[refusal] for refusal in OF_TWO_DEVICES if refusal is not errors.DelayNeeded},
    {pair: why for pair, why in OTHER_SIGNERS.items() if errors.DelayNeeded not in pair},
)
