/** The published vectors of the formats the verifier reads, valid and invalid. */
import { describe, expect, test } from "vitest";
import { type Bytes, hex, textOf, unhex, utf8 } from "../src/verify/bytes";
import { decode, encode, Malformed, type Plain } from "../src/verify/cbor";
import { parse, toBeSigned } from "../src/verify/cose";
import { keyId, validPublicKey, verify } from "../src/verify/ed25519";
import { checkEquivocation } from "../src/verify/equivocation";
import { pageEntry, sessionRoot } from "../src/verify/format";
import { readGenesis } from "../src/verify/genesis";
import { objectId, sha256, tagged } from "../src/verify/hashing";
import { parseHeader, signedByValidators } from "../src/verify/header";
import { grew, logRoot, verifyConsistency, verifyInclusion } from "../src/verify/log";
import * as notes from "../src/verify/note";
import { contentDigest, leafHeader, recordLeaf, relationOpening, relationRoot } from "../src/verify/record";
import { parseRequest } from "../src/verify/request";
import { read } from "../src/verify/shapes";
import { plainRoot, verifyAbsence, verifyMembership } from "../src/verify/sparse";
import { load } from "./vectors";

type Json = number | string | boolean | null | { hex: string } | Json[];

/** Return a vector's value; {"hex": ...} stands for bytes, and numbers beyond 2^53 come as `exact` reads them. */
function plain(value: Json): Plain {
  if (Array.isArray(value)) return value.map(plain);
  return value !== null && typeof value === "object" ? unhex(value.hex) : value;
}

/** SHA-256 of a label, as the vectors make their inputs. */
function fixed(label: string): Bytes {
  return sha256(utf8(label));
}

describe("encoding", () => {
  const vectors = load<{
    valid: { value: Json; cbor: string }[];
    invalid: { defect: string; cbor: string }[];
  }>("encoding");

  test.each(vectors.valid)("$cbor", ({ value, cbor }) => {
    const decoded = decode(unhex(cbor));
    expect(hex(encode(decoded))).toBe(cbor);
    const large = JSON.stringify(value).length > 17 && typeof (value as Json[])[0] === "number"; // no JSON number here
    if (!large) expect(decoded).toEqual(plain(value));
  });

  test.each(vectors.invalid)("$defect", ({ cbor }) => {
    expect(() => decode(unhex(cbor))).toThrow(Malformed);
  });

  test("integers at the edges are exact", () => {
    expect(decode(unhex("1b001fffffffffffff"))).toBe(2 ** 53 - 1);
    expect(decode(unhex("1b0020000000000000"))).toBe(2n ** 53n);
    expect(decode(unhex("1b7fffffffffffffff"))).toBe(2n ** 63n - 1n);
    expect(decode(unhex("3b7ffffffffffffffe"))).toBe(1n - 2n ** 63n);
  });

  test("a byte order mark is a letter of the text", () => {
    expect(decode(unhex("63efbbbf"))).toBe("\ufeff");
    expect(textOf(unhex("eda080"))).toBe(null);
  });

  test("an array that says it is longer than the file costs nothing", () => {
    expect(() => decode(unhex("9affffffff"))).toThrow(Malformed);
    expect(() => decode(unhex("9bffffffffffffffff"))).toThrow(Malformed);
  });
});

test("tagged hashes", () => {
  const { cases } = load<{ cases: { tag: string; network: string; fields: Json[]; hash: string }[] }>("hashes");
  for (const { tag, network, fields, hash } of cases) {
    expect(hex(tagged(tag, unhex(network), ...fields.map(plain)))).toBe(hash);
  }
});

test("derived ids", () => {
  const { network, account, nonce, cases } = load<{
    network: string;
    account: string;
    nonce: string;
    cases: { kind: string; message: number; entry: number; id: string }[];
  }>("ids");
  for (const { kind, message, entry, id } of cases) {
    expect(hex(objectId(kind, unhex(network), unhex(account), unhex(nonce), message, entry))).toBe(id);
  }
});

test("keys and proofs of possession", async () => {
  const { network, cases } = load<{ network: string; cases: Record<string, string>[] }>("keys");
  for (const vector of cases) {
    const [key, payload] = [unhex(vector.public!), unhex(vector.possession_payload!)];
    const kid = keyId(unhex(network), key);
    const message = toBeSigned("possession", unhex(network), payload, kid);
    expect([hex(kid), hex(message)]).toEqual([vector.key_id, vector.possession_to_be_signed]);
    expect(validPublicKey(key) && (await verify(key, message, unhex(vector.possession_proof!)))).toBe(true);
  }
});

