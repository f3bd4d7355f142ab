/** The verifier in a thread of its own: answers each request with its report. */
import type { Ask, Told } from "./apart";
import { verifyEvidence } from "./verify";

addEventListener("message", ({ data }: MessageEvent<Ask>) => {
  verifyEvidence(data.evidence, data.genesis, data.options).then(
    (report) => postMessage({ report } satisfies Told),
    (error: unknown) => postMessage({ error: String(error) } satisfies Told),
  );
});
