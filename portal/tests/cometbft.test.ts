/** What CometBFT's own code says of hashes, commits and signatures, the verifier says too (`tests/vectors/cometbft_light`). */
import { expect, test } from "vitest";
import { type Bytes, equal, hex, join, unhex } from "../src/verify/bytes";
import { Malformed } from "../src/verify/cbor";
import {
  committedBy,
  readCommit,
  readHeader,
  readValidators,
  setHash,
  transactionsRoot,
  trustedBy,
} from "../src/verify/cometbft";
import { int64, message, messages, putBytes, putMessage, putNumber, read, bytes, string } from "../src/verify/protobuf";
import { orNull } from "../src/verify/shapes";
import { verifyZip215 } from "../src/verify/zip215";
import { load } from "./vectors";

interface Block {
  height: number;
  header: string;
  hash: string;
  commit: string;
  validators: string;
  validators_hash: string;
  addresses: string[];
}

const facts = load<{
  chain_id: string;
  transactions: { transactions: string[]; root: string }[];
  blocks: Block[];
  commits: { name: string; height: number; commit: string; basic: boolean; light: boolean; whole: boolean }[];
  trusting: { trusted: number; height: number; enough: boolean }[];
  signatures: { public: string; message: string; signature: string; valid: boolean }[];
}>("cometbft_light/facts");
const chain = facts.chain_id;
const NOT_LOOKED_AT = "nil vote whose signature is for the block"; // votes for no block count for nothing here

const block = (height: number): Block => facts.blocks[height - 1] as Block;

/** Return CometBFT's encoding without what the hash does not cover: priorities, the proposer. */
function bare(raw: string): Bytes {
  const whole = read(unhex(raw), SET).validators;
  return join(
    whole.map(({ address, key, power }) =>
      putMessage(1, join([putBytes(1, address), putMessage(2, key as Bytes), putNumber(3, power)])),
    ),
  );
}
const VALIDATOR = { address: [1, bytes], key: [2, bytes], power: [3, int64], priority: [4, int64] } as const;
const SET = { validators: [1, messages(VALIDATOR)], proposer: [2, message(VALIDATOR)] } as const;

test("roots of transactions", () => {
  for (const { transactions, root } of facts.transactions) {
    expect(hex(transactionsRoot(transactions.map(unhex)))).toBe(root);
  }
});

test.each(facts.blocks)("block $height", (one) => {
  const header = readHeader(unhex(one.header), chain);
  const validators = readValidators(bare(one.validators));
  expect([hex(header.hash), hex(setHash(validators))]).toEqual([one.hash, one.validators_hash]);
  expect(hex(header.validatorsHash)).toBe(one.validators_hash);
  expect(validators.map(({ address }) => hex(address))).toEqual(one.addresses);
  expect(committedBy(chain, validators, readCommit(unhex(one.commit)))).toBe(true);
  expect(() => readHeader(unhex(one.header), "another-chain")).toThrow(Malformed);
  expect(() => readValidators(unhex(one.validators))).toThrow(Malformed); // not the one encoding
});

test.each(facts.commits)("commit: $name", ({ name, height, commit: raw, basic, light, whole }) => {
  const { hash } = readHeader(unhex(block(height).header), chain);
  const commit = orNull(() => readCommit(unhex(raw)));
  const fits = commit !== null && commit.height === height && equal(commit.blockId.hash, hash);
  const ours = fits && committedBy(chain, readValidators(bare(block(height).validators)), commit);
  expect(ours).toBe((basic && whole) || name === NOT_LOOKED_AT);
  expect(light || !ours).toBe(true);
});

test("who leads to whom", () => {
  for (const { trusted, height, enough } of facts.trusting) {
    const validators = readValidators(bare(block(trusted).validators));
    expect(trustedBy(chain, validators, readCommit(unhex(block(height).commit)))).toBe(enough);
  }
});

test("edges of Ed25519 by ZIP 215", () => {
  expect(facts.signatures.filter(({ valid }) => !valid).length).toBe(4);
  for (const one of facts.signatures) {
    expect(verifyZip215(unhex(one.public), unhex(one.message), unhex(one.signature))).toBe(one.valid);
  }
});

test("protobuf has one encoding", () => {
  const fields = { number: [1, int64], text: [2, string], part: [3, message({ inner: [1, int64] } as const)] } as const;
  expect(read(unhex("0807" + "120161" + "1a00"), fields)).toEqual({ number: 7n, text: "a", part: { inner: 0n } });
  expect(read(unhex("08ffffffffffffffffff01"), fields).number).toBe(-1n);
  const refused = {
    "a default written": "0800",
    "an empty text written": "1200",
    "a number longer than needed": "088700",
    "fields out of order": "1201610807",
    "a field twice": "08070807",
    "a field unknown": "2007",
    "another wire type": "0d00000001",
    "field zero": "0007",
    "cut": "08",
    "a length beyond the end": "120261",
    "a number of more than 64 bits": "08ffffffffffffffffff02",
    "no UTF-8": "1201ff",
    "a part not in its one encoding": "1a020800",
  };
  for (const [defect, raw] of Object.entries(refused)) expect(() => read(unhex(raw), fields), defect).toThrow(Malformed);
});
