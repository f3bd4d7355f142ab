"""List and show directives: the public parts of the ledger, the sealed ones of the wallet."""

from typing import NamedTuple

from salus.client.ledger import Ledger
from salus.contracts.consent import queries as consent
from salus.contracts.consent.types import Attestation
from salus.core.encoding import decode
from salus.policy.types import Directive, SealedPart
from salus.services.actors import Person
from salus.services.errors import NoSuchDirective
from salus.wallet.wallet import NoSuchKeptDirective


class DirectiveView(NamedTuple):
    """A directive as its person sees it; `sealed` is None in a total deny, or if another device granted it."""

    public: Directive
    sealed: SealedPart | None
    uses: int  # releases so far, over the whole chain of replacements
    attestation: Attestation | None  # who answers for it, where the person did not sign it


def list_directives(ledger: Ledger, relation: bytes) -> tuple[Directive, ...]:
    """Return the public parts of all directives of a relation, ended ones too, sorted by id."""
    return tuple(consent.directives(ledger.view(), relation))


def show_directive(person: Person, relation: bytes, directive: bytes) -> DirectiveView:
    """Return one directive with its sealed part; raise NoSuchDirective."""
    state = person.ledger.view()
    public = consent.directive(state, relation, directive)
    if public is None:
        raise NoSuchDirective
    try:
        body = person.wallet.directive(directive).body
    except NoSuchKeptDirective:
        body = None
    sealed = None if body is None else decode(body, SealedPart)
    attestation = consent.attestation(state, relation, directive)
    return DirectiveView(public, sealed, consent.used(state, relation, public.chain), attestation)
