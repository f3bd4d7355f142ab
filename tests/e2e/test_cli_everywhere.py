"""Wishes for all accounts, as people type them."""

import time
from pathlib import Path

import pytest
from command_line import bundle_file, copied, data, done, make_claimed, once, salus

from salus.ledger.embedded.clock import SystemClock
from salus.testing.clock import FakeClock


@pytest.fixture
def claimed(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(once(tmp_path_factory, "claimed", make_claimed), tmp_path)


def test_a_wish_waits_is_listed_and_cancelled(claimed: Path) -> None:
    wished = data("consent", "grant", "--as", "alma", "--everywhere", "--class", "laboratory", home=claimed)
    (waiting,) = wished["waiting"]
    assert (wished["done"], wished["failed"], wished["others"]) == ([], [], [])
    (listed,) = data("consent", "pending", "--as", "alma", home=claimed)
    assert listed["handle"] == waiting["handle"] and listed["due"].endswith("Z")
    assert waiting["handle"][:12] in done("consent", "pending", "--as", "alma", home=claimed)
    assert data("consent", "list", "--as", "alma", home=claimed) == []
    due = data("wallet", "due", "--as", "alma", home=claimed)
    assert due["kept"] == due["failed"] == due["claimed"] == [] and due["next"] is not None
    assert data("consent", "cancel", "--as", "alma", home=claimed) == [waiting["handle"]]
    assert data("consent", "pending", "--as", "alma", home=claimed) == []
    again = salus("consent", "cancel", "--as", "alma", home=claimed)
    assert (again.status, again.err) == (1, "salus: No wish of this wallet waits. (0x6062)\n")


def test_a_wallet_that_stays_does_each_thing_at_its_time(claimed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = SystemClock().now_ms()
    (waiting,) = data("consent", "grant", "--as", "alma", "--everywhere", home=claimed)["waiting"]
    clock = FakeClock(now)
    monkeypatch.setattr(SystemClock, "now_ms", lambda self: clock.now_ms())
    monkeypatch.setattr(time, "sleep", lambda seconds: clock.advance(int(seconds * 1000) + 1))
    done("wallet", "due", "--as", "alma", "--for", 7 * 24 * 60, home=claimed)
    if data("consent", "pending", "--as", "alma", home=claimed):
        done("wallet", "due", "--as", "alma", "--for", 4 * 24 * 60, home=claimed)
    assert data("consent", "pending", "--as", "alma", home=claimed) == []
    lines = data("access", "accounting", "--as", "alma", home=claimed)["lines"]
    (granted, *_) = [line for line in lines if line["what"] == "granted"]
    assert 0 <= granted["time"] - waiting["due"] < 10_000


def test_at_once_everywhere(claimed: Path) -> None:
    words = done("consent", "grant", "--as", "alma", "--everywhere", "--at-once", home=claimed)
    assert "Granted at 1 accounts." in words
    done("access", "answer", "--as", "north", home=claimed)
    (standing,) = data("consent", "list", "--as", "alma", home=claimed)
    assert standing["grantee"][0] == 3 and standing["status"] == 2
    assert "a group" in done("access", "accounting", "--as", "alma", home=claimed)
    named = data("consent", "grant", "--as", "alma", "--everywhere", "--at-once", "--to", "clinic", home=claimed)
    assert len(named["done"]) == 1
    denied = data("consent", "deny", "--as", "alma", "--everywhere", "--at-once", home=claimed)
    assert len(denied["done"]) == 1
    assert "Revoked at 1 accounts." in done(
        "consent", "revoke", "--as", "alma", "--everywhere", "--at-once", home=claimed
    )
    listed = data("consent", "list", "--as", "alma", home=claimed)
    assert sorted((one["effect"], one["status"]) for one in listed) == [(1, 3), (1, 3), (2, 2)]


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("grant", "--to", "clinic", "--at-once"), 2, "--at-once goes with --everywhere"),
        (("grant",), 2, "say --to whom"),
        (("grant", "--everywhere", "--at", "abcdef"), 2, "--everywhere is all her accounts"),
        (("grant", "--everywhere", "--days", "47"), 2, "leave out --days"),
        (("grant", "--everywhere", "--for", "HRESCH"), 2, "leave out --for"),
        (("grant", "--everywhere", "--to", "clinic"), 1, "links them"),
        (("deny", "--everywhere", "--to", "clinic"), 1, "links them"),
        (("deny", "--class", "laboratory"), 2, "what is denied at once is everything"),
        (("revoke",), 2, "name one DIRECTIVE, or say --everywhere"),
        (("revoke", "--everywhere", "abcdef"), 2, "name one DIRECTIVE, or say --everywhere"),
    ],
)
def test_what_contradicts_itself_is_refused(claimed: Path, words: tuple[str, ...], status: int, said: str) -> None:
    command, *rest = words
    result = salus("consent", command, "--as", "alma", *rest, home=claimed)
    assert result.status == status and said in result.err and result.err.count("\n") == 1
    assert data("consent", "pending", "--as", "alma", home=claimed) == []


def test_a_claim_waits_unless_it_is_to_be_at_once(claimed: Path, tmp_path: Path) -> None:
    other = bundle_file(tmp_path / "more", family="Other", value="N-2")
    done("record", "import", "--as", "north", other, home=claimed)
    new = next(p for p in data("patient", "list", "--as", "north", home=claimed) if p["state"] == "custodial")
    code = data("patient", "invite", "--as", "north", new["handle"][:12], home=claimed)["code"]
    held = data("patient", "claim", "--as", "alma", code, home=claimed)
    assert held["handle"] == new["handle"] and held["due"].endswith("Z")
    claim = data("patient", "claim", "--as", "alma", "--at-once", code, home=claimed)
    assert claim["handle"] == new["handle"] and len(claim["short_code"]) == 9
