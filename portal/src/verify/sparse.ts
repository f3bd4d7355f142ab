/**
 * The sparse Merkle tree of the state and of relation maps: verification, and its root from nothing.
 *
 * Hashing is the ICS-23 `SmtSpec`: a leaf is H(0x00 | H(key) | H(value)), an inner node H(0x01 | left | right), an
 * empty subtree 32 zero bytes, and a subtree of one leaf is that leaf. The directions are no part of a proof: they are
 * the bits of H(key), the most significant first.
 * https://github.com/cosmos/ibc/tree/main/spec/core/ics-023-vector-commitments
 */
import { type Bytes, equal } from "./bytes";
import { sha256 } from "./hashing";
import { digest, list, nullable, type Of, struct, tuple } from "./shapes";

const EMPTY: Bytes = new Uint8Array(32);
const LEAF = Uint8Array.of(0);
const INNER = Uint8Array.of(1);
const BITS = 256;

export const siblings = list(digest, BITS);

/** What is at the end of the way of one key: its leaf, nothing, or (H(key), H(value)) of another key's leaf. */
export const proof = struct({ siblings, neighbour: nullable(tuple<[Bytes, Bytes]>(digest, digest)) });
export type Proof = Of<typeof proof>;

/** True if under `root` the value of `key` is `value`. */
export function verifyMembership(root: Bytes, key: Bytes, value: Bytes, proof: Proof): boolean {
  if (proof.neighbour !== null) return false;
  const keyHash = sha256(key);
  return equal(climb(leafNode(keyHash, sha256(value)), keyHash, proof.siblings), root);
}

/** True if under `root` there is no value of `key`. */
export function verifyAbsence(root: Bytes, key: Bytes, proof: Proof): boolean {
  const keyHash = sha256(key);
  if (proof.neighbour === null) return equal(climb(EMPTY, keyHash, proof.siblings), root);
  const [other, valueHash] = proof.neighbour;
  if (equal(other, keyHash)) return false;
  const onTheWay = proof.siblings.every((_, depth) => bit(other, depth) === bit(keyHash, depth));
  return onTheWay && equal(climb(leafNode(other, valueHash), keyHash, proof.siblings), root);
}

/** Return the root over (key, value) pairs, each key once, computed from nothing. */
export function plainRoot(items: readonly (readonly [Bytes, Bytes])[]): Bytes {
  return subtree(
    items.map(([key, value]) => {
      const keyHash = sha256(key);
      return { keyHash, node: leafNode(keyHash, sha256(value)) };
    }),
    0,
  );
}

interface Leaf {
  readonly keyHash: Bytes;
  readonly node: Bytes;
}

function subtree(leaves: readonly Leaf[], depth: number): Bytes {
  if (leaves.length < 2) return leaves[0]?.node ?? EMPTY;
  const left = leaves.filter(({ keyHash }) => bit(keyHash, depth) === 0);
  const right = leaves.filter(({ keyHash }) => bit(keyHash, depth) === 1);
  return sha256(INNER, subtree(left, depth + 1), subtree(right, depth + 1));
}

function climb(end: Bytes, keyHash: Bytes, siblings: readonly Bytes[]): Bytes {
  return siblings.reduceRight(
    (node, sibling, depth) =>
      bit(keyHash, depth) === 1 ? sha256(INNER, sibling, node) : sha256(INNER, node, sibling),
    end,
  );
}

function leafNode(keyHash: Bytes, valueHash: Bytes): Bytes {
  return sha256(LEAF, keyHash, valueHash);
}

function bit(hash: Bytes, depth: number): number {
  return ((hash[depth >> 3] as number) >> (7 - (depth & 7))) & 1;
}
