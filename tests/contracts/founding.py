"""A small founded network for tests of contracts: real genesis, real keys, real wiring."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from contracts.precedence import HEIGHT, NOW, Nothing, Scene
from salus.contracts import accounts, governance
from salus.contracts.accounts import for_governance
from salus.contracts.accounts import genesis as accounts_genesis
from salus.contracts.consent import lapse
from salus.contracts.context import Contract, Signer
from salus.contracts.governance import genesis as governance_genesis
from salus.contracts.governance import queries as governance_queries
from salus.core.encoding import encode
from salus.core.genesis import Founder, FounderKey, FounderValidator, FoundingGroup, Genesis, Purpose, founder_id
from salus.core.genesis import network_id as id_of
from salus.core.keys import Role
from salus.core.signatures import ED25519, SigningKey
from salus.core.types import Message
from salus.policy.types import OrganisationRole
from salus.state.overlay import Overlay

GOVERNANCE: Contract = governance.contract(for_governance)
ACCOUNTS: Contract = accounts.contract(governance_queries, lapse)
MEMBERS = 4


def key(name: str) -> SigningKey:
    """Return the one key of this name."""
    return SigningKey.from_seed(name.encode().ljust(32, b".")[:32])


@dataclass
class Member:
    """A founder with two administration keys, both needed, and one gateway key."""

    name: str

    @cached_property
    def administration(self) -> list[SigningKey]:
        return [key(f"{self.name} administration {n}") for n in (1, 2)]

    @cached_property
    def gateway(self) -> SigningKey:
        return key(f"{self.name} gateway")

    @cached_property
    def id(self) -> bytes:
        return founder_id(self.founder())

    def founder(self) -> Founder:
        keys = [FounderKey(ED25519, int(Role.ADMINISTRATION), k.public) for k in self.administration]
        keys.append(FounderKey(ED25519, int(Role.GATEWAY), self.gateway.public))
        return Founder(self.name, "north", (int(OrganisationRole.HOSPITAL),), 2, tuple(keys), b"s" * 32)


@dataclass
class Network:
    """Four founders; the first holds the one validator. `parameters` may differ from the defaults."""

    parameters: tuple[tuple[int, int], ...] = ()

    @cached_property
    def members(self) -> list[Member]:
        return [Member(f"hospital {n}") for n in range(MEMBERS)]

    @cached_property
    def genesis(self) -> Genesis:
        return Genesis(
            1,
            1,
            "test",
            NOW - 1_000_000,
            tuple(member.founder() for member in self.members),
            (FounderValidator(0, key("validator").public, 1),),
            self.parameters,
            (),
            (Purpose(1, "urn:v3", "TREAT", ()), Purpose(2, "urn:v3", "ETREAT", (1,)), Purpose(3, "urn:v3", "X", (2,))),
            (FoundingGroup("both", (0, 1)),),
        )

    @cached_property
    def id(self) -> bytes:
        return id_of(encode(self.genesis))

    @cached_property
    def founded(self) -> dict[bytes, bytes | None]:
        """What genesis writes."""
        state = Overlay(Nothing())
        accounts_genesis.write_genesis(state, self.id, self.genesis)
        governance_genesis.write_genesis(state, self.id, self.genesis)
        return state.writes

    def state(self) -> Overlay:
        """Return a fresh state as it is before the first block."""
        state = Overlay(Nothing())
        for key, value in self.founded.items():
            state.put(key, value)
        return state

    def signer(self, account: bytes, signing: SigningKey, role: Role) -> Signer:
        return Signer(account, signing.id(self.id), int(role))

    def gateway(self, n: int) -> list[Signer]:
        member = self.members[n]
        return [self.signer(member.id, member.gateway, Role.GATEWAY)]

    def administration(self, n: int) -> list[Signer]:
        member = self.members[n]
        return [self.signer(member.id, k, Role.ADMINISTRATION) for k in member.administration]

    def scene(self, message: Message, signers: list[Signer], state: Overlay | None = None, **notes: Any) -> Scene:
        """Return a scene of the message in the founded network, at `HEIGHT` and `NOW`."""
        for contract in (GOVERNANCE, ACCOUNTS):
            for number, shape in contract.messages.items():
                if shape is type(message):
                    handler = contract.handlers[number]
        return Scene(
            handler,
            message,
            list(signers),
            self.state() if state is None else state,
            network=self.id,
            height=HEIGHT,
            notes=notes,
        )

    def commit(self, state: Overlay, message: Message, signers: list[Signer], **fields: Any) -> Scene:
        """Run a message that must succeed over `state`, and keep what it wrote."""
        scene = self.scene(message, signers, state)
        for name, value in fields.items():
            setattr(scene, name, value)
        scene.commit()
        return scene
