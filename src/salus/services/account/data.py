"""An account for programs: names and meanings stand in docs/reference/accounting.md and never change."""

from collections.abc import Mapping

from salus.services.account.line import ANSWER, Line
from salus.services.accounting import Accounting
from salus.wallet.kept import KeptRequest

FORMAT = 1


def as_data(account: Accounting, evidence: Mapping[int, str]) -> dict[str, object]:
    """Return the account; `evidence` names the file that proves a line, by the line's index."""
    return {
        "format": FORMAT,
        "relation": account.relation,
        "custodian": account.custodian,
        "custodian_name": account.custodian_name,
        "as_of": account.as_of,
        "height": account.height,
        "log_size": account.log_size,
        "lines": [_line(account, line, evidence.get(line.index)) for line in account.lines],
        "unanswered": [_unanswered(request) for request in account.unanswered],
        "merged": account.merged,
        "pruned": None if account.pruned is None else account.pruned._asdict(),
    }


def _line(account: Accounting, line: Line, evidence: str | None) -> dict[str, object]:
    named = {name: getattr(line, name) for name in Line.__dataclass_fields__}
    waits = account.as_of - line.time if line.waits_for else None
    return {**named, "waits_for": line.waits_for or None, "waiting_ms": waits, "evidence": evidence}


def _unanswered(request: KeptRequest) -> dict[str, object]:
    return {"request": request.request, "waits_for": ANSWER, "due": request.not_after}
