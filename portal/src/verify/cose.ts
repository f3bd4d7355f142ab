/**
 * COSE_Sign (RFC 9052 section 4) with EdDSA, in one fixed form, as `salus.core.cose` reads it.
 *
 * The wrapper holds maps, which the payload profile forbids, so it never goes through a decoder: it is compared with
 * fixed bytes, and only the payload is decoded, later.
 * https://www.rfc-editor.org/rfc/rfc9052#section-4
 */
import { type Bytes, equal, hex, join, unhex } from "./bytes";
import { encode, head, Malformed } from "./cbor";

const MAX_SIGNERS = 16;
const BYTE_STRING = 2;
const SIGNER_HEAD = unhex("83" + "5826" + "a2012704" + "5820"); // [bstr .cbor {1: -8, 4: h'..
const SIGNATURE_HEAD = unhex("a0" + "5840"); // {}, h'..
const KID_AT = SIGNER_HEAD.length;
const SIGNATURE_AT = KID_AT + 32 + SIGNATURE_HEAD.length;
const SIGNER_LENGTH = SIGNATURE_AT + 64;

export interface Signer {
  readonly kid: Bytes;
  readonly signature: Bytes;
}

/** A parsed COSE_Sign: its payload and its signers in wire order. */
export interface Signed {
  readonly payload: Bytes;
  readonly signers: readonly Signer[];
}

/** Return the Sig_structure (RFC 9052 section 4.4) that `kid` signs. */
export function toBeSigned(kind: string, network: Bytes, payload: Bytes, kid: Bytes): Bytes {
  const signer = join([unhex("a2012704" + "5820"), kid]);
  return encode(["Signature", body(kind), signer, encode(["salus/1", kind, network]), payload]);
}

/** Return what `raw` holds; throws Malformed unless it is exactly the one form of `kind`. No signature is checked. */
export function parse(kind: string, raw: Bytes): Signed {
  if (!isOf(kind, raw)) throw new Malformed();
  const [size, start] = length(raw, wrapper(kind).length);
  const end = start + size;
  const count = Math.floor((raw.length - end) / SIGNER_LENGTH);
  if (count < 1 || count > MAX_SIGNERS || raw[end] !== ((4 << 5) | count)) throw new Malformed();
  if (end + 1 + count * SIGNER_LENGTH !== raw.length) throw new Malformed();
  const signers = Array.from({ length: count }, (_, at) => signer(raw.subarray(end + 1 + at * SIGNER_LENGTH)));
  if (new Set(signers.map(({ kid }) => hex(kid))).size !== count) throw new Malformed();
  return { payload: raw.subarray(start, end), signers };
}

/** True if `raw` begins as an object of `kind` does; whether it is one, `parse` tells. */
export function isOf(kind: string, raw: Bytes): boolean {
  const expected = wrapper(kind);
  return equal(raw.subarray(0, expected.length), expected);
}

function body(kind: string): Bytes {
  return join([unhex("a103"), encode(`application/vnd.salus.${kind}+cbor`)]);
}

function wrapper(kind: string): Bytes {
  return join([unhex("d862" + "84"), encode(body(kind)), unhex("a0")]);
}

function signer(raw: Bytes): Signer {
  const fits =
    equal(raw.subarray(0, KID_AT), SIGNER_HEAD) && equal(raw.subarray(KID_AT + 32, SIGNATURE_AT), SIGNATURE_HEAD);
  if (!fits) throw new Malformed();
  return { kid: raw.subarray(KID_AT, KID_AT + 32), signature: raw.subarray(SIGNATURE_AT, SIGNER_LENGTH) };
}

/** Read the head of a byte string at `at`; return its length and where its content begins. */
function length(raw: Bytes, at: number): readonly [number, number] {
  const short = (raw[at] ?? 0) & 31;
  const width = short === 24 ? 1 : short === 25 ? 2 : short === 26 ? 4 : 0;
  const shown = raw.subarray(at + 1, at + 1 + width);
  const size = width === 0 ? short : shown.reduce((sum, byte) => sum * 256 + byte, 0);
  if (!equal(raw.subarray(at, at + 1 + width), head(BYTE_STRING, size))) throw new Malformed(); // a longer one too
  return [size, at + 1 + width];
}
