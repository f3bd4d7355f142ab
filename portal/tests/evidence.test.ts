import { describe, expect, test } from "vitest";
import { unhex } from "../src/verify/bytes";
import { verifyEvidence } from "../src/verify/verify";
import { load } from "./vectors";

interface Vectors {
  genesis: string;
  witnesses: { name: string; public: string }[];
  cases: { name: string; evidence: string; verdict: string; failed_step: string | null }[];
}

const vectors = load<Vectors>("evidence");
const genesis = unhex(vectors.genesis);
const witnesses = vectors.witnesses.map((one) => ({ name: one.name, public: unhex(one.public) }));

describe("evidence", () => {
  test.each(vectors.cases)("$name: $verdict", async (vector) => {
    const report = await verifyEvidence(unhex(vector.evidence), genesis, { witnesses });
    const failed = report.steps.find((step) => step.state === "failed");
    expect(report.verdict).toBe(vector.verdict.toLowerCase().replace("_", "-"));
    expect(failed?.name ?? null).toBe(vector.failed_step);
  });
});
