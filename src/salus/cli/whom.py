"""What people type for a relation, a directive, an organisation."""

import click

from salus.bootstrap import Region
from salus.cli.options import choose
from salus.cli.output import short
from salus.client.ledger import Ledger
from salus.policy.types import Grantee, GranteeKind, OrganisationRole
from salus.services.actors import Organisation, Person
from salus.services.directives import list_directives
from salus.services.members import list_members, member_name


def find_relation(who: Person, given: str | None) -> bytes:
    """Return the relation that `given` begins, or the only one the person has."""
    handles = [kept.handle for kept in who.wallet.relations()]
    if given is not None:
        return choose(given, handles, "--at", "access relations")
    if len(handles) != 1:
        words = f"say which of her relations: {', '.join(map(short, handles))}"
        raise click.BadParameter(words if handles else "she has none yet (`salus patient claim`)", param_hint="--at")
    return handles[0]


def find_patient(custodian: Organisation, given: str) -> bytes:
    """Return the handle that `given` begins, among the organisation's patients and their segments."""
    known = [*custodian.vault.relations(), *custodian.vault.attributes.segments()]
    return choose(given, known, "HANDLE", "patient list")


def find_directive(ledger: Ledger, relation: bytes, given: str) -> bytes:
    """Return the directive of a relation that `given` begins."""
    return choose(given, (d.id for d in list_directives(ledger, relation)), "DIRECTIVE", "consent list")


def find_account(region: Region, given: str, what: str) -> bytes:
    """Return the account of an organisation by slug, exact name, or the beginning of its id."""
    if given in region.organisations():
        return region.organisation(given).account
    members = list_members(region.ledger)
    named = [member.account for member in members if member.name == given]
    if len(named) == 1:
        return named[0]
    names = region.organisations() or [member.name for member in members]
    return choose(given, (member.account for member in members), what, "org list", names)


def grantee_name(ledger: Ledger, grantee: Grantee) -> str:
    """Return whom a directive names, in words."""
    kind, name = GranteeKind(grantee[0]), grantee[1]
    if kind is GranteeKind.ORGANISATION:
        return member_name(ledger, name)
    if kind is GranteeKind.ROLE:
        return f"every {OrganisationRole(int.from_bytes(name)).name.lower()}"
    return "anyone" if kind is GranteeKind.ANYONE else kind.name.lower()
