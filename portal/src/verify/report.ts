/** What a verification found: numbered steps, a verdict, and what it does and does not mean. */

export type Verdict = "proved" | "refuted" | "no-genesis" | "unwitnessed";
export type State = "ok" | "failed" | "skipped";

/** One numbered check, in plain words. */
export interface Step {
  readonly number: number;
  readonly name: string;
  readonly state: State;
  readonly text: string;
}

/** The result of `verifyEvidence`. */
export interface Report {
  readonly verdict: Verdict;
  readonly steps: readonly Step[];
}
