"""Relabel: apply a newer rule set to what the vault keeps.

Each record that the rules describe otherwise gets a new version: the same octets, a header with the new labels and
the number of the rule set, a leaf on top of the one before. Records that stay as they are get nothing. A relation is
done as one transaction, with an entry in its access log before it, so that a crash leaves whole relations of either
kind; running it again does what is left and repeats nothing. New leaves are anchored, at the end or by the next anchor.
A directive is evaluated on the labels of the moment, whenever it was granted.
"""

from collections.abc import Callable
from typing import NamedTuple

from salus.contracts.accounts import queries as accounts
from salus.contracts.records import queries as records
from salus.fhir.rule_sets import RuleSet, load
from salus.services.access_log import Looked, What, log_reads
from salus.services.actors import Organisation
from salus.services.anchor import anchor
from salus.services.authorise import for_labels
from salus.services.labelling import Relabelling
from salus.vault.errors import RelationDestroyed, VersionConflict

Progress = Callable[[int], None]  # relations done so far


class Relabelled(NamedTuple):
    """What a relabelling changed."""

    rule_set: int
    relations: int  # looked at
    changed_relations: int
    records: int  # that got a new version
    anchored_relations: int


def relabel(organisation: Organisation, number: int, progress: Progress | None = None) -> Relabelled:
    """Bring the labels of all own relations to rule set `number`; what a newer one labelled is left alone.

    Raises NoSuchRuleSet, RuleSetDamaged: nothing was done; the contract's refusals when anchoring.
    """
    rules = load(number)
    state, vault = organisation.ledger.view(), organisation.vault
    own = [
        one
        for one in vault.relations()
        if accounts.custodian_of(state, one) == organisation.account and records.offer(state, one) is None
    ]
    changes = []
    for done, relation in enumerate(own, start=1):
        changes.append(_relabel(organisation, relation, rules))
        if progress is not None:
            progress(done)
    anchored = anchor(organisation).anchored
    return Relabelled(number, len(own), sum(map(bool, changes)), sum(changes), anchored)


def _relabel(organisation: Organisation, relation: bytes, rules: RuleSet) -> int:
    """Bring one relation to the rule set; return how many records changed. Its key may be destroyed: then none can."""
    while True:
        whole = Relabelling(organisation, relation, rules)
        try:
            whole.add_kept(frozenset())
        except RelationDestroyed:
            return 0
        writes = whole.changed(whole.labels(), organisation.ledger.now())
        if not writes:
            return 0
        log_reads(organisation, [Looked(for_labels(organisation, relation), What.LABELS)])
        try:
            organisation.vault.deposit(writes)
        except VersionConflict:  # a deposit came between: look again
            continue
        return len(writes)
