"""Codes that make a resource sensitive: the first rule set, small, of our own choosing, and no medical advice.

A label is a code of v3-ActCode (https://terminology.hl7.org/CodeSystem-v3-ActCode.html): MH mental health, SUD
substance use, HIV, SEX sexual and reproductive health, SDV sexual assault and domestic violence. A rule set is never
changed once used: a change is the next number, and records are labelled anew under it.
"""

RULE_SET = 1

SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"

_LISTS: dict[str, dict[str, str]] = {
    SNOMED: {
        "MH": "35489007 36923009 370143000 66344007 191736004 197480006 21897009 47505003 13746004 58214004 192127007 "
        "406506008 74732009 69322001 86849004 6471006 44301001 225444004 171207006 408919008",
        "SUD": "7200002 66590003 15167005 5602001 75544000 6525002 191816009 361055000 55680006 56876005 66214007 "
        "26416006",
        "HIV": "86406008 62479008 165816005 31676001",
        "SEX": "72892002 77386006 19169002 35999006 156073000 17369002 65200003 68254000 46706006 169553002 301807007 "
        "22523008 287664005 252160004 169230002 225158009 271442007 236974004 198992004 398254007 15628003",
        "SDV": "706893006 397940009",
    },
    LOINC: {
        "MH": "44249-1 44261-6 55757-9 55758-7 69722-7 70274-6 71354-5 89204-2",
        "SUD": "75626-2 82667-7 99999-0",
        "HIV": "55277-8 7917-8 68961-2 56888-1 20447-9 25835-0 25836-8",
        "SEX": "76690-7 82810-3 2106-3 2118-8 19080-1 21198-7",
        "SDV": "76504-0 28245-9 76499-3",
    },
    RXNORM: {
        "MH": "36437 4493 2556 32937 321988 39786 72625 61381 89013 35636 51272 115698 6448 2626 5093",
        "SUD": "1819 351266 351267 351264 6813 7243 3554 82819",
        "HIV": "190521 68244 276237 1102270",
        "SEX": "807283 1856546 389221 6691 748962 831533 757594 978949 1000126 749762 751905 749785",
    },
}
CODES: dict[str, dict[str, str]] = {  # system -> code -> label
    system: {code: label for label, codes in labels.items() for code in codes.split()}
    for system, labels in _LISTS.items()
}

ICD10 = frozenset(
    ("http://hl7.org/fhir/sid/icd-10", "http://hl7.org/fhir/sid/icd-10-cm", "http://hl7.org/fhir/sid/icd-10-gm")
)
ICD10_PREFIXES: tuple[tuple[str, str], ...] = (  # the first that fits
    ("F1", "SUD"),
    ("F", "MH"),
    ("X6", "MH"),
    ("X7", "MH"),
    ("X80", "MH"),
    ("X81", "MH"),
    ("X82", "MH"),
    ("X83", "MH"),
    ("X84", "MH"),
    ("T14.91", "MH"),
    ("Z91.5", "MH"),
    ("R45.851", "MH"),
    ("B20", "HIV"),
    ("B21", "HIV"),
    ("B22", "HIV"),
    ("B23", "HIV"),
    ("B24", "HIV"),
    ("Z21", "HIV"),
    ("R75", "HIV"),
    ("O98.7", "HIV"),
    ("O", "SEX"),
    ("Z3", "SEX"),
    ("A5", "SEX"),
    ("A60", "SEX"),
    ("A63", "SEX"),
    ("A64", "SEX"),
    ("T74", "SDV"),
    ("T76", "SDV"),
)


def label_of(system: str, code: str) -> str | None:
    """Return the label that one coding brings, if any."""
    listed = CODES.get(system)
    if listed is not None:
        return listed.get(code)
    if system in ICD10:
        return next((label for prefix, label in ICD10_PREFIXES if code.startswith(prefix)), None)
    return None
