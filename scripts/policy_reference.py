"""Write docs/reference/policies.md from the sets that come with Salus: python scripts/policy_reference.py."""

from collections.abc import Iterator
from pathlib import Path

from salus.policy.policies import LEVELS, Mode
from salus.policy.sets import LAWS, TRIAL, ShippedSet, Source
from salus.policy.types import OrganisationRole

PAGE = Path(__file__).parents[1] / "docs/reference/policies.md"
HEAD = """# The policy sets that come with Salus

Each rule of a set stands here with its place in the law. **These sets are a starting point for the review of your
counsel, and no legal advice**: they are facts of laws in our own words, as one of several readings, without the law
of states, provinces and member states. Members vote on a set (`salus policy propose --as MEMBER --set hipaa`, `salus
org vote --as MEMBER PROPOSAL`) as it is or as they change it (`--file`), and a custodian puts its relations under it
(`salus policy name --as CUSTODIAN RELATION hipaa`). A later version takes its place by `--replace`, and each release
names the very version it rests on. `salus policy show hipaa` shows it with its sources, in `--language zh` as well.
The files are `src/salus/policy/sets/*.py`, one each; this page is made of them by `scripts/policy_reference.py`, and
`edition` counts up with every change.

How to read a rule: what *mandated* is goes whatever the person denied; what is *permitted* goes without asking,
unless she denied it by a directive or, where *objection* says so, opted out; *opt-out* goes unless she opted out;
*opt-in* goes only if she opted in. *Up to* is the confidentiality (`U L M N R V`, see [labels](labels.md)) above
which nothing goes by the rule. *Notice*: the custodian sends the person a signed notice of each release, and her
account marks it. What no rule speaks of waits for a directive of hers, an order, or an emergency. A rule for
treatment serves emergency treatment and care management too, unless they have a rule of their own.

Where a law allows something under a condition that no rule can check, the set is on the strict side, and the clause
stands under *Not said by a rule* with what serves instead.

The default of a new network is **strict opt-in**, which has no rule at all: nothing goes that no directive permits,
and nobody breaks the glass. No vote changes it.
"""


def page() -> str:
    """Return the whole page."""
    return "\n".join([HEAD, *(part for shipped in (*LAWS, *TRIAL) for part in _set(shipped))]).rstrip("\n") + "\n"


def _set(shipped: ShippedSet) -> Iterator[str]:
    yield f"## {shipped.title.en}\n"
    yield f"`{shipped.name}`, edition {shipped.edition}. {shipped.meaning.en}\n"
    yield f"{shipped.title.zh}：{shipped.meaning.zh}\n"
    yield "| rule | purpose | recipient | mode | up to | objection | notice | law | what it means |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for number, rule in enumerate(shipped.rules, start=1):
        role = OrganisationRole(rule.role).name.lower() if rule.role else "any"
        mode = Mode(rule.mode).name.lower().replace("_", "-")
        flags = " | ".join("yes" if flag else "-" for flag in (rule.objection, rule.notice))
        meaning = f"{rule.meaning.en} {rule.meaning.zh}"
        yield (
            f"| {number} | {rule.code} | {role} | {mode} | {LEVELS[rule.ceiling]} | {flags} | {_links(rule.sources)} | "
            f"{meaning} |"
        )
    minutes = shipped.window_ms // 60_000
    law = f" ({_links(shipped.emergency)})" if shipped.emergency else ""
    yield (
        f"\nBreak-glass by the group that the proposal names: up to {LEVELS[shipped.emergency_ceiling]}, for {minutes} "
        f"minutes{law}. A pending label counts as {LEVELS[shipped.pending]}. Attested consent is honoured for "
        f"{', '.join(shipped.attested) or 'nothing'}.\n"
    )
    if shipped.gaps:
        yield "Not said by a rule:\n"
        yield "| clause | what it says | why no rule says it, and what serves |"
        yield "|---|---|---|"
        for gap in shipped.gaps:
            cells = (f"{each.en} {each.zh}" for each in (gap.clause, gap.why))
            yield f"| {_links((gap.source,))} | {' | '.join(cells)} |"
        yield ""


def _links(sources: tuple[Source, ...]) -> str:
    return ", ".join(f"[{source.place.en}]({source.url})" for source in sources) or "none"


if __name__ == "__main__":
    PAGE.write_text(page())
