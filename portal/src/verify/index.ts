/** The verifier of evidence: no framework, no network, nothing but the file and the genesis. */
export type { Memory } from "./case";
export { Malformed } from "./cbor";
export { type NoteKey, parseNoteKey } from "./note";
export { type Findings, inLanguage, type Report, type State, type Step, type Verdict } from "./report";
export { type Options, verifyEvidence } from "./verify";
export type { Language } from "./words";
