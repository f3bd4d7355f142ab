"""Normal forms of names, document numbers and telephone numbers: what differs only in writing becomes the same.

Compatibility forms and case go (Unicode NFKC, case folding), then what cannot be seen (format characters). A letter
of another script that only looks like its neighbours becomes the one it looks like. Every script is
then written in Latin letters, syllable by syllable, so that a Chinese name and its pinyin meet.
https://www.unicode.org/reports/tr15/ · https://www.unicode.org/reports/tr39/
"""

import re
import unicodedata
from typing import Final

from anyascii import anyascii

# Cyrillic and Greek small letters that look like Latin ones; used only within a word that has Latin letters as well.
_LOOKS: Final = str.maketrans(
    "аеіјорсухѕһԁԛԝ" + "αενικορτυχ",
    "aeijopcyxshdqw" + "aevikoptux",
)
_LATIN = re.compile(r"[a-z]")
_SYLLABLE = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_BETWEEN = re.compile(r"[\s,;.·・_/-]+")  # parts words; an apostrophe does not
_DOCUMENT: Final = str.maketrans("OIL", "011")  # read so by machines and by people; the same in every document
MAX_TEXT: Final = 512  # more of a field is not looked at
MIN_PHONE: Final = 7


def words(text: str) -> tuple[str, ...]:
    """Return the words of a name in small Latin letters, in the order written; those without a letter are left out."""
    found: list[str] = []
    for word in _BETWEEN.split(_plain(text)):
        found += _syllables(word)
    return tuple(found)


def joined(text: str) -> str:
    """Return all letters of a name in one row: where words end is written differently in each country."""
    return "".join(words(text))


def native(text: str) -> str:
    """Return the name in its own script, in one row, so that two characters of one sound stay apart."""
    return "".join(_BETWEEN.split(_plain(text)))


def document(text: str) -> str:
    """Return a document's number in capitals and digits, without separators; letters that are read as digits are."""
    plain = anyascii(_plain(text)).upper()
    return "".join(c for c in plain if c.isalnum()).translate(_DOCUMENT)


def phone(text: str) -> str:
    """Return the last nine digits of a telephone number, however its prefix is written; empty if there are too few."""
    digits = "".join(str(unicodedata.digit(c)) for c in _plain(text) if unicodedata.digit(c, -1) >= 0)
    return digits[-9:] if len(digits) >= MIN_PHONE else ""


def date(text: str) -> str:
    """Return a full FHIR date, YYYY-MM-DD; empty where a part of it is missing."""
    plain = _plain(text)[:10]
    return plain if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", plain) else ""


def _plain(text: str) -> str:
    """Return the text without differences that are not seen: compatibility forms, case, format characters."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text[:MAX_TEXT]).casefold())
    return "".join(c for c in folded if unicodedata.category(c) not in ("Cf", "Cc") or c in "\t\n\r")


def _syllables(word: str) -> list[str]:
    """Return a word in Latin letters: one for an alphabet, one for each syllable of a script that writes syllables."""
    if _LATIN.search(word):
        word = word.translate(_LOOKS)
    # Syllable by syllable: the library begins each with a capital, where the script has no case.
    written = "".join(c for c in anyascii(word) if c.isalpha())
    return [part.lower() for part in _SYLLABLE.findall(written)]
