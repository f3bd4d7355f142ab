"""Elements of a page as text: whatever is put in is escaped, and the whole is well-formed XML as well as HTML."""

from html import escape


class Markup(str):
    """Text that is markup already. Only `element` makes it of what others wrote."""

    __slots__ = ()


Content = str | None  # None leaves nothing


def element(tag: str, *content: Content, **attributes: str) -> Markup:
    """Return an element; attributes are named as in HTML, with `_` for `-` and at the end of reserved words."""
    named = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(clean(value))}"' for name, value in attributes.items()
    )
    return Markup(f"<{tag}{named}>{together(*content)}</{tag}>")


def together(*content: Content) -> Markup:
    """Return pieces one after the other; those that are no Markup are escaped."""
    return Markup("".join(each if isinstance(each, Markup) else escape(clean(each)) for each in content if each))


def name(text: str) -> Markup:
    """Return a name that somebody else chose: its direction of writing cannot reach beyond it."""
    return element("bdi", text)


def clean(text: str) -> str:
    """Return text without control characters, which no document may hold, and without those that turn it round."""
    return "".join(letter if letter in "\n\t" or _harmless(letter) else "\ufffd" for letter in text)


def _harmless(letter: str) -> bool:
    code = ord(letter)
    turns = 0x200E <= code <= 0x200F or 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069
    noncharacter = 0xD800 <= code <= 0xDFFF or code & 0xFFFE == 0xFFFE
    return code >= 32 and not 0x7F <= code <= 0x9F and not turns and not noncharacter