describe("COSE", () => {
  const vectors = load<{
    network: string;
    valid: { kind: string; payload: string; signers: { key_id: string; public: string }[]; cose: string }[];
    invalid: { defect: string; kind: string; cose: string }[];
  }>("cose");
  const network = unhex(vectors.network);
  const publics = new Map(vectors.valid.flatMap(({ signers }) => signers.map((s) => [s.key_id, unhex(s.public)])));

  async function holds(kind: string, cose: string): Promise<boolean> {
    try {
      const { payload, signers } = parse(kind, unhex(cose));
      const good = signers.map(({ kid, signature }) =>
        verify(publics.get(hex(kid)) ?? new Uint8Array(32), toBeSigned(kind, network, payload, kid), signature),
      );
      return (await Promise.all(good)).every(Boolean);
    } catch (error) {
      if (error instanceof Malformed) return false;
      throw error;
    }
  }

  test("each kind is read, and its signatures verify", async () => {
    for (const { kind, payload, cose } of vectors.valid) {
      expect(hex(parse(kind, unhex(cose)).payload)).toBe(payload);
      expect(await holds(kind, cose)).toBe(true);
    }
  });

  test.each(vectors.invalid)("$defect", async ({ kind, cose }) => {
    expect(await holds(kind, cose)).toBe(false);
  });
});

test("the genesis, and with any byte changed none", async () => {
  const vectors = load<{ file: string; network: string }>("genesis");
  const file = unhex(vectors.file);
  const network = await readGenesis(file);
  expect(hex(network.id)).toBe(vectors.network);
  for (let at = 0; at < file.length; at += 7) {
    const changed = file.slice();
    changed[at] = (changed[at] as number) ^ 1;
    await expect(readGenesis(changed)).rejects.toThrow(Malformed);
  }
});

test("headers", async () => {
  const vectors = load<{ network: string; node: string; cases: { header: string; hash: string }[] }>("headers");
  const [network, node] = [unhex(vectors.network), unhex(vectors.node)];
  const validators = new Map([[hex(keyId(network, node)), { key: node, power: 1n }]]);
  for (const { header, hash } of vectors.cases) {
    const found = parseHeader(network, unhex(header));
    expect(hex(found.hash)).toBe(hash);
    expect(await signedByValidators(found, validators)).toBe(true);
    expect(await signedByValidators(found, new Map())).toBe(false);
    expect(() => parseHeader(new Uint8Array(32), unhex(header))).toThrow(Malformed);
  }
});

test("the sparse tree", () => {
  interface Case {
    keys: number;
    key: string;
    value: string;
    siblings: string[];
    neighbour: [string, string] | null;
  }
  const vectors = load<{
    trees: { keys: number; root: string }[];
    members_of_100: Case[];
    absent: Case[];
    invalid_of_100: (Case & { defect: string })[];
  }>("sparse-tree");
  const items = Array.from({ length: 100 }, (_, i) => [fixed(`key ${i}`), fixed(`value ${i}`)] as const);
  const roots = new Map(vectors.trees.map(({ keys, root }) => [keys, unhex(root)]));
  for (const [keys, root] of roots) expect(plainRoot(items.slice(0, keys))).toEqual(root);
  const proof = ({ siblings, neighbour }: Case) => ({
    siblings: siblings.map(unhex),
    neighbour: neighbour && ([unhex(neighbour[0]), unhex(neighbour[1])] as [Bytes, Bytes]),
  });
  const whole = roots.get(100)!;
  for (const one of vectors.members_of_100) {
    expect(verifyMembership(whole, unhex(one.key), unhex(one.value), proof(one))).toBe(true);
    expect(verifyAbsence(whole, unhex(one.key), proof(one))).toBe(false);
  }
  for (const one of vectors.absent) {
    expect(verifyAbsence(roots.get(one.keys)!, unhex(one.key), proof(one))).toBe(true);
  }
  for (const one of vectors.invalid_of_100) {
    expect(verifyMembership(whole, unhex(one.key), unhex(one.value), proof(one)), one.defect).toBe(false);
  }
});

