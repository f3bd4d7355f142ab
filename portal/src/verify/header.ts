/** Headers, read in whatever form they have, as `salus.evidence.header` reads them. */
import { type Bytes, equal, hex } from "./bytes";
import { Malformed } from "./cbor";
import { isCommitted, readSteps, type Step, verifySteps } from "./committed";
import { address } from "./cometbft";
import { parse, type Signed, type Signer, toBeSigned } from "./cose";
import { keyId, verify } from "./ed25519";
import type { Validators } from "./genesis";
import { tagged } from "./hashing";
import { bytes, digest, id, type Of, read, struct, time, whole } from "./shapes";

/** A header of the embedded engine, hash-linked and signed by the node's key. */
const header = struct({
  format: whole(1, 1),
  network: id,
  height: whole(1, 2 ** 53 - 1),
  time,
  previous: digest,
  batches: digest,
  appHash: digest, // after the block before
  node: id, // key id of the signer
});

/** What a node of a consortium keeps of a block when it is decided: nobody signed it, so that it proves nothing. */
const decided = struct({
  format: whole(3, 3),
  network: id,
  height: whole(1, 2 ** 53 - 1),
  time,
  previous: digest,
  batches: digest,
  appHash: digest,
  hash: digest, // of the block
  proposer: bytes(20, 20),
});

/** What a header says, whatever its form. */
export interface View {
  readonly height: number;
  readonly time: number; // milliseconds
  readonly appHash: Bytes;
}

/** A header that is well-formed and of the network; who signed it, `signedByValidators` tells. */
export type SignedHeader = OneSigner | ManySigners | NoSigner;

interface OneSigner {
  readonly form: "signed";
  readonly header: Of<typeof header>;
  readonly hash: Bytes;
  readonly signed: Signed;
}

interface ManySigners {
  readonly form: "committed";
  readonly header: View;
  readonly hash: Bytes; // of the block
  readonly network: Bytes;
  readonly steps: readonly Step[];
}

interface NoSigner {
  readonly form: "decided";
  readonly header: View;
  readonly hash: Bytes; // of the block
}

/** Return the header in `raw`; throws Malformed (another network's, or parts that do not belong together). */
export function parseHeader(network: Bytes, raw: Bytes): SignedHeader {
  if (isCommitted(raw)) return parseCommitted(network, raw);
  return raw[0] === 0x89 && raw[1] === 0x03 ? parseDecided(network, raw) : parseSigned(network, raw);
}

function parseDecided(network: Bytes, raw: Bytes): SignedHeader {
  const found = read(raw, decided);
  if (!equal(found.network, network)) throw new Malformed();
  return { form: "decided", header: found, hash: found.hash };
}

function parseSigned(network: Bytes, raw: Bytes): SignedHeader {
  const signed = parse("header", raw);
  const found = read(signed.payload, header);
  const [signer] = signed.signers as readonly [Signer];
  if (!equal(found.network, network) || signed.signers.length !== 1 || !equal(signer.kid, found.node)) {
    throw new Malformed();
  }
  return { form: "signed", header: found, hash: tagged("header", network, signed.payload), signed };
}

function parseCommitted(network: Bytes, raw: Bytes): SignedHeader {
  const steps = readSteps(network, raw);
  const { height, timeNs, appHash, hash } = (steps[steps.length - 1] as Step).header;
  return { form: "committed", header: { height, time: Number(timeNs / 1_000_000n), appHash }, hash, network, steps };
}

/** True if the header is signed by the one of `validators` that it names, or committed by whom they lead to. */
export async function signedByValidators(found: SignedHeader, validators: Validators): Promise<boolean> {
  if (found.form === "decided") return false;
  if (found.form === "committed") {
    const trusted = [...validators.values()].map(({ key, power }) => ({ address: address(key), key, power }));
    return verifySteps(found.network, found.steps, trusted);
  }
  const { header: said, signed } = found;
  const key = validators.get(hex(said.node))?.key;
  const [signer] = signed.signers as readonly [Signer];
  const message = toBeSigned("header", said.network, signed.payload, said.node);
  return key !== undefined && (await verify(key, message, signer.signature));
}

/** Return the validators of a committed header, by key id. */
export function signers({ network, steps }: ManySigners): Validators {
  const { validators } = steps[steps.length - 1] as Step;
  return new Map(validators.map(({ key, power }) => [hex(keyId(network, key)), { key, power }]));
}
