"""The steps about the ledger: state proofs, log entries, the checkpoint and its witnesses."""

from itertools import pairwise

from salus.core.errors import Refusal
from salus.core.hashing import T
from salus.evidence.case import Case, Result, failed, ok, unchecked
from salus.evidence.follow import grew
from salus.evidence.format import StateFact, origin
from salus.evidence.state import LOG_KEY, LogValue, read
from salus.merkle.checkpoint import NoteKey, parse, signed_by, witnessed_by
from salus.merkle.log import Inclusion, leaf_hash, verify_inclusion
from salus.merkle.smt import verify_absence, verify_membership


def check_facts(case: Case) -> Result:
    """Each key has the value shown, or none, under the header's app hash; each key stands once."""
    facts = case.read.facts
    if any(a.key >= b.key for a, b in pairwise(facts)):
        return failed("A key of the state stands twice, or the keys are out of order.")
    for fact in facts:
        if not _holds(case.app_hash, fact):
            return failed("A proof of the state does not lead to the header's app hash.")
        case.values[fact.key] = fact.value
    if not case.values:
        return failed("There is no fact of the state.")
    case.proved.append(f"{len(facts)} keys of the state have the values shown.")
    return ok(f"{len(facts)} keys have the values shown, under the header's app hash.")


def _holds(root: bytes, fact: StateFact) -> bool:
    if fact.value is None:
        return verify_absence(root, fact.key, fact.proof)
    return verify_membership(root, fact.key, fact.value, fact.proof)


def check_events(case: Case) -> Result:
    """Each event is an entry of the log whose size and root the state holds."""
    case.log = read(case.values.get(LOG_KEY), LogValue)
    if case.log is None:
        if case.read.events or case.read.checkpoint:
            return failed("The size and root of the log are not proved.")
        return unchecked("The evidence says nothing about the log.")
    memory = case.remembered.ledger if case.remembered else None
    if memory and memory.log_size == case.log.size and memory.log_root != case.log.root:
        return failed("Another log of this size was seen before: the ledger forked.")
    for fact in case.read.events:
        entry = T("event", case.network, fact.body)
        proof = Inclusion(fact.index, fact.size, fact.path)
        if fact.size != case.log.size or not verify_inclusion(case.log.root, entry, proof):
            return failed("An event is not in the ledger's log at its place.")
        case.bodies.append(fact.body)
        case.proved.append(f"Entry {fact.index} of the ledger's log is the event shown, leaf {leaf_hash(entry).hex()}.")
    if not case.bodies:
        return unchecked("No event is shown.")
    number = len(case.bodies)
    stands = "1 event stands" if number == 1 else f"{number} events stand"
    return ok(f"{stands} in the log of {case.log.size} entries that the state holds.")


def check_checkpoint(case: Case) -> Result:
    """The note is of this log, signed by a validator; the state's log and the note's are one; who cosigned."""
    shown = case.read.checkpoint
    if shown is None:
        return unchecked("No checkpoint is shown: nobody outside has witnessed this ledger.")
    if case.log is None:
        return failed("The size and root of the log are not proved.")
    try:
        signed = parse(shown.note)
    except Refusal:
        return failed("The checkpoint is not one signed note.")
    note, log = signed.checkpoint, case.log
    if note.origin != origin(case.network):
        return failed("The checkpoint is of another log.")
    small, large = sorted(((log.size, log.root), (note.size, note.root)))
    if not grew(*small, *large, shown.growth):
        return failed("The checkpoint and the state do not speak of one log.")
    if case.genesis is None:
        return unchecked("The checkpoint fits the log; without a genesis no signer is known.")
    validators = [NoteKey(note.origin, public) for public, _ in case.validators.values()]
    if not any(signed_by(signed, key) for key in validators):
        return failed("The checkpoint is not signed by a validator of the genesis.")
    count = witnessed_by(signed, case.witnesses)
    if not count:
        return ok("The checkpoint is the ledger's own; no witness known to you has cosigned it.")
    if note.size < log.size:
        return ok("Witnesses known to you cosigned an earlier checkpoint of this log, not what is shown here.")
    case.witnessed = True
    case.proved.append(f"{count} witnesses known to you have seen the same log, of {note.size} entries.")
    return ok(f"The checkpoint is the ledger's own, cosigned by {count} witnesses known to you.")
