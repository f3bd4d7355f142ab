"""What the chapters about policies share: the network's policy sets, and her relation under one of them."""

from salus.client.refused import accept
from salus.contracts.consent.messages import NamePolicySet, SetPreference
from salus.contracts.governance.keys import POLICIES
from salus.contracts.governance.types import Policies
from salus.core.encoding import decode
from salus.demo.stage import Stage
from salus.policy.policies import Choice, Mode
from salus.policy.types import Capacity
from salus.services import lookup


def set_with(stage: Stage, mode: Mode) -> bytes:
    """Return the set of the network that has a rule of `mode` and an emergency group; LookupError where none has."""
    for key, raw in stage.region.ledger.view().scan(POLICIES):
        body = decode(raw, Policies).body
        if body.emergency.group is not None and any(rule.mode == mode for rule in body.rules):
            return key[len(POLICIES) :]
    raise LookupError(mode.name)


def put_under(stage: Stage, policy_set: bytes) -> None:
    """Let the hospital name the policy set that her relation is under."""
    hospital = stage.organisation(stage.hospital)
    hospital.send(NamePolicySet(hospital.account, stage.handle, policy_set))


def prefer(stage: Stage, code: str, choice: Choice) -> None:
    """Let her say what she wants where her policy set asks."""
    number = lookup.purpose_number(stage.region.ledger.view(), code)
    message = SetPreference(stage.handle, int(Capacity.SELF), ((number, int(choice)),))
    envelope = stage.patient.build(stage.handle, message).raw
    landed = stage.patient.carriers.carry(stage.organisation(stage.hospital).account, envelope).result()
    accept(landed.result.code)
