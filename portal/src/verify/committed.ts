/**
 * Committed headers: headers of CometBFT with the commits that decided them, as `salus.evidence.committed` reads them.
 *
 * The last step is the header itself, those before lead to it over changes of the validators. A step is believed because
 * more than a third of the power trusted so far signed it, or because the header just before names its validators; from
 * then on its own validators are trusted.
 */
import { type Bytes, equal } from "./bytes";
import { Malformed } from "./cbor";
import {
  chainId,
  type Commit,
  committedBy,
  type Header,
  readCommit,
  readHeader,
  readValidators,
  setHash,
  trustedBy,
  type Validator,
} from "./cometbft";
import { bytes, id, list, read, struct, tuple, whole } from "./shapes";

const MAX_BYTES = 64 * 1024;
const MAX_STEPS = 64;
const part = bytes(0, MAX_BYTES);
const committed = struct({
  format: whole(2, 2),
  network: id,
  steps: list(tuple<[Bytes, Bytes, Bytes]>(part, part, part), MAX_STEPS, 1), // header, commit, validators
});

/** One step as it was read: its parts belong together, and nothing is verified. */
export interface Step {
  readonly header: Header;
  readonly commit: Commit;
  readonly validators: readonly Validator[];
}

/** True if `raw` begins as a committed header does. */
export function isCommitted(raw: Bytes): boolean {
  return raw[0] === 0x83 && raw[1] === 0x02;
}

/** Return the steps in `raw`, heights and times rising; throws Malformed, also where parts are not one block's. */
export function readSteps(network: Bytes, raw: Bytes): readonly Step[] {
  if (raw.length > MAX_BYTES) throw new Malformed();
  const found = read(raw, committed);
  if (!equal(found.network, network)) throw new Malformed();
  const chain = chainId(network);
  const steps = found.steps.map((parts) => readStep(chain, parts));
  for (const [at, step] of steps.entries()) {
    const before = steps[at - 1];
    if (before === undefined) continue;
    const later = before.header.height < step.header.height && before.header.timeNs < step.header.timeNs;
    if (!later) throw new Malformed();
  }
  return steps;
}

function readStep(chain: string, [rawHeader, rawCommit, rawValidators]: readonly [Bytes, Bytes, Bytes]): Step {
  const step = { header: readHeader(rawHeader, chain), commit: readCommit(rawCommit), validators: readValidators(rawValidators) };
  const { header, commit, validators } = step;
  const fits =
    commit.height === header.height &&
    equal(commit.blockId.hash, header.hash) &&
    commit.votes.length === validators.length &&
    equal(setHash(validators), header.validatorsHash);
  if (!fits) throw new Malformed();
  return step;
}

/** True if `trusted` lead to each of the steps, the oldest first. */
export function verifySteps(network: Bytes, steps: readonly Step[], trusted: readonly Validator[]): boolean {
  const chain = chainId(network);
  let [known, before]: [readonly Validator[], Step | null] = [trusted, null];
  for (const step of steps) {
    const led =
      before !== null && step.header.height === before.header.height + 1
        ? equal(step.header.validatorsHash, before.header.nextValidatorsHash)
        : trustedBy(chain, known, step.commit);
    if (!led || !committedBy(chain, step.validators, step.commit)) return false;
    [known, before] = [step.validators, step];
  }
  return true;
}
