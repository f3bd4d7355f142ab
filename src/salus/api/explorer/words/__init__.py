"""What the explorer says of every message and event, in English and Chinese: a new one needs its words here."""

from salus.api.explorer.words import access, accounts, consent, discovery, governance, records, representation
from salus.api.explorer.words.said import Said
from salus.core.types import Message
from salus.services.account.words import Text

_PARTS = (governance, accounts, records, consent, access, representation, discovery)
MESSAGES: dict[type[Message], Said] = {shape: words for part in _PARTS for shape, words in part.MESSAGES.items()}
EVENTS: dict[type[Message], Text] = {shape: words for part in _PARTS for shape, words in part.EVENTS.items()}
