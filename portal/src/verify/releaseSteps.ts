/**
 * The steps about a release of any kind: who asked, on which ground, and that these are its records.
 *
 * A ground is named with its version in words, as the ledger holds it; what a directive or a policy set says stands
 * elsewhere on the ledger under that id.
 */
import { type Bytes, compare, equal, hex } from "./bytes";
import type { Case } from "./case";
import { keyId, verify } from "./ed25519";
import { Kind, page, pageEntry, sessionRoot } from "./format";
import { tagged } from "./hashing";
import { relationRoot } from "./record";
import { failed, ok, type Result, skipped } from "./report";
import { parseRequest, type SignedRequest } from "./request";
import { orNull, readOrNull } from "./shapes";
import {
  type AnswerValue,
  answerKey,
  answerValue,
  type Basis,
  type Broken,
  broken,
  closed,
  type Deferred,
  deferred,
  type EventShape,
  Ground,
  inBulk,
  opened,
  Outcome,
  ownerKey,
  pushed,
  readEvent,
  type Released,
  released,
} from "./state";
import { type Part, type Words, words } from "./words";

const NO_EVENT = words("No entry of the log shown is the release of this request on this root.");
const NO_RELEASE = words("The state proved holds no release for this request and relation.");
const NAMES = new Map<number, Words>([
  [Ground.DIRECTIVE, words("directive")],
  [Ground.POLICY, words("policy set")],
  [Ground.ORDER, words("order")],
]);
const REASONS = new Map<number, Words>([
  [1, words("The patient is unconscious.")],
  [2, words("The patient's life is in danger.")],
  [3, words("The patient cannot understand or decide at present.")],
  [4, words("Nobody who may decide for the patient can be reached in time.")],
  [5, words("A poisoning or an overdose, whose cause must be known at once.")],
]);

/** The recipient signed the request; the answer in the state and the event in the log are a release on it. */
export async function checkRequest(found: Case): Promise<Result> {
  const { kind, request: fact, opening } = found.read.evidence;
  if (kind === Kind.PUSH) return fact ? failed(words("A push has no request.")) : push(found);
  if (kind !== Kind.RELEASE && kind !== Kind.PAGE && kind !== Kind.SESSION) {
    if (fact) return failed(words("Only a release has a request."));
    return skipped(words("The evidence is not about a release."));
  }
  if (fact === null || (kind !== Kind.SESSION && opening === null)) {
    return failed(words("The recipient's request is missing."));
  }
  const request = orNull(() => parseRequest(found.network, fact.signed));
  if (request === null) return failed(words("The request is malformed."));
  const itsKey = equal(keyId(found.network, fact.public), request.key);
  if (!itsKey || !(await verify(fact.public, request.toBeSigned, request.signature))) {
    return failed(words("The request's signature does not verify."));
  }
  if (opening !== null && !equal(opening.relation, request.payload.relation)) {
    return failed(words("The request is about another relation."));
  }
  const answer = readOrNull(found.value(answerKey(request.payload.relation, request.id)), answerValue);
  if (answer === null) return failed(NO_RELEASE);
  if (!equal(found.value(ownerKey(request.key)), answer.recipient)) {
    return failed(words("The request is not signed by a key of the release's recipient."));
  }
  if (kind !== Kind.RELEASE) return session(found, request, answer);
  return request.reason === null ? release(found, request, answer) : glass(found, request, answer);
}

function release(found: Case, request: SignedRequest, answer: AnswerValue): Result {
  if (answer.outcome !== Outcome.RELEASED) return failed(NO_RELEASE);
  const event = find(found, released, request);
  if (event === null || !answers(found, event, answer)) return failed(NO_EVENT);
  [found.committed, found.release] = [event.leaves, request.id];
  found.proved.push(did(event, words("released them")));
  return ok(words("The recipient signed the request; state and log hold the release that answers it."));
}

