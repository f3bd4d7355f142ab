"""Any well-formed message with any values, signed by anybody: a documented code, never a bug that stops the node."""

import random
from typing import Any

import msgspec

from salus.contracts.accounts.messages import ClaimPayload
from salus.contracts.governance.messages import ACTIONS
from salus.contracts.registry import MESSAGES, REFUSALS
from salus.core import cose
from salus.core.encoding import encode
from salus.core.envelope import seal_envelope
from salus.core.keys import Role, list_key
from salus.core.request import Request
from salus.core.signatures import SigningKey
from salus.core.types import Message
from salus.machine import errors
from salus.machine.machine import Machine
from salus.merkle.plain import plain_root
from salus.state.store import Store
from salus.testing.region import START_MS, Region, key

CASES, BLOCK = 3_000, 25
EDGES = (
    0,
    1,
    2,
    3,
    4,
    5,
    63,
    64,
    255,
    256,
    START_MS - 1,
    START_MS,
    START_MS + 1,
    START_MS + 10**9,
    2**32 - 1,
    2**53 - 1,
)


class Maker:
    """Makes messages whose fields are drawn from what exists and from the edges of their types."""

    def __init__(self, rng: random.Random, region: Region, handles: list[bytes]) -> None:
        self.rng, self.region = rng, region
        members = [(m.id, k) for m in region.members for k in (m.gateway, m.administration)]
        self.people = [(handle, key(f"device {n}")) for n, handle in enumerate(handles)]
        self.signers: list[tuple[bytes, SigningKey]] = members + self.people
        self.known = [account for account, _ in self.signers] + [k.id(region.network) for _, k in self.signers]
        self.known += [k.public for _, k in self.signers] + [bytes(32)]

    def message(self) -> tuple[int, Message]:
        number = self.rng.choice(list(MESSAGES))
        return number, self.of(msgspec.inspect.type_info(MESSAGES[number]))

    def of(self, info: msgspec.inspect.Type, name: str = "") -> Any:
        """Return a value that the type admits."""
        rng = self.rng
        match info:
            case msgspec.inspect.IntType():
                fitting = [n for n in EDGES if (info.ge or 0) <= n <= (info.le or 2**53 - 1)]
                return rng.choice(fitting or [info.ge])
            case msgspec.inspect.BytesType():
                return self.octets(info, name)
            case msgspec.inspect.StrType():
                return rng.choice(["x", "é" * 8, "TREAT"])
            case msgspec.inspect.BoolType():
                return rng.random() < 0.5
            case msgspec.inspect.NoneType():
                return None
            case msgspec.inspect.UnionType():
                return self.of(rng.choice(info.types), name)
            case msgspec.inspect.TupleType():
                return tuple(self.of(item, name) for item in info.item_types)
            case msgspec.inspect.VarTupleType():
                size = rng.randint(info.min_length or 0, min(info.max_length or 3, 3))
                items = [self.of(info.item_type, name) for _ in range(max(size, info.min_length or 0))]
                return tuple(sorted(items) if rng.random() < 0.5 and all(isinstance(i, int) for i in items) else items)
            case msgspec.inspect.StructType():
                made = info.cls(*(self.of(field.type, field.name) for field in info.fields))
                return self.sound_key(made) if hasattr(made, "proof") and rng.random() < 0.5 else made
        raise TypeError(info)

    def octets(self, info: msgspec.inspect.BytesType, name: str) -> bytes:
        rng, network = self.rng, self.region.network
        if info.min_length == info.max_length and info.min_length is not None:
            return (
                rng.choice(self.known)
                if info.min_length == 32 and rng.random() < 0.8
                else rng.randbytes(info.min_length)
            )
        if name == "claim" and rng.random() < 0.8:
            payload = self.of(msgspec.inspect.type_info(ClaimPayload))
            return cose.sign("claim", network, encode(payload), [rng.choice(self.signers)[1]])
        if name == "request" and rng.random() < 0.8:
            asked = self.of(msgspec.inspect.type_info(Request))
            return cose.sign("request", network, encode(asked), [rng.choice(self.signers)[1]])
        if name == "actions" and rng.random() < 0.8:
            return encode(self.of(msgspec.inspect.type_info(rng.choice(list(ACTIONS.values())))))
        return rng.randbytes(rng.choice((0, 2, 32)) if info.max_length is None else min(info.max_length, 32))

    def sound_key(self, made: Any) -> Any:
        """Return a key entry with a true proof, for one of the accounts."""
        account = self.rng.choice(self.signers)[0]
        return list_key(self.region.network, account, Role(self.rng.randint(1, 4)), key(f"new {self.rng.random()}"))


def test_any_message_gets_a_documented_code_and_never_stops_the_node() -> None:
    seed = random.randrange(2**32)
    rng = random.Random(seed)
    documented = {0, *REFUSALS, *(one.code for one in vars(errors).values() if hasattr(one, "code"))}
    codes: set[int] = set()
    cases = worlds = 0
    while cases < CASES and worlds < CASES // BLOCK:
        cases += live_in_one_world(rng, codes, f"seed {seed}, world {worlds}")
        worlds += 1
    assert cases >= CASES, (seed, cases)
    assert codes <= documented, (seed, sorted(map(hex, codes - documented)))
    assert len(codes) > 20, (seed, sorted(map(hex, codes)))


def live_in_one_world(rng: random.Random, codes: set[int], where: str) -> int:
    """Send a new region random messages for twenty blocks, or until one revokes its carrier. Return how many ran."""
    region = Region()
    machine = Machine(Store.in_memory())
    machine.init(region.genesis_file)
    opening, handles = region.open_accounts(6)
    assert machine.execute(1, START_MS, [region.batch(opening)]).batches[0].outcomes[0].code == 0
    machine.commit()
    maker = Maker(rng, region, handles)
    ran = 0
    for height in range(2, 22):
        envelopes = []
        for _ in range(BLOCK):
            number, message = maker.message()
            signers = rng.sample(maker.signers, rng.randint(1, 3))
            named = [signer for signer in maker.signers if signer[0] in encode(message)][:2]
            envelopes.append(seal(region, named or signers, (number, message)))
        try:
            result = machine.execute(height, START_MS + height, [region.batch(*envelopes)])
        except Exception as error:
            raise AssertionError(f"{where}, height {height}") from error
        machine.commit()
        (batch,) = result.batches
        codes |= {outcome.code for outcome in batch.outcomes}
        if batch.code:
            break
        ran += BLOCK
    assert plain_root(machine.store.items()) == machine.app_hash, where
    return ran


def seal(region: Region, signers: list[tuple[bytes, SigningKey]], numbered: tuple[int, Message]) -> bytes:
    distinct = list({(account, k.public): (account, k) for account, k in signers}.values())
    return seal_envelope(region.network, region.nonce(), START_MS + 500_000, distinct, [numbered])
