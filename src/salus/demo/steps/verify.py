"""The clinic checks what it got, with nothing but the evidence file and the genesis."""

from salus.demo.stage import Stage, Step
from salus.evidence.report import Outcome, Verdict
from salus.evidence.verify import verify

MARKS = {Outcome.OK: "ok", Outcome.FAILED: "FAILED", Outcome.NOT_CHECKED: "--"}


def verify_offline(stage: Stage) -> Step:
    """Run the verification of `salus verify`; then change one byte and see it refuted."""
    if stage.evidence is None:
        return Step("verify", "The clinic checks the evidence", False, {}, ("there is no evidence",))
    raw, genesis = stage.evidence.read_bytes(), (stage.region.home / "genesis.cbor").read_bytes()
    report = verify(raw, genesis)
    middle = len(raw) // 2
    forged = verify(raw[:middle] + bytes((raw[middle] ^ 1,)) + raw[middle + 1 :], genesis)
    lines = [f"{step.number:>2}. {MARKS[step.outcome]:<6}  {step.words}" for step in report.steps]
    lines.append(f"Verdict: all holds, {report.verdict.name.lower()}: no outside witness has cosigned this ledger yet")
    lines.append(f"The same file with one byte changed: {forged.verdict.name.lower()}")
    return Step(
        "verify",
        "The clinic checks it with nothing but the file and the genesis",
        report.verdict is Verdict.UNWITNESSED and forged.verdict is Verdict.REFUTED,
        {"steps": len(report.steps), "evidence_bytes": len(raw)},
        tuple(lines),
        (f"verify {{home}}/{stage.evidence.name} --genesis {{home}}/genesis.cbor",),
    )
