/** The few keys, values and events of the state that evidence speaks of, as `salus.evidence.state` lays them out. */
import { type Bytes, join } from "./bytes";
import { decode } from "./cbor";
import { count, digest, height, id, nonce, nullable, type Of, orNull, type Shape, small, struct, time, tuple } from "./shapes";

export const LOG_KEY: Bytes = Uint8Array.of(0, 2);

/** Of an answer. */
export const Outcome = { RELEASED: 1, SESSION: 3, BREAK_GLASS: 4, PUSHED: 5, DEFERRED: 6, BULK: 8 } as const;

/** What a release rests on: the first number of its basis. */
export const Ground = { SELF: 1, DIRECTIVE: 2, POLICY: 3, ORDER: 4, BREAK_GLASS: 5 } as const;

/** Size and root of the network's log, under LOG_KEY. */
export const logValue = struct({ size: height, root: digest });
export type LogValue = Of<typeof logValue>;

export const relationValue = struct({
  root: digest,
  seq: count,
  anchored: time,
  previous: nullable(digest),
  replaced: nullable(time),
});

export const answerValue = struct({
  outcome: small,
  recipient: id,
  answered: time,
  leaves: nullable(digest),
  deliverBy: nullable(time),
  acknowledged: nullable(time),
});
export type AnswerValue = Of<typeof answerValue>;

const basis = tuple<[number, Bytes | null, number]>(small, nullable(id), count); // kind, id, version
export type Basis = Of<typeof basis>;

const parties = { relation: id, recipient: id, custodian: id };
const asked = { ...parties, request: id, filter: digest, purpose: small, staff: nullable(digest), sealKey: digest, basis };
const left = { relationRoot: digest, leaves: digest };

/** An event of the log: its number, and its fields in their order. */
export interface EventShape<T> {
  readonly number: number;
  readonly fields: Shape<T>;
}

function event<T>(number: number, fields: Shape<T>): EventShape<T> {
  return { number, fields };
}

export const released = event(0x0501, struct({ ...asked, use: count, ...left, trigger: small, deliverBy: time }));
export const broken = event(0x0504, struct({ ...asked, reason: small, ...left, deliverBy: time }));
export const opened = event(
  0x0506,
  struct({ ...asked, use: count, relationRoot: digest, ends: time, trigger: small }),
);
export const closed = event(0x0507, struct({ ...parties, request: id, root: digest }));
export const pushed = event(
  0x0508,
  struct({ ...parties, release: id, purpose: small, basis, use: count, ...left, trigger: small, deliverBy: time }),
);
const outage = tuple<[number, number]>(height, time);
export const deferred = event(
  0x0510,
  struct({ ...asked, reason: small, ...left, occurred: time, outage, deliverBy: time }),
);
export const inBulk = event(
  0x0515,
  struct({ ...parties, release: id, bulk: id, purpose: small, basis, use: count, ...left, deliverBy: time }),
);

export type Released = Of<(typeof released)["fields"]>;
export type Broken = Of<(typeof broken)["fields"]>;
export type Deferred = Of<(typeof deferred)["fields"]>;

const head = tuple<[number, Bytes, number]>(small, nonce, small); // number, nonce of the envelope, index of the message

/** Return the key of a relation's root. */
export function relationKey(relation: Bytes): Bytes {
  return join([Uint8Array.of(3, 1), relation]);
}

/** Return the key of the answer to a request. */
export function answerKey(relation: Bytes, request: Bytes): Bytes {
  return join([Uint8Array.of(5, 1), relation, request]);
}

/** Return the key under which stands, as it is, the account that a signing key is listed for. */
export function ownerKey(key: Bytes): Bytes {
  return join([Uint8Array.of(2, 3), key]);
}

/** Return the event of `shape` in the body of a log entry, or null where it is another. */
export function readEvent<T>(body: Bytes, shape: EventShape<T>): T | null {
  return orNull(() => {
    const entry = decode(body);
    if (!Array.isArray(entry) || entry.length !== 4) return null;
    const [number] = head(entry.slice(0, 3));
    return number === shape.number ? shape.fields(entry[3]) : null;
  });
}
