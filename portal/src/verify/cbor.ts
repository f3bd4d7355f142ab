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
  const pieces: Bytes[] = [];
  put(value, pieces);
  return join(pieces);
}

/** Add the pieces of the encoding to `out`. */
function put(value: Plain, out: Bytes[]): void {
  if (value === null) out.push(NULL);
  else if (typeof value === "boolean") out.push(value ? TRUE : FALSE);
  else if (typeof value === "number" || typeof value === "bigint") {
    out.push(value < 0 ? head(NEGATIVE, -1n - BigInt(value)) : head(INTEGER, value));
  } else if (typeof value === "string") {
    const text = utf8(value);
    out.push(head(TEXT, text.length), text);
  } else if (value instanceof Uint8Array) {
    out.push(head(BYTES, value.length), value);
  } else {
    out.push(head(ARRAY, value.length));
    for (const item of value) put(item, out);
  }
}

const FALSE = Uint8Array.of(0xf4);
const TRUE = Uint8Array.of(0xf5);
const NULL = Uint8Array.of(0xf6);

/** Return the shortest CBOR head of `major` type (0 integer, 2 bytes, 3 text, 4 array) for `n`. */
export function head(major: number, n: number | bigint): Bytes {
  const first = major << 5;
  if (n < 24) return Uint8Array.of(first | Number(n));
  if (n < 0x100) return Uint8Array.of(first | 24, Number(n));
  if (n < 0x10000) return Uint8Array.of(first | 25, Number(n) >> 8, Number(n)); // each byte keeps its low eight bits
  const long = n >= 0x100000000;
  const bytes = new Uint8Array(long ? 9 : 5);
  bytes[0] = first | (long ? 27 : 26);
  const view = new DataView(bytes.buffer);
  if (long) view.setBigUint64(1, BigInt(n));
  else view.setUint32(1, Number(n));
  return bytes;
}
