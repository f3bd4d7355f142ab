/** The search field, with what was found below it. */
import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import { get, type Hit } from "../api";
import { useSettings } from "../settings";

const PAGES = { block: "blocks", envelope: "envelopes", member: "members", policy: "policies" } as const;

function address(hit: Hit): string {
  return `#/${PAGES[hit.kind]}/${hit.target}`;
}

export function Search() {
  const { words, say } = useSettings();
  const [hits, setHits] = useState<readonly Hit[] | "failed" | null>(null);
  const box = useRef<HTMLFormElement>(null);
  const hint = useId();
  useEffect(() => {
    const leave = (event: Event) => {
      if (!(event.target instanceof Node && box.current?.contains(event.target))) setHits(null);
    };
    const escape = (event: KeyboardEvent) => event.key === "Escape" && setHits(null);
    const moved = () => setHits(null);
    addEventListener("pointerdown", leave);
    addEventListener("keydown", escape);
    addEventListener("hashchange", moved);
    return () => {
      removeEventListener("pointerdown", leave);
      removeEventListener("keydown", escape);
      removeEventListener("hashchange", moved);
    };
  }, []);
  const search = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const given = String(new FormData(event.currentTarget).get("q") ?? "").trim();
    if (given === "") return;
    try {
      const path = `/explorer/search?q=${encodeURIComponent(given)}`;
      const found = (await get<{ hits: readonly Hit[] }>(path, new AbortController().signal)).hits;
      const [only] = found;
      if (found.length === 1 && only !== undefined) location.hash = address(only);
      else setHits(found);
    } catch {
      setHits("failed");
    }
  };
  return (
    <form className="search" role="search" ref={box} onSubmit={(event) => void search(event)}>
      <input
        type="search"
        name="q"
        maxLength={128}
        autoComplete="off"
        spellCheck={false}
        placeholder={words.searchHint}
        aria-label={words.search}
        aria-describedby={hint}
      />
      <button type="submit" aria-label={words.search}>
        <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" fill="none" stroke="currentColor" strokeWidth="1.6">
          <circle cx="7" cy="7" r="4.5" />
          <path d="M10.5 10.5L14 14" strokeLinecap="round" />
        </svg>
      </button>
      <span id={hint} hidden>
        {words.searchWhat}
      </span>
      <div className="hits" aria-live="polite" hidden={hits === null}>
        {hits === "failed" && <p>{words.searchFailed}</p>}
        {hits !== null && hits !== "failed" && hits.length === 0 && (
          <p>
            <strong>{words.nothingFound}</strong> {words.searchWhat}
          </p>
        )}
        {hits !== null && hits !== "failed" && hits.length > 0 && (
          <ul>
            {hits.map((hit) => (
              <li key={`${hit.kind}/${hit.target}`}>
                <a href={address(hit)} onClick={() => setHits(null)}>
                  {say(hit.label)}
                </a>
              </li>
            ))}
          </ul>
        )}
      </div>
    </form>
  );
}
