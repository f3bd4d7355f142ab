"""What a kind of message or event is called, and what it says in a sentence, in English and Chinese."""

from typing import NamedTuple

from salus.services.account.words import Text


class Said(NamedTuple):
    """The name of a kind of message, and a sentence whose slots are the message's fields as words."""

    title: Text
    sentence: Text  # "{custodian} opened {count} accounts."


def said(title_en: str, title_zh: str, en: str, zh: str) -> Said:
    """Return the words of a kind of message."""
    return Said(Text(title_en, title_zh), Text(en, zh))
