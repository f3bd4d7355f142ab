/**
 * The genesis document: what the founders agreed on, and whose hash names the network, as `salus.core.genesis` reads it.
 *
 * Inside the document the network counts as 32 zero bytes; the founders' proofs of possession stand outside it.
 */
import { type Bytes, hex } from "./bytes";
import { encode, Malformed } from "./cbor";
import { toBeSigned } from "./cose";
import { keyId, validPublicKey, verify } from "./ed25519";
import { NO_NETWORK, objectId, sha256 } from "./hashing";
import * as shapes from "./shapes";
import { bytes, count, digest, list, name, type Of, publicKey, read, small, struct, text, time, tuple, whole } from "./shapes";

const SUITE = 1;
const VALIDATOR = 4; // role of a key that signs block headers

const founder = struct({
  name,
  realm: name,
  roles: list(small),
  threshold: small,
  keys: list(struct({ suite: whole(SUITE, SUITE), role: small, public: publicKey }), 32, 1),
  sealKey: digest,
});

const validator = struct({ founder: small, public: publicKey, power: count });

const genesis = struct({
  format: whole(1, 1),
  hashSuite: whole(1, 1),
  name,
  time,
  founders: list(founder, 1024, 1),
  validators: list(validator, 1024, 1),
  parameters: list(tuple<[number, number]>(small, count)),
  policies: list(bytes(0, Infinity)),
  purposes: list(struct({ number: small, system: text(0, 256), code: text(1, 64), impliedBy: list(small) })),
  groups: list(struct({ name, members: list(small) })),
});
export type Genesis = Of<typeof genesis>;

const file = struct({ document: bytes(0, Infinity), proofs: list(shapes.signature) });

/** A validator's public key, and its share of the votes. */
export interface Power {
  readonly key: Bytes;
  readonly power: bigint;
}

/** Validators by key id in hexadecimal. */
export type Validators = ReadonlyMap<string, Power>;

/** The network's id, its document, and the founding validators. */
export interface Network {
  readonly id: Bytes;
  readonly genesis: Genesis;
  readonly validators: Validators;
}

interface ListedKey {
  readonly account: Bytes;
  readonly role: number;
  readonly public: Bytes;
}

/** Return what the genesis file says; throws Malformed also where a key is listed twice or its possession is not proved. */
export async function readGenesis(raw: Bytes): Promise<Network> {
  const { document, proofs } = read(raw, file);
  const found = read(document, genesis);
  const network = sha256(document);
  const keys = listedKeys(found);
  const distinct = new Set(keys.map((key) => hex(key.public)));
  if (keys.length !== proofs.length || distinct.size !== keys.length) throw new Malformed();
  for (const [at, key] of keys.entries()) {
    if (!(await possessed(network, key, proofs[at] as Bytes))) throw new Malformed();
  }
  const validators = new Map(
    found.validators.map((v) => [hex(keyId(network, v.public)), { key: v.public, power: BigInt(v.power) }]),
  );
  return { id: network, genesis: found, validators };
}

/** Return every key in the document, in the order of its proofs. */
function listedKeys(genesis: Genesis): readonly ListedKey[] {
  const accounts = genesis.founders.map(({ keys }) =>
    objectId("organisation", NO_NETWORK, (keys[0] as { public: Bytes }).public, new Uint8Array(16), 0, 0),
  );
  const founders = genesis.founders.flatMap(({ keys }, at) =>
    keys.map((key) => ({ account: accounts[at] as Bytes, role: key.role, public: key.public })),
  );
  const validators = genesis.validators.map((v) => {
    const account = accounts[v.founder];
    if (account === undefined) throw new Malformed();
    return { account, role: VALIDATOR, public: v.public };
  });
  return [...founders, ...validators];
}

/** True if the key is a valid point and its possession for the account in its role is proved. */
async function possessed(network: Bytes, key: ListedKey, proof: Bytes): Promise<boolean> {
  const payload = encode([key.account, key.role, SUITE, key.public]);
  const message = toBeSigned("possession", network, payload, keyId(network, key.public));
  return validPublicKey(key.public) && (await verify(key.public, message, proof));
}
