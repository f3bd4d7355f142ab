"""Who acts for a person, written apart and plainly; slow, and shares no code. Numbers are written out.

An authority is asked about by looking at everybody: who is there at this moment, who is in doubt, whose turn it is.
"""

from typing import Any

PROTECT, GRANT, ACCESS = 1, 2, 5
ANY, ALL, ORDERED = 1, 2, 3


def circle(entry: Any) -> str:
    """Those of one circle decide by one rule."""
    return {1: "life", 4: "life", 2: "incapacity", 3: "death"}[entry.springs]


def is_there(entry: Any, time: int, incapable: bool, dead: bool) -> bool:
    if entry.standing not in (1, 2) or time < entry.start or time >= entry.end:
        return False
    called = {"life": not dead, "incapacity": incapable and not dead, "death": dead}
    return called[circle(entry)]


def who_may(entries: dict[bytes, Any], signed: set[bytes], time: int, power: int, purposes: Any, **now: bool) -> set:
    """All authorities under which those who signed may do it; empty where under none."""
    there = {i: e for i, e in entries.items() if is_there(e, time, **now) and power in e.powers}
    mine = {i for i, e in there.items() if e.representative in signed}
    if power == PROTECT:
        return mine
    found = set()
    for name in ("life", "incapacity", "death"):
        group = {i: e for i, e in there.items() if circle(e) == name}
        for i, e in group.items():
            if i not in mine:
                continue
            allowed = set(e.purposes)
            sure = e.standing == 1
            if e.rule == ANY or (e.rule == ALL and power == ACCESS):
                if sure and set(purposes) <= allowed:
                    found.add(i)
                if not sure and power == GRANT and set(purposes) <= allowed & set(e.goes_on):
                    found.add(i)
            elif e.rule == ALL:
                together = all(
                    o.standing == 1 and o.representative in signed and set(purposes) <= set(o.purposes)
                    for o in group.values()
                )
                if together:
                    found.add(i)
            elif sure and e.place == min(o.place for o in group.values()) and set(purposes) <= allowed:
                found.add(i)
    return found


def still_holds(entries: dict[bytes, Any], under: bytes, time: int, purpose: int, **now: bool) -> int:
    """0, or 41 where it is over, 42 where it is in doubt or waits."""
    entry = entries.get(under)
    if entry is None or entry.standing == 4 or entry.end <= time:
        return 41
    if GRANT not in entry.powers or purpose not in entry.purposes:
        return 41
    if not is_there(entry, time, **now):
        return 42
    doubted = {
        i
        for i, e in entries.items()
        if circle(e) == circle(entry) and is_there(e, time, **now) and GRANT in e.powers and e.standing == 2
    }
    if entry.rule == ALL:
        return 42 if doubted else 0
    if under not in doubted:
        return 0
    return 0 if entry.rule == ANY and purpose in entry.goes_on else 42
