/** The verifier of evidence: no framework, no network, nothing but the file and the genesis. */
export { verifyApart } from "./apart";
export type { Memory } from "./case";
export { Malformed } from "./cbor";
export { validPublicKey, verify as verifySignature } from "./ed25519";
export { checkEquivocation, type Histories } from "./equivocation";
export { type NoteKey, parseNoteKey } from "./note";
export { type Findings, inLanguage, type Report, type State, type Step, type Verdict } from "./report";
export { type Options, verifyEvidence } from "./verify";
export type { Language } from "./words";
