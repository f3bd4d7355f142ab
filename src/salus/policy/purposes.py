"""Purposes with rules of their own; the network's table of purposes is governed.

https://terminology.hl7.org/CodeSystem-v3-ActReason.html
"""

ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"

# In v3-ActReason BTG lies under ETREAT and TREAT: "is a" alone would make each treatment permit a
# break-glass permit.
BREAK_GLASS = "BTG"

# What a custodian may not consent to for a person who has no wallet yet.
_BARRED = frozenset(
    (
        "HMARKT",
        "HRESCH",
        "BIORCH",
        "CLINTRCH",
        "CLINTRCHNPC",
        "CLINTRCHPC",
        "DSRCH",
        "POARCH",
        "PRECLINTRCH",
        "TRANSRCH",
        "RESCH",
    )
)

# What goes on while those who act for a person disagree, where the policy set lets it.
_TREATMENT = frozenset(("TREAT", "ETREAT"))


def is_treatment(system: str, code: str) -> bool:
    """True for treatment, in an emergency or not."""
    return system == ACT_REASON and code in _TREATMENT


def is_break_glass(system: str, code: str) -> bool:
    """True for the purpose that no directive ever serves."""
    return system == ACT_REASON and code == BREAK_GLASS


def barred_for_custodian(system: str, code: str) -> bool:
    """True for research and marketing: a custodial account's permit may not name them."""
    return system == ACT_REASON and code in _BARRED
