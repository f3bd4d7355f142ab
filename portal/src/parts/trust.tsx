/** What kind of trust the ledger deserves, said wherever it might be taken for more. */
import type { Status } from "../api";
import { useSettings } from "../settings";

const STALE_MS = 60_000; // usually: gateways decide on nothing that is older

export function Trust({ status }: { status: Status }) {
  const { words, say, language } = useSettings();
  const names = status.cosigned.map((one) => one.name).join(", ");
  const why = status.engine === "cometbft" ? words.networkWhy : words.engineWhy;
  const said = [why, names === "" ? words.unwitnessed : words.witnessed(names)];
  if (status.behind_ms >= 1000) said.push(words.behind(Math.floor(status.behind_ms / 1000)));
  if (status.begins_at !== null) said.push(words.begins(status.begins_at));
  if (status.pruned_before !== null && status.pruned_before !== status.begins_at) {
    said.push(words.pruned(status.pruned_before));
  }
  const voted = status.engine === "cometbft" && status.behind_ms < STALE_MS;
  return (
    <aside className={voted ? "trust voted" : "trust"} aria-labelledby="trust-title">
      <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" fill="none" stroke="currentColor" strokeWidth="1.7">
        <path d="M12 3l7 3v5c0 4.6-3 8.3-7 10-4-1.7-7-5.4-7-10V6l7-3z" strokeLinejoin="round" />
        {voted ? (
          <path d="M8.5 12l2.4 2.4 4.6-4.8" strokeLinecap="round" strokeLinejoin="round" />
        ) : (
          <path d="M12 8v4.5M12 15.5v.5" strokeLinecap="round" />
        )}
      </svg>
      <div>
        <h2 id="trust-title">{say(status.trust)}</h2>
        <p>{said.join(language === "zh" ? "" : " ")}</p>
      </div>
    </aside>
  );
}
