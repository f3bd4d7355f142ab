"""The inboxes that a gateway keeps for others to post into: its own, and those of persons whose custodian it is.

Bounded in letters and bytes, over all and for each sender, so that nobody fills a disk or keeps others out.
"""

from typing import NamedTuple

from salus.contracts.accounts import queries as accounts
from salus.services.actors import Organisation
from salus.services.folder_exchange import FolderExchange, Lying
from salus.services.ports import KINDS
from salus.services.remote.errors import InboxFull, NotKeptHere
from salus.services.remote.exchange import Fetched

MIB = 1024 * 1024
MOST_LETTER = 128 * MIB
MOST_PAGE = 32 * MIB  # of letters fetched at once, if not a single one is larger


class Room(NamedTuple):
    """How much may lie in an inbox."""

    letters: int
    octets: int


OF_ALL, OF_MEMBER, OF_PERSON = Room(10_000, 4096 * MIB), Room(2_000, 1024 * MIB), Room(64, 64 * MIB)


class Inboxes:
    """Letters as others bring and fetch them. Thread-safe."""

    def __init__(self, local: FolderExchange) -> None:
        self._local = local

    def take(
        self, organisation: Organisation, sender: bytes, recipient: bytes, kind: str, body: bytes, *, member: bool
    ) -> None:
        """Keep a letter to the organisation or to a patient of its; the same again changes nothing.

        A sender that is no `member` is a person, who writes to organisations alone. Raises NotKeptHere, InboxFull.
        """
        if kind not in KINDS or not self._keeps(organisation, recipient, member=member):
            raise NotKeptHere
        lying = self._local.lying(recipient)
        brought_by = sender.hex()[:32]
        own = [letter for letter in lying if letter.sender == brought_by]
        size = len(body)
        if not _room(lying, OF_ALL, size) or not _room(own, OF_MEMBER if member else OF_PERSON, size):
            raise InboxFull
        self._local.take_in(recipient, kind, body, brought_by)

    def page(self, recipient: bytes, after: str) -> Fetched:
        """Return letters to `recipient` that follow the one named `after`, as many as may go at once."""
        letters: list[tuple[str, str, bytes]] = []
        room = MOST_PAGE
        for lying in self._local.lying(recipient):
            if lying.name <= after:
                continue
            room -= lying.size
            if letters and room < 0:
                return Fetched(tuple(letters), True)
            letter = self._local.letter(recipient, lying.name)
            if letter is not None:
                letters.append((letter.name, letter.kind, letter.body))
        return Fetched(tuple(letters), False)

    def done(self, recipient: bytes, name: str) -> None:
        """Remove a letter; nothing if it is gone."""
        self._local.done(recipient, name)

    def waiting(self, account: bytes) -> int:
        """Return how many letters to an account lie here."""
        return len(self._local.lying(account))

    def _keeps(self, organisation: Organisation, recipient: bytes, *, member: bool) -> bool:
        if recipient == organisation.account:
            return True
        return member and accounts.custodian_of(organisation.ledger.view(), recipient) == organisation.account


def _room(lying: list[Lying], most: Room, more: int) -> bool:
    return len(lying) < most.letters and sum(letter.size for letter in lying) + more <= most.octets
