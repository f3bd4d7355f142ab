/**
 * CometBFT's headers, commits and validators: how they are read, hashed and signed, as `salus.cometbft` does it.
 *
 * https://docs.cometbft.com/v0.38/spec/core/data_structures
 */
import { type Bytes, compare, equal, hex, join } from "./bytes";
import { Malformed } from "./cbor";
import { sha256 } from "./hashing";
import { logRoot } from "./log";
import {
  bytes,
  chosen,
  int32,
  int64,
  message,
  messages,
  putBytes,
  putFixed,
  putMessage,
  putNumber,
  putVarint,
  read,
  string,
  uint32,
  uint64,
} from "./protobuf";
import { verifyZip215 } from "./zip215";

const BLOCK_PROTOCOL = 11n;
const MAX_HEIGHT = 2n ** 53n - 1n;
const MAX_TOTAL_POWER = (2n ** 63n - 1n) / 8n;
const MAX_SIGNATURE_BYTES = 96; // CometBFT's limit, for keys of any kind
const ADDRESS_BYTES = 20;
const NO_TIME = -62_135_596_800n; // seconds of the year 1, which an absent vote has for its time
const END_OF_TIME = 253_402_300_800n; // seconds, of the year 10000
const BILLION = 1_000_000_000n;
const PRECOMMIT = 2n;
const FLAG = { ABSENT: 1n, COMMIT: 2n, NIL: 3n };

const timestamp = { seconds: [1, int64], nanos: [2, int32] } as const;
const partSetHeader = { total: [1, uint32], hash: [2, bytes] } as const;
const blockId = { hash: [1, bytes], parts: [2, message(partSetHeader)] } as const;
const headerFields = {
  version: [1, message({ block: [1, uint64], app: [2, uint64] } as const)],
  chainId: [2, string],
  height: [3, int64],
  time: [4, message(timestamp)],
  lastBlockId: [5, message(blockId)],
  lastCommitHash: [6, bytes],
  dataHash: [7, bytes],
  validatorsHash: [8, bytes],
  nextValidatorsHash: [9, bytes],
  consensusHash: [10, bytes],
  appHash: [11, bytes],
  lastResultsHash: [12, bytes],
  evidenceHash: [13, bytes],
  proposerAddress: [14, bytes],
} as const;
const voteFields = {
  flag: [1, int32],
  address: [2, bytes],
  time: [3, message(timestamp)],
  signature: [4, bytes],
} as const;
const commitFields = {
  height: [1, int64],
  round: [2, int32],
  blockId: [3, message(blockId)],
  votes: [4, messages(voteFields)],
} as const;
const setFields = {
  validators: [
    1,
    messages({ address: [1, bytes], key: [2, message({ ed25519: [1, chosen] } as const)], power: [3, int64] } as const),
  ],
} as const; // without priorities and proposer, which the hash does not cover

interface Timestamp {
  readonly seconds: bigint;
  readonly nanos: bigint;
}

/** Which block: its hash, and that of the parts it is sent in. */
export interface BlockId {
  readonly hash: Bytes;
  readonly total: bigint;
  readonly partsHash: Bytes;
}

export interface Header {
  readonly height: number;
  readonly timeNs: bigint; // since 1970
  readonly hash: Bytes; // of the block
  readonly lastHash: Bytes; // of the block before, empty for the first
  readonly dataHash: Bytes;
  readonly validatorsHash: Bytes;
  readonly nextValidatorsHash: Bytes;
  readonly appHash: Bytes; // after the block before
  readonly proposer: Bytes;
}

interface Vote {
  readonly flag: bigint;
  readonly address: Bytes;
  readonly time: Timestamp;
  readonly signature: Bytes;
}

export interface Commit {
  readonly height: number;
  readonly round: bigint;
  readonly blockId: BlockId;
  readonly votes: readonly Vote[];
}

export interface Validator {
  readonly address: Bytes;
  readonly key: Bytes;
  readonly power: bigint;
}

