"""The shipped sets in situations: who asks for what, how sensitive it is, what the person prefers; what must come out.

The tables are written by hand from the laws, clause by clause, and never computed from the sets.
"""

import re

import pytest

from salus.core.types import Message
from salus.policy.decision import decide
from salus.policy.policies import LEVELS, Choice, PolicyInForce
from salus.policy.public import Asked, Recipient
from salus.policy.purposes import is_break_glass
from salus.policy.question import Tier
from salus.policy.reasons import Reason
from salus.policy.sets import LAWS, TRIAL
from salus.policy.sets.clauses import numeral, pipl
from salus.policy.shipped import SHIPPED, clause_of, find_shipped, policy_set
from salus.policy.types import OrganisationRole
from salus.services.purposes import PURPOSES
from unit.policy_samples import CLINIC, GROUP, NOW, deny, question, record

NUMBERS = {row.code: row.number for row in PURPOSES}
ROWS = {row.code: row for row in PURPOSES}
SETS = {shipped.name: shipped for shipped in SHIPPED}
PREFERENCES = {"-": (), "in": int(Choice.IN), "out": int(Choice.OUT)}

# purpose, role of the recipient, label, what the person prefers for the purpose, what comes out
HIPAA = """
TREAT    hospital    N  -    permit   164.506(c)(2): treatment needs no permission
TREAT    hospital    R  out  permit   a request to restrict need not be agreed to, 164.522(a)(1)(ii)
TREAT    laboratory  R  -    permit
TREAT    pharmacy    N  -    permit
TREAT    clinic      V  -    nothing  psychotherapy notes need an authorisation, 164.508(a)(2)
TREAT    payer       N  -    deny     a payer does not treat
ETREAT   hospital    R  -    permit
ETREAT   clinic      N  out  permit
CAREMGT  clinic      N  -    permit   coordination of care is treatment, 164.501
HPAYMT   payer       N  -    permit   164.506(c)(3)
HPAYMT   payer       N  out  deny     164.522(a)(1)(vi)
HPAYMT   payer       R  -    nothing  no more than a claim needs, 164.502(b)
HPAYMT   research    N  -    deny
HOPERAT  hospital    N  -    deny     164.506(c)(4) has a condition that nobody can see here
HOPERAT  hospital    N  in   permit
HOPERAT  payer       N  in   permit
PUBHLTH  regulator   R  out  permit   164.512(b), 164.522(a)(1)(v)
PUBHLTH  manufacturer N -    deny
PUBHLTH  clinic      N  in   deny
HCOMPL   regulator   R  out  permit   164.512(d)
HRESCH   research    N  in   deny     an authorisation is more than a preference, 164.508(c)
CLINTRCH research    N  in   deny
HMARKT   manufacturer N in   deny     164.508(a)(3)
FAMRQT   clinic      N  in   deny
"""
PART2 = """
TREAT    hospital    R  -    deny     2.31: no use without consent, for treatment either
TREAT    hospital    R  in   permit   2.33(a)
TREAT    clinic      R  out  deny
TREAT    clinic      V  in   nothing  counselling notes, 2.31(b)
TREAT    laboratory  R  in   deny
ETREAT   hospital    R  -    deny     2.51 asks for a record of each emergency: break-glass
ETREAT   hospital    R  in   permit
HPAYMT   payer       R  -    deny
HPAYMT   payer       R  in   permit
HOPERAT  hospital    R  in   permit
HOPERAT  hospital    R  -    deny
PUBHLTH  regulator   N  in   deny     2.54: only what is de-identified
HCOMPL   regulator   R  out  permit   2.53
HCOMPL   payer       R  in   deny
HRESCH   research    R  in   deny     2.52
HMARKT   payer       N  in   deny
"""
GDPR = """
TREAT    hospital    N  -    permit   9(2)(h)
TREAT    hospital    N  out  deny     21(1)
TREAT    clinic      R  -    nothing  national law adds conditions, 9(4)
TREAT    payer       N  -    deny
ETREAT   hospital    N  -    permit
ETREAT   hospital    R  -    nothing  vital interests of who cannot consent: break-glass
HPAYMT   payer       N  -    permit   9(2)(b), (h)
HPAYMT   payer       N  out  deny
HOPERAT  payer       N  -    deny
HOPERAT  payer       N  in   permit   9(2)(a)
PUBHLTH  regulator   R  out  permit   9(2)(i)
PUBHLTH  regulator   V  -    nothing
PUBHLTH  research    N  -    deny
HRESCH   research    N  -    deny
HRESCH   research    N  in   permit   9(2)(a)
HRESCH   research    R  in   nothing
CLINTRCH research    N  in   permit
CLINTRCH payer       N  in   deny
HMARKT   manufacturer N in   deny     21(2)
HCOMPL   regulator   N  -    deny     an order is a ground of its own
"""
PIPL = """
TREAT    hospital    N  -    deny     29: sensitive, with a consent of its own
TREAT    hospital    N  in   permit
TREAT    clinic      R  in   nothing
TREAT    laboratory  N  in   permit
TREAT    payer       N  in   deny
ETREAT   hospital    R  -    permit   13(1)(4)
ETREAT   clinic      R  out  permit   life does not wait for consent; 18: told afterwards
ETREAT   laboratory  N  -    deny
HPAYMT   payer       N  -    deny
HPAYMT   payer       N  in   permit
HOPERAT  hospital    N  in   deny
PUBHLTH  regulator   R  out  permit   13(1)(3)
PUBHLTH  hospital    N  -    deny
HRESCH   research    N  -    deny
HRESCH   research    N  in   permit
CLINTRCH research    N  in   permit
HMARKT   manufacturer N in   deny
HCOMPL   regulator   N  in   deny     an order is a ground of its own
"""
TRIED = """
opt-out  TREAT    hospital   N  -   permit
opt-out  TREAT    hospital   N  out deny
opt-out  ETREAT   hospital   R  -   permit
opt-out  TREAT    hospital   R  -   nothing
opt-out  HPAYMT   payer      N  -   permit
opt-out  HPAYMT   payer      N  out deny
opt-out  HRESCH   research   N  -   deny
opt-out  HRESCH   research   N  in  permit
mandated PUBHLTH  regulator  R  out permit
mandated TREAT    pharmacy   N  -   deny
mandated TREAT    pharmacy   N  in  permit
mandated HPAYMT   payer      N  out permit
mandated HRESCH   research   N  in  deny
"""
TABLES = {"hipaa": HIPAA, "part2": PART2, "gdpr": GDPR, "pipl": PIPL}
SITUATIONS = [
    (name, *line.split(maxsplit=5)[:5]) for name, table in TABLES.items() for line in table.strip().splitlines()
] + [tuple(line.split()) for line in TRIED.strip().splitlines()]