function glass(found: Case, request: SignedRequest, answer: AnswerValue): Result {
  const late = answer.outcome === Outcome.DEFERRED;
  if (answer.outcome !== Outcome.BREAK_GLASS && !late) {
    return failed(words("The state proved holds no release by break-glass for this request and relation."));
  }
  const afterwards = late ? find(found, deferred, request) : null;
  const event = late ? afterwards : find(found, broken, request);
  if (event === null || !answers(found, event, answer) || event.reason !== request.reason) return failed(NO_EVENT);
  [found.committed, found.release] = [event.leaves, request.id];
  found.proved.push(did(event, words("released them")));
  const why = REASONS.get(event.reason) ?? words("Reason number {0}.", event.reason);
  found.proved.push(
    words("The recipient signed why it broke the glass: {0} A review was opened with the release.", why),
  );
  if (afterwards !== null) found.proved.push(lateness(afterwards));
  return ok(
    words("The recipient signed the request and its reason; state and log hold the release by break-glass."),
  );
}

function lateness({ occurred, outage: [height, known] }: Deferred): Words {
  return words(
    "The release was deferred: the data left at {0}, before the ledger could take it, on the state of height {1}, known to be the newest up to {2} (milliseconds since 1970).",
    occurred,
    height,
    known,
  );
}

function session(found: Case, request: SignedRequest, answer: AnswerValue): Result {
  if (answer.outcome !== Outcome.SESSION) {
    return failed(words("The state proved holds no session for this request and relation."));
  }
  const event = find(found, opened, request);
  if (event === null || event.ends !== answer.deliverBy || !equal(event.recipient, answer.recipient)) {
    return failed(words("No entry of the log shown is the opening of this session."));
  }
  found.release = request.id;
  found.proved.push(did(event, words("opened a session"), words("for")));
  if (found.read.evidence.kind === Kind.PAGE) {
    return ok(words("The recipient signed the request; state and log hold the session that answers it."));
  }
  const end = find(found, closed, request);
  if (end === null || answer.leaves === null || !equal(end.root, answer.leaves)) {
    return failed(words("State and log shown do not hold the closing of this session."));
  }
  found.committed = end.root;
  return ok(words("The recipient signed the request; state and log hold the session, opened and closed."));
}

function push(found: Case): Result {
  const { opening } = found.read.evidence;
  const pushes = found.bodies.flatMap((body) => readEvent(body, pushed) ?? []);
  const bulks = found.bodies.flatMap((body) => readEvent(body, inBulk) ?? []);
  const [event, ...others] = [...pushes, ...bulks];
  if (opening === null || !event || others.length > 0 || !equal(event.relation, opening.relation)) {
    return failed(words("No entry of the log shown is one push of this relation."));
  }
  const answer = readOrNull(found.value(answerKey(event.relation, event.release)), answerValue);
  const bulk = "bulk" in event;
  if (answer === null || answer.outcome !== (bulk ? Outcome.BULK : Outcome.PUSHED)) {
    return failed(words("The state proved holds no push for this relation."));
  }
  if (!agree(event, answer)) return failed(words("State and log do not hold one push."));
  if (!equal(event.relationRoot, relationRoot(found.network, opening))) {
    return failed(words("The push is not on this root of the relation."));
  }
  [found.committed, found.release] = [event.leaves, event.release];
  found.proved.push(did(event, bulk ? words("released them in bulk") : words("pushed them")));
  return ok(words("State and log hold the push; nobody had to ask for it."));
}

/** What an event about a request may have of it. */
interface Asked {
  readonly request: Bytes;
  readonly relation: Bytes;
  readonly filter?: Bytes;
  readonly purpose?: number;
  readonly staff?: Bytes | null;
  readonly sealKey?: Bytes;
}

/** Return the first event of `shape` about the request, which must agree with every field of it that it has. */
function find<T extends Asked>(found: Case, shape: EventShape<T>, { id, payload }: SignedRequest): T | null {
  const fits = (event: T): boolean =>
    equal(event.request, id) &&
    equal(event.relation, payload.relation) &&
    (event.filter === undefined || equal(event.filter, payload.filter)) &&
    (event.purpose === undefined || event.purpose === payload.purpose) &&
    (event.staff === undefined || equal(event.staff, payload.staff)) &&
    (event.sealKey === undefined || equal(event.sealKey, payload.sealKey));
  for (const body of found.bodies) {
    const event = readEvent(body, shape);
    if (event !== null && fits(event)) return event;
  }
  return null;
}

