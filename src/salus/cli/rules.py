"""How commands say which version of the rules is in force, which comes, and whether this software knows them."""

from salus.machine.versions import RULES
from salus.services.validators import UpgradeView


def rules_data(now: UpgradeView, ahead: UpgradeView | None) -> dict[str, object]:
    """Return what is said of the rules, for JSON."""
    scheduled = None if ahead is None else {**ahead._asdict(), "known": ahead.rules in RULES}
    return {"rules": now.rules, "rules_known": now.rules in RULES, "upgrade": scheduled}


def rules_fields(now: UpgradeView, ahead: UpgradeView | None) -> dict[str, object]:
    """Return the same for people; a line on an upgrade only where there is one."""
    if now.rules not in RULES:
        lacking = f"this software does not know them and executes nothing more: install {now.software}"
        return {"rules": f"version {now.rules} from block {now.height} on; {lacking}"}
    named: dict[str, object] = {"rules": f"version {now.rules}"}
    if ahead is not None:
        words = "which this software knows" if ahead.rules in RULES else f"install {ahead.software} before that"
        named["upgrade"] = f"to version {ahead.rules} from block {ahead.height} on: {words}"
    return named
