"""What a message says, field by field and in a sentence, in English and Chinese.

Organisations are named, as the ledger names them. A person is an account's number and never more; how many of
something there is stands for long lists.
"""

import re
from typing import Any

import msgspec

from salus.api.explorer.embedded import EMBEDDED
from salus.api.explorer.ledger_words import LedgerWords
from salus.api.explorer.values import NAMED, both
from salus.api.explorer.view import Field, FieldKind, MessageView, Phrase
from salus.api.explorer.words import MESSAGES
from salus.api.explorer.words.labels import LABELS
from salus.api.explorer.words.values import A_PERSON, NO, NO_END, YES
from salus.contracts.accounts.recovery_messages import KeyholderEntry
from salus.contracts.governance.messages import ACTIONS, Propose
from salus.contracts.registry import MESSAGES as BY_NUMBER
from salus.core.encoding import decode
from salus.core.errors import Refusal
from salus.core.keys import FOREVER, KeyEntry
from salus.core.signatures import key_id
from salus.core.types import Message
from salus.policy.policies import PolicySet
from salus.services.account.markup import clean
from salus.services.account.words import LANGUAGES, Text

TIMES = frozenset(
    ("start", "end", "ends", "deliver_by", "notice_until", "occurred", "since", "not_after", "time")
)  # fields in milliseconds since 1970
_PLURAL = re.compile(r"\b(1 account)s\b")
_SEAM = re.compile(r"(?<=[A-Za-z0-9])(?=[\u4e00-\u9fff])|(?<=[\u4e00-\u9fff])(?=[A-Za-z0-9])")  # of two scripts
MOST_ITEMS = 20  # of a list; the rest is counted
UNREADABLE = Text("This cannot be read as a message.", "无法解读为消息。")


def show_message(words: LedgerWords, number: int, raw: bytes) -> MessageView:
    """Return a message of an envelope in words; of one that cannot be read, that and no more."""
    shape = BY_NUMBER.get(number)
    try:
        message = None if shape is None else decode(raw, shape)
    except Refusal:
        message = None
    if shape is None or message is None:
        return MessageView(number, f"0x{number:04x}", phrase(UNREADABLE), phrase(UNREADABLE), (), ())
    return _shown(words, number, message)


def _shown(words: LedgerWords, number: int, message: Message) -> MessageView:
    said = MESSAGES[type(message)]
    parts = _fields(words, message)
    actions: tuple[MessageView, ...] = ()
    if isinstance(message, Propose):
        actions = tuple(_action(words, *row) for row in message.actions)
        parts = [part for part in parts if part.name != "actions"]
    return MessageView(
        number, type(message).__name__, phrase(said.title), _sentence(said.sentence, parts), tuple(parts), actions
    )


def _action(words: LedgerWords, number: int, raw: bytes) -> MessageView:
    try:
        return _shown(words, number, decode(raw, ACTIONS[number]))
    except (Refusal, KeyError):
        return MessageView(number, str(number), phrase(UNREADABLE), phrase(UNREADABLE), (), ())


def _fields(words: LedgerWords, message: Message) -> list[Field]:
    """Return what the fields of a message say, and after them those of what somebody else signed within it."""
    found: dict[str, Field] = {}
    for name in message.__struct_fields__:
        value = getattr(message, name)
        if value is None:
            continue
        if (type(message).__name__, name) in EMBEDDED:
            for inner, content in EMBEDDED[type(message).__name__, name](words, value).items():
                if content is not None and inner not in found:
                    found[inner] = _field(words, type(message), inner, content)
        else:
            found[name] = _field(words, type(message), name, value)
    return list(found.values())


def _field(words: LedgerWords, shape: type[Message], name: str, value: Any) -> Field:
    label = phrase(LABELS[name])
    render = NAMED.get((shape.__name__, name)) or NAMED.get(("", name))
    if render is not None:
        return Field(name, label, FieldKind.TEXT, phrase(render(words, value)))
    if isinstance(value, bool):
        return Field(name, label, FieldKind.TEXT, phrase(YES if value else NO))
    if name in TIMES and isinstance(value, int):
        return _time(name, label, value)
    if isinstance(value, bytes) and len(value) == 32:
        return _id(words, name, label, value)
    if isinstance(value, tuple):
        return _list(words, shape, name, label, value)
    return Field(name, label, FieldKind.TEXT, phrase(plain(words, value)))


def _time(name: str, label: Phrase, value: int) -> Field:
    if value >= FOREVER:
        return Field(name, label, FieldKind.TEXT, phrase(NO_END))
    return Field(name, label, FieldKind.TIME, phrase(both(str(value))), value)


def _id(words: LedgerWords, name: str, label: Phrase, value: bytes) -> Field:
    organisation = words.organisation(value)
    if organisation is not None:
        return Field(name, label, FieldKind.ORGANISATION, phrase(both(organisation)), value.hex())
    if words.is_person(value):
        return Field(name, label, FieldKind.PERSON, phrase(A_PERSON), value.hex())
    return Field(name, label, FieldKind.ID, phrase(both(value.hex())), value.hex())


def _list(words: LedgerWords, shape: type[Message], name: str, label: Phrase, value: tuple[Any, ...]) -> Field:
    """Return a list: of organisations their names, else how many there are, with the first of them below."""
    items = tuple(_field(words, shape, name, _head(item)) for item in value[:MOST_ITEMS])
    named = all(item.kind is FieldKind.ORGANISATION for item in items)
    texts = {
        language: ("、" if language == "zh" else ", ").join(getattr(item.text, language) for item in items)
        if named and items
        else str(len(value))
        for language in LANGUAGES
    }
    return Field(name, label, FieldKind.LIST, Phrase(texts["en"], texts["zh"]), len(value), items)


def _head(item: Any) -> Any:
    """Return what stands for an item of a list: of a row, what it is about, which stands first."""
    return item[0] if isinstance(item, tuple) and item else item


def plain(words: LedgerWords, value: Any) -> Text:
    """Return a value without a meaning of its own."""
    if isinstance(value, (KeyEntry, KeyholderEntry)):
        return both(key_id(words.network, value.public).hex()[:12])
    if isinstance(value, PolicySet):
        return Text(f"{len(value.rules)} rules", f"{len(value.rules)} 条规则")
    if isinstance(value, bytes):
        return Text(f"{len(value)} bytes", f"{len(value)} 字节")
    if isinstance(value, msgspec.Struct):
        return both(type(value).__name__)
    return both(clean(str(value)))


def _sentence(template: Text, parts: list[Field]) -> Phrase:
    """Return the sentence with its slots filled; a slot without a field says so by a dash."""
    filled = {}
    for language in LANGUAGES:
        slots = _Slots({part.name: getattr(part.text, language) for part in parts})
        text = template.in_language(language).format_map(slots)
        filled[language] = text[:1].upper() + text[1:]
    filled["en"] = _PLURAL.sub(r"\1", filled["en"])
    filled["zh"] = _SEAM.sub(" ", filled["zh"])
    return Phrase(filled["en"], filled["zh"])


class _Slots(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "–"


def phrase(text: Text) -> Phrase:
    """Return a text as the JSON has it."""
    return Phrase(text.en, text.zh)
