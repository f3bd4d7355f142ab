"""Chapters of the story over HTTP about who gets what: a chart, an amendment, a family, a tourist."""

import json
from pathlib import Path

from homes_over_http import Homes, until
from story_region import START_MS, records_of

from salus.services.errors import NoSuchSession

CLINIC = "River Clinic"


def granted(homes: Homes, alma: Path) -> str:
    """She grants the clinic her laboratory results; the custodian acknowledges it. Return the directive."""
    before = homes.told(alma).count("in-force")
    line = ("consent", "grant", "--as", "alma", "--to", CLINIC, "--class", "laboratory")
    made = str(homes.data(alma, *line)["directive"])
    until(lambda: homes.told(alma).count("in-force") > before, "the acknowledgement of the grant")
    return made


def read_a_chart(homes: Homes, alma: Path, handle: str) -> None:
    """Many searches are one session; her revocation stops the next page."""
    directive = granted(homes, alma)
    session = homes.data("clinic", "access", "session", "open", "--as", "clinic", handle)["request"]
    assert homes.told(alma)[-1] == "session"  # the hospital had opened it before the command ended
    for number in range(1, 7):
        assert homes.data("clinic", "access", "session", "page", "--as", "clinic", session) == {"page": number}
        homes.run("clinic", "access", "answer", "--as", "clinic")  # its server may have done so
    homes.run(alma, "consent", "revoke", "--as", "alma", directive)
    assert homes.data("clinic", "access", "session", "page", "--as", "clinic", session) == {"page": 7}
    until(lambda: homes.told(alma)[-1] == "acknowledged", "the end of the session")
    assert homes.told(alma)[-4:] == ["session", "revoked", "session-closed", "acknowledged"]
    over = homes.run("clinic", "access", "session", "page", "--as", "clinic", session, status=1)
    assert f"(0x{NoSuchSession.code:04x})" in over.line
    folder = homes.folder / "pages"
    homes.run("clinic", "access", "received", "--as", "clinic", "--save", folder)
    files = sorted(folder.glob(f"{session[:12]}*.evidence"))
    assert len(files) == 7  # six pages and the closing that commits to them
    genesis = homes.home("clinic") / "genesis.cbor"
    assert [homes.verify(file, genesis).status for file in (files[0], files[-1])] == [3, 3]


def amend_a_record(homes: Homes, alma: Path) -> None:
    """She asks to amend what the clinic received; the hospital does, and the clinic's home is told."""
    received = homes.data("clinic", "access", "received", "--as", "clinic")
    mine = homes.folder / "mine"
    homes.run(alma, "access", "request-own", "--as", "alma")
    until(lambda: homes.data(alma, "access", "collect", "--as", "alma", "--save", mine), "her own records")
    files = {row["header"]["record"]: next(mine.glob(f"{row['header']['record']}*.json")) for row in received}
    record, file = next((one, path) for one, path in files.items() if "valueQuantity" in path.read_text())
    wrong = json.loads(file.read_text())
    wrong["valueQuantity"]["value"] = 9.5
    file.write_text(json.dumps(wrong))
    line = ("petition", "make", "--as", "alma", "amend", "--record", record, "--text", "9.5", "--content", file)
    petition = homes.data(alma, *line)["petition"]
    (open_one,) = until(lambda: homes.data("north", "petition", "list", "--as", "north"), "her petition")
    assert (open_one["petition"], open_one["text"]) == (petition, "9.5")
    answered = homes.data("north", "record", "amend", "--as", "north", petition)
    assert (answered["outcome"], answered["ground"]) == ("done", "none")
    (receipt,) = until(lambda: homes.data(alma, "access", "collect", "--as", "alma"), "her receipt")
    assert receipt["outcome"] == "receipt: amend done"
    (made,) = homes.data(alma, "petition", "list", "--as", "alma")
    assert (made["petition"], made["outcome"]) == (petition, "done")

    def since() -> set[str | None]:
        rows = homes.data("clinic", "access", "received", "--as", "clinic")
        return {row["since"] for row in rows if row["header"]["record"] == record}

    until(lambda: since() == {"amended"}, "the notice at the clinic")
    others = homes.data("clinic", "access", "received", "--as", "clinic")
    assert {row["since"] for row in others if row["header"]["record"] != record} == {None}


