"""Stolen copies: who has files of before and after an erasure, and every key of after, opens nothing that was erased.

What the thief has is stated at each test. The horizon: a copy of the vault's folder from before an erasure opens by
the keystore of after until the master key is rotated, and never again after that. A copy of the keystore itself from
before the rotation, with its passphrase, opens what was copied with it: such copies have to go.
"""

import base64
import shutil
from pathlib import Path

import pytest
from story_region import PASSPHRASE, Story, ask, clinician, give_wallet, grant_laboratory, take_in

from salus.bootstrap import rotate_vault
from salus.contracts.records.types import PetitionKind
from salus.core.errors import Refusal
from salus.core.record import Status
from salus.evidence.case import Memory
from salus.evidence.report import Verdict
from salus.evidence.verify import verify
from salus.fsck.home import fsck_home
from salus.fsck.vaults import VaultPlace, check_vault
from salus.ledger.embedded.ledger import EmbeddedLedger
from salus.merkle.log import Consistency, verify_consistency
from salus.services.actors import Person
from salus.services.erase import erase
from salus.services.inbox import collect, process_inbox
from salus.services.inspect import ledger_status
from salus.services.petition import petition
from salus.services.read_records import list_records
from salus.services.receive import Received
from salus.services.receive_own import OwnView
from salus.services.request import request_own
from salus.services.take_petition import list_open
from salus.testing.clock import FakeClock
from salus.vault.errors import RecordErased
from salus.vault.keystore import Keystore
from salus.vault.scope import Scope
from salus.vault.vault import Vault

VAULT, LEDGER, KEYS = "organisations/north/vault", "ledger", "organisations/north/keystore.sealed"


class Theft:
    """A region in which a record was erased; copies of ledger and vault of before and after, one keystore, of after."""

    def __init__(self, story: Story, tmp_path: Path) -> None:
        self.story, self.home, self.loot = story, story.region.home, tmp_path / "loot"
        self.handle = take_in(story.north, "Alma", "N-1")
        give_wallet(story, story.north, self.handle, "alma")
        grant_laboratory(story, self.alma, self.handle)
        ask(story, self.handle, clinician(story))
        process_inbox(story.north)
        (got,) = process_inbox(story.clinic)
        assert isinstance(got.outcome, Received)
        self.received = got.outcome
        self.before = self.own()
        records = [header.record for header in list_records(story.north, self.handle)]
        self.erased, self.kept = records[1], records[2]
        self.note = story.region.ledger.checkpoint()
        self.size = self.log_size()
        self.copy("before")
        petition(self.alma, self.handle, PetitionKind.ERASE, [self.erased])
        process_inbox(story.north)
        erase(story.north, self.petitions()[0])
        self.copy("after")

    @property
    def alma(self) -> Person:
        return self.story.region.person("alma")

    def petitions(self) -> list[bytes]:
        return [view.petition for view in list_open(self.story.north)]

    def own(self) -> OwnView:
        request_own(self.alma, self.handle)
        process_inbox(self.story.north)
        return next(view for view in collect(self.alma) if isinstance(view, OwnView))

    def log_size(self) -> int:
        return ledger_status(self.story.region.ledger).log_size

    def copy(self, name: str) -> None:
        """Take a copy as a backup would, of the closed folders of vault and ledger."""
        self.story.region.close()
        for part in (VAULT, LEDGER):
            shutil.copytree(self.home / part, self.loot / name / part)
        self.story.reopen()

    def steal_keys(self) -> None:
        """Take the keystore as it is now; the passphrase is known."""
        self.story.region.close()
        shutil.copy(self.home / KEYS, self.loot / "keystore.sealed")
        self.story.reopen()

    def opened(self, name: str) -> dict[bytes, bytes]:
        """Return record -> octets of each version that the loot opens in the vault's copy `name`, as far as it can."""
        master = Keystore.open(self.loot / "keystore.sealed", PASSPHRASE).get("vault")
        network = self.story.region.network
        found: dict[bytes, bytes] = {}
        try:
            vault = Vault.open(self.loot / name / VAULT, master, network, self.story.north.account)
        except Refusal:
            return {}
        with vault:
            scope = Scope(self.handle, "theft", bytes(32), bytes(32), lambda header: True)
            for record in (self.erased, self.kept):
                for version in (1, 2):
                    try:
                        header, octets = vault.read(scope, record, version)
                        if header.status != Status.TOMBSTONE:
                            found[record] = octets
                    except Refusal:
                        continue
        return found


