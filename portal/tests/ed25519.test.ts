/** The network's one answer to the edge cases of Ed25519, by the engine's WebCrypto and by the library alike. */
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { existsSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { type Bytes, hex, join, unhex, utf8 } from "../src/verify/bytes";
import { offersEd25519, validPublicKey, verify, verifyBy } from "../src/verify/ed25519";

const Point = ed25519.Point;
const ORDER = Point.Fn.ORDER;
const TORSION = Point.fromHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"); // of order 8
const MESSAGE = utf8("message");
const SECRET = 0x1234567890abcdefn;

let engine: SubtleCrypto | null = null;
beforeAll(async () => {
  engine = await offersEd25519();
  expect(engine).not.toBe(null);
});

/** Ask both; they must agree. */
async function accepted(key: Bytes, message: Bytes, signature: Bytes): Promise<boolean> {
  const [one, other] = [await verifyBy(engine, key, message, signature), await verifyBy(null, key, message, signature)];
  expect(one).toBe(other);
  expect(await verify(key, message, signature)).toBe(one);
  return one;
}

function little(n: bigint): Bytes {
  return unhex(n.toString(16).padStart(64, "0")).toReversed();
}

function challenge(r: Bytes, key: Bytes, message: Bytes): bigint {
  return BigInt(`0x${hex(sha512(join([r, key, message])).toReversed())}`) % ORDER;
}

/** Sign with the secret scalar, under `key` and with `r` as it shall be written. */
function signature(r: Bytes, nonce: bigint, key: Bytes, message = MESSAGE): Bytes {
  return join([r, little((nonce + challenge(r, key, message) * SECRET) % ORDER)]);
}

const key = Point.BASE.multiply(SECRET).toBytes();
const r = Point.BASE.multiply(77n).toBytes();
const good = signature(r, 77n, key);

test("a signature, and with any part changed none", async () => {
  expect(await accepted(key, MESSAGE, good)).toBe(true);
  expect(await accepted(key, utf8("other"), good)).toBe(false);
  for (let at = 0; at < 64; at++) {
    const changed = good.slice();
    changed[at] = (changed[at] as number) ^ 1;
    expect(await accepted(key, MESSAGE, changed)).toBe(false);
  }
  expect(await accepted(key, MESSAGE, good.subarray(0, 63))).toBe(false);
  expect(await accepted(key.subarray(0, 31), MESSAGE, good)).toBe(false);
  expect(await accepted(new Uint8Array(), MESSAGE, good)).toBe(false);
});

test("an S of the group order more", async () => {
  const s = BigInt(`0x${hex(good.subarray(32).toReversed())}`);
  expect(await accepted(key, MESSAGE, join([r, little(s + ORDER)]))).toBe(false);
});

test("an R of low order, though the equation holds", async () => {
  const zero = Point.ZERO.toBytes();
  expect(await accepted(key, MESSAGE, signature(zero, 0n, key))).toBe(false);
});

test("an R with a torsion component, which a cofactored equation would accept", async () => {
  const mixed = Point.BASE.multiply(77n).add(TORSION).toBytes();
  expect(await accepted(key, MESSAGE, signature(mixed, 77n, key))).toBe(false);
});

test("a key with a torsion component verifies where it cancels out, and can never be listed", async () => {
  const mixed = Point.BASE.multiply(SECRET).add(TORSION).toBytes();
  expect(validPublicKey(mixed)).toBe(false);
  const outcomes = new Set<boolean>();
  for (let nonce = 1n; nonce < 40n; nonce++) {
    const at = Point.BASE.multiply(nonce).toBytes();
    const cancels = challenge(at, mixed, MESSAGE) % 8n === 0n;
    expect(await accepted(mixed, MESSAGE, signature(at, nonce, mixed))).toBe(cancels);
    outcomes.add(cancels);
  }
  expect(outcomes.size).toBe(2);
});

test("keys of low order, off the curve and not canonical", async () => {
  for (let n = 0n; n < 8n; n++) {
    const low = (n === 0n ? Point.ZERO : TORSION.multiplyUnsafe(n)).toBytes();
    expect(validPublicKey(low)).toBe(false);
    expect(await accepted(low, MESSAGE, signature(r, 77n, low))).toBe(false);
  }
  const p = 2n ** 255n - 19n;
  for (const y of [p, p + 1n, p + 5n, 2n ** 255n - 1n]) expect(validPublicKey(little(y))).toBe(false);
  expect(validPublicKey(little(2n))).toBe(false); // no x belongs to it
  expect(validPublicKey(new Uint8Array(31))).toBe(false);
  expect(validPublicKey(key)).toBe(true);
});

// The edge cases that others published; the folder of samples is not part of the project.
const samples = `${process.env.SALUS_SAMPLE_DATA ?? "../../shared/data"}/vectors/ed25519vectors.json`;
describe.skipIf(!existsSync(samples))("published edge cases", () => {
  const VERIFIES = new Set(["", "low_order_component_A", "low_order_component_R,low_order_component_A"]);
  const OF_KEY = ["low_order_A", "low_order_component_A", "non_canonical_A"];

  test("each is answered as Python answers it", async () => {
    const cases = JSON.parse(readFileSync(samples, "utf8")) as {
      flags: string[] | null;
      key: string;
      msg: string;
      sig: string;
    }[];
    expect(cases.length).toBe(914);
    for (const one of cases) {
      const flags = one.flags ?? [];
      const answer = await accepted(unhex(one.key), utf8(one.msg), unhex(one.sig));
      expect(answer, flags.join()).toBe(VERIFIES.has(flags.join()));
      expect(validPublicKey(unhex(one.key))).toBe(!flags.some((flag) => OF_KEY.includes(flag)));
    }
  });
});