/** True if state, log, and the relation's root shown speak of one release. */
function answers(found: Case, event: Released | Broken | Deferred, answer: AnswerValue): boolean {
  const { opening } = found.read.evidence;
  const onRoot = opening !== null && equal(event.relationRoot, relationRoot(found.network, opening));
  return onRoot && agree(event, answer);
}

interface Left {
  readonly recipient: Bytes;
  readonly leaves: Bytes;
  readonly deliverBy: number;
}

function agree(event: Left, answer: AnswerValue): boolean {
  const same = equal(answer.recipient, event.recipient) && equal(answer.leaves, event.leaves);
  return same && answer.deliverBy === event.deliverBy;
}

interface Deed {
  readonly custodian: Bytes;
  readonly recipient: Bytes;
  readonly purpose: number;
  readonly basis: Basis;
}

function did({ custodian, recipient, purpose, basis }: Deed, deed: Words, direction = words("to")): Words {
  return words(
    "Custodian {0} {1} {2} {3}, for purpose number {4}, on {5}.",
    hex(custodian),
    deed,
    direction,
    hex(recipient),
    purpose,
    ground(basis),
  );
}

/** Return what a release rests on in words, with its version. */
function ground([kind, name, version]: Basis): Part {
  if (kind === Ground.SELF) {
    const own = words("the person's own access");
    return name === null ? own : [own, words(", by who acts for her under {0}", hex(name))];
  }
  const called = NAMES.get(kind);
  if (name === null || (kind !== Ground.BREAK_GLASS && called === undefined)) return words("ground number {0}", kind);
  if (called === undefined) return words("break-glass under policy set {0}, version {1}", hex(name), version);
  return words("{0} {1}{2}", called, hex(name), kind === Ground.ORDER ? "" : words(", version {0}", version));
}

/** The records here are exactly those that the release committed to; of a session, the pages. */
export function checkLeaves(found: Case): Result {
  const { evidence, annex } = found.read;
  const { kind, request } = evidence;
  if (kind === Kind.RELEASE && request !== null) return opens(found, request.leavesSalt);
  if (kind === Kind.PUSH && annex !== null) return opens(found, annex.salt);
  if ((kind === Kind.PAGE || kind === Kind.SESSION) && request?.leavesSalt.some((octet) => octet !== 0) === true) {
    return failed(words("A salt of leaves is shown, which nothing of a session is opened by."));
  }
  if (kind === Kind.PAGE && annex !== null) return onPage(found, annex.salt, annex.page);
  if (kind === Kind.SESSION && annex !== null && found.release !== null) {
    const root = sessionRoot(found.network, found.release, annex.salt, annex.pages);
    if (!equal(root, found.committed)) {
      return failed(words("The pages are not exactly those of the session's log: one is left out, or added."));
    }
    found.proved.push(words("The session's log holds {0} pages, and no others.", annex.pages.length));
    return ok(words("The commitment of the closing opens with exactly these pages."));
  }
  return skipped(words("The evidence is not about a release."));
}

function opens(found: Case, salt: Bytes): Result {
  if (!equal(tagged("leaves", found.network, salt, found.leaves.toSorted(compare)), found.committed)) {
    return failed(words("The records are not exactly those of the release: one is left out, or added."));
  }
  found.proved.push(words("These are all the records of the release, and no others."));
  return ok(words("The commitment of the release opens with exactly these records."));
}

function onPage(found: Case, salt: Bytes, raw: Bytes | null): Result {
  const entry = readOrNull(raw, page);
  if (raw !== null && entry === null) return failed(words("The page's entry is malformed."));
  if (raw === null || entry === null || !equal(entry.session, found.release)) {
    return failed(words("The entry shown is not of this session's log."));
  }
  const leaves = found.leaves.toSorted(compare);
  const same = leaves.length === entry.leaves.length && leaves.every((leaf, at) => equal(leaf, entry.leaves[at] ?? null));
  if (!same) return failed(words("The records are not exactly those of the page: one is left out, or added."));
  found.proved.push(
    words(
      "These are all the records of page {0}, whose entry in the session's log is {1}.",
      entry.number,
      hex(pageEntry(found.network, salt, raw)),
    ),
  );
  return ok(words("The page's entry names exactly these records."));
}