@pytest.fixture
def theft(story: Story, tmp_path: Path) -> Theft:
    return Theft(story, tmp_path)


def test_a_copy_from_after_with_every_key_of_after_opens_nothing_erased(theft: Theft) -> None:
    """The thief has vault and ledger of before and after, the keystore of after, its passphrase. Looks at: after."""
    theft.steal_keys()
    opened = theft.opened("after")
    assert theft.erased not in opened and b"Observation" in opened[theft.kept]


def test_a_copy_from_before_opens_as_far_as_the_horizon_and_no_further(theft: Theft) -> None:
    """The same loot. Before the rotation the copy of before opens, as the threat model says; after it, nothing does."""
    theft.steal_keys()
    assert theft.erased in theft.opened("before")  # the horizon is not reached
    rotate_vault(theft.story.region, "north")
    theft.steal_keys()
    assert theft.opened("before") == {} == theft.opened("after")
    theft.copy("rotated")
    assert theft.erased not in theft.opened("rotated") and theft.kept in theft.opened("rotated")


def test_an_erased_key_from_the_copy_of_before_opens_no_file_of_after(theft: Theft) -> None:
    """The same loot, put together: the relation key of before, and the blobs and rows of after."""
    theft.steal_keys()
    for blob in (theft.loot / "after" / VAULT / "blobs").rglob("*"):
        assert not blob.is_file()  # what is small stands in the index, and nothing of it was left there
    shutil.copy(theft.loot / "before" / VAULT / "index.db", theft.loot / "after" / VAULT / "index.db")
    master = Keystore.open(theft.loot / "keystore.sealed", PASSPHRASE).get("vault")
    state = theft.story.region.ledger.view()
    place = VaultPlace(theft.loot / "after" / VAULT, master)
    found = [finding.what for finding in check_vault(place, theft.story.region.network, state)]
    assert any("no opening of the ledger's root number" in what for what in found)  # restored from a backup: it shows


def test_everything_still_verifies(theft: Theft) -> None:
    genesis, region = theft.story.region.genesis, theft.story.region
    for evidence in (theft.before.evidence, theft.received.evidence):
        assert verify(evidence, genesis).verdict is Verdict.UNWITNESSED
    with pytest.raises(RecordErased):
        theft.story.north.vault.read(
            Scope(theft.handle, "t", bytes(32), bytes(32), lambda header: True), theft.erased, 1
        )
    after = theft.own()
    (grave,) = [record for record in after.records if record.header.record == theft.erased]
    (was,) = [record for record in theft.before.records if record.header.record == theft.erased]
    assert (grave.header.status, grave.header.version, grave.octets) == (Status.TOMBSTONE, was.header.version + 1, b"")
    assert after.grown_from == theft.before.log_size  # the log of records only grew
    remembered = Memory(None, theft.alma.wallet.relation(theft.handle).seen)
    assert verify(after.evidence, genesis, remembered=remembered).verdict is Verdict.UNWITNESSED
    size = theft.log_size()
    growth = region.ledger.prove_growth(theft.size, size)  # and so did the ledger's
    old, new = theft.note.split(b"\n")[2], region.ledger.checkpoint().split(b"\n")[2]
    consistency = Consistency(theft.size, size, growth)
    assert verify_consistency(base64.b64decode(old), base64.b64decode(new), consistency)


def test_fsck_is_sound_before_and_after_and_after_a_rotation(theft: Theft) -> None:
    rotate_vault(theft.story.region, "north")
    theft.story.region.close()
    assert fsck_home(theft.home, PASSPHRASE).findings == ()


def test_the_stolen_ledgers_hold_the_same_blocks_and_no_word_of_it(theft: Theft) -> None:
    """The thief has both ledgers. The one of before is the beginning of the one of after; neither names a record."""
    before, after = ((theft.loot / name / LEDGER / "blocks").read_bytes() for name in ("before", "after"))
    assert after.startswith(before)
    for raw in (theft.erased, theft.kept):
        assert raw not in after
    with EmbeddedLedger.open(theft.loot / "before" / LEDGER, None, FakeClock(theft.story.clock.time_ms)) as ledger:
        assert ledger.network == theft.story.region.network
