/** The evidence object: everything needed to check one fact offline, as `salus.evidence.format` defines it. */
import { type Bytes, hex } from "./bytes";
import { Malformed } from "./cbor";
import { tagged } from "./hashing";
import { logRoot, path } from "./log";
import { recordId, relationOpening } from "./record";
import * as shapes from "./shapes";
import { bytes, count, digest, id, list, nullable, type Of, publicKey, read, struct, time, tuple, whole } from "./shapes";
import { proof, siblings } from "./sparse";

const MAX_EVIDENCE_BYTES = 64 * 1024 * 1024;
const MAX_RECORDS = 100_000;
const MAX_PAGES = 100_000;
const KIB = 1024;
const MIB = 1024 * KIB;

/** What the object is meant to prove. */
export const Kind = {
  RELEASE: 1, // these records were released to this recipient
  COMPLETE_VIEW: 2, // these are all records of a relation, with their history
  STATE_FACT: 3, // keys of the state have these values
  PUSH: 4, // these records were released to this recipient, which had not asked
  PAGE: 5, // these records are a page of a session that was opened
  SESSION: 6, // a session was opened and closed, and its log holds these pages
  RECORDS: 7, // these records stood in a relation's map; that they were released, the ledger does not say yet
} as const;

const stateFact = struct({ key: bytes(1, 256), value: nullable(bytes(0, 64 * KIB)), proof });
const logFact = struct({ index: count, size: count, body: bytes(0, 64 * KIB), path });
const checkpoint = struct({ note: bytes(0, 16 * KIB), growth: path });
const content = tuple<[Bytes, Bytes]>(shapes.salt, bytes(0, 32 * MIB)); // salt, octets delivered
const recordFact = struct({ header: bytes(0, 64 * KIB), salt: shapes.salt, siblings, content: nullable(content) });
const requestFact = struct({ signed: bytes(0, KIB), public: publicKey, leavesSalt: shapes.salt });
const leaves = list(digest, MAX_RECORDS);
const wholeRelation = struct({ leaves, entries: list(tuple<[Bytes, Bytes]>(recordId, digest), MAX_RECORDS) });

const evidence = struct({
  format: whole(1, 1),
  network: id,
  kind: whole(Kind.RELEASE, Kind.RECORDS),
  header: bytes(0, 64 * KIB), // COSE_Sign, kind header
  facts: list(stateFact, 256), // sorted by key, distinct
  events: list(logFact, 16),
  checkpoint: nullable(checkpoint),
  opening: nullable(relationOpening),
  records: list(recordFact, MAX_RECORDS),
  request: nullable(requestFact),
  whole: nullable(wholeRelation),
});

/** What the kinds from PUSH on need beside the parts of a release. */
const annex = struct({
  salt: shapes.salt, // of a push: of its leaves; of a page: of its entry; of a session: of its closing
  page: nullable(bytes(0, 8 * MIB)),
  pages: list(digest, MAX_PAGES),
});
const annexed = struct({ format: whole(2, 2), evidence: bytes(0, MAX_EVIDENCE_BYTES), annex });

/** An entry of a session's log: what left together, answering one search. */
export const page = struct({ session: id, number: count, time, filter: digest, leaves });

export type Evidence = Of<typeof evidence>;
export type StateFact = Of<typeof stateFact>;
export type RecordFact = Of<typeof recordFact>;
export type WholeRelation = Of<typeof wholeRelation>;
export type Annex = Of<typeof annex>;

/** An object as it was read; the annex is there from PUSH on, and only there. */
export interface Read {
  readonly evidence: Evidence;
  readonly annex: Annex | null;
}

/** Return the object in `raw`, of either format; throws Malformed unless it is its one encoding. */
export function readEvidence(raw: Bytes): Read {
  if (raw.length > MAX_EVIDENCE_BYTES) throw new Malformed();
  const found = raw[0] === 0x83 && raw[1] === 0x02 ? readAnnexed(raw) : { evidence: read(raw, evidence), annex: null };
  if (found.evidence.kind >= Kind.PUSH !== (found.annex !== null)) throw new Malformed();
  return found;
}

function readAnnexed(raw: Bytes): Read {
  const around = read(raw, annexed);
  return { evidence: read(around.evidence, evidence), annex: around.annex };
}

/** Return what a session's log holds of an encoded page. */
export function pageEntry(network: Bytes, salt: Bytes, raw: Bytes): Bytes {
  return tagged("page", network, salt, raw);
}

/** Return what the closing of a session commits to. */
export function sessionRoot(network: Bytes, session: Bytes, salt: Bytes, pages: readonly Bytes[]): Bytes {
  return tagged("session", network, session, salt, pages.length, logRoot(pages));
}

/** Return the origin line of the network's checkpoints, also the name of the keys that sign them. */
export function origin(network: Bytes): string {
  return `salus/${hex(network)}`;
}
