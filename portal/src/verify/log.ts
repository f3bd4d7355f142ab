/**
 * An append-only log, RFC 9162 section 2.1: its root from its entries, and the verification of proofs.
 *
 * Sizes and places are bigints: a note may name up to 16 digits, and bits of a number end at the 32nd.
 * https://www.rfc-editor.org/rfc/rfc9162#section-2.1
 */
import { type Bytes, equal } from "./bytes";
import { sha256 } from "./hashing";
import { digest, list } from "./shapes";

const LEAF = Uint8Array.of(0);
const INNER = Uint8Array.of(1);
const MAX_PATH = 64; // of a log of 2^64 entries

export const EMPTY_ROOT = sha256(new Uint8Array());
export const path = list(digest, MAX_PATH);

/** Return the leaf of an entry. */
export function leafHash(entry: Bytes): Bytes {
  return sha256(LEAF, entry);
}

/** Return the root over the entries. */
export function logRoot(entries: readonly Bytes[]): Bytes {
  let level = entries.map(leafHash);
  if (level.length === 0) return EMPTY_ROOT;
  while (level.length > 1) {
    const above: Bytes[] = [];
    for (let at = 0; at < level.length; at += 2) {
      const [left, right] = [level[at] as Bytes, level[at + 1]];
      above.push(right === undefined ? left : inner(left, right)); // the last of an odd number rises as it is
    }
    level = above;
  }
  return level[0] as Bytes;
}

/** True if under `root` entry `index` of `size` is `entry` (RFC 9162 section 2.1.3.2). */
export function verifyInclusion(
  root: Bytes,
  entry: Bytes,
  index: bigint,
  size: bigint,
  path: readonly Bytes[],
): boolean {
  if (index < 0n || index >= size) return false;
  let [at, last, node] = [index, size - 1n, leafHash(entry)];
  for (const beside of path) {
    if (last === 0n) return false;
    if (isRight(at, last)) {
      node = inner(beside, node);
      [at, last] = lifted(at, last);
    } else {
      node = inner(node, beside);
    }
    [at, last] = [at >> 1n, last >> 1n];
  }
  return last === 0n && equal(node, root);
}

/** True if the log of `second` leaves begins with that of `first` (RFC 9162 section 2.1.4.2). */
export function verifyConsistency(
  first: bigint,
  firstRoot: Bytes,
  second: bigint,
  secondRoot: Bytes,
  path: readonly Bytes[],
): boolean {
  if (first === second) return first > 0n && path.length === 0 && equal(firstRoot, secondRoot);
  if (first <= 0n || first > second || path.length === 0) return false;
  const [start, ...rest] = (first & (first - 1n)) === 0n ? [firstRoot, ...path] : path;
  let [at, last] = [first - 1n, second - 1n];
  while (at & 1n) [at, last] = [at >> 1n, last >> 1n];
  let [before, after] = [start as Bytes, start as Bytes];
  for (const beside of rest) {
    if (last === 0n) return false;
    if (isRight(at, last)) {
      [before, after] = [inner(beside, before), inner(beside, after)];
      [at, last] = lifted(at, last);
    } else {
      after = inner(after, beside);
    }
    [at, last] = [at >> 1n, last >> 1n];
  }
  return last === 0n && equal(before, firstRoot) && equal(after, secondRoot);
}

/** True if the log of `size` continues that of `before`; equal sizes, and an empty log, need no proof. */
export function grew(before: bigint, beforeRoot: Bytes, size: bigint, root: Bytes, growth: readonly Bytes[]): boolean {
  if (before === 0n) {
    return growth.length === 0 && equal(beforeRoot, EMPTY_ROOT) && (size > 0n || equal(root, EMPTY_ROOT));
  }
  return verifyConsistency(before, beforeRoot, size, root, growth);
}

function isRight(at: bigint, last: bigint): boolean {
  return (at & 1n) === 1n || at === last;
}

/** Go up while the node is the last of its level and has no sibling. */
function lifted(at: bigint, last: bigint): [bigint, bigint] {
  while ((at & 1n) === 0n && at !== 0n) [at, last] = [at >> 1n, last >> 1n];
  return [at, last];
}

function inner(left: Bytes, right: Bytes): Bytes {
  return sha256(INNER, left, right);
}