def outcome(name: str, purpose: str, role: str, label: str, choice: str, *directives: object) -> str:
    """Return permit, deny, or nothing: there is a ground, and the record is above its ceiling."""
    body = policy_set(SETS[name], NUMBERS, "", GROUP)
    row = ROWS[purpose]
    said = PREFERENCES[choice]
    preference = ((row.number, said),) if said else ()
    implied = (row.number, *row.implied_by)
    who = Recipient(CLINIC, (int(OrganisationRole[role.upper()]),), lambda group: False)
    asked = Asked(who, row.number, implied.__contains__, is_break_glass(row.system, row.code), NOW)
    found = decide(
        question(asked, policy=PolicyInForce(b"p" * 32, 1, body, preference)),
        [(directive, None) for directive in directives],  # type: ignore[misc]
        (record(labels=(label,)),),
    )
    if not found.permitted:
        return "deny"
    assert found.basis == (3, b"p" * 32, 1)
    return "permit" if found.allowed else "nothing"


@pytest.mark.parametrize("row", SITUATIONS, ids=lambda row: "-".join(row))
def test_what_comes_out(row: tuple[str, ...]) -> None:
    name, purpose, role, label, choice, expected = row
    assert outcome(name, purpose, role, label, choice) == expected


@pytest.mark.parametrize("name", SETS)
def test_a_total_deny_stops_all_but_a_mandate(name: str) -> None:
    total = deny(total=True, sealed=None, purposes=())
    for _, purpose, role, label, choice, expected in (row for row in SITUATIONS if row[0] == name):
        mandated = {"hipaa": ("PUBHLTH", "HCOMPL"), "part2": (), "gdpr": ("PUBHLTH",), "pipl": ("PUBHLTH",),
                    "opt-out": (), "mandated": ("PUBHLTH",)}[name]  # fmt: skip
        still = "deny"
        if purpose in mandated and role == "regulator":
            still = expected
        assert outcome(name, purpose, role, label, choice, total) == still


EMERGENCIES = {"hipaa": "RRR-", "part2": "RRRV", "gdpr": "RRR-", "pipl": "RRR-", "opt-out": "RRRV", "mandated": "RRR-"}


