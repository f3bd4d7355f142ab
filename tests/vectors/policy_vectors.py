"""Vectors of policy sets, preferences, attested consents and orders."""

from salus.contracts.consent.messages import AttestConsent, NamePolicySet, RecordOrder, SetPreference, WithdrawOrder
from salus.contracts.consent.types import Attestation, Chosen
from salus.contracts.governance.messages import SetPolicySet
from salus.contracts.governance.policies import policy_set_id
from salus.contracts.governance.types import Policies
from salus.core.encoding import encode
from salus.core.hashing import T
from salus.policy.policies import (
    NO_SET,
    STRICT_OPT_IN,
    EmergencyRule,
    FoundingEmergency,
    FoundingSet,
    Order,
    PolicyRule,
    PolicySet,
)

from .fixed import NETWORK, NOW, fixed
from .record_vectors import RELATION

Vectors = dict[str, object]

RULES = (PolicyRule(1, 1, 3, 3, False, False), PolicyRule(6, 7, 1, 4, False, True))
BODY = PolicySet("example", RULES, EmergencyRule(fixed("group"), 5, 14_400_000), 4, (1,))


def policies() -> Vectors:
    """Policy sets as voted, founded, stored; what a relation chose; attestation, order; messages 0x0405 to 0x0409."""
    writ = T("writ", NETWORK, fixed("writ salt"), fixed("document"))
    evidence = T("attestation", NETWORK, fixed("evidence salt"), fixed("paper"))
    order = Order(fixed("court"), fixed("clinic"), 1, NOW, NOW + 10**9, 4, writ, withdrawn=False)
    attestation = Attestation(fixed("clinic"), fixed("staff"), 1, evidence)
    messages = {
        0x0405: SetPreference(RELATION, 1, ((0, 1), (1, 2))),
        0x0406: NamePolicySet(fixed("hospital"), RELATION, fixed("policy set")),
        0x0407: AttestConsent(
            *(attestation.attester, attestation.staff, attestation.method, attestation.evidence),
            RELATION, None, (1, fixed("other clinic")), 1, (1,), NOW, NOW + 10**9, 0, 0, (False, 0, False),
            fixed("sealed"),
        ),
        0x0408: RecordOrder(
            fixed("hospital"), order.issuer, RELATION, order.recipient, 1, NOW, order.end, 4, writ
        ),
        0x0409: WithdrawOrder(order.issuer, RELATION, fixed("order")),
    }  # fmt: skip
    return {
        "network": NETWORK.hex(),
        "proposal": fixed("proposal").hex(),
        "index": 2,
        "policy_set_id": policy_set_id(NETWORK, fixed("proposal"), 2).hex(),
        "policy_set": encode(BODY).hex(),
        "strict_opt_in": {"id": NO_SET.hex(), "policy_set": encode(STRICT_OPT_IN).hex()},
        "founding_set": encode(FoundingSet("", RULES, FoundingEmergency(0, 5, 14_400_000), 4, (1,))).hex(),
        "action_6": encode(SetPolicySet(None, BODY)).hex(),
        "stored_set": encode(Policies(1, BODY)).hex(),
        "chosen": encode(Chosen(fixed("policy set"), ((0, 1), (1, 2)), 1)).hex(),
        "attestation": encode(attestation).hex(),
        "evidence_salt": fixed("evidence salt").hex(),
        "evidence_document": fixed("paper").hex(),
        "evidence_commitment": evidence.hex(),
        "order": encode(order).hex(),
        "writ_salt": fixed("writ salt").hex(),
        "writ_document": fixed("document").hex(),
        "writ_commitment": writ.hex(),
        "messages": {f"{number:#06x}": encode(message).hex() for number, message in messages.items()},
    }
