"""`salus access review` and `salus access glass`: what became of a broken glass, and who breaks it how often."""

from pathlib import Path

import click

from salus.bootstrap import Region
from salus.cli.access_words import reason_words, review_words
from salus.cli.options import acting, at_option, choose, days_option, in_home, opened, organisation, person
from salus.cli.output import print_json, print_result, print_table, short, when
from salus.cli.whom import find_relation
from salus.core.glass import Verdict
from salus.services.break_glass import Broken, Rate, glass_rates, list_broken
from salus.services.glass_by_set import SetRate, glass_by_set
from salus.services.members import member_name
from salus.services.review import review, review_own

VERDICTS = {"justified": Verdict.JUSTIFIED, "not-justified": Verdict.NOT_JUSTIFIED}


@click.command("review")
@acting("The patient, the custodian or a regulator.")
@at_option
@click.argument("release", required=False)
@click.option("--verdict", type=click.Choice(list(VERDICTS)), default=None, help="What the reviewer says.")
@in_home
def review_command(
    home: Path | None, as_json: bool, actor: str, relation: str | None, release: str | None, verdict: str | None
) -> None:
    """Show what glass was broken and how the reviews stand; with RELEASE and --verdict, speak in one of them.

    Two of custodian, patient and regulator close a review; who broke the glass never speaks.
    """
    with opened(home) as region:
        listed = broken_for(region, actor, relation)
        if (release is None) != (verdict is None):
            raise click.UsageError("give both RELEASE and --verdict, or neither")
        if release is None or verdict is None:
            print_broken(region, listed, as_json)
            return
        chosen = choose(release, (one.release for one in listed), "RELEASE", "access review")
        handle = next(one.relation for one in listed if one.release == chosen)
        said = VERDICTS[verdict]
        if actor in region.people():
            reviewed = review_own(person(region, actor), handle, chosen, said)
        else:
            reviewed = review(organisation(region, actor), handle, chosen, said)
    state = "is closed" if reviewed.closed else "stays open for another reviewer"
    words = f"Noted in block {reviewed.height}: {verdict.replace('-', ' ')}. The review {state}."
    print_result(as_json, {"release": chosen, "closed": reviewed.closed, "height": reviewed.height}, words)


def broken_for(region: Region, actor: str, relation: str | None) -> tuple[Broken, ...]:
    """Return what the actor may be concerned with: a patient her relation, an organisation the whole network."""
    if actor in region.people():
        return list_broken(region.ledger, find_relation(person(region, actor), relation))
    organisation(region, actor)
    found = [one for rate in glass_rates(region.ledger, 3650) for one in rate.broken]
    return tuple(sorted(found, key=lambda one: (one.time, one.release)))


def print_broken(region: Region, listed: tuple[Broken, ...], as_json: bool) -> None:
    """Print each break-glass with its review."""
    if as_json:
        print_json(listed)
        return
    rows = (
        (
            short(one.release),
            when(one.time),
            member_name(region.ledger, one.review.requester),
            reason_words(one.review),
            review_words(one.review),
        )
        for one in listed
    )
    print_table(("release", "time", "who", "reason", "review"), rows, empty="No glass was broken.")


@click.command("glass")
@acting("A member; rates are everybody's to see, and a regulator's to watch.")
@days_option(30)
@click.option("--by-set", is_flag=True, help="By the policy sets under which it was broken.")
@in_home
def glass_command(home: Path | None, as_json: bool, actor: str, days: int, by_set: bool) -> None:
    """Show who broke the glass how often within the last days, and how the reviews went."""
    with opened(home) as region:
        organisation(region, actor)
        rates = glass_rates(region.ledger, days)
        sets = glass_by_set(region.ledger, days) if by_set else ()
    if by_set:
        print_sets(sets, as_json)
        return
    if as_json:
        print_json([rate_fields(rate) for rate in rates])
    else:
        rows = ((r.member.name, len(r.broken), r.open_reviews, r.not_justified) for r in rates)
        print_table(("member", "broken", "open reviews", "found not justified"), rows, empty="No glass was broken.")


def print_sets(sets: tuple[SetRate, ...], as_json: bool) -> None:
    """Print the rate of each policy set."""
    if as_json:
        print_json(sets)
        return
    columns = ("set", "name", "realm", "broken", "members", "open reviews", "found not justified")
    rows = (
        (short(s.set), s.name or "-", s.realm or "any", s.broken, s.members, s.open_reviews, s.not_justified)
        for s in sets
    )
    print_table(columns, rows, empty="No policy set lets anybody break the glass.")


def rate_fields(rate: Rate) -> dict[str, object]:
    """Return what a program is told of a member's rate."""
    return {
        "member": rate.member.account,
        "name": rate.member.name,
        "broken": len(rate.broken),
        "open_reviews": rate.open_reviews,
        "not_justified": rate.not_justified,
    }
