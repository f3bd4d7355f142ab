"""What differs only in writing becomes the same, and what comes out is plain; a failure prints its seed."""

import unicodedata
from random import Random

import pytest

from salus.linkage.demographics import of_patient
from salus.linkage.keys import combinations, search_keys
from salus.linkage.normalise import date, document, joined, native, phone, words

CASES = 3000
# Letters of Latin names, of which some have a look-alike; of Cyrillic, Greek, Chinese, Japanese, Korean, Arabic ones.
LATIN = "abcdefghijklmnopqrstuvwxyzàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿąćęłńśźżčďěňřšťůžßőű"
OTHERS = "абвгдежзиклмнопрстуфхцчшщыьэюя" + "αβγδεζηθικλμνξοπρστυφχψω" + "张王李赵陳黃山田太郎김철수" + "محمدعلي"
LOOKS = {"a": "аα", "e": "еε", "i": "іι", "o": "оο", "p": "рρ", "c": "с", "y": "у", "x": "хχ", "s": "ѕ", "j": "ј"}
SPACES = " \t\u00a0\u2003\u3000"
UNSEEN = "\u200b\u200d\u2060\ufeff\u00ad\u200e"


def name(random: Random, alphabet: str = LATIN) -> str:
    return "".join(random.choice(alphabet) for _ in range(random.randrange(2, 12)))


def names(random: Random, alphabet: str = LATIN) -> str:
    return " ".join(name(random, alphabet) for _ in range(random.randrange(1, 4)))


def fullwidth(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def spoilt(random: Random, text: str) -> str:
    """The same text written otherwise, in a way that nobody sees."""
    match random.randrange(7):
        case 0:
            return unicodedata.normalize(random.choice(("NFC", "NFD", "NFKC", "NFKD")), text)
        case 1:
            return text.upper() if text.upper().casefold() == text.casefold() else text
        case 2:
            return fullwidth(text)
        case 3:
            at = random.randrange(len(text) + 1)
            return text[:at] + random.choice(UNSEEN) + text[at:]
        case 4:
            return random.choice(SPACES) + text.replace(" ", random.choice(SPACES) * random.randrange(1, 3))
        case 5:
            return text.title() if text.title().casefold() == text.casefold() else text
    return text


def looks_alike(random: Random, text: str) -> str:
    """One letter of a word becomes another script's that looks the same; others of the word stay."""
    parts = text.split(" ")
    at = random.randrange(len(parts))
    letters = list(parts[at])
    places = [n for n, c in enumerate(letters) if c in LOOKS]
    if len(letters) > len(places) and places:
        place = random.choice(places)
        letters[place] = random.choice(LOOKS[letters[place]])
    parts[at] = "".join(letters)
    return " ".join(parts)


@pytest.mark.parametrize("alphabet", [LATIN, OTHERS, LATIN + OTHERS], ids=["latin", "others", "mixed"])
def test_what_nobody_sees_makes_no_difference(alphabet: str) -> None:
    for seed in range(CASES):
        random = Random(seed)
        text = names(random, alphabet)
        other = spoilt(random, text)
        assert words(other) == words(text), (seed, text, other)
        assert native(other) == native(text), (seed, text, other)


def test_a_letter_that_looks_like_its_neighbours_is_theirs() -> None:
    changed = 0
    for seed in range(CASES):
        random = Random(seed)
        text = names(random, "abcdefghijklmnopqrstuvwxyz")
        other = looks_alike(random, text)
        changed += other != text
        assert joined(other) == joined(text), (seed, text, other)
    assert changed > CASES // 2


def test_what_comes_out_is_small_latin_letters_and_stays_what_it_is() -> None:
    for seed in range(CASES):
        random = Random(seed)
        text = "".join(chr(random.randrange(0x20, 0x3_0000)) for _ in range(random.randrange(40)))
        text = text.encode("utf-8", "ignore").decode()
        found = words(text)
        assert all(word and word.isascii() and word.isalpha() and word == word.lower() for word in found), seed
        assert words(" ".join(found)) == found, seed
        number = document(text)
        assert document(number) == number, seed
        assert number.isascii() and not set(number) & set("OIL"), seed
        digits = phone(text)
        assert digits == "" or (digits.isdigit() and digits.isascii() and 7 <= len(digits) <= 9), seed


def test_order_and_punctuation_of_a_name_do_not_change_its_combinations() -> None:
    for seed in range(CASES // 3):
        random = Random(seed)
        family, given, second = (name(random, "abcdefghiklmnoprstuvwz") for _ in range(3))
        born = f"{random.randrange(1920, 2020)}-{random.randrange(1, 13):02d}-{random.randrange(1, 29):02d}"
        one = of_patient({"name": [{"family": family, "given": [given, second]}], "birthDate": born})
        other = of_patient({"name": [{"family": given.upper(), "given": [spoilt(random, family)]}], "birthDate": born})
        assert set(combinations(one)) & set(combinations(other)), seed
        assert set(search_keys(one)) & set(search_keys(other)), seed


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("张小明", "Zhang Xiao Ming"),
        ("張小明", "Zhang Xiaoming"),
        ("张小明", "ZHANG XIAOMING"),
        ("王芳", "wang fang"),
        ("山田", "ShanTian"),  # its Chinese sound: a reading in Japanese cannot be told from the characters
        ("김철수", "gim cheolsu"),
        ("Ольга", "Olga"),
        ("Αλέξανδρος", "Alexandros"),
        ("Łukasz", "lukasz"),
        ("Straße", "STRASSE"),
        ("O’Brien", "OBRIEN"),
        ("Müller", "Muller"),
        ("Jean-Luc", "Jean Luc"),
    ],
)
def test_names_of_many_scripts_meet(one: str, other: str) -> None:
    assert joined(one) == joined(other)


def test_characters_of_one_sound_stay_apart_in_their_own_script() -> None:
    assert joined("张伟") == joined("章威")
    assert native("张伟") != native("章威")
    assert native("张伟") == native("张\u200b伟")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("xda-123 456", "XDA123456"),
        ("ＸＤＡ１２３４５６", "XDA123456"),
        ("l0O1", "1001"),
        ("", ""),
        ("---", ""),
    ],
)
def test_document_numbers(text: str, found: str) -> None:
    assert document(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("+34 600 111 222", "600111222"),
        ("0034600111222", "600111222"),
        ("(600) 111-222", "600111222"),
        ("٦٠٠١١١٢٢٢", "600111222"),
        ("12345", ""),
        ("no number", ""),
    ],
)
def test_telephone_numbers(text: str, found: str) -> None:
    assert phone(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1984-03-09", "1984-03-09"),
        ("１９８４-03-09", "1984-03-09"),
        ("1984-03", ""),
        ("1984", ""),
        ("9.3.1984", ""),
        ("", ""),
    ],
)
def test_dates(text: str, found: str) -> None:
    assert date(text) == found
