/**
 * Shapes of what is decoded: lengths and ranges are checked when it is read, as `salus.core.types` states them.
 *
 * A shape takes a plain value and returns it typed, or throws Malformed. Objects are positional on the wire: the order
 * of their fields is the order of the array.
 */
import type { Bytes } from "./bytes";
import { decode, Malformed, type Plain } from "./cbor";

export type Shape<T> = (value: Plain) => T;
export type Of<S> = S extends Shape<infer T> ? T : never;

/** Return the `shape` in `raw`; throws Malformed unless `raw` is exactly its one encoding. */
export function read<T>(raw: Bytes, shape: Shape<T>): T {
  return shape(decode(raw));
}

/** Return the `shape` in `raw`, or null where it is none, or where there is nothing. */
export function readOrNull<T>(raw: Bytes | null | undefined, shape: Shape<T>): T | null {
  return raw ? orNull(() => read(raw, shape)) : null;
}

/** Return what `make` returns, or null where it throws Malformed. */
export function orNull<T>(make: () => T): T | null {
  try {
    return make();
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}

/** Byte strings of `least` to `most` bytes. */
export function bytes(least: number, most: number): Shape<Bytes> {
  return (value) => {
    if (!(value instanceof Uint8Array) || value.length < least || value.length > most) throw new Malformed();
    return value;
  };
}

/** Whole numbers from `least` to `most`, at most 2^53 - 1. */
export function whole(least: number, most: number): Shape<number> {
  return (value) => {
    if (typeof value !== "number" || value < least || value > most) throw new Malformed();
    return value;
  };
}

/** Texts of `least` to `most` code points. */
export function text(least: number, most: number): Shape<string> {
  return (value) => {
    if (typeof value !== "string") throw new Malformed();
    const length = value.length > 2 * most ? Infinity : [...value].length; // at most two units make a point
    if (length < least || length > most) throw new Malformed();
    return value;
  };
}

/** The shape, or null. */
export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return (value) => (value === null ? null : shape(value));
}

/** Arrays of `least` to `most` of one shape. */
export function list<T>(shape: Shape<T>, most = Infinity, least = 0): Shape<readonly T[]> {
  return (value) => {
    const items = array(value);
    if (items.length < least || items.length > most) throw new Malformed();
    return items.map(shape);
  };
}

/** Arrays of exactly these shapes, in this order. */
export function tuple<T extends readonly unknown[]>(...shapes: { [K in keyof T]: Shape<T[K]> }): Shape<T> {
  return (value) => {
    const items = array(value);
    if (items.length !== shapes.length) throw new Malformed();
    return shapes.map((shape, at) => (shape as Shape<unknown>)(items[at] as Plain)) as unknown as T;
  };
}

/** Arrays that hold these fields, in this order and no others. */
export function struct<T extends object>(fields: { readonly [K in keyof T]: Shape<T[K]> }): Shape<Readonly<T>> {
  const entries = Object.entries(fields) as [string, Shape<unknown>][];
  return (value) => {
    const items = array(value);
    if (items.length !== entries.length) throw new Malformed();
    return Object.fromEntries(entries.map(([name, shape], at) => [name, shape(items[at] as Plain)])) as T;
  };
}

function array(value: Plain): readonly Plain[] {
  if (!Array.isArray(value)) throw new Malformed();
  return value as readonly Plain[];
}

export const id = bytes(32, 32); // derived by tagged hashes, or a handle
export const digest = bytes(32, 32); // SHA-256
export const salt = bytes(32, 32);
export const nonce = bytes(16, 16);
export const publicKey = bytes(32, 32); // Ed25519, RFC 8032
export const signature = bytes(64, 64);
export const time = whole(0, 2 ** 53 - 1); // milliseconds since 1970, block time
export const dataTime = whole(-(2 ** 53 - 1), 2 ** 53 - 1); // milliseconds since 1970, of data: before it too
export const count = whole(0, 2 ** 32 - 1);
export const small = whole(0, 2 ** 16 - 1);
export const height = whole(0, 2 ** 53 - 1);
export const name = text(1, 128);
