/** The published vectors of committed headers, valid and invalid: what leads from whom is trusted to a header. */
import { describe, expect, test } from "vitest";
import { hex, unhex } from "../src/verify/bytes";
import { keyId } from "../src/verify/ed25519";
import type { Validators } from "../src/verify/genesis";
import { parseHeader, signedByValidators, signers } from "../src/verify/header";
import { orNull } from "../src/verify/shapes";
import { load } from "./vectors";

const vectors = load<{
  network: string;
  trusted: { public: string; power: number }[];
  valid: { name: string; header: string; hash: string; height: number; time: number; app_hash: string }[];
  invalid: { name: string; header: string; code: number }[];
}>("committed");
const MALFORMED = 1; // code of the refusal of what cannot even be read
const network = unhex(vectors.network);
const trusted: Validators = new Map(
  vectors.trusted.map((one) => [
    hex(keyId(network, unhex(one.public))),
    { key: unhex(one.public), power: BigInt(one.power) },
  ]),
);

describe("committed headers", () => {
  test.each(vectors.valid)("$name", async (vector) => {
    const found = parseHeader(network, unhex(vector.header));
    expect([hex(found.hash), hex(found.header.appHash)]).toEqual([vector.hash, vector.app_hash]);
    expect([found.header.height, found.header.time]).toEqual([vector.height, vector.time]);
    expect(await signedByValidators(found, trusted)).toBe(true);
    expect(await signedByValidators(found, new Map())).toBe(false);
    expect(found.form === "committed" && signers(found).size > 0).toBe(true);
  });

  test.each(vectors.invalid)("$name is refused", async ({ header, code }) => {
    const found = orNull(() => parseHeader(network, unhex(header)));
    expect(found === null).toBe(code === MALFORMED);
    if (found !== null) expect(await signedByValidators(found, trusted)).toBe(false);
  });

  test("with any byte changed, none", async () => {
    for (const { name, header } of vectors.valid.filter(({ name }) => ["first block", "over bridges"].includes(name))) {
      const raw = unhex(header);
      for (let at = 0; at < raw.length; at += 29) {
        const changed = raw.slice();
        changed[at] = (changed[at] as number) ^ 4;
        const found = orNull(() => parseHeader(network, changed));
        expect(found !== null && (await signedByValidators(found, trusted)), `${name}, byte ${at}`).toBe(false);
      }
    }
  });
});
