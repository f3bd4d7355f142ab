"""Explain on which rule of which law a release rests, in a few words."""

from salus.client.ledger import Ledger
from salus.contracts.governance import queries as governance
from salus.policy.question import Basis
from salus.policy.types import BasisKind
from salus.services.account.law import Laws
from salus.services.account.line import named_ground

_KINDS = {BasisKind.POLICY: "policy", BasisKind.BREAK_GLASS: "break-glass"}


def explain(ledger: Ledger, basis: Basis, recipient: bytes, purpose: int) -> str:
    """Return the policy set by name and version, with the rule and its places in the law; empty for other grounds."""
    kind, ground, version = basis
    row = governance.purpose(ledger.view(), purpose)
    if kind not in _KINDS or ground is None or row is None:
        return ""
    laws = Laws(ledger)
    by_policy = kind == BasisKind.POLICY
    law = laws.of_rule(ground, version, recipient, row.code) if by_policy else laws.of_emergency(ground, version)
    return named_ground(_KINDS[BasisKind(kind)], ground, version, law)
