/** Byte strings: comparison, hexadecimal, joining. */

export type Bytes = Uint8Array;

/** True if both hold the same bytes; null equals null only. */
export function equal(a: Bytes | null, b: Bytes | null): boolean {
  if (a === null || b === null) return a === b;
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

/** Negative, zero or positive as `a` stands before, at or after `b` in the order of their bytes. */
export function compare(a: Bytes, b: Bytes): number {
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at++) {
    const difference = (a[at] as number) - (b[at] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** True if each item stands before the next in the order of its key: none twice. */
export function rising<T>(items: readonly T[], key: (item: T) => Bytes): boolean {
  return items.every((item, at) => at === 0 || compare(key(items[at - 1] as T), key(item)) < 0);
}

/** Return the parts in one piece. */
export function join(parts: readonly Bytes[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Return the bytes in lower-case hexadecimal; also what stands for them as a key of a Map or a Set. */
export function hex(bytes: Bytes): string {
  let text = "";
  for (const byte of bytes) text += HEX[byte];
  return text;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Return the bytes of a text in hexadecimal; throws RangeError unless it is one. */
export function unhex(text: string): Bytes {
  if (!/^([0-9a-f]{2})*$/.test(text)) throw new RangeError("not lower-case hexadecimal");
  return Uint8Array.from({ length: text.length / 2 }, (_, at) => parseInt(text.slice(2 * at, 2 * at + 2), 16));
}

/** Return `text` in UTF-8. */
export function utf8(text: string): Bytes {
  return ENCODER.encode(text);
}

const ENCODER = new TextEncoder();

/** Return the text in `bytes`, or null where they are no UTF-8. */
export function textOf(bytes: Bytes): string | null {
  try {
    return DECODER.decode(bytes);
  } catch {
    return null;
  }
}

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
