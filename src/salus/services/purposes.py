"""The table of purposes that a new network begins with; members change it by vote.

https://terminology.hl7.org/CodeSystem-v3-ActReason.html. What is broader does not imply what is narrower: in
the code system break-glass lies under treatment, and no permit may become one for break-glass. The table says so
all the same, for denies: who denies treatment has an emergency in mind too, and a permit or a rule never serves
break-glass, whatever the table says (`policy.public.permit_obstacle`, `policy.grounds.rule_for`).
"""

from salus.core.genesis import Purpose
from salus.policy.purposes import ACT_REASON

_CODES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("TREAT", ()),
    ("ETREAT", ("TREAT",)),  # emergency treatment: a permit for treatment serves it
    ("CAREMGT", ("TREAT",)),
    ("HPAYMT", ()),
    ("HOPERAT", ()),
    ("PUBHLTH", ()),
    ("PATRQT", ()),  # a person's own request
    ("FAMRQT", ()),
    ("HRESCH", ()),
    ("CLINTRCH", ()),
    ("HMARKT", ()),
    ("BTG", ("TREAT", "ETREAT")),
    ("HCOMPL", ()),  # oversight and audit; a permit for operations does not serve it
)
_NUMBERS = {code: number for number, (code, _) in enumerate(_CODES, start=1)}
PURPOSES = tuple(
    Purpose(_NUMBERS[code], ACT_REASON, code, tuple(sorted(_NUMBERS[name] for name in implied_by)))
    for code, implied_by in _CODES
)
