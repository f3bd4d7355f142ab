/**
 * Checkpoints of a log as signed notes, and the cosignatures of witnesses on them (C2SP), as `salus.merkle.checkpoint`
 * reads them.
 *
 *     <origin> LF <size> LF <root, base64> LF [extension LF]... LF
 *     — <key name> SP <base64 of key id, 4 bytes, and signature> LF ...
 *
 * https://c2sp.org/tlog-checkpoint, https://c2sp.org/signed-note, https://c2sp.org/tlog-cosignature
 */
import { type Bytes, equal, hex, join, textOf, utf8 } from "./bytes";
import { Malformed } from "./cbor";
import { validPublicKey, verify } from "./ed25519";
import { sha256 } from "./hashing";

const MAX_BYTES = 64 * 1024;
const MAX_SIGNATURES = 64;
const NOTE = 1; // signature types
const COSIGNATURE = 4;
const DASH = "\u2014 ";
const TIME_LIMIT = 1n << 63n;
const CONTROL = /[\x00-\x09\x0b-\x1f]/;
const SPACE = /[\n\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

/** A known signer: `name` is an address without a scheme, `public` an Ed25519 key. */
export interface NoteKey {
  readonly name: string;
  readonly public: Bytes;
}

/** One line under a note. */
interface Line {
  readonly name: string;
  readonly keyId: Bytes; // 4 bytes
  readonly signature: Bytes;
}

/** A checkpoint with the signatures under it, none of them verified yet. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: bigint;
  readonly root: Bytes;
  readonly text: string; // what is signed, with its final newline
  readonly lines: readonly Line[];
}

/**
 * Return the witness whose verifier key is `text`; throws Malformed unless it is exactly one.
 *
 * <name>+<key id, 8 hex digits>+<base64 of the type, 0x04, and the Ed25519 public key>
 */
export function parseNoteKey(text: string): NoteKey {
  if (!text.isWellFormed() || text.length > MAX_BYTES || CONTROL.test(text)) throw new Malformed();
  const [name = "", shown = ""] = text.split("+");
  const raw = base64(text.slice(name.length + shown.length + 2));
  if (name === "" || SPACE.test(name) || raw.length !== 33 || raw[0] !== COSIGNATURE) throw new Malformed();
  const key = { name, public: raw.subarray(1) };
  const one = `${name}+${hex(shortId(key, COSIGNATURE))}+${toBase64(raw)}`;
  if (one !== text || !validPublicKey(key.public)) throw new Malformed();
  return key;
}

/** Return the checkpoint in `note`; throws Malformed unless it is exactly one. */
export function parse(note: Bytes): Checkpoint {
  const whole = note.length > MAX_BYTES ? null : textOf(note);
  const blank = whole?.lastIndexOf("\n\n") ?? -1;
  if (whole === null || blank < 0 || CONTROL.test(whole)) throw new Malformed();
  const text = whole.slice(0, blank + 1);
  const fields = text.slice(0, -1).split("\n");
  const [origin, size, root] = fields;
  if (origin === undefined || size === undefined || root === undefined || fields.includes("")) throw new Malformed();
  const under = whole.slice(blank + 2).replace(/\n$/, "");
  const lines = under.split("\n").map(lineOf);
  const rootBytes = base64(root);
  if (!/^(0|[1-9][0-9]{0,15})$/.test(size) || rootBytes.length !== 32 || lines.length > MAX_SIGNATURES) {
    throw new Malformed();
  }
  if (toBase64(rootBytes) !== root || !whole.endsWith("\n")) throw new Malformed();
  return { origin, size: BigInt(size), root: rootBytes, text, lines };
}

/** True if the log's `key` signed the checkpoint: a line of it is there, and each verifies. */
export async function signedBy(checkpoint: Checkpoint, key: NoteKey): Promise<boolean> {
  const text = utf8(checkpoint.text);
  const lines = linesOf(checkpoint, key, NOTE);
  for (const line of lines) {
    if (!(await verify(key.public, text, line.signature))) return false;
  }
  return lines.length > 0;
}

/** Return how many of `witnesses` cosigned; a public key counts once, whatever its names. */
export async function witnessedBy(checkpoint: Checkpoint, witnesses: readonly NoteKey[]): Promise<number> {
  const found = new Set<string>();
  for (const witness of witnesses) {
    if (await cosigned(checkpoint, witness)) found.add(hex(witness.public));
  }
  return found.size;
}

/** True if a line of the witness is there, and each verifies at the time it names. */
async function cosigned(checkpoint: Checkpoint, witness: NoteKey): Promise<boolean> {
  const lines = linesOf(checkpoint, witness, COSIGNATURE);
  for (const { signature } of lines) {
    const seconds = BigInt(`0x0${hex(signature.subarray(0, 8))}`);
    const message = utf8(`cosignature/v1\ntime ${seconds}\n${checkpoint.text}`);
    if (seconds >= TIME_LIMIT || !(await verify(witness.public, message, signature.subarray(8)))) return false;
  }
  return lines.length > 0;
}

function linesOf(checkpoint: Checkpoint, key: NoteKey, type: number): readonly Line[] {
  const id = shortId(key, type);
  return checkpoint.lines.filter((line) => line.name === key.name && equal(line.keyId, id));
}

/** Return the 4-byte id of a key that signs notes, or that cosigns them. */
function shortId(key: NoteKey, type: number): Bytes {
  return sha256(join([utf8(`${key.name}\n`), Uint8Array.of(type), key.public])).subarray(0, 4);
}

function lineOf(line: string): Line {
  const space = line.indexOf(" ", DASH.length);
  const name = line.slice(DASH.length, space);
  const encoded = line.slice(space + 1);
  const raw = base64(encoded);
  if (!line.startsWith(DASH) || space < 0 || name === "" || name.includes("+") || SPACE.test(name)) {
    throw new Malformed();
  }
  if (raw.length < 5 || toBase64(raw) !== encoded) throw new Malformed();
  return { name, keyId: raw.subarray(0, 4), signature: raw.subarray(4) };
}

function base64(text: string): Bytes {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) throw new Malformed();
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    throw new Malformed();
  }
}

function toBase64(bytes: Bytes): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}
