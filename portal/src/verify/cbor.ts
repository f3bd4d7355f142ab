/**
 * Deterministic CBOR and nothing but the types the ledger uses, as `salus.core.encoding` reads them.
 *
 * Accepted: integers below 2^63 in magnitude, byte and text strings, true, false, null, definite arrays, each in its
 * shortest form. A decoder of a whole library accepts more, and what it must then refuse is most of the work; this one
 * knows no other form, so that there is nothing to compare afterwards.
 * https://www.rfc-editor.org/rfc/rfc8949#section-4.2.1
 */
import { type Bytes, join, textOf, utf8 } from "./bytes";

export type Plain = number | bigint | string | boolean | null | Bytes | readonly Plain[];

/** Not the one canonical encoding of the expected shape. */
export class Malformed extends Error {}

const MAX_DEPTH = 16;
const LIMIT = 1n << 63n;
const INTEGER = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const SIMPLE: ReadonlyMap<number, boolean | null> = new Map([
  [0xf4, false],
  [0xf5, true],
  [0xf6, null],
]);

/** Return the value in `raw`; throws Malformed. Integers beyond 2^53 are bigints. */
export function decode(raw: Bytes): Plain {
  const reader = new Reader(raw);
  const value = reader.value(1);
  if (reader.at !== raw.length) throw new Malformed();
  return value;
}

class Reader {
  at = 0;
  private readonly view: DataView;

  constructor(private readonly raw: Bytes) {
    this.view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  }

  value(depth: number): Plain {
    const first = this.raw[this.at];
    if (first === undefined) throw new Malformed();
    const simple = SIMPLE.get(first);
    if (simple !== undefined) {
      this.at++;
      return simple;
    }
    const major = first >> 5;
    if (major > ARRAY) throw new Malformed();
    const n = this.argument(first & 31);
    if (major === INTEGER) return this.integer(n);
    if (major === NEGATIVE) return this.integer(-1n - BigInt(n));
    const length = Number(n);
    if (length > this.raw.length - this.at) throw new Malformed();
    return major === ARRAY ? this.array(length, depth) : this.string(length, major);
  }

  /** Read what follows the first byte of a head, and refuse a longer form than needed. */
  private argument(short: number): number | bigint {
    const at = ++this.at;
    const width = short < 24 ? 0 : short < 28 ? 1 << (short - 24) : -1;
    if (width < 0 || at + width > this.raw.length) throw new Malformed();
    this.at += width;
    let n: number | bigint = short;
    if (width === 1) n = this.view.getUint8(at);
    if (width === 2) n = this.view.getUint16(at);
    if (width === 4) n = this.view.getUint32(at);
    if (width === 8) n = this.view.getBigUint64(at);
    if (width > 0 && n < (width === 1 ? 24 : 2 ** (4 * width))) throw new Malformed();
    return n;
  }

  private integer(n: number | bigint): number | bigint {
    if (n >= LIMIT || n <= -LIMIT) throw new Malformed();
    const number = Number(n);
    return Number.isSafeInteger(number) ? number : n;
  }

  private string(length: number, major: number): Bytes | string {
    const bytes = this.raw.subarray(this.at, this.at + length);
    this.at += length;
    const value = major === BYTES ? bytes : textOf(bytes);
    if (value === null) throw new Malformed();
    return value;
  }

  private array(length: number, depth: number): Plain[] {
    if (length > 0 && depth > MAX_DEPTH) throw new Malformed();
    const items: Plain[] = [];
    for (let item = 0; item < length; item++) items.push(this.value(depth + 1));
    return items;
  }
}

/** Return the one encoding of `value`; the caller answers for its types. */
export function encode(value: Plain): Bytes {
  if (value === null) return Uint8Array.of(0xf6);
  if (typeof value === "boolean") return Uint8Array.of(value ? 0xf5 : 0xf4);
  if (typeof value === "number" || typeof value === "bigint") {
    return value < 0 ? head(NEGATIVE, -1n - BigInt(value)) : head(INTEGER, value);
  }
  if (typeof value === "string") {
    const text = utf8(value);
    return join([head(TEXT, text.length), text]);
  }
  if (value instanceof Uint8Array) return join([head(BYTES, value.length), value]);
  return join([head(ARRAY, value.length), ...value.map(encode)]);
}

/** Return the shortest CBOR head of `major` type (0 integer, 2 bytes, 3 text, 4 array) for `n`. */
export function head(major: number, n: number | bigint): Bytes {
  const width = n < 24 ? 0 : n < 0x100 ? 1 : n < 0x10000 ? 2 : n < 0x100000000 ? 4 : 8;
  const short = width === 0 ? Number(n) : 24 + Math.log2(width);
  const bytes = new Uint8Array(1 + width);
  bytes[0] = (major << 5) | short;
  let rest = BigInt(n);
  for (let at = width; at > 0; at--, rest >>= 8n) bytes[at] = Number(rest & 0xffn);
  return bytes;
}
