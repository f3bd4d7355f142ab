"""Receive the last word of a former custodian: reads since the copy, what still waited, the receipt of destruction."""

from hashlib import sha256

from salus.contracts.accounts import queries as accounts
from salus.core import cose
from salus.core.encoding import decode
from salus.core.errors import WrongSignature
from salus.services import lookup
from salus.services.accept_custody import put_moved
from salus.services.access_log import read_entry
from salus.services.actors import Organisation
from salus.services.authorise import for_decision
from salus.services.custody_letters import LAST_WORD, LastWord, Surrendered, open_letter, relation_of
from salus.services.errors import NotCustodian, NotOffered
from salus.services.hand_over import SURRENDERED
from salus.services.objects import parse_signed
from salus.vault.shared import SharedResource


def receive_last_word(organisation: Organisation, raw: bytes) -> Surrendered:
    """Verify and keep it; taking it again changes nothing.

    In this order: custodian, then as `custody_letters.open_letter`, receipt, reads. Raises Malformed,
    NotCustodian, what that raises, WrongSignature.
    """
    network, state = organisation.network, organisation.ledger.view()
    relation = relation_of(raw)
    if accounts.custodian_of(state, relation) != organisation.account:
        raise NotCustodian
    opened = open_letter(organisation, LAST_WORD, None, raw)
    word = decode(opened.octets, LastWord)
    signed = parse_signed("receipt", word.receipt)
    said = decode(signed.payload, Surrendered)
    if (word.relation, word.former) != (relation, opened.sender) or (
        (said.relation, said.former, said.successor, said.root)
        != (relation, opened.sender, organisation.account, word.root)
    ):
        raise NotOffered
    message = cose.to_be_signed("receipt", network, signed.payload, signed.key)
    now = organisation.ledger.now()
    if not lookup.signed_by_live_key(state, opened.sender, signed.key, now, message, signed.signature):
        raise WrongSignature
    for entry in word.reads:
        read_entry(entry)
    _log(organisation, relation, word.reads)
    put_moved(organisation, relation, word.tasks, word.notes)
    name = f"{relation.hex()}/{sha256(word.receipt).hexdigest()}"
    organisation.vault.shared.put([SharedResource(SURRENDERED, name, word.receipt, "application/cose")])
    return said


def _log(organisation: Organisation, relation: bytes, reads: tuple[bytes, ...]) -> None:
    """Append the reads that the access log lacks."""
    if reads:
        known = {entry for _, entry in organisation.vault.access_entries(for_decision(organisation, relation))}
        organisation.vault.log_accesses({relation: [entry for entry in reads if entry not in known]})
