"""Recovery, as people type it: keyholders, a lost phone, a thief, the desks."""

from pathlib import Path

import pytest
from command_line import copied, data, done, make_claimed, once, salus

from salus.ledger.embedded.clock import SystemClock
from salus.testing.clock import FakeClock

DAY_MS = 86_400_000
FRIENDS = ("sister", "friend", "lawyer")


@pytest.fixture
def claimed(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(once(tmp_path_factory, "claimed", make_claimed), tmp_path)


@pytest.fixture
def clock(claimed: Path, monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    made = FakeClock(SystemClock().now_ms())
    monkeypatch.setattr(SystemClock, "now_ms", lambda self: made.now_ms())
    return made


def handle_of(home: Path) -> str:
    (found,) = data("recovery", "status", "--as", "alma", home=home)
    return found["handle"]


def with_friends(home: Path, clock: FakeClock) -> str:
    """Three friends hold keys, and the delay has passed."""
    handle = handle_of(home)
    files = [home.parent / f"{name}.key" for name in FRIENDS]
    for name, file in zip(FRIENDS, files, strict=True):
        assert "give" in done("recovery", "hold", "--as", name, handle, "--out", file, home=home)
    words = done("recovery", "keyholders", "--as", "alma", *files, home=home)
    assert "any other device can veto it" in words
    assert "you asked" in done("recovery", "status", "--as", "alma", home=home)
    clock.advance(7 * DAY_MS)
    assert data("recovery", "complete", "--as", "north", home=home) == [handle]
    (status,) = data("recovery", "status", "--as", "alma", home=home)
    assert (status["keyholders"], status["alarming"]) == (3, False)
    return handle


def approved(home: Path, handle: str, wallet: str) -> list[Path]:
    """A new phone prepares, two friends approve."""
    (made,) = data("recovery", "prepare", "--as", wallet, "--all-of", "alma", home=home)
    assert made["handle"] == handle
    files = []
    for name in FRIENDS[:2]:
        files.append(home.parent / f"{wallet}-{name}.approval")
        words = (handle, made["recovery"], made["short_code"])
        assert "Approved" in done("recovery", "approve", "--as", name, *words, "--out", files[-1], home=home)
    return files


def test_a_lost_phone_with_keyholders(claimed: Path, clock: FakeClock) -> None:
    handle = with_friends(claimed, clock)
    files = approved(claimed, handle, "new-phone")
    one = salus("recovery", "start", "--as", "new-phone", files[0], "--at-once", home=claimed)
    assert (one.status, one.line) == (
        1,
        "salus: Fewer keyholders of the account approved than its policy asks for. (0x0240)",
    )
    waiting = data("recovery", "start", "--as", "new-phone", *files, home=claimed)
    assert [each["handle"] for each in waiting] == [handle]
    clock.advance(3 * DAY_MS)
    due = data("wallet", "due", "--as", "new-phone", home=claimed)
    assert [each["handle"] for each in due["recovering"]] == [handle]
    assert "NOT YOURS" in done("recovery", "status", "--as", "alma", home=claimed)
    assert "did not ask for" in done("wallet", "due", "--as", "alma", home=claimed)
    assert data("wallet", "due", "--as", "new-phone", home=claimed)["alarms"] == []
    assert "yours" in done("recovery", "status", "--as", "new-phone", home=claimed)
    clock.advance(7 * DAY_MS)
    done("recovery", "complete", "--as", "south", handle, home=claimed)
    assert data("wallet", "due", "--as", "new-phone", home=claimed)["recovered"] == [handle]
    lines = data("access", "accounting", "--as", "new-phone", home=claimed)["lines"]
    assert {"keyholders", "recovery", "recovered"} <= {line["what"] for line in lines}


def test_a_thief_and_the_desks(claimed: Path, clock: FakeClock) -> None:
    handle = handle_of(claimed)
    code = data("recovery", "code", "--as", "alma", home=claimed)["code"]
    done("recovery", "freeze", "--as", "clinic", "--code", code, home=claimed)
    assert "frozen" in done("recovery", "status", "--as", "alma", home=claimed)
    for employer in ("north", "south"):
        done("staff", "add", "--as", employer, "Desk Nobody", "--role", "clerk", home=claimed)
    for phone in ("phone-1", "phone-2"):
        done("recovery", "prepare", "--as", phone, handle, home=claimed)
        file = claimed.parent / f"{phone}.keys"
        shown = data("recovery", "offer", "--as", phone, handle, "--out", file, home=claimed)["short_code"]
        done("recovery", "reprove", "--as", "north", file, shown, home=claimed)
        done("recovery", "confirm", "--as", "south", handle, shown, home=claimed)
        done("recovery", "veto", "--as", "alma", home=claimed)
    assert "contested" in done("recovery", "status", "--as", "alma", home=claimed)
    done("recovery", "settle", "--as", "north", handle, "--is-she", home=claimed)
    assert "Nothing is due" in done("recovery", "complete", "--as", "north", home=claimed)
    clock.advance(14 * DAY_MS)
    assert "done" in done("recovery", "complete", "--as", "north", home=claimed)
    assert "Recovered" in done("wallet", "due", "--as", "phone-2", home=claimed)
    again = salus("recovery", "veto", "--as", "alma", home=claimed)
    assert (again.status, again.line) == (1, "salus: No recovery of this account is under way. (0x6070)")


def test_devices(claimed: Path, clock: FakeClock) -> None:
    handle = handle_of(claimed)
    file = claimed.parent / "tablet.key"
    done("recovery", "device", "--as", "tablet", handle, "--out", file, home=claimed)
    done("recovery", "add-device", "--as", "alma", file, home=claimed)
    clock.advance(7 * DAY_MS)
    done("recovery", "complete", "--as", "north", home=claimed)
    done("wallet", "due", "--as", "tablet", home=claimed)
    keys = {one["own"]: one["key"] for one in data("recovery", "remove-device", "--as", "tablet", home=claimed)}
    waiting = data("recovery", "remove-device", "--as", "tablet", keys[False][:12], home=claimed)
    assert "NOT asked by this device" in done("recovery", "status", "--as", "alma", home=claimed)
    done("recovery", "veto-change", "--as", "alma", waiting["change"][:12], home=claimed)
    done("staff", "add", "--as", "north", "Desk Nobody", home=claimed)
    done("recovery", "freeze", "--as", "north", handle, home=claimed)
    assert "freeze ends" in done("recovery", "lift", "--as", "alma", "--with", "tablet", home=claimed)
    clock.advance(7 * DAY_MS)
    assert "Done" in done(
        "recovery", "remove-device", "--as", "alma", keys[True][:12], "--with", "tablet", home=claimed
    )


def test_in_a_region_nothing_goes_by_way_of_others(claimed: Path) -> None:
    done("consent", "deny", "--as", "alma", home=claimed)
    words = "Nothing was sent from this wallet by way of others' servers.\n"
    assert done("wallet", "sent", "--as", "alma", "--save", claimed.parent / "receipts", home=claimed) == words
    assert data("wallet", "sent", "--as", "alma", home=claimed) == []
    assert not (claimed.parent / "receipts").exists()
    assert salus("wallet", "sent", "--as", "nobody", home=claimed).status == 2


def test_what_is_mistyped_is_one_line(claimed: Path, clock: FakeClock) -> None:
    handle = handle_of(claimed)
    assert salus("recovery", "freeze", "--as", "north", home=claimed).status == 2
    assert salus("recovery", "prepare", "--as", "new-phone", home=claimed).status == 2
    assert salus("recovery", "freeze", "--as", "north", "--code", "ABCD", home=claimed).line.endswith("(0x5110)")
    wrong = salus("recovery", "approve", "--as", "alma", handle, "0" * 64, "0000-0000", "--out", "x", home=claimed)
    assert wrong.line == "salus: This wallet holds no key that helps recover this account. (0x6071)"
    junk = claimed.parent / "junk"
    junk.write_bytes(b"junk")
    for verb in ("start", "add-device", "keyholders"):
        assert salus("recovery", verb, "--as", "alma", junk, home=claimed).status == 2
    assert salus("recovery", "reprove", "--as", "north", junk, "0000-0000", home=claimed).status == 2
    offer = salus("recovery", "offer", "--as", "alma", handle, "--out", "x", home=claimed)
    assert (offer.status, offer.line) == (1, "salus: No recovery of this account is under way. (0x6070)")


def test_a_backup_is_opened_by_a_recovery(claimed: Path, clock: FakeClock) -> None:
    folder, handle = claimed.parent, with_friends(claimed, clock)
    done("consent", "grant", "--as", "alma", "--to", "clinic", home=claimed)
    (folder / "passkey").write_text("07" * 32)
    slots = ("passphrase", "printed", f"passkey:{folder / 'passkey'}", "keyholders:2/3", "organisations:south,clinic")
    options = [part for slot in slots for part in ("--slot", slot)]
    words = done("backup", "make", "--as", "alma", *options, "--out", folder / "told.backup", home=claimed)
    assert "shown only now" in words and "Share 3 of 3" in words
    made = data("backup", "make", "--as", "alma", *options, "--out", folder / "alma.backup", home=claimed)
    texts = {slot["kind"]: slot["texts"] for slot in made["slots"]}
    assert {kind: len(each) for kind, each in texts.items()} == {"passphrase": 1, "printed": 1, "keyholders": 3}
    kept = {"passkey": ("passkey",), "passphrase": ("words",), "printed": ("paper",), "keyholders": ("one", "two")}
    for kind, names in kept.items():
        for name, text in zip(names, texts.get(kind, ["07" * 32]), strict=False):
            (folder / name).write_text(text + "\n")
        given = [part for name in names for part in ("--secret", folder / name)]
        (account,) = data("backup", "accounts", folder / "alma.backup", "--slot", kind, *given, home=claimed)
        assert account["handle"] == handle
    wrong = salus(
        "backup", "accounts", folder / "alma.backup", "--slot", "printed", "--secret", folder / "words", home=claimed
    )
    assert (wrong.status, "(0x5121)" in wrong.line) == (2, True)
    old = salus(
        "backup", "accounts", folder / "told.backup", "--slot", "printed", "--secret", folder / "paper", home=claimed
    )
    assert (old.status, "(0x5123)" in old.line) == (1, True)

    done("backup", "ask", "--as", "alma", folder / "alma.backup", "--out", folder / "early", home=claimed)
    early = salus("backup", "release", "--as", "north", folder / "early", "--out", folder / "no", home=claimed)
    assert (early.status, "(0x6081)" in early.line, (folder / "no").exists()) == (1, True, False)
    files = approved(claimed, handle, "new-phone")
    done("recovery", "start", "--as", "new-phone", *files, "--at-once", home=claimed)
    clock.advance(7 * DAY_MS)
    done("recovery", "complete", "--as", "south", handle, home=claimed)
    assert data("wallet", "due", "--as", "new-phone", home=claimed)["recovered"] == [handle]
    done("backup", "ask", "--as", "new-phone", folder / "alma.backup", "--out", folder / "asked", home=claimed)
    done("backup", "release", "--as", "north", folder / "asked", "--out", folder / "share", home=claimed)
    parts = []
    for holder in ("south", "clinic"):
        asking = ("backup", "ask", "--as", "new-phone", folder / "alma.backup", "--from", holder)
        code = data(*asking, "--out", folder / holder, home=claimed)["short_code"]
        answer = folder / f"{holder}.part"
        done("backup", "release", "--as", holder, folder / holder, "--short-code", code, "--out", answer, home=claimed)
        parts += ["--held", answer]
    back = ("backup", "restore", "--as", "new-phone", folder / "alma.backup", "--share", folder / "share")
    assert salus(*back, "--slot", "printed", home=claimed).status == 2
    assert data(*back, "--slot", "organisations", *parts, home=claimed)["restored"] > 0
    shown = done("consent", "list", "--as", "new-phone", "--at", handle, home=claimed)
    assert "Riverside Clinic" in shown or "clinic" in shown.lower()


@pytest.mark.parametrize("slot", ["nothing", "printed:paper", "keyholders", "keyholders:two/3", "passkey:/no/file"])
def test_a_slot_that_is_none(claimed: Path, slot: str) -> None:
    out = claimed.parent / "never"
    result = salus("backup", "make", "--as", "alma", "--slot", slot, "--out", out, home=claimed)
    assert (result.status, out.exists()) == (2, False)