/** Return the name of the chain that carries a network. */
export function chainId(network: Bytes): string {
  return `salus-${hex(network).slice(0, 40)}`;
}

/** Return the 20 bytes by which CometBFT names the validator with this key. */
export function address(key: Bytes): Bytes {
  return sha256(key).subarray(0, ADDRESS_BYTES);
}

/** Return the root of CometBFT's Merkle tree, that of RFC 6962. */
export function treeRoot(leaves: readonly Bytes[]): Bytes {
  return logRoot(leaves);
}

/** Return the header in `raw`; throws Malformed unless it is whole and of `chain`. */
export function readHeader(raw: Bytes, chain: string): Header {
  const found = read(raw, headerFields);
  const { version, time, height } = found;
  const last = readBlockId(found.lastBlockId);
  if (version === null || time === null || version.block !== BLOCK_PROTOCOL || found.chainId !== chain) {
    throw new Malformed();
  }
  if (height < 1n || height > MAX_HEIGHT || !(height === 1n ? isNil(last) : isComplete(last))) throw new Malformed();
  const hashes = [
    found.lastCommitHash,
    found.dataHash,
    found.validatorsHash,
    found.nextValidatorsHash,
    found.consensusHash,
    found.appHash,
    found.lastResultsHash,
    found.evidenceHash,
  ];
  if (hashes.some((one) => one.length !== 32) || found.proposerAddress.length !== ADDRESS_BYTES) throw new Malformed();
  const timeNs = instant(time);
  if (timeNs < 0n) throw new Malformed();
  const fields = [
    join([putNumber(1, version.block), putNumber(2, version.app)]),
    putBytes(1, chain),
    putNumber(1, height),
    putTime(time),
    putBlockId(last),
    ...[...hashes, found.proposerAddress].map((one) => putBytes(1, one)),
  ];
  return {
    height: Number(height),
    timeNs,
    hash: treeRoot(fields),
    lastHash: last.hash,
    dataHash: found.dataHash,
    validatorsHash: found.validatorsHash,
    nextValidatorsHash: found.nextValidatorsHash,
    appHash: found.appHash,
    proposer: found.proposerAddress,
  };
}

/** Return the commit in `raw`; throws Malformed unless it is whole. No signature is verified. */
export function readCommit(raw: Bytes): Commit {
  const found = read(raw, commitFields);
  const id = readBlockId(found.blockId);
  if (found.height < 1n || found.height > MAX_HEIGHT || found.round < 0n) throw new Malformed();
  if (!isComplete(id) || found.votes.length === 0) throw new Malformed();
  const votes = found.votes.map(({ flag, address, time, signature }) => {
    if (time === null) throw new Malformed();
    instant(time);
    const absent = address.length === 0 && signature.length === 0 && time.seconds === NO_TIME && time.nanos === 0n;
    const voted =
      address.length === ADDRESS_BYTES && signature.length >= 1 && signature.length <= MAX_SIGNATURE_BYTES;
    if (!(flag === FLAG.ABSENT ? absent : (flag === FLAG.COMMIT || flag === FLAG.NIL) && voted)) throw new Malformed();
    return { flag, address, time, signature };
  });
  return { height: Number(found.height), round: found.round, blockId: id, votes };
}

/** Return the validators in `raw`; throws Malformed unless each is whole, they stand in order and have power. */
export function readValidators(raw: Bytes): readonly Validator[] {
  const validators = read(raw, setFields).validators.map(({ address: shown, key: around, power }) => {
    const key = around?.ed25519 ?? null;
    if (key === null || key.length !== 32 || !equal(shown, address(key)) || power < 1n) throw new Malformed();
    return { address: shown, key, power };
  });
  const ordered = validators.every((one, at) => at === 0 || rank(validators[at - 1] as Validator, one) < 0);
  if (validators.length === 0 || !ordered || totalPower(validators) > MAX_TOTAL_POWER) throw new Malformed();
  return validators;
}

/** Negative where `a` stands before `b` in a set: the one with more power, then by address. */
function rank(a: Validator, b: Validator): number {
  return a.power === b.power ? compare(a.address, b.address) : a.power > b.power ? -1 : 1;
}

