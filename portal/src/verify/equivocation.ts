/**
 * Proof that a log's operator signed two histories: two signed notes, and nothing to be taken on trust, as
 * `salus.evidence.equivocation` reads it.
 *
 * Where the notes are of one size, their roots differ. Where one log is longer, the object holds the root that the
 * longer one had at the size of the shorter, proved by the longer note itself (RFC 9162 section 2.1.4).
 */
import { type Bytes, equal } from "./bytes";
import { Malformed } from "./cbor";
import { origin } from "./format";
import { type Network, readGenesis } from "./genesis";
import { grew, path } from "./log";
import { type Checkpoint, parse, signedBy } from "./note";
import { bytes, digest, id, read, struct, whole } from "./shapes";

const note = bytes(0, 64 * 1024);
const equivocation = struct({
  format: whole(1, 1),
  network: id,
  shorter: note,
  longer: note,
  root: digest, // of the log under `longer` when it had the size of `shorter`
  growth: path,
});

/** What an object shows to somebody who trusts the genesis. */
export type Histories =
  | { readonly found: "two-histories"; readonly shorter: bigint; readonly longer: bigint } // sizes of the two logs
  | { readonly found: "one-history" | "wrong-signature" | "malformed" };

/** Return what `raw` proves: two histories, or why it does not. */
export async function checkEquivocation(raw: Uint8Array, genesis: Uint8Array): Promise<Histories> {
  try {
    return await checked(raw, genesis);
  } catch (error) {
    if (error instanceof Malformed) return { found: "malformed" };
    throw error;
  }
}

async function checked(raw: Bytes, genesis: Bytes): Promise<Histories> {
  const shown = read(raw, equivocation);
  const [shorter, longer] = [parse(shown.shorter), parse(shown.longer)];
  const network = await readGenesis(genesis);
  const signed = (await byTheLog(shorter, network)) && (await byTheLog(longer, network));
  if (!signed || !equal(shown.network, network.id)) return { found: "wrong-signature" };
  const continues = shorter.size <= longer.size && grew(shorter.size, shown.root, longer.size, longer.root, shown.growth);
  if (!continues) return { found: "malformed" };
  if (equal(shown.root, shorter.root)) return { found: "one-history" };
  return { found: "two-histories", shorter: shorter.size, longer: longer.size };
}

/** True if the checkpoint is of the network's log, and a validator of the genesis signed it. */
async function byTheLog(checkpoint: Checkpoint, network: Network): Promise<boolean> {
  if (checkpoint.origin !== origin(network.id)) return false;
  const keys = [...network.validators.values()].map(({ key }) => ({ name: checkpoint.origin, public: key }));
  const signed = await Promise.all(keys.map((key) => signedBy(checkpoint, key)));
  return signed.includes(true);
}
