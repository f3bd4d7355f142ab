"""The sets that come with Salus, one file each: every rule with the place in the law it comes from.

Facts of laws in our own words, a starting point for counsel's review and no advice. Where a law allows something under
a condition that no rule can check, the set is on the strict side, and the clause stands among its gaps.
"""

from salus.policy.sets.clauses import Gap, ShippedRule, ShippedSet, Source, Words
from salus.policy.sets.gdpr import GDPR
from salus.policy.sets.hipaa import HIPAA
from salus.policy.sets.part2 import PART2
from salus.policy.sets.pipl import PIPL
from salus.policy.sets.trial import MANDATED, OPT_OUT

LAWS = (HIPAA, PART2, GDPR, PIPL)
TRIAL = (OPT_OUT, MANDATED)  # in the genesis document of a new region, to try

__all__ = ["GDPR", "HIPAA", "LAWS", "MANDATED", "OPT_OUT", "PART2", "PIPL", "TRIAL", "Gap", "ShippedRule",
           "ShippedSet", "Source", "Words"]  # fmt: skip