@pytest.mark.parametrize("name", SETS)
def test_the_glass_is_broken_up_to_the_sets_ceiling(name: str) -> None:
    body = policy_set(SETS[name], NUMBERS, "", GROUP)
    row = ROWS["BTG"]
    who = Recipient(CLINIC, (int(OrganisationRole.PAYER),), lambda group: group == GROUP)
    asked = Asked(who, row.number, (row.number, *row.implied_by).__contains__, True, NOW)
    for level, expected in zip("UNRV", EMERGENCIES[name], strict=True):
        policy = PolicyInForce(b"p" * 32, 1, body, ())
        found = decide(question(asked, policy=policy), [], (record(labels=(level,)),))
        assert (found.tier, bool(found.allowed)) == (Tier.BREAK_GLASS, expected != "-")
    body = policy_set(SETS[name], NUMBERS)
    found = decide(question(asked, policy=PolicyInForce(b"p" * 32, 1, body, ())), [], (record(),))
    assert not found.permitted and int(Reason.BREAK_GLASS_NOT_ALLOWED) in found.reasons


@pytest.mark.parametrize("name", SETS)
def test_every_rule_has_a_situation(name: str) -> None:
    tried = {(row[1], row[2]) for row in SITUATIONS if row[0] == name}
    for rule in SETS[name].rules:
        role = "" if not rule.role else OrganisationRole(rule.role).name.lower()
        assert any(purpose == rule.code and role in ("", asker) for purpose, asker in tried) or (
            rule.code == "TREAT" and role in ("laboratory", "pharmacy", "clinic")
        ), (name, rule.code, role)


def test_every_set_names_all_its_sources_and_speaks_both_languages() -> None:
    assert [shipped.name for shipped in LAWS] == ["hipaa", "part2", "gdpr", "pipl"]
    for shipped in SHIPPED:
        texts = [shipped.title, shipped.meaning, *(rule.meaning for rule in shipped.rules)]
        texts += [text for gap in shipped.gaps for text in (gap.clause, gap.why)]
        assert shipped.edition >= 1 and all(text.en.isascii() and re.search("[一-鿿]", text.zh) for text in texts)
        for rule in shipped.rules:
            assert bool(rule.sources) == (shipped not in TRIAL)
    for rule in SETS["gdpr"].rules:  # health data needs a ground of Article 6 and a condition of Article 9
        places = [source.place.en for source in rule.sources]
        assert any(place.startswith("GDPR Art. 6(1)") for place in places), rule
        assert any(place.startswith("GDPR Art. 9(2)") for place in places), rule
    sources = [s for each in LAWS for rule in each.rules for s in rule.sources] + [
        g.source for e in LAWS for g in e.gaps
    ]
    sources += [source for each in LAWS for source in each.emergency]
    official = ("https://www.ecfr.gov/current/title-", "https://eur-lex.europa.eu/eli/", "http://www.npc.gov.cn/",
                "https://flk.npc.gov.cn/")  # fmt: skip
    assert all(source.url.startswith(official) and source.place.en and source.place.zh for source in sources)


def test_a_voted_set_is_found_again_with_the_number_of_each_rule() -> None:
    for shipped in SHIPPED:
        body = policy_set(shipped, NUMBERS, "anywhere", GROUP)
        assert isinstance(body, Message) and find_shipped(body, NUMBERS) == shipped
        numbers = [clause_of(shipped, rule, NUMBERS)[0] for rule in body.rules]  # type: ignore[index]
        assert sorted(numbers) == list(range(1, len(shipped.rules) + 1))
    fewer = {code: number for code, number in NUMBERS.items() if code != "HCOMPL"}
    assert find_shipped(policy_set(SETS["hipaa"], NUMBERS), fewer) is None
    assert LEVELS[policy_set(SETS["part2"], NUMBERS).pending] == "V"


@pytest.mark.parametrize(
    ("number", "written"),
    [(1, "一"), (10, "十"), (13, "十三"), (20, "二十"), (45, "四十五"), (100, "一百"), (105, "一百零五"),
     (110, "一百一十"), (1035, "一千零三十五"), (1226, "一千二百二十六"), (2008, "二千零八")],
)  # fmt: skip
def test_articles_are_counted_as_chinese_laws_count_them(number: int, written: str) -> None:
    assert numeral(number) == written
    assert (
        pipl(13, 4).place.zh == "《个人信息保护法》第十三条第一款第四项"
        and pipl(13, 4).place.en == "PIPL Art. 13(1)(4)"
    )
