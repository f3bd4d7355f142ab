"""A region in which a clinic may break the glass and hold a session, and what each of them does, step by durable step.

`python -m faults.release_world HOME SCENARIO STEP MODE` plays a scenario and kills itself at a durable step.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from salus.bootstrap import MemberSpec, Region, RegionSpec, create_person, create_region, open_region
from salus.client.batcher import Carrier
from salus.contracts.consent.messages import NamePolicySet
from salus.contracts.governance.actions import group_id
from salus.contracts.governance.messages import SetGroup, SetPolicySet
from salus.contracts.governance.policies import policy_set_id
from salus.core.glass import GlassReason
from salus.core.types import Message
from salus.demo.generator import generate
from salus.policy.policies import EmergencyRule, PolicySet
from salus.policy.types import OrganisationRole
from salus.services.anchor import anchor
from salus.services.attest_staff import attest_staff, list_staff
from salus.services.break_glass import request_break_glass
from salus.services.claim import claim
from salus.services.deposit import deposit
from salus.services.folder_exchange import FolderExchange
from salus.services.grant import Terms, grant, sealed_part, to_organisation
from salus.services.inbox import process_inbox
from salus.services.invite import invite
from salus.services.open_session import ask_session, is_open
from salus.services.patients import list_patients
from salus.services.propose import propose
from salus.services.session_page import ask_close, ask_page
from salus.services.settle_claim import confirm_claim
from salus.services.vote import vote
from salus.testing.faults import Crash
from salus.vault import keystore
from salus.vault.outbox import Outbox
from salus.vault.shared import SharedResources
from salus.vault.vault import Vault

PASSPHRASE = "a passphrase of the tests"
SPEC = RegionSpec(
    "Testland",
    (
        MemberSpec("North Hospital", "north", (OrganisationRole.HOSPITAL,)),
        MemberSpec("Riverside Clinic", "clinic", (OrganisationRole.CLINIC,)),
    ),
)
HOUR_MS = 3_600_000
PAGES = 2


def cheap() -> None:
    """Argon2id at its least: nobody tries passphrases here."""
    keystore.MEMORY_KIB, keystore.ITERATIONS = 128, 1


def found(home: Path) -> None:
    """Found the region, with one patient who granted the clinic one use."""
    with create_region(home, SPEC, PASSPHRASE) as region:
        north, clinic = region.organisation("north"), region.organisation("clinic")
        for raw in generate(7, 1, region.ledger.now())["north"]:
            deposit(north, raw)
        anchor(north)
        handle = list_patients(north)[0].handle
        alma = create_person(region, "alma")
        claimed = claim(alma, invite(north, handle).code)
        confirm_claim(north, handle, claimed.short_code)
        attest_staff(clinic, "Doctor Nobody", "physician")
        group = group_id(region.network, _enact(region, SetGroup(None, "emergency", (clinic.account,))), 0)
        body = PolicySet("", (), EmergencyRule(group, 5, HOUR_MS), 5, ())
        policies = policy_set_id(region.network, _enact(region, SetPolicySet(None, body)), 0)
        north.send(NamePolicySet(north.account, handle, policies))
        sealed = sealed_part(text="Everything, for one session.")
        grant(alma, handle, Terms(to_organisation(clinic.account), ("TREAT",), 30, sealed, uses=1))
        process_inbox(north)


def _enact(region: Region, action: Message) -> bytes:
    proposed = propose(region.organisation("north"), [action], region.ledger.height() + 4)
    for slug in region.organisations():
        vote(region.organisation(slug), proposed.proposal)
    while region.ledger.height() < proposed.effective:
        attest_staff(region.organisation("north"), "Nobody", "clerk")  # any block
    return proposed.proposal


def handle_of(region: Region) -> bytes:
    (kept,) = region.person("alma").wallet.relations()
    return kept.handle


def ask_glass(region: Region) -> bytes:
    clinic = region.organisation("clinic")
    badge = list_staff(clinic)[0]
    return request_break_glass(clinic, handle_of(region), badge, GlassReason.UNCONSCIOUS).request


def ask_chart(region: Region) -> bytes:
    clinic = region.organisation("clinic")
    return ask_session(clinic, handle_of(region), "TREAT", list_staff(clinic)[0]).request


def answer_glass(region: Region, release: bytes) -> None:
    """What the hospital does: decide, commit, deliver."""
    process_inbox(region.organisation("north"))


def answer_chart(region: Region, session: bytes) -> None:
    """What both do from the opening to the closing; begun again, it goes on where it was."""
    north, clinic = region.organisation("north"), region.organisation("clinic")
    process_inbox(north)
    for _ in range(PAGES):
        if is_open(clinic, handle_of(region), session):
            ask_page(clinic, session)
        process_inbox(north)
    if is_open(clinic, handle_of(region), session):
        ask_close(clinic, session)
    process_inbox(north)


SCENARIOS: dict[str, tuple[Callable[[Region], bytes], Callable[[Region, bytes], None]]] = {
    "break-glass": (ask_glass, answer_glass),
    "session": (ask_chart, answer_chart),
}
STEPS: tuple[tuple[type, str], ...] = (
    (Outbox, "put"),
    (Outbox, "done"),
    (SharedResources, "put"),
    (Vault, "deposit"),
    (Carrier, "submit_now"),
    (FolderExchange, "post"),
    (FolderExchange, "done"),
)


@contextmanager
def dying(step: int, mode: str, die: Callable[[], Any]) -> Iterator[list[int]]:
    """Let the process die at its `step`-th durable step, before or after it persisted; yield the count of steps."""
    count, real = [0], {(owner, name): getattr(owner, name) for owner, name in STEPS}

    def wrap(owner: type, name: str) -> Callable[..., Any]:
        act = real[owner, name]

        def stepping(*arguments: Any, **named: Any) -> Any:
            count[0] += 1
            if step and count[0] > step:
                raise Crash  # nothing more happens in a dead process
            if count[0] == step and mode == "before":
                die()
            result = act(*arguments, **named)
            if count[0] == step:
                die()
            return result

        return stepping

    try:
        for owner, name in STEPS:
            setattr(owner, name, wrap(owner, name))
        yield count
    finally:
        for (owner, name), act in real.items():
            setattr(owner, name, act)


def kill_self() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(home: str, scenario: str, step: str, mode: str, asked: str) -> None:
    cheap()
    with open_region(Path(home), PASSPHRASE) as region:
        region.organisation("north"), region.organisation("clinic"), region.person("alma")
        with dying(int(step), mode, kill_self):
            SCENARIOS[scenario][1](region, bytes.fromhex(asked))


if __name__ == "__main__":
    main(*sys.argv[1:])
