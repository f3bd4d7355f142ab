"""What governance needs of other contracts, and no more."""

from typing import Protocol

from salus.contracts.context import Context
from salus.state.overlay import Overlay, Reader


class Accounts(Protocol):
    """Answered by the accounts contract."""

    def is_organisation(self, state: Reader, account: bytes, /) -> bool: ...

    def administered(self, ctx: Context, organisation: bytes, /) -> bool:
        """True if at least the threshold of its administration keys signed."""
        ...

    def account_of_key(self, state: Reader, key: bytes, /) -> bytes | None:
        """Return the account for which the key is, or ever was, listed."""
        ...

    def reserve_key(self, state: Overlay, key: bytes, account: bytes, /) -> None:
        """Note that the key was listed for `account`, so that it never can be again."""
        ...
