/** A record's leaf and its relation's root: what the custodian commits to, as `salus.core.record` defines it. */
import type { Bytes } from "./bytes";
import { tagged } from "./hashing";
import { bytes, count, dataTime, digest, id, list, name, nullable, type Of, small, struct, text, time, tuple, whole } from "./shapes";

export const recordId = bytes(16, 16); // random
const code = text(1, 64);

/** What is known of one version of a record without its content. */
export const leafHeader = struct({
  record: recordId,
  version: count, // from 1
  previous: nullable(digest), // leaf of the version before
  dataClass: code,
  type: code, // FHIR resource type
  start: nullable(dataTime),
  end: nullable(dataTime),
  labels: list(code),
  ruleSet: small,
  author: nullable(name),
  recorder: id,
  recorded: time,
  origin: nullable(tuple<[Bytes, Bytes, Bytes]>(id, digest, id)), // custodian, leaf, release
  status: whole(1, 4),
  retention: nullable(small),
  content: digest, // tagged("content", salt, octets)
  mediaType: code,
  cipher: digest,
});
export type LeafHeader = Of<typeof leafHeader>;

/** What opens a relation's root, at the `seq` which the ledger counts. */
export const relationOpening = struct({
  relation: id,
  seq: count,
  salt: digest,
  logSize: count,
  logRoot: digest,
  mapRoot: digest,
  accessSize: count,
  accessRoot: digest,
});
export type RelationOpening = Of<typeof relationOpening>;

/** Return the leaf of an encoded header. */
export function recordLeaf(network: Bytes, relation: Bytes, salt: Bytes, header: Bytes): Bytes {
  return tagged("leaf", network, relation, salt, header);
}

/** Return the salted digest of a record's octets. */
export function contentDigest(network: Bytes, salt: Bytes, octets: Bytes): Bytes {
  return tagged("content", network, salt, octets);
}

/** Return the salted root that the ledger holds for the opening. */
export function relationRoot(network: Bytes, opening: RelationOpening): Bytes {
  return tagged("relation", network, ...Object.values(opening));
}
