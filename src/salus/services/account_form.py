"""Fill in the form of an account that a law asks for, from the ledger and, for the custodian, from its vault."""

from salus.client.ledger import Ledger
from salus.contracts.accounts import queries as accounts
from salus.contracts.consent import queries as consent
from salus.services.account.forms import FORMS, Asking, Filled, Signed, fill
from salus.services.account.kinds import kept_kinds
from salus.services.accounting import Accounting
from salus.services.actors import Organisation


def account_form(
    name: str, ledger: Ledger, account: Accounting, asker: Organisation | None = None, since: int | None = None
) -> Filled:
    """Return the form of `account`; of an asker that is the custodian also what it alone knows.

    Raises KeyError where there is no such form.
    """
    form, state = FORMS[name], ledger.view()
    directives = {d.id: Signed(d.capacity, d.grantee[0]) for d in consent.directives(state, account.relation)}
    custodian = asker is not None and accounts.custodian_of(state, account.relation) == asker.account
    kept = kept_kinds(asker, account.relation) if custodian and asker is not None else None
    return fill(form, account, Asking(directives), kept, since)