test("another key's leaf proves absence only where it stands on the way of the key", () => {
  const key = fixed("key 0");
  const way = (hashed: Bytes) => (hashed[0] as number) >> 7;
  const [beside, seen] = [fixed("sibling"), new Set<boolean>()];
  for (let number = 1; number < 20; number++) {
    const neighbour: [Bytes, Bytes] = [sha256(fixed(`key ${number}`)), fixed("value")];
    const leaf = sha256(Uint8Array.of(0), ...neighbour);
    const pair = way(sha256(key)) === 1 ? [beside, leaf] : [leaf, beside];
    const root = sha256(Uint8Array.of(1), ...pair); // as the way of the key has it
    const onTheWay = way(neighbour[0]) === way(sha256(key));
    expect(verifyAbsence(root, key, { siblings: [beside], neighbour })).toBe(onTheWay);
    expect(verifyAbsence(root, fixed(`key ${number}`), { siblings: [beside], neighbour })).toBe(false);
    seen.add(onTheWay);
  }
  expect(seen.size).toBe(2);
});

test("the log", () => {
  const vectors = load<{
    roots: { size: number; root: string }[];
    inclusions: { index: number; size: number; path: string[] }[];
    consistencies: { first: number; second: number; path: string[] }[];
  }>("log");
  const entries = Array.from({ length: 20 }, (_, i) => fixed(`entry ${i}`));
  const roots = new Map(vectors.roots.map(({ size, root }) => [size, unhex(root)]));
  for (const [size, root] of roots) expect(logRoot(entries.slice(0, size))).toEqual(root);
  for (const { index, size, path } of vectors.inclusions) {
    const proof = [BigInt(index), BigInt(size), path.map(unhex)] as const;
    expect(verifyInclusion(roots.get(size)!, entries[index]!, ...proof)).toBe(true);
    expect(verifyInclusion(roots.get(size)!, fixed("other"), ...proof)).toBe(false);
    expect(verifyInclusion(roots.get(size)!, entries[index]!, BigInt(size), proof[1], proof[2])).toBe(false);
  }
  for (const { first, second, path } of vectors.consistencies) {
    const [small, large] = [roots.get(first)!, roots.get(second)!];
    expect(verifyConsistency(BigInt(first), small, BigInt(second), large, path.map(unhex))).toBe(true);
    expect(verifyConsistency(BigInt(first), fixed("other"), BigInt(second), large, path.map(unhex))).toBe(false);
  }
  expect(grew(0n, roots.get(0)!, 7n, roots.get(7)!, [])).toBe(true);
  expect(grew(0n, fixed("other"), 7n, roots.get(7)!, [])).toBe(false);
});

test("records and the relation's root", () => {
  const vectors = load<{
    network: string;
    relation: string;
    records: Record<string, string>[];
    map: [string, string][];
    opening: string;
    relation_root: string;
    leaves_salt: string;
    leaves_commitment: string;
  }>("records");
  const [network, relation] = [unhex(vectors.network), unhex(vectors.relation)];
  const leaves = vectors.records.map((one) => {
    const header = read(unhex(one.header!), leafHeader);
    expect(hex(header.content)).toBe(one.content_digest);
    expect(hex(contentDigest(network, unhex(one.content_salt!), unhex(one.octets!)))).toBe(one.content_digest);
    const leaf = recordLeaf(network, relation, unhex(one.leaf_salt!), unhex(one.header!));
    expect(hex(leaf)).toBe(one.leaf);
    return leaf;
  });
  const opening = read(unhex(vectors.opening), relationOpening);
  expect(opening.logRoot).toEqual(logRoot(leaves));
  expect(opening.mapRoot).toEqual(plainRoot(vectors.map.map(([key, value]) => [unhex(key), unhex(value)])));
  expect(hex(relationRoot(network, opening))).toBe(vectors.relation_root);
  const commitment = tagged("leaves", network, unhex(vectors.leaves_salt), leaves.map(hex).sort().map(unhex));
  expect(hex(commitment)).toBe(vectors.leaves_commitment);
});

test("requests, pages and the root of a session", async () => {
  const asked = load<Record<string, string>>("requests");
  const request = parseRequest(unhex(asked.network!), unhex(asked.request!));
  expect([hex(request.id), request.reason]).toEqual([asked.id, null]);
  expect(await verify(unhex(asked.public!), request.toBeSigned, request.signature)).toBe(true);
  const vectors = load<{
    network: string;
    public: string;
    glass_request: string;
    glass_reason: number;
    session: string;
    pages: { page: string; salt: string; entry: string }[];
    closing_salt: string;
    root: string;
  }>("sessions");
  const network = unhex(vectors.network);
  const glass = parseRequest(network, unhex(vectors.glass_request));
  expect(glass.reason).toBe(vectors.glass_reason);
  expect(await verify(unhex(vectors.public), glass.toBeSigned, glass.signature)).toBe(true);
  const entries = vectors.pages.map(({ page, salt }) => pageEntry(network, unhex(salt), unhex(page)));
  expect(entries.map(hex)).toEqual(vectors.pages.map(({ entry }) => entry));
  const root = sessionRoot(network, unhex(vectors.session), unhex(vectors.closing_salt), entries);
  expect(hex(root)).toBe(vectors.root);
});

