/** The steps about one relation: its root, its records, their completeness. */
import { type Bytes, equal, hex, rising } from "./bytes";
import type { Case } from "./case";
import { Kind, type RecordFact, type WholeRelation } from "./format";
import { logRoot } from "./log";
import { contentDigest, leafHeader, type LeafHeader, recordLeaf, type RelationOpening, relationRoot } from "./record";
import { failed, ok, type Result, skipped } from "./report";
import { readOrNull } from "./shapes";
import { plainRoot, verifyMembership } from "./sparse";
import { relationKey, relationValue } from "./state";
import { type Words, words } from "./words";

/** Kinds that are made a moment after the block that they speak of. */
const RELEASES: readonly number[] = [Kind.RELEASE, Kind.PUSH, Kind.PAGE, Kind.RECORDS];

/** The opening's root is the one the ledger holds for the relation, counted with the opening's own `seq`. */
export function checkRelation(found: Case): Result {
  const { kind, opening, records, request, whole } = found.read.evidence;
  if (kind === Kind.STATE_FACT || kind === Kind.SESSION) {
    const asked = request !== null && kind === Kind.STATE_FACT;
    if (opening || records.length > 0 || asked || whole) {
      return failed(words("A fact of the state carries parts that belong to a relation."));
    }
    return skipped(words("The evidence is about the state and the log only."));
  }
  if (opening === null) return failed(words("The opening of the relation's root is missing."));
  const value = readOrNull(found.value(relationKey(opening.relation)), relationValue);
  if (value === null) return failed(words("The state proved holds no such relation."));
  const root = relationRoot(found.network, opening);
  if (equal(root, value.root) && opening.seq === value.seq) {
    found.proved.push(words("The relation's root opens as number {0}, the newest at that height.", opening.seq));
    return ok(words("The opening gives the relation's present root, with the number that the ledger counts."));
  }
  if (RELEASES.includes(kind) && equal(root, value.previous) && opening.seq + 1 === value.seq) {
    found.proved.push(words("The relation's root opens as number {0}, replaced since.", opening.seq));
    return ok(words("The opening gives the relation's root before the present one, with its number."));
  }
  return failed(words("The opening does not give the relation's root at the number that the ledger counts."));
}

/** Each record's header and salt give the leaf that the relation's map holds; octets have the leaf's digest. */
export function checkRecords(found: Case): Result {
  const { opening, records } = found.read.evidence;
  if (opening === null) return skipped(words("The evidence is about the state only."));
  const { headers } = found;
  for (const fact of records) {
    const header = readOrNull(fact.header, leafHeader);
    if (header === null) return failed(words("A record's header is malformed."));
    const leaf = recordLeaf(found.network, opening.relation, fact.salt, fact.header);
    if (!inMap(found, opening, fact, header, leaf)) {
      return failed(words("A record is not in the relation's map at its place."));
    }
    if (fact.content && !equal(contentDigest(found.network, ...fact.content), header.content)) {
      return failed(words("A record's octets are not those that were committed to."));
    }
    headers.push(header);
    found.leaves.push(leaf);
  }
  if (!rising(headers, (header) => header.record)) {
    return failed(words("A record stands twice, or the records are out of order."));
  }
  const octets = records.filter((fact) => fact.content !== null).length;
  found.proved.push(
    words("{0} records are in the custodian's map, {1} of them with their exact octets.", headers.length, octets),
  );
  return ok(
    words("{0} records stand at their places in the map; {1} contents have their digest.", headers.length, octets),
  );
}

function inMap(found: Case, opening: RelationOpening, fact: RecordFact, header: LeafHeader, leaf: Bytes): boolean {
  // Of a whole map, the root is computed in the last step, and there the leaf must be its entry.
  if (found.read.evidence.whole !== null) return fact.siblings.length === 0;
  return verifyMembership(opening.mapRoot, header.record, leaf, { siblings: fact.siblings, neighbour: null });
}

/** Log and map of the relation, computed from nothing, give the roots of the opening. */
export function checkWhole(found: Case): Result {
  const { kind, whole, opening } = found.read.evidence;
  if (kind !== Kind.COMPLETE_VIEW || opening === null) {
    if (whole) return failed(words("Only a complete view holds the whole relation."));
    return skipped(words("Not a complete view."));
  }
  if (whole === null) return failed(words("The relation's whole log and map are missing."));
  const wrong = recompute(whole, opening) ?? account(found, whole) ?? remembered(found, whole, opening);
  if (wrong !== null) return failed(wrong);
  found.proved.push(words("The list of records is complete, and so is their history, as of the relation's root."));
  return ok(
    words("All {0} versions and {1} records give the relation's roots.", whole.leaves.length, whole.entries.length),
  );
}

function recompute(whole: WholeRelation, opening: RelationOpening): Words | null {
  if (whole.leaves.length !== opening.logSize || !equal(logRoot(whole.leaves), opening.logRoot)) {
    return words("The versions listed are not the relation's log.");
  }
  if (!rising(whole.entries, ([record]) => record) || !equal(plainRoot(whole.entries), opening.mapRoot)) {
    return words("The records listed are not the relation's map.");
  }
  return null;
}

/** Every entry of the map must be shown, and every version of the log belong to one of them. */
function account(found: Case, whole: WholeRelation): Words | null {
  const listed = new Set(whole.leaves.map(hex));
  const { headers } = found;
  const shown = whole.entries.every(([record, leaf], at) => {
    return equal(record, headers[at]?.record ?? null) && equal(leaf, found.leaves[at] ?? null);
  });
  if (!shown || headers.length !== whole.entries.length) {
    return words("The records shown are not those of the relation's map.");
  }
  if (listed.size !== whole.leaves.length || !found.leaves.every((leaf) => listed.has(hex(leaf)))) {
    return words("A record's leaf is not in the relation's log.");
  }
  if (!headers.every(({ previous }) => previous === null || listed.has(hex(previous)))) {
    return words("The version before one of the records is not in the relation's log.");
  }
  if (headers.reduce((sum, { version }) => sum + version, 0) !== whole.leaves.length) {
    return words("The versions of the records do not account for the relation's log.");
  }
  return null;
}

function remembered(found: Case, whole: WholeRelation, opening: RelationOpening): Words | null {
  const memory = found.remembered?.relation;
  if (!memory || !equal(memory.relation, opening.relation)) return null;
  if (opening.seq < memory.seq || opening.logSize < memory.logSize) {
    return words("The relation is older than what was seen before: it was rolled back.");
  }
  if (!equal(logRoot(whole.leaves.slice(0, memory.logSize)), memory.logRoot)) {
    return words("The relation's log is not the one that was seen before: a version was dropped or changed.");
  }
  return null;
}
