"""Which policy set a relation is under, and what the person prefers: two voices, which never touch each other."""

from itertools import pairwise

from msgspec.structs import replace

from salus.contracts.consent import checks, errors, keeper
from salus.contracts.consent.events import PolicySetNamed, PreferenceSet
from salus.contracts.consent.expected import Accounts, Governance
from salus.contracts.consent.messages import NamePolicySet, SetPreference
from salus.contracts.context import Context
from salus.policy.policies import Choice, Preference
from salus.policy.purposes import barred_for_custodian
from salus.policy.types import Capacity, Power


def set_preference(accounts: Accounts, governance: Governance, ctx: Context, msg: SetPreference) -> None:
    """Put the preference in the place of the one before; the policy set stays."""
    # AUTHORISE: a preference has no end of its own. Who acts for the person permits by grants, which have one.
    checks.authorised(accounts, ctx, msg.relation, msg.capacity, Power.PREFER)
    if msg.capacity in checks.OTHERS and any(choice == Choice.IN for _, choice in msg.preference):
        raise errors.NotAuthorised
    # CHECK
    _check_preference(governance, ctx, msg.preference, msg.capacity)
    # WRITE
    chosen = keeper.get_chosen(ctx.state, msg.relation)
    new = replace(chosen, preference=msg.preference, capacity=msg.capacity)
    keeper.put_chosen(ctx.state, msg.relation, new)
    # EMIT
    ctx.emit(PreferenceSet(msg.relation, msg.capacity, msg.preference))


def _check_preference(governance: Governance, ctx: Context, preference: Preference, capacity: int) -> None:
    """Raise UnsortedPurposes, NoSuchPurpose or BarredForCustodian."""
    if any(a[0] >= b[0] for a, b in pairwise(preference)):
        raise errors.UnsortedPurposes
    barred = False
    for purpose, choice in preference:
        row = governance.purpose(ctx.state, purpose) if purpose else None
        if purpose and row is None:
            raise errors.NoSuchPurpose
        # 0 speaks of every purpose that is not named, so of these too
        if choice == Choice.IN and (row is None or barred_for_custodian(row.system, row.code)):
            barred = True
    if barred and capacity == Capacity.CUSTODIAN:
        raise errors.BarredForCustodian


def name_policy_set(accounts: Accounts, governance: Governance, ctx: Context, msg: NamePolicySet) -> None:
    """Put the relation under a set of the custodian's own jurisdiction, or of any; the preference stays."""
    # AUTHORISE
    checks.custodian(accounts, ctx, msg.custodian, msg.relation)
    # CHECK
    found = governance.policy_set(ctx.state, msg.set)
    if found is None:
        raise errors.NoSuchPolicySet
    profile = accounts.organisation(ctx.state, msg.custodian)
    if found[1].jurisdiction and (profile is None or found[1].jurisdiction != profile.realm):
        raise errors.ForeignPolicySet
    # WRITE
    keeper.put_chosen(ctx.state, msg.relation, replace(keeper.get_chosen(ctx.state, msg.relation), set=msg.set))
    # EMIT
    ctx.emit(PolicySetNamed(msg.relation, msg.custodian, msg.set))
