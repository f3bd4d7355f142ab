/**
 * Ed25519 as CometBFT's validators verify it: by ZIP 215, which takes more than WebCrypto does, and the same everywhere.
 *
 * It is never used for signatures of our own (`ed25519.ts`).
 * https://zips.z.cash/zip-0215
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import type { Bytes } from "./bytes";

/** True if `signature` (64 bytes) over `message` is that of `key` (32 bytes) by ZIP 215. */
export function verifyZip215(key: Bytes, message: Bytes, signature: Bytes): boolean {
  if (signature.length !== 64 || key.length !== 32) return false;
  return ed25519.verify(signature, message, key, { zip215: true });
}
