/**
 * Verify evidence offline, in numbered steps, with nothing but the file and the genesis: what `salus verify` does.
 *
 * The first step that fails ends the verification: what depends on it is not looked at. No step trusts what a later one
 * establishes, and no input, however malformed, throws: it fails a step.
 */
import { Case, type Check, type Memory } from "./case";
import { Kind } from "./format";
import { checkCheckpoint, checkEvents, checkFacts, checkForm, checkHeader, checkNetwork } from "./ledgerSteps";
import type { NoteKey } from "./note";
import { checkRecords, checkRelation, checkWhole } from "./relationSteps";
import { checkLeaves, checkRequest } from "./releaseSteps";
import { type Checked, type Findings, inLanguage, type Report, type Result, skipped, type Verdict } from "./report";
import { type Language, type Words, words } from "./words";

/** What the reader brings beside the file and the genesis. */
export interface Options {
  readonly witnesses?: readonly NoteKey[]; // keys of witnesses the reader trusts; without them, at most unwitnessed
  readonly remembered?: Memory; // what the reader saw before; evidence that contradicts it is refuted
  readonly language?: Language; // of the report; "en" where not given
}

const CHECKS: readonly (readonly [Words, Check])[] = [
  [words("form"), checkForm],
  [words("network"), checkNetwork],
  [words("header"), checkHeader],
  [words("state"), checkFacts],
  [words("log"), checkEvents],
  [words("checkpoint"), checkCheckpoint],
  [words("relation"), checkRelation],
  [words("records"), checkRecords],
  [words("request"), checkRequest],
  [words("leaves"), checkLeaves],
  [words("completeness"), checkWhole],
];

/** Return what `evidence`, an encoded evidence object, proves to somebody who trusts `genesis`. */
export async function verifyEvidence(
  evidence: Uint8Array,
  genesis: Uint8Array | null,
  options: Options = {},
): Promise<Report> {
  const found = new Case(evidence, genesis, options.witnesses ?? [], options.remembered ?? null);
  const steps: Checked[] = [];
  let broken = false;
  for (const [at, [title, check]] of CHECKS.entries()) {
    const result: Result = broken ? skipped(words("An earlier step failed.")) : await check(found);
    broken ||= result.state === "failed";
    steps.push({ number: at + 1, title, ...result });
  }
  return inLanguage(findings(found, steps, broken), options.language ?? "en");
}

function findings(found: Case, steps: readonly Checked[], broken: boolean): Findings {
  const verdict = verdictOf(found, broken);
  const header = broken ? null : found.header.header;
  return {
    verdict,
    steps,
    proved: verdict === "proved" || verdict === "unwitnessed" ? found.proved : [],
    notProved: notProved(found, verdict),
    height: header?.height ?? null,
    time: header?.time ?? null,
    read: found.known,
    release: broken ? null : found.release,
  };
}

function verdictOf(found: Case, broken: boolean): Verdict {
  if (broken) return "refuted";
  if (found.genesis === null) return "no-genesis";
  return found.witnessed ? "proved" : "unwitnessed";
}

function notProved(found: Case, verdict: Verdict): readonly Words[] {
  if (verdict === "refuted") return [words("Nothing is proved: a step failed.")];
  if (verdict === "no-genesis") {
    return [words("Nothing is proved: without the genesis, anybody could have made this file.")];
  }
  const { kind, records } = found.read.evidence;
  const said = [words("What happened on the ledger after the header.")];
  if (verdict === "unwitnessed" && found.header.form === "committed") {
    said.push(
      words("That the validators committed no other block at this height: no witness known to you has signed."),
      words("That they were validators when they signed: past the trust period, only a witness or checkpoint tells."),
    );
  } else if (verdict === "unwitnessed") {
    said.push(words("That the ledger's operator shows this ledger to everybody: no witness known to you has signed."));
  }
  if (kind === Kind.PAGE) {
    said.push(words("That the page stands in the log of the session: that shows once the session is closed."));
  }
  if (kind === Kind.RECORDS) {
    said.push(words("That they were released, to whom, and why: the ledger tells that later, or not at all."));
  }
  if (kind === Kind.RELEASE || kind === Kind.PUSH || kind === Kind.PAGE || kind === Kind.RECORDS) {
    said.push(words("That the records are complete: what the ground or the request left out is not shown."));
  }
  if (kind !== Kind.STATE_FACT && kind !== Kind.SESSION) {
    said.push(words("Records that were never anchored, reads that were never logged, and whether a record is true."));
    if (records.some((record) => record.content === null)) {
      said.push(words("The content of records whose octets are not in the file."));
    }
  }
  return said;
}
