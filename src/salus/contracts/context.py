"""What a handler may see: the block, the authenticated signers, the state, a place for events."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from salus.core.hashing import object_id
from salus.core.types import Message
from salus.state.overlay import Overlay


class Signer(NamedTuple):
    """A live key that signed the envelope."""

    account: bytes
    key: bytes  # key id
    role: int  # salus.core.keys.Role


class Authority(NamedTuple):
    """How somebody may act for a person."""

    under: bytes | None  # the authority of a representative or delegate; None: the person's own, or the custodian's


@dataclass(slots=True)
class Context:
    """One message's view. `signers` come from the verified envelope, never from the message."""

    network: bytes
    height: int
    time: int  # of the block, milliseconds
    nonce: bytes  # of the envelope
    index: int  # of the message in the envelope
    signers: tuple[Signer, ...]
    state: Overlay
    verify: Callable[[bytes, bytes, bytes], bool]  # (public key, message, signature): Ed25519, cached
    events: list[Message] = field(default_factory=list)

    def object_id(self, kind: str, account: bytes, entry: int = 0) -> bytes:
        """Return the derived id of an object that this message creates for `account`."""
        return object_id(kind, self.network, account, self.nonce, self.index, entry)

    def signed_by(self, account: bytes, role: int) -> int:
        """Return how many distinct live keys of `account` in `role` signed."""
        return len(dict.fromkeys(s.key for s in self.signers if s.account == account and s.role == role))

    def emit(self, event: Message) -> None:
        """Append an event; the machine adds the envelope's nonce and the message's index."""
        self.events.append(event)


class ValidatorUpdate(NamedTuple):
    """A change of the validator set; power 0 removes the key."""

    public: bytes
    power: int


class BeginBlock(Protocol):
    """Work due at a height, before the block's own messages; called for non-empty blocks only.

    Heights may be skipped, so it does what was due at any height up to this one. Returns the changes
    of the validator set, each key at most once.
    """

    def __call__(
        self, state: Overlay, network: bytes, height: int, time: int, emit: Callable[[Message], None]
    ) -> tuple[ValidatorUpdate, ...]: ...


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract as the machine sees it."""

    name: str
    messages: Mapping[int, type[Message]]  # number on the wire -> shape
    handlers: Mapping[int, Callable[[Context, Any], None]]
    events: Mapping[int, type[Message]]
    protective: tuple[int, ...] = ()  # message numbers that run before all others
    begin_block: BeginBlock | None = None
