"""The shapes of the explorer's JSON. Ids are lower-case hex, times are milliseconds since 1970 (UTC)."""

from enum import Enum

import msgspec


class Phrase(msgspec.Struct, frozen=True):
    """One text in each language."""

    en: str
    zh: str


class FieldKind(Enum):
    """How the value of a field is to be shown."""

    TEXT = "text"
    ORGANISATION = "organisation"  # value: its account
    PERSON = "person"  # value: an account of somebody nobody names here
    ID = "id"
    TIME = "time"
    LIST = "list"  # value: how many; `items` are the first of them


class Field(msgspec.Struct, frozen=True):
    """One field of a message."""

    name: str
    label: Phrase
    kind: FieldKind
    text: Phrase
    value: str | int | None = None
    items: "tuple[Field, ...]" = ()


class MessageView(msgspec.Struct, frozen=True):
    """A message, or an action of a proposal."""

    number: int
    name: str
    title: Phrase
    sentence: Phrase
    fields: tuple[Field, ...]
    actions: "tuple[MessageView, ...]"


class Outcome(Enum):
    """What became of an envelope. An envelope is atomic: all its messages, or none."""

    ACCEPTED = "accepted"
    AGAIN = "again"  # the same one was executed before: two members may carry what protects a person
    WITHOUT_EFFECT = "without-effect"  # refused; or executed before in a block that is not kept or not read yet
    UNKNOWN = "unknown"  # two envelopes of the block have the same nonce: the log does not tell which one it was


class EventView(msgspec.Struct, frozen=True):
    """An entry of the log that came of an envelope, or of the height alone."""

    index: int
    name: str
    title: Phrase


class SignerView(msgspec.Struct, frozen=True):
    """Who signed: an organisation by its name, a person by the number of an account."""

    account: str
    key: str
    organisation: str | None
    person: bool


class EnvelopeView(msgspec.Struct, frozen=True):
    """An envelope. `more` counts messages that are left out here."""

    id: str
    outcome: Outcome
    valid_until: int
    signers: tuple[SignerView, ...]
    messages: tuple[MessageView, ...]
    more: int
    events: tuple[EventView, ...]


class BlockSummary(msgspec.Struct, frozen=True):
    """A block in a list. `titles` are the commonest kinds of its messages."""

    height: int
    time: int
    hash: str
    batches: int
    envelopes: int
    titles: tuple[Phrase, ...]
    pruned: bool


class BlockPage(msgspec.Struct, frozen=True):
    """Blocks, the newest first. `before` asks for the page after; None where there is none."""

    blocks: tuple[BlockSummary, ...]
    height: int
    before: int | None


class BatchView(msgspec.Struct, frozen=True):
    """A batch: envelopes that one member's gateway carried together."""

    id: str
    carrier: str
    carrier_name: str
    envelopes: tuple[EnvelopeView, ...]


class ValidatorView(msgspec.Struct, frozen=True):
    """A validator of a consortium. `member` is None, and the name empty, where no member has that key now."""

    address: str  # 20 bytes, by which CometBFT names it
    member: str | None
    name: str


class VotesView(msgspec.Struct, frozen=True):
    """Who decided a block. `signed` is None where the votes for it are not here; they come a moment after it."""

    proposer: ValidatorView
    signed: tuple[ValidatorView, ...] | None
    power_signed: int
    power: int


class BlockView(msgspec.Struct, frozen=True):
    """A block. `start` and `next` page through its envelopes; `own` are the events that the height itself brought.

    `node` is the key by which the operator of an embedded ledger signed it; of a consortium's block there are `votes`.
    """

    height: int
    time: int
    hash: str
    previous: str
    app_hash: str
    batches_root: str
    node: str | None
    votes: VotesView | None
    size: int
    pruned: bool
    envelopes: int
    batches: tuple[BatchView, ...]
    own: tuple[EventView, ...]
    start: int
    next: int | None
    last: int


class PlacedEnvelope(msgspec.Struct, frozen=True):
    """An envelope, and where it stands."""

    height: int
    time: int
    batch: str
    carrier: str
    carrier_name: str
    envelope: EnvelopeView
