/** `verifyEvidence` beside the page: a complete view of a hundred thousand records takes seconds, and the page goes on. */
import type { Report } from "./report";
import type { Options } from "./verify";

export interface Ask {
  readonly evidence: Uint8Array;
  readonly genesis: Uint8Array | null;
  readonly options: Options;
}
export type Told = { readonly report: Report } | { readonly error: string };

/** Return what `verifyEvidence` returns, worked out by a thread that ends with it, or when `signal` says so. */
export function verifyApart(
  evidence: Uint8Array,
  genesis: Uint8Array | null,
  options: Options = {},
  signal?: AbortSignal,
): Promise<Report> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  const { promise, resolve, reject } = Promise.withResolvers<Report>();
  worker.onmessage = ({ data }: MessageEvent<Told>) => {
    if ("report" in data) resolve(data.report);
    else reject(new Error(data.error));
  };
  worker.onerror = () => reject(new Error("The verifier could not be started."));
  signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  if (signal?.aborted) reject(signal.reason as Error);
  worker.postMessage({ evidence, genesis, options } satisfies Ask);
  return promise.finally(() => worker.terminate());
}
