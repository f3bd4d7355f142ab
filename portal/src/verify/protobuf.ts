/**
 * Protobuf in its one encoding: what CometBFT's headers, commits and sets of validators are written in.
 *
 * Read is what a deterministic encoder writes and nothing else: fields in rising order, numbers in their shortest form,
 * no field that holds its default, no field that the message does not have. Python decodes, encodes again and compares.
 * https://protobuf.dev/programming-guides/encoding/
 */
import { type Bytes, join, textOf, utf8 } from "./bytes";
import { Malformed } from "./cbor";

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;

/** How a field is read: its wire type, and what its value is made of. Numbers stay bigints: they have 64 bits. */
export interface Kind<T> {
  readonly wire: number;
  readonly value: (raw: Bytes | bigint) => T;
  readonly absent: () => T; // what stands for a field that is not there
  readonly isDefault: (raw: Bytes | bigint) => boolean; // true if an encoder leaves it out
  readonly repeated: boolean;
}
type Of<K> = K extends Kind<infer T> ? T : never;

/** The fields of a message by their numbers, in rising order. */
export type Fields = { readonly [name: string]: readonly [number, Kind<unknown>] };
type Message<F extends Fields> = { readonly [name in keyof F]: Of<F[name][1]> };

const SIGN = 1n << 63n;
const ALL = 1n << 64n;

function number(fits: (n: bigint) => boolean): Kind<bigint> {
  return {
    wire: VARINT,
    value: (raw) => {
      const n = (raw as bigint) >= SIGN ? (raw as bigint) - ALL : (raw as bigint);
      if (!fits(n)) throw new Malformed();
      return n;
    },
    absent: () => 0n,
    isDefault: (raw) => raw === 0n,
    repeated: false,
  };
}

export const int64 = number(() => true);
export const int32 = number((n) => n >= -(1n << 31n) && n < 1n << 31n);
export const uint32 = number((n) => n >= 0n && n < 1n << 32n);
export const uint64: Kind<bigint> = { ...int64, value: (raw) => raw as bigint };

const isEmpty = (raw: Bytes | bigint): boolean => (raw as Bytes).length === 0;

export const bytes: Kind<Bytes> = {
  wire: BYTES,
  value: (raw) => raw as Bytes,
  absent: () => new Uint8Array(),
  isDefault: isEmpty,
  repeated: false,
};

export const string: Kind<string> = {
  wire: BYTES,
  value: (raw) => {
    const text = textOf(raw as Bytes);
    if (text === null) throw new Malformed();
    return text;
  },
  absent: () => "",
  isDefault: isEmpty,
  repeated: false,
};

/** A field of a `oneof`: there though it be empty. */
export const chosen: Kind<Bytes | null> = { ...bytes, absent: () => null, isDefault: () => false };

/** A message within a message; null where it is not there. */
export function message<F extends Fields>(fields: F): Kind<Message<F> | null> {
  return {
    wire: BYTES,
    value: (raw) => read(raw as Bytes, fields),
    absent: () => null,
    isDefault: () => false,
    repeated: false,
  };
}

/** Any number of messages, one after the other. */
export function messages<F extends Fields>(fields: F): Kind<readonly Message<F>[]> {
  const one = message(fields);
  return { ...one, value: (raw) => [one.value(raw) as Message<F>], absent: () => [], repeated: true };
}

/** Return the message in `raw`; throws Malformed unless it is its one encoding. */
export function read<F extends Fields>(raw: Bytes, fields: F): Message<F> {
  const byNumber = new Map(Object.entries(fields).map(([name, [at, kind]]) => [at, { name, kind }]));
  const found: Record<string, unknown> = {};
  let [at, last] = [0, 0];
  while (at < raw.length) {
    const [tag, start] = varint(raw, at);
    const field = Number(tag >> 3n);
    const known = byNumber.get(field);
    if (known === undefined || known.kind.wire !== Number(tag & 7n)) throw new Malformed();
    const { name, kind } = known;
    if (field < last || (field === last && !kind.repeated)) throw new Malformed();
    const [value, end] = kind.wire === VARINT ? varint(raw, start) : piece(raw, start);
    if (kind.isDefault(value)) throw new Malformed();
    const made = kind.value(value);
    if (kind.repeated && field === last) (found[name] as unknown[]).push((made as unknown[])[0]);
    else found[name] = made;
    [at, last] = [end, field];
  }
  for (const [name, [, kind]] of Object.entries(fields)) if (!(name in found)) found[name] = kind.absent();
  return found as Message<F>;
}

/** Read a number in its shortest form at `at`; return it and where it ends. */
function varint(raw: Bytes, at: number): readonly [bigint, number] {
  let [n, shift] = [0n, 0n];
  for (let end = at; end < raw.length && shift < 70n; shift += 7n) {
    const byte = raw[end++] as number;
    n |= BigInt(byte & 0x7f) << shift;
    if (byte > 0x7f) continue;
    if (n >= ALL || (byte === 0 && shift > 0n)) throw new Malformed();
    return [n, end];
  }
  throw new Malformed();
}

function piece(raw: Bytes, at: number): readonly [Bytes, number] {
  const [length, start] = varint(raw, at);
  const end = start + Number(length);
  if (end > raw.length) throw new Malformed();
  return [raw.subarray(start, end), end];
}

/** Return a field with a number, nothing for zero. */
export function putNumber(field: number, n: bigint): Bytes {
  return n === 0n ? EMPTY : join([putVarint(BigInt((field << 3) | VARINT)), putVarint(n < 0n ? n + ALL : n)]);
}

/** Return a field with a number of eight bytes, nothing for zero. */
export function putFixed(field: number, n: bigint): Bytes {
  if (n === 0n) return EMPTY;
  const eight = new Uint8Array(8);
  new DataView(eight.buffer).setBigInt64(0, n, true);
  return join([putVarint(BigInt((field << 3) | FIXED64)), eight]);
}

/** Return a field with bytes or a text, nothing where they are empty. */
export function putBytes(field: number, value: Bytes | string): Bytes {
  const raw = typeof value === "string" ? utf8(value) : value;
  return raw.length === 0 ? EMPTY : putMessage(field, raw);
}

/** Return a field with a message that is there, be it empty. */
export function putMessage(field: number, raw: Bytes): Bytes {
  return join([putVarint(BigInt((field << 3) | BYTES)), putVarint(BigInt(raw.length)), raw]);
}

const EMPTY: Bytes = new Uint8Array();

/** Return a number in its shortest form. */
export function putVarint(n: bigint): Bytes {
  const out: number[] = [];
  for (; n > 0x7fn; n >>= 7n) out.push(Number(n & 0x7fn) | 0x80);
  out.push(Number(n));
  return Uint8Array.from(out);
}
