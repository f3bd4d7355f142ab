/** The verifier of evidence: no framework, no network, nothing but the file and the genesis. */
export type { Report, State, Step, Verdict } from "./report";
