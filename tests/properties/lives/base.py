"""The region under test: a real machine with real envelopes, one act a block, and the model beside it."""

from collections.abc import Sequence
from hashlib import sha256

from hypothesis.stateful import RuleBasedStateMachine, invariant

from properties.lives.model import Life, Model
from properties.lives.model import Member as Standing
from salus.contracts.access.invariants import violations as access_rules
from salus.contracts.accounts.invariants import violations as accounts_rules
from salus.contracts.accounts.messages import ClaimAccount, ClaimPayload, ConfirmClaim, InvitePerson, OpenAccounts
from salus.contracts.consent.invariants import violations as consent_rules
from salus.contracts.governance.invariants import violations as governance_rules
from salus.contracts.records.invariants import violations as records_rules
from salus.contracts.representation.invariants import violations as representation_rules
from salus.core import cose
from salus.core.encoding import encode
from salus.core.hashing import T, object_id
from salus.core.keys import Role, list_key
from salus.core.signatures import SigningKey
from salus.core.types import Message
from salus.machine.machine import Machine
from salus.merkle.plain import plain_root
from salus.policy.types import OrganisationRole
from salus.state.store import Store
from salus.testing.region import START_MS, Member, Region, key

DAY_MS = 86_400_000
PERSONS = b"\x02\x04"
ABOUT = (records_rules, consent_rules, access_rules, representation_rules)
STRANGER = "stranger"  # a device that nothing lists


class Simulated(RuleBasedStateMachine):
    """Members are named hospital, other, clinic, authority; a device is named by its account and number."""

    def __init__(self) -> None:
        super().__init__()
        authority = Member("Authority", OrganisationRole.REGULATOR)
        self.region = Region(more=[authority])
        self.network = self.region.network
        self.machine = Machine(Store.in_memory())
        self.machine.init(self.region.genesis_file)
        self.model = Model(START_MS)
        self.members = dict(zip(("hospital", "other", "clinic", "authority"), self.region.members, strict=True))
        self.model.members = {name: Standing(one.founder.roles[0]) for name, one in self.members.items()}
        self.blocks: list[tuple[int, list[bytes]]] = []
        self.made = 0

    # Acts

    def act(self, signers: Sequence[tuple[bytes, SigningKey]], *messages: Message, nonce: bytes | None = None) -> int:
        """Execute messages as one envelope in a block of its own; return its code."""
        self.model.time += 1000
        until = self.model.time + 60_000
        envelope = self.region.envelope(signers, *messages, not_after=until, nonce=nonce)
        batch = self.region.batch(envelope, not_after=until)
        result = self.machine.execute(self.machine.height + 1, self.model.time, [batch])
        self.machine.commit()
        self.blocks.append((self.model.time, [batch]))
        (outcome,) = result.batches
        assert outcome.code == 0, f"batch refused {outcome.code:#06x}"
        (one,) = outcome.outcomes
        return one.code

    def idle(self) -> None:
        """Let a block without envelopes pass, in which what is due comes into force."""
        self.model.time += 1000
        self.machine.execute(self.machine.height + 1, self.model.time, [])
        self.machine.commit()
        self.blocks.append((self.model.time, []))

    def expect(
        self, may: bool, signers: Sequence[tuple[bytes, SigningKey]], *messages: Message, nonce: bytes | None = None
    ) -> bool:
        """Do it, and hold what came of it against what the model says."""
        code = self.act(signers, *messages, nonce=nonce)
        assert (code == 0) == may, f"{code:#06x} where the model says {may}: {[type(one).__name__ for one in messages]}"
        return may

    def gateway(self, name: str) -> list[tuple[bytes, SigningKey]]:
        """The gateway of a member as signer."""
        member = self.members[name]
        return [(member.id, member.gateway)]

    def signer(self, handle: bytes, name: str) -> list[tuple[bytes, SigningKey]]:
        """A member's gateway, or a device of the account."""
        return self.gateway(name) if name in self.members else [(handle, device(name))]

    def nonce(self) -> bytes:
        """A nonce of which the ids of what is made are known before."""
        return self.region.nonce()

    def fresh(self, what: str) -> str:
        """A name that was not given before."""
        self.made += 1
        return f"{what} {self.made}"

    def opened(self, custodian: str) -> bytes:
        """Open a custodial account."""
        nonce, member = self.nonce(), self.members[custodian]
        handle = object_id("handle", self.network, member.id, nonce, 0, 0)
        may = self.model.members[custodian].takes_new(self.model.time + 1000)
        if self.expect(may, self.gateway(custodian), OpenAccounts(member.id, 1), nonce=nonce):
            self.model.lives[handle] = Life(custodian)
        return handle

    def claimed(self, handle: bytes, devices: int) -> None:
        """Invite the person, who claims with so many devices; the desk confirms."""
        life = self.model.lives[handle]
        custodian = self.members[life.custodian]
        invitation = key(self.fresh("invitation"))
        until = self.model.time + 7 * DAY_MS
        self.expect(
            not life.claimed, self.gateway(life.custodian), InvitePerson(custodian.id, handle, invitation.public, until)
        )
        if life.claimed:
            return
        names = [self.fresh("device") for _ in range(devices)]
        entries = tuple(list_key(self.network, handle, Role.DEVICE, device(name)) for name in names)
        payload = ClaimPayload(handle, entries, sha256(handle).digest(), 1, self.nonce(), self.model.time + 60_000)
        signed = cose.sign("claim", self.network, encode(payload), [invitation, *map(device, names)])
        self.expect(True, self.gateway("clinic"), ClaimAccount(self.members["clinic"].id, signed))
        claim = T("claim", self.network, encode(payload))
        self.expect(True, self.gateway(life.custodian), ConfirmClaim(custodian.id, handle, claim))
        life.claimed, life.devices, life.generation = True, set(names), life.generation + 1
        self.lapse_of_custodian(life)

    def lapse_of_custodian(self, life: Life) -> None:
        """What the custodian permitted for the person, and where it opted in, is over."""
        for word in life.words.values():
            if word.permit and word.by_custodian:
                word.standing = False
        if life.chosen_by_custodian and life.choice == "in":
            life.choice = ""

    # What always holds

    @invariant()
    def rules_hold(self) -> None:
        items = list(self.machine.store.items())
        for rules in (governance_rules, accounts_rules):
            assert [text for _, text in rules(self.network, items)] == []
        for name, _ in items:
            if name[:2] == PERSONS:
                for about in ABOUT:
                    assert list(about(self.machine.store, name[2:])) == []

    def teardown(self) -> None:
        """The tree is a plain tree, and the same blocks give the same state to another machine."""
        assert plain_root(self.machine.store.items()) == self.machine.app_hash
        twin = Machine(Store.in_memory())
        twin.init(self.region.genesis_file)
        for time, batches in self.blocks:
            twin.execute(twin.height + 1, time, batches)
            twin.commit()
        assert (twin.app_hash, twin.log.root) == (self.machine.app_hash, self.machine.log.root)


def device(name: str) -> SigningKey:
    """Return the key of a device."""
    return key("device: " + name)
