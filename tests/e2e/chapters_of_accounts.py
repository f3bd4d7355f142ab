"""Chapters of the story over HTTP about whose an account is: custody that moves, a thief, a lost phone."""

from pathlib import Path

from chapters_of_access import granted
from homes_over_http import Homes, until

FRIENDS = ("sister", "friend", "lawyer")
DAY_MS = 86_400_000


def move_custody(homes: Homes, alma: Path, handle: str) -> None:
    """The hospital hands her record over to another home, whole; the new custodian answers for her from then on."""
    homes.run("north", "relation", "offer", "--as", "north", "--to", "South Hospital", handle)
    (relation,) = homes.data(alma, "access", "relations", "--as", "alma")
    assert (relation["name"], relation["life"]) == ("North Hospital", ["claimed", "transferring"])
    taken = until(lambda: accepted(homes), "what was handed over")
    assert taken == {"done": [handle], "refused": []}
    (relation,) = homes.data(alma, "access", "relations", "--as", "alma")
    assert (relation["name"], relation["life"]) == ("South Hospital", ["claimed"])
    homes.run("north", "relation", "settle", "--as", "north")
    until(lambda: handle not in handles(homes, "north"), "the end of the former custodian's copy")
    assert handles(homes, "south") == [handle]
    granted(homes, alma)
    homes.run("clinic", "access", "request", "--as", "clinic", handle)
    until(lambda: homes.told(alma)[-1] == "acknowledged", "a release by the new custodian")
    assert homes.told(alma)[-6:] == [
        *("custody-offered", "custody-moved", "granted", "in-force", "released", "acknowledged"),
    ]


def accepted(homes: Homes) -> dict[str, list[str]] | None:
    done = homes.data("south", "relation", "accept", "--as", "south")
    return done if done["done"] or done["refused"] else None


def handles(homes: Homes, slug: str) -> list[str]:
    return [str(one["handle"]) for one in homes.data(slug, "patient", "list", "--as", slug)]


def veto_a_thief(homes: Homes, alma: Path, handle: str) -> None:
    """Somebody with a false paper has two desks, each in its own home, give her account to his phone: she vetoes."""
    thief, file = homes.follow("thief"), homes.folder / "thief.keys"
    for employer in ("north", "south"):
        homes.run(employer, "staff", "add", "--as", employer, "Desk Nobody", "--role", "clerk")
    homes.run(thief, "recovery", "prepare", "--as", "thief", handle)
    shown = homes.data(thief, "recovery", "offer", "--as", "thief", handle, "--out", file)["short_code"]
    homes.run("south", "recovery", "reprove", "--as", "south", file, shown)
    homes.run("north", "recovery", "confirm", "--as", "north", handle, shown)
    assert homes.told(alma)[-2:] == ["identity-offered", "identity-proved"]
    found = recovery_of(homes, alma)
    assert (found["recovery"], found["ours"], found["alarming"]) == ("in person", False, True)
    homes.run(alma, "recovery", "veto", "--as", "alma")
    assert homes.told(alma)[-1] == "recovery-vetoed"
    assert recovery_of(homes, alma)["recovery"] == "none"
    homes.pass_time(8 * DAY_MS)
    for slug in ("south", "north"):
        done = homes.run(slug, "recovery", "complete", "--as", slug, handle, status=1)
        assert done.line.endswith("(0x6070)"), done  # no recovery is under way
    assert homes.data(thief, "wallet", "due", "--as", "thief")["recovered"] == []


def recovery_of(homes: Homes, alma: Path) -> dict[str, object]:
    (found,) = homes.data(alma, "recovery", "status", "--as", "alma")
    return dict(found)


def lose_a_phone(homes: Homes, alma: Path, handle: str) -> None:
    """Three friends hold keys, each in a home of his own; her phone is lost, and two give her account back."""
    friends = {name: homes.follow(name) for name in FRIENDS}
    files = [homes.folder / f"{name}.key" for name in FRIENDS]
    for (name, home), file in zip(friends.items(), files, strict=True):
        homes.run(home, "recovery", "hold", "--as", name, handle, "--out", file)
    homes.run(alma, "recovery", "keyholders", "--as", "alma", *files)
    homes.pass_time(7 * DAY_MS)
    until(lambda: completed(homes) and recovery_of(homes, alma)["keyholders"] == 3, "the keyholders")

    phone = homes.follow("phone")
    (made,) = homes.data(phone, "recovery", "prepare", "--as", "new-phone", handle)
    approvals = []
    for name in FRIENDS[:2]:
        approvals.append(homes.folder / f"{name}.approval")
        words = (handle, made["recovery"], made["short_code"])
        homes.run(friends[name], "recovery", "approve", "--as", name, *words, "--out", approvals[-1])
    few = homes.run(phone, "recovery", "start", "--as", "new-phone", approvals[0], "--at-once", status=1)
    assert few.line.endswith("(0x0240)")  # fewer approved than her policy asks for
    homes.run(phone, "recovery", "start", "--as", "new-phone", *approvals, "--at-once")
    assert homes.told(alma)[-1] == "recovery"
    assert "NOT YOURS" in homes.run(alma, "recovery", "status", "--as", "alma").out
    homes.pass_time(8 * DAY_MS)
    until(lambda: completed(homes) and homes.told(alma)[-1] == "recovered", "the end of the recovery")
    assert homes.data(phone, "wallet", "due", "--as", "new-phone")["recovered"] == [handle]
    assert homes.told(phone, "new-phone") == homes.told(alma)
    lost = homes.run(alma, "consent", "deny", "--as", "alma", status=1)
    assert lost.line.endswith("(0x000a)")  # the key of the lost phone is revoked
    homes.run(phone, "consent", "deny", "--as", "new-phone")
    assert homes.told(phone, "new-phone")[-1] == "denied"


def completed(homes: Homes) -> bool:
    """Let the custodian do what is due by now; its server may have done it before."""
    homes.run("south", "recovery", "complete", "--as", "south")
    return True
