"""All rows: a new event needs one in the module of its contract, and a new contract's module a place here.

Whoever is a subject by one of PERSONAL may be a person: every event of any contract with such a subject has
a row, and a test holds that.
"""

from salus.services.account import access, accounts, consent
from salus.services.account.line import Row, Rows

PERSONAL = ("relation", "handle", "handles", "account")
ROWS: Rows = {**accounts.ROWS, **consent.ROWS, **access.ROWS}
BY_NAME: dict[str, Row] = {row.what: row for row in ROWS.values()}
