"""All rows: a new event needs one in the module of its contract, and a new contract's module a place here.

Whoever is a subject by one of PERSONAL may be a person: every event of any contract with such a subject has
a row, and a test holds that.
"""

from salus.services.account import access, accounts, consent, discovery, life, records, recovery, representation
from salus.services.account.line import Rows
from salus.services.account.words import Text

PERSONAL = ("relation", "handle", "handles", "account")
ROWS: Rows = {
    **accounts.ROWS,
    **recovery.ROWS,
    **consent.ROWS,
    **records.ROWS,
    **life.ROWS,
    **access.ROWS,
    **representation.ROWS,
    **discovery.ROWS,
}
_VARIANTS = consent.VARIANTS | records.VARIANTS | recovery.VARIANTS | representation.VARIANTS
NAMES: dict[str, Text] = {row.what: row.text for row in ROWS.values()} | _VARIANTS
