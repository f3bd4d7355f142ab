"""Verify evidence offline, in numbered steps, with nothing but the file and the genesis.

The first step that fails ends the verification: what depends on it is not looked at. No step trusts
what a later one establishes, and no input, however malformed, raises: it fails a step.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from salus.core.errors import Refusal
from salus.core.genesis import read_genesis, validator_keys
from salus.evidence import committed
from salus.evidence.case import Case, Memory, Result, failed, ok, unchecked
from salus.evidence.format import Kind, read_evidence
from salus.evidence.header import parse_header, read_header
from salus.evidence.ledger_steps import check_checkpoint, check_events, check_facts
from salus.evidence.relation_steps import check_records, check_relation, check_whole
from salus.evidence.release_steps import check_leaves, check_request
from salus.evidence.report import Outcome, Report, Step, Verdict
from salus.merkle.checkpoint import NoteKey


class _Check(NamedTuple):
    name: str
    run: Callable[[Case], Result]


def verify(
    raw: bytes,
    genesis: bytes | None,
    *,
    witnesses: Sequence[NoteKey] = (),
    remembered: Memory | None = None,
) -> Report:
    """Return what `raw`, an encoded evidence object, proves to somebody who trusts `genesis`.

    `witnesses` are the keys of witnesses the reader trusts: with none, or with no cosignature of
    theirs, the verdict is at most UNWITNESSED.
    `remembered` is what the reader saw before; evidence that contradicts it is refuted.
    """
    case = Case(raw, genesis, tuple(witnesses), remembered)
    steps: list[Step] = []
    broken = False
    for number, check in enumerate(_CHECKS, start=1):
        result = unchecked("An earlier step failed.") if broken else check.run(case)
        broken = broken or result.outcome is Outcome.FAILED
        steps.append(Step(number, check.name, result.outcome, result.words))
    verdict = _verdict(case, broken)
    header = case.signed.header if case.signed and not broken else None
    return Report(
        verdict,
        tuple(steps),
        tuple(case.proved) if verdict in (Verdict.PROVED, Verdict.UNWITNESSED) else (),
        _not_proved(case, verdict),
        header.height if header else None,
        header.time if header else None,
        case.evidence,
        case.annex if case.evidence else None,
        None if broken else case.release,
    )


def _verdict(case: Case, broken: bool) -> Verdict:
    if broken:
        return Verdict.REFUTED
    if case.genesis is None:
        return Verdict.NO_GENESIS
    return Verdict.PROVED if case.witnessed else Verdict.UNWITNESSED


def _check_form(case: Case) -> Result:
    try:
        case.evidence, case.annex = read_evidence(case.raw)
    except Refusal:
        return failed("The file is not one canonical evidence object.")
    case.network = case.evidence.network
    return ok("One evidence object in its one canonical encoding.")


def _check_network(case: Case) -> Result:
    if case.genesis is None:
        return unchecked("No genesis was given: whose ledger this is cannot be told.")
    try:
        network, genesis = read_genesis(case.genesis)
    except Refusal:
        return failed("The genesis is malformed, or a founder's proof of possession does not hold.")
    if network != case.network:
        return failed("The evidence is of another network than the genesis.")
    case.validators = validator_keys(network, genesis)
    return ok(f"The network is the genesis' hash; its founders proved their keys: {genesis.name}.")


def _check_header(case: Case) -> Result:
    raw = case.read.header
    try:
        case.signed = parse_header(case.network, raw)
        if case.genesis is None:
            return unchecked("The header is well-formed; without a genesis no signer is known.")
        case.signed = read_header(case.network, raw, case.validators)
    except Refusal:
        if raw.startswith(committed.HEAD):
            return failed("The ledger header is malformed, or not committed by validators that the genesis leads to.")
        return failed("The ledger header is malformed, or not signed by a validator of the genesis.")
    height = case.signed.header.height
    memory = case.remembered.ledger if case.remembered else None
    if memory and memory.height == height and memory.header != case.signed.hash:
        return failed("Another header was seen at this height before: the ledger forked.")
    if not case.committed_by_many:
        return ok(f"The header of height {height} is signed by a validator of the genesis.")
    case.validators = {**case.validators, **committed.signers(case.network, raw)}
    return ok(f"The header of height {height} is committed by validators that the genesis leads to.")


_CHECKS = (
    _Check("form", _check_form),
    _Check("network", _check_network),
    _Check("header", _check_header),
    _Check("state", check_facts),
    _Check("log", check_events),
    _Check("checkpoint", check_checkpoint),
    _Check("relation", check_relation),
    _Check("records", check_records),
    _Check("request", check_request),
    _Check("leaves", check_leaves),
    _Check("completeness", check_whole),
)


def _not_proved(case: Case, verdict: Verdict) -> tuple[str, ...]:
    if verdict is Verdict.REFUTED:
        return ("Nothing is proved: a step failed.",)
    if verdict is Verdict.NO_GENESIS:
        return ("Nothing is proved: without the genesis, anybody could have made this file.",)
    said = ["What happened on the ledger after the header."]
    if verdict is Verdict.UNWITNESSED and case.committed_by_many:
        said.append("That the validators committed no other block at this height: no witness known to you has signed.")
        said.append(
            "That they were validators when they signed: past the trust period, only a witness or checkpoint tells."
        )
    elif verdict is Verdict.UNWITNESSED:
        said.append("That the ledger's operator shows this ledger to everybody: no witness known to you has signed.")
    if case.read.kind == Kind.PAGE:
        said.append("That the page stands in the log of the session: that shows once the session is closed.")
    if case.read.kind == Kind.RECORDS:
        said.append("That they were released, to whom, and why: the ledger tells that later, or not at all.")
    if case.read.kind in (Kind.RELEASE, Kind.PUSH, Kind.PAGE, Kind.RECORDS):
        said.append("That the records are complete: what the ground or the request left out is not shown.")
    if case.read.kind not in (Kind.STATE_FACT, Kind.SESSION):
        said.append("Records that were never anchored, reads that were never logged, and whether a record is true.")
        if any(record.content is None for record in case.read.records):
            said.append("The content of records whose octets are not in the file.")
    return tuple(said)