describe("notes", () => {
  const vectors = load<{
    origin: string;
    node: string;
    size: number;
    root: string;
    note: string;
    witnessed: string;
    witness: { name: string; public: string };
  }>("checkpoints");
  const node = { name: vectors.origin, public: unhex(vectors.node) };
  const witness = { name: vectors.witness.name, public: unhex(vectors.witness.public) };

  test("a checkpoint, signed and cosigned", async () => {
    const note = notes.parse(utf8(vectors.witnessed));
    expect([note.origin, note.size, hex(note.root)]).toEqual([vectors.origin, BigInt(vectors.size), vectors.root]);
    expect(await notes.signedBy(note, node)).toBe(true);
    expect(await notes.signedBy(note, { ...node, name: "other" })).toBe(false);
    expect(await notes.witnessedBy(note, [witness, witness, { ...node, name: witness.name }])).toBe(1);
    expect(await notes.witnessedBy(notes.parse(utf8(vectors.note)), [witness])).toBe(0);
  });

  const [body, lines] = vectors.note.split("\n\n") as [string, string];
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  /** The same octets in base64 with another last letter, whose loose bits are not zero. */
  const loose = (text: string): string =>
    text.replace(/(.)=/, (_, last: string) => `${letters[letters.indexOf(last) + 1]}=`);
  const [origin, , root] = body.split("\n") as [string, string, string];
  test.each([
    ["nothing", ""],
    ["no signature", `${body}\n\n`],
    ["no blank line", body],
    ["no last newline", vectors.note.slice(0, -1)],
    ["a leading zero", vectors.note.replace("\n3\n", "\n03\n")],
    ["a negative size", vectors.note.replace("\n3\n", "\n-3\n")],
    ["another digit's script", vectors.note.replace("\n3\n", "\n\u0663\n")],
    ["seventeen digits", vectors.note.replace("\n3\n", "\n10000000000000000\n")],
    ["a root too short", vectors.note.replace(root, "AAAA")],
    ["a root with loose bits", vectors.note.replace(root, loose(root))],
    ["a signature with loose bits", `${body}\n\n${loose(lines)}`],
    ["a control letter", `${origin}\t\n3\n${root}\n\n${lines}`],
    ["an empty extension", `${body}\n\n\n\n${lines}`],
    ["a name with a plus sign", vectors.note.replace("\u2014 salus/", "\u2014 salus+")],
    ["another dash", vectors.note.replace("\u2014", "-")],
    ["65 signatures", `${body}\n\n${lines.repeat(65)}`],
    ["too large", `${origin}\n3\n${root}\n${"x".repeat(64 * 1024)}\n\n${lines}`],
  ])("refused: %s", (_, note) => {
    expect(note).not.toBe(vectors.note);
    expect(() => notes.parse(utf8(note))).toThrow(Malformed);
  });

  test("a verifier key, and what is none", () => {
    const raw = new Uint8Array([4, ...witness.public]);
    const encoded = btoa(String.fromCharCode(...raw));
    const id = hex(sha256(utf8(`${witness.name}\n`), raw)).slice(0, 8);
    const text = `${witness.name}+${id}+${encoded}`;
    expect(notes.parseNoteKey(text)).toEqual(witness);
    for (const none of ["", "a", "a+b", `${text} `, text.replace(id, "00000000"), text.replace("/1", "/2"), `\ud800${text}`]) {
      expect(() => notes.parseNoteKey(none)).toThrow(Malformed);
    }
  });
});

test("two histories are proved by two notes, and by nothing with a byte changed", async () => {
  const vectors = load<{ genesis: string; proof: string }>("forks");
  const [proof, genesis] = [unhex(vectors.proof), unhex(vectors.genesis)];
  expect(await checkEquivocation(proof, genesis)).toEqual({ found: "two-histories", shorter: 3n, longer: 5n });
  for (let at = 0; at < proof.length; at += 11) {
    const changed = proof.slice();
    changed[at] = (changed[at] as number) ^ 1;
    expect(["malformed", "wrong-signature"]).toContain((await checkEquivocation(changed, genesis)).found);
  }
  expect(await checkEquivocation(proof, new Uint8Array())).toEqual({ found: "malformed" });
});
