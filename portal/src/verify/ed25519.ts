/**
 * Ed25519 (RFC 8032) with the network's one answer to every edge case, as `salus.core.signatures` gives it.
 *
 * The equation is WebCrypto's, cofactorless in every engine. Before it stands what engines differ in or leave open:
 * encodings must be canonical, and neither R nor the key may be a point of low order. Where an engine has no Ed25519,
 * or a page is served in a way that withholds WebCrypto, the same equation is computed by the library that also
 * tells which points lie in the subgroup.
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { type Bytes, equal, hex, join } from "./bytes";
import { tagged } from "./hashing";

const SUITE = 1;
const Point = ed25519.Point;
type Point = InstanceType<typeof Point>;
const ORDER = Point.Fn.ORDER;

/** The y coordinates of the eight points of low order and their non-canonical forms below 2^255, the sign masked. */
const LOW_ORDER: ReadonlySet<string> = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]);

/** Return the id under which the key may be listed once, anywhere, for ever. */
export function keyId(network: Bytes, key: Bytes): Bytes {
  return tagged("key", network, SUITE, key);
}

/** True if `key` is the canonical encoding of a point of the prime-order subgroup. */
export function validPublicKey(key: Bytes): boolean {
  const point = pointOf(key);
  return point !== null && !point.isSmallOrder() && point.isTorsionFree();
}

/** True if `signature` (64 bytes) over `message` is `key`'s and neither its R nor the key is of low order. */
export async function verify(key: Bytes, message: Bytes, signature: Bytes): Promise<boolean> {
  return verifyBy(await (offered ??= offersEd25519()), key, message, signature);
}

/** As `verify`, by the engine given; null: by the library. The two answer alike, which a test holds. */
export async function verifyBy(
  engine: SubtleCrypto | null,
  key: Bytes,
  message: Bytes,
  signature: Bytes,
): Promise<boolean> {
  if (signature.length !== 64 || key.length !== 32 || lowOrder(signature)) return false;
  const point = pointOf(key);
  if (point === null || point.isSmallOrder() || scalar(signature.subarray(32)) >= ORDER) return false;
  return engine ? byEngine(engine, key, message, signature) : equation(point, key, message, signature);
}

/** True if s B - H(R | key | message) A is encoded by R: without the cofactor. */
function equation(point: Point, key: Bytes, message: Bytes, signature: Bytes): boolean {
  const r = signature.subarray(0, 32);
  const challenge = scalar(sha512(join([r, key, message]))) % ORDER;
  const s = scalar(signature.subarray(32));
  const left = s === 0n ? Point.ZERO : Point.BASE.multiplyUnsafe(s);
  const right = challenge === 0n ? Point.ZERO : point.multiplyUnsafe(challenge);
  return equal(left.subtract(right).toBytes(), r);
}

/** Return the point that `key` encodes canonically, or null. */
function pointOf(key: Bytes): Point | null {
  try {
    return key.length === 32 ? Point.fromBytes(key, false) : null;
  } catch {
    return null;
  }
}

function lowOrder(encoded: Bytes): boolean {
  const y = encoded.slice(0, 32);
  y[31] = (y[31] as number) & 0x7f;
  return LOW_ORDER.has(hex(y));
}

function scalar(bytes: Bytes): bigint {
  return BigInt(`0x${hex(bytes.toReversed())}`);
}

let offered: Promise<SubtleCrypto | null> | undefined;

/** Return the engine's WebCrypto if it can import a key of Ed25519, or null. */
export async function offersEd25519(): Promise<SubtleCrypto | null> {
  const subtle = (globalThis.crypto as Crypto | undefined)?.subtle;
  if (subtle === undefined) return null;
  try {
    await subtle.importKey("raw", Point.BASE.toBytes() as BufferSource, "Ed25519", false, ["verify"]);
    return subtle;
  } catch {
    return null;
  }
}

async function byEngine(subtle: SubtleCrypto, key: Bytes, message: Bytes, signature: Bytes): Promise<boolean> {
  const imported = await subtle.importKey("raw", key as BufferSource, "Ed25519", false, ["verify"]);
  return subtle.verify("Ed25519", imported, signature as BufferSource, message as BufferSource);
}
