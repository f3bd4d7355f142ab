"""What a shipped set is made of: rules and gaps, each with its sources.

Purposes are named by their code of v3-ActReason, since a network numbers its own table:
https://terminology.hl7.org/CodeSystem-v3-ActReason.html
"""

from typing import NamedTuple

from salus.policy.policies import Mode

ANY = 0  # every role
HOUR_MS = 3_600_000


class Words(NamedTuple):
    """One text in each language."""

    en: str
    zh: str

    def in_language(self, language: str) -> str:
        """Return the text; English unless `language` is zh."""
        return self.zh if language == "zh" else self.en


class Source(NamedTuple):
    """A place in a law, and where its publisher shows it."""

    place: Words
    url: str


class ShippedRule(NamedTuple):
    """A rule, what it means to a person, and where the law says so. Its number is its place in the set, from 1."""

    code: str  # of v3-ActReason
    role: int
    mode: Mode
    ceiling: int
    meaning: Words
    sources: tuple[Source, ...] = ()
    objection: bool = False
    notice: bool = False


class Gap(NamedTuple):
    """A clause that no rule of the set says: why not, and what serves instead."""

    source: Source
    clause: Words
    why: Words


class ShippedSet(NamedTuple):
    """A set of rules, to be given a jurisdiction and an emergency group."""

    name: str
    edition: int  # counts up with every change of what the file says
    title: Words
    meaning: Words
    rules: tuple[ShippedRule, ...]
    emergency_ceiling: int
    window_ms: int
    emergency: tuple[Source, ...]  # why the glass may be broken
    pending: int
    attested: tuple[str, ...]
    gaps: tuple[Gap, ...] = ()


def cfr(title: int, section: str, paragraph: str = "") -> Source:
    """Name a section of the Code of Federal Regulations: https://www.ecfr.gov/."""
    place = f"{title} CFR {section}{paragraph}"
    return Source(Words(place, place), f"https://www.ecfr.gov/current/title-{title}/section-{section}")


def gdpr(article: str) -> Source:
    """Name an article of Regulation (EU) 2016/679."""
    place = Words(f"GDPR Art. {article}", f"《通用数据保护条例》第 {article} 条")
    return Source(place, "https://eur-lex.europa.eu/eli/reg/2016/679/oj")


def pipl(article: int, item: int = 0) -> Source:
    """Name an article of China's Personal Information Protection Law, or an item of its first paragraph."""
    english, chinese = (f"(1)({item})", f"第一款第{numeral(item)}项") if item else ("", "")
    place = Words(f"PIPL Art. {article}{english}", f"《个人信息保护法》第{numeral(article)}条{chinese}")
    return Source(place, "http://www.npc.gov.cn/npc/c2/c30834/202108/t20210820_313088.html")


def china(english: str, chinese: str, article: int) -> Source:
    """Name an article of another Chinese law, by its title in the national database, which is searched by title."""
    return Source(Words(f"{english} Art. {article}", f"《{chinese}》第{numeral(article)}条"), "https://flk.npc.gov.cn/")


_DIGITS = "零一二三四五六七八九"
_UNITS = ((1000, "千"), (100, "百"), (10, "十"), (1, ""))


def numeral(number: int) -> str:
    """Return a number from 1 to 9999 as Chinese laws count their articles."""
    written, gap = "", False
    for size, unit in _UNITS:
        digit, number = divmod(number, size)
        if digit:
            written += ("零" if gap else "") + _DIGITS[digit] + unit
            gap = False
        else:
            gap = bool(written)
    return written.removeprefix("一") if written.startswith("一十") else written