def raise_a_child(homes: Homes) -> None:
    """A mother and a father, each in a home of its own, act for a child; they disagree."""
    file = homes.folder / "child.json"
    file.write_bytes(records_of("Kind", "N-7", START_MS))
    homes.run("north", "record", "import", "--as", "north", file)
    patients = homes.data("north", "patient", "list", "--as", "north")
    (child,) = (str(one["handle"]) for one in patients if one["state"] == "custodial")
    parents = {slug: homes.follow(slug) for slug in ("mother", "father")}
    acts = {slug: let_act(homes, home, slug, child) for slug, home in parents.items()}
    mother, father = parents["mother"], parents["father"]

    def told() -> list[str]:
        lines = homes.data(mother, "representation", "accounting", "--as", "mother", child)["lines"]
        return [line["what"] for line in lines]

    homes.run(mother, "representation", "grant", "--as", "mother", child, "--to", CLINIC)
    until(lambda: told()[-1] == "in-force", "the acknowledgement of the mother's grant")
    homes.run("clinic", "access", "request", "--as", "clinic", child)
    until(lambda: told()[-1] == "acknowledged", "the release of the child's records")
    homes.run(mother, "representation", "request", "--as", "mother", child)
    (brought,) = until(lambda: homes.data(mother, "access", "collect", "--as", "mother"), "the child's records")
    assert brought["outcome"] == "received and verified 5 records of the person it acts for"
    homes.run(father, "representation", "deny", "--as", "father", child, "--to", CLINIC)
    homes.run("clinic", "access", "request", "--as", "clinic", child)
    until(lambda: told()[-1] == "refused", "the refusal")
    homes.run(mother, "representation", "dispute", "--as", "mother", child, acts["father"])
    listed = homes.data(father, "representation", "list", "--as", "father", child)
    assert {row["standing"] for row in listed} == {"disputed"}
    barred = homes.run(father, "representation", "grant", "--as", "father", child, "--to", CLINIC, status=1)
    assert barred.out == ""


def let_act(homes: Homes, home: Path, slug: str, child: str) -> str:
    """The hospital opens an account for an adult, admits who claimed it, attests that it is a parent."""
    opened = homes.data("north", "representation", "account", "--as", "north")
    claimed = homes.data(home, "patient", "claim", "--as", slug, "--at-once", opened["code"])
    homes.run("north", "representation", "admit", "--as", "north", opened["handle"], claimed["short_code"])
    line = ("representation", "attest", "--as", "north", child, opened["handle"], "--kind", "parent")
    return str(homes.data("north", *line)["representation"])


def find_a_tourist(homes: Homes, alma: Path, handle: str) -> None:
    """Nobody knows her at the clinic: a locator finds where she is known, and the glass is broken there."""
    her = homes.folder / "her.json"
    named = [{"family": "Meyer", "given": ["Test"]}]
    her.write_text(json.dumps({"resourceType": "Patient", "name": named, "birthDate": "1970-01-01"}))
    homes.run("north", "discover", "key", "--as", "north")
    given = homes.data("north", "discover", "register", "--as", "north")
    assert (given["relations"], given["epoch"]) == (1, 1)
    locate = ("discover", "locate", "--as", "clinic", "--patient", her)

    def located() -> list[dict[str, str]]:
        homes.run("clinic", *locate)
        homes.run("clinic", "access", "answer", "--as", "clinic")
        return [t for t in homes.data("clinic", "discover", "tickets", "--as", "clinic") if t["relation"]]

    (ticket,) = until(located, "where she is known")
    assert (ticket["relation"], ticket["how"]) == (handle, "name-and-birth")
    line = ("access", "request", "--as", "clinic", ticket["relation"], "--break-glass", "--reason", "unconscious")
    release = homes.data("clinic", *line)["request"]
    until(lambda: homes.told(alma)[-1] == "acknowledged", "the clinic's receipt of the release")
    assert homes.told(alma)[-3:] == ["located", "break-glass", "acknowledged"]
    folder = homes.folder / "found"
    homes.run("clinic", "access", "received", "--as", "clinic", "--save", folder)
    (evidence,) = folder.glob(f"{release[:12]}.evidence")
    assert homes.verify(evidence, homes.home("clinic") / "genesis.cbor").status == 3
