/** A recipient's signed request, embedded in the release that answers it, as `salus.core.request` reads it. */
import type { Bytes } from "./bytes";
import { Malformed } from "./cbor";
import { isOf, parse, type Signer, toBeSigned } from "./cose";
import { tagged } from "./hashing";
import { digest, id, nonce, nullable, type Of, read, small, struct, time } from "./shapes";

const fields = {
  relation: id,
  filter: digest,
  purpose: small,
  staff: nullable(digest),
  sealKey: digest,
  nonce,
  notAfter: time,
};
const request = struct(fields);
const glassRequest = struct({ ...fields, reason: small });
const REQUEST = "request";
const GLASS = "break-glass";

/** A parsed request; its signature was not checked. */
export interface SignedRequest {
  readonly id: Bytes;
  readonly payload: Of<typeof request>;
  readonly reason: number | null; // why the glass was broken; null in an ordinary request
  readonly key: Bytes; // id of the signing key
  readonly signature: Bytes;
  readonly toBeSigned: Bytes;
}

/** Return the request in `raw`, of either kind; throws Malformed unless exactly one key signed it. */
export function parseRequest(network: Bytes, raw: Bytes): SignedRequest {
  const kind = isOf(GLASS, raw) ? GLASS : REQUEST;
  const { payload, signers } = parse(kind, raw);
  if (signers.length !== 1) throw new Malformed();
  const { kid, signature } = signers[0] as Signer;
  const glass = kind === GLASS ? read(payload, glassRequest) : null;
  return {
    id: tagged("request", network, payload),
    payload: glass ?? read(payload, request),
    reason: glass?.reason ?? null,
    key: kid,
    signature,
    toBeSigned: toBeSigned(kind, network, payload, kid),
  };
}
