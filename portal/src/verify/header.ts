/** Headers of the embedded engine: hash-linked and signed by the node's key, as `salus.evidence.header` reads them. */
import { type Bytes, equal, hex } from "./bytes";
import { Malformed } from "./cbor";
import { parse, type Signed, type Signer, toBeSigned } from "./cose";
import { verify } from "./ed25519";
import { tagged } from "./hashing";
import { digest, id, type Of, read, struct, time, whole } from "./shapes";

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

/** A header that is well-formed and of the network; who signed it, `signedByValidator` tells. */
export interface SignedHeader {
  readonly header: Of<typeof header>;
  readonly hash: Bytes;
  readonly signed: Signed;
}

/** Return the header in `raw`; throws Malformed (another network's, or not signed by the node it names alone). */
export function parseHeader(network: Bytes, raw: Bytes): SignedHeader {
  const signed = parse("header", raw);
  const found = read(signed.payload, header);
  const [signer] = signed.signers as readonly [Signer];
  if (!equal(found.network, network) || signed.signers.length !== 1 || !equal(signer.kid, found.node)) {
    throw new Malformed();
  }
  return { header: found, hash: tagged("header", network, signed.payload), signed };
}

/** True if the header is signed by the one of `validators` (public keys by key id, hexadecimal) that it names. */
export async function signedByValidator(
  { header, signed }: SignedHeader,
  validators: ReadonlyMap<string, Bytes>,
): Promise<boolean> {
  const key = validators.get(hex(header.node));
  const [signer] = signed.signers as readonly [Signer];
  const message = toBeSigned("header", header.network, signed.payload, header.node);
  return key !== undefined && (await verify(key, message, signer.signature));
}