function totalPower(validators: readonly Validator[]): bigint {
  return validators.reduce((sum, { power }) => sum + power, 0n);
}

/** Return the `validators_hash` of a header whose block these decide. */
export function setHash(validators: readonly Validator[]): Bytes {
  return treeRoot(
    validators.map(({ key, power }) => join([putMessage(1, putMessage(1, key)), putNumber(2, power)])),
  );
}

/** Return the hash of a block's transactions. */
export function transactionsRoot(transactions: readonly Bytes[]): Bytes {
  return treeRoot(transactions.map((one) => sha256(one)));
}

/** Return what a validator signs who votes at `time` for the block of a commit: the length, then the vote. */
export function voteSignBytes(chain: string, commit: Pick<Commit, "height" | "round" | "blockId">, time: Timestamp): Bytes {
  const vote = join([
    putNumber(1, PRECOMMIT),
    putFixed(2, BigInt(commit.height)),
    putFixed(3, commit.round),
    putMessage(4, putBlockId(commit.blockId)),
    putMessage(5, putTime(time)),
    putBytes(6, chain),
  ]);
  return join([putVarint(BigInt(vote.length)), vote]);
}

/** True if more than two thirds of the power of `validators` signed the commit, each at its place, and no vote is bad. */
export function committedBy(chain: string, validators: readonly Validator[], commit: Commit): boolean {
  if (commit.votes.length !== validators.length) return false;
  let signed = 0n;
  for (const [at, vote] of commit.votes.entries()) {
    const { address: known, key, power } = validators[at] as Validator;
    if (vote.flag !== FLAG.COMMIT) continue;
    if (!equal(vote.address, known) || !signedBy(chain, commit, vote, key)) return false;
    signed += power;
  }
  return signed * 3n > totalPower(validators) * 2n;
}

/** True if more than a third of the power of `trusted` signed the commit, each found by its address, and no vote is bad. */
export function trustedBy(chain: string, trusted: readonly Validator[], commit: Commit): boolean {
  const known = new Map(trusted.map((one) => [hex(one.address), one]));
  const seen = new Set<Validator>();
  for (const vote of commit.votes) {
    const one = known.get(hex(vote.address));
    if (vote.flag !== FLAG.COMMIT || one === undefined) continue;
    if (seen.has(one) || !signedBy(chain, commit, vote, one.key)) return false;
    seen.add(one);
  }
  return totalPower([...seen]) * 3n > totalPower(trusted);
}

function signedBy(chain: string, commit: Commit, vote: Vote, key: Bytes): boolean {
  return verifyZip215(key, voteSignBytes(chain, commit, vote.time), vote.signature);
}

/** Return nanoseconds since 1970; throws Malformed where they are not whole nanoseconds of the years 1 to 9999. */
function instant({ seconds, nanos }: Timestamp): bigint {
  if (seconds < NO_TIME || seconds >= END_OF_TIME || nanos < 0n || nanos >= BILLION) throw new Malformed();
  return seconds * BILLION + nanos;
}

function readBlockId(
  found: { readonly hash: Bytes; readonly parts: { readonly total: bigint; readonly hash: Bytes } | null } | null,
): BlockId {
  if (found === null || found.parts === null) throw new Malformed();
  return { hash: found.hash, total: found.parts.total, partsHash: found.parts.hash };
}

function isNil({ hash, total, partsHash }: BlockId): boolean {
  return hash.length === 0 && total === 0n && partsHash.length === 0;
}

function isComplete({ hash, total, partsHash }: BlockId): boolean {
  return hash.length === 32 && total > 0n && partsHash.length === 32;
}

function putTime({ seconds, nanos }: Timestamp): Bytes {
  return join([putNumber(1, seconds), putNumber(2, nanos)]);
}

function putBlockId({ hash, total, partsHash }: BlockId): Bytes {
  return join([putBytes(1, hash), putMessage(2, join([putNumber(1, total), putBytes(2, partsHash)]))]);
}
