/**
 * SHA-256 and the one tagged hash for everything that is ours, as `salus.core.hashing` defines it.
 *
 * tagged(tag, network, fields...) = SHA-256(dCBOR([tag, network, fields...])), where `network` is the hash of the
 * genesis document. The hash is a library's and not WebCrypto's: a proof is hundreds of small hashes, and WebCrypto
 * answers each in a turn of its own.
 */
import { sha256 as hashed } from "@noble/hashes/sha2.js";
import { type Bytes, join } from "./bytes";
import { encode, type Plain } from "./cbor";

export const NO_NETWORK: Bytes = new Uint8Array(32); // stands for the network inside the genesis document itself

/** Return SHA-256 of the parts in one piece, 32 bytes. */
export function sha256(...parts: readonly Bytes[]): Bytes {
  return hashed(parts.length === 1 ? (parts[0] as Bytes) : join(parts));
}

/** Return the 32-byte tagged hash of `fields`. */
export function tagged(tag: string, network: Bytes, ...fields: readonly Plain[]): Bytes {
  return hashed(encode([tag, network, ...fields]));
}

/** Return the derived id of an object that a message creates. */
export function objectId(
  kind: string,
  network: Bytes,
  account: Bytes,
  nonce: Bytes,
  message: number,
  entry: number,
): Bytes {
  return tagged(kind, network, account, nonce, message, entry);
}
