/** The steps about the ledger: form, network, header, state proofs, log entries, the checkpoint and its witnesses. */
import { equal, hex, rising } from "./bytes";
import { Malformed } from "./cbor";
import type { Case } from "./case";
import { origin, readEvidence, type StateFact } from "./format";
import { readGenesis } from "./genesis";
import { isCommitted } from "./committed";
import { parseHeader, signedByValidators, signers } from "./header";
import { tagged } from "./hashing";
import { grew, leafHash, verifyInclusion } from "./log";
import { parse, signedBy, witnessedBy } from "./note";
import { failed, ok, type Result, skipped } from "./report";
import { orNull, readOrNull } from "./shapes";
import { verifyAbsence, verifyMembership } from "./sparse";
import { LOG_KEY, logValue } from "./state";
import { words } from "./words";

/** The file is one object in its one encoding. */
export function checkForm(found: Case): Result {
  const read = orNull(() => readEvidence(found.raw));
  if (read === null) return failed(words("The file is not one canonical evidence object."));
  found.read = read;
  found.network = read.evidence.network;
  return ok(words("One evidence object in its one canonical encoding."));
}

/** The network is the hash of the genesis, whose founders proved that they hold their keys. */
export async function checkNetwork(found: Case): Promise<Result> {
  if (found.genesis === null) return skipped(words("No genesis was given: whose ledger this is cannot be told."));
  const network = await readGenesis(found.genesis).catch((error: unknown) => {
    if (error instanceof Malformed) return null;
    throw error;
  });
  if (network === null) {
    return failed(words("The genesis is malformed, or a founder's proof of possession does not hold."));
  }
  if (!equal(network.id, found.network)) {
    return failed(words("The evidence is of another network than the genesis."));
  }
  found.validators = network.validators;
  return ok(words("The network is the genesis' hash; its founders proved their keys: {0}.", network.genesis.name));
}

/** Validators that the genesis leads to signed the header, and no other was seen at its height. */
export async function checkHeader(found: Case): Promise<Result> {
  const raw = found.read.evidence.header;
  const header = orNull(() => parseHeader(found.network, raw));
  const bad = isCommitted(raw)
    ? words("The ledger header is malformed, or not committed by validators that the genesis leads to.")
    : words("The ledger header is malformed, or not signed by a validator of the genesis.");
  if (header === null) return failed(bad);
  found.header = header;
  if (found.genesis === null) {
    return skipped(words("The header is well-formed; without a genesis no signer is known."));
  }
  if (!(await signedByValidators(header, found.validators))) return failed(bad);
  const { height } = header.header;
  const memory = found.remembered?.ledger;
  if (memory && memory.height === height && !equal(memory.header, header.hash)) {
    return failed(words("Another header was seen at this height before: the ledger forked."));
  }
  if (header.form !== "committed") {
    return ok(words("The header of height {0} is signed by a validator of the genesis.", height));
  }
  found.validators = new Map([...found.validators, ...signers(header)]);
  return ok(words("The header of height {0} is committed by validators that the genesis leads to.", height));
}

/** Each key has the value shown, or none, under the header's app hash; each key stands once. */
export function checkFacts(found: Case): Result {
  const { facts } = found.read.evidence;
  if (!rising(facts, (fact) => fact.key)) {
    return failed(words("A key of the state stands twice, or the keys are out of order."));
  }
  for (const fact of facts) {
    if (!holds(found, fact)) return failed(words("A proof of the state does not lead to the header's app hash."));
    found.hold(fact.key, fact.value);
  }
  if (facts.length === 0) return failed(words("There is no fact of the state."));
  found.proved.push(words("{0} keys of the state have the values shown.", facts.length));
  return ok(words("{0} keys have the values shown, under the header's app hash.", facts.length));
}

function holds(found: Case, { key, value, proof }: StateFact): boolean {
  const root = found.header.header.appHash;
  return value === null ? verifyAbsence(root, key, proof) : verifyMembership(root, key, value, proof);
}

/** Each event is an entry of the log whose size and root the state holds. */
export function checkEvents(found: Case): Result {
  const { events, checkpoint } = found.read.evidence;
  const log = readOrNull(found.value(LOG_KEY), logValue);
  found.log = log;
  if (log === null) {
    if (events.length > 0 || checkpoint) return failed(words("The size and root of the log are not proved."));
    return skipped(words("The evidence says nothing about the log."));
  }
  const memory = found.remembered?.ledger;
  if (memory && memory.logSize === log.size && !equal(memory.logRoot, log.root)) {
    return failed(words("Another log of this size was seen before: the ledger forked."));
  }
  for (const { index, size, body, path } of events) {
    const entry = tagged("event", found.network, body);
    if (size !== log.size || !verifyInclusion(log.root, entry, BigInt(index), BigInt(size), path)) {
      return failed(words("An event is not in the ledger's log at its place."));
    }
    found.bodies.push(body);
    found.proved.push(
      words("Entry {0} of the ledger's log is the event shown, leaf {1}.", index, hex(leafHash(entry))),
    );
  }
  const number = events.length;
  if (number === 0) return skipped(words("No event is shown."));
  const stands = number === 1 ? words("1 event stands") : words("{0} events stand", number);
  return ok(words("{0} in the log of {1} entries that the state holds.", stands, log.size));
}

/** The note is of this log, signed by a validator; the state's log and the note's are one; who cosigned. */
export async function checkCheckpoint(found: Case): Promise<Result> {
  const shown = found.read.evidence.checkpoint;
  if (shown === null) {
    return skipped(words("No checkpoint is shown: nobody outside has witnessed this ledger."));
  }
  if (found.log === null) return failed(words("The size and root of the log are not proved."));
  const note = orNull(() => parse(shown.note));
  if (note === null) return failed(words("The checkpoint is not one signed note."));
  if (note.origin !== origin(found.network)) return failed(words("The checkpoint is of another log."));
  const log = { size: BigInt(found.log.size), root: found.log.root };
  const [small, large] = log.size <= note.size ? [log, note] : [note, log];
  if (!grew(small.size, small.root, large.size, large.root, shown.growth)) {
    return failed(words("The checkpoint and the state do not speak of one log."));
  }
  if (found.genesis === null) {
    return skipped(words("The checkpoint fits the log; without a genesis no signer is known."));
  }
  const signed = await Promise.all(
    [...found.validators.values()].map(({ key }) => signedBy(note, { name: note.origin, public: key })),
  );
  if (!signed.includes(true)) return failed(words("The checkpoint is not signed by a validator of the genesis."));
  const count = await witnessedBy(note, found.witnesses);
  if (count === 0) return ok(words("The checkpoint is the ledger's own; no witness known to you has cosigned it."));
  if (note.size < log.size) {
    return ok(words("Witnesses known to you cosigned an earlier checkpoint of this log, not what is shown here."));
  }
  found.witnessed = true;
  found.proved.push(words("{0} witnesses known to you have seen the same log, of {1} entries.", count, note.size));
  return ok(words("The checkpoint is the ledger's own, cosigned by {0} witnesses known to you.", count));
}
