/** What stands around every page: its head with the menu, search and settings, and its foot. */
import { type ReactNode, useEffect, useRef } from "react";
import icon from "../icon.svg";
import type { Status } from "../api";
import { type Loaded, useRoute } from "../hooks";
import { type Language, type Theme, useSettings, WORDS } from "../settings";
import { Search } from "./search";

const PAGES = ["overview", "blocks", "members", "policies", "verify"] as const;
const UNDER: Record<string, (typeof PAGES)[number]> = { envelopes: "blocks" };

export function Frame({ status, children }: { status: Loaded<Status>; children: ReactNode }) {
  const { words, say } = useSettings();
  const { parts } = useRoute();
  const main = useRef<HTMLElement>(null);
  const first = parts[0] ?? "overview";
  const current = UNDER[first] ?? first;
  const place = parts.join("/");
  const seen = useRef(place);
  useEffect(() => {
    if (seen.current === place) return;
    seen.current = place;
    scrollTo(0, 0);
    main.current?.focus({ preventScroll: true }); // so that a screen reader begins with the new page
  }, [place]);
  return (
    <>
      <a className="skip" href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        {words.skip}
      </a>
      <header className="head">
        <div className="bar">
          <a className="brand" href="#/">
            <img src={icon} alt="" width="28" height="28" />
            <span>Salus</span>
            {status.value !== null && <span className="network">{status.value.name}</span>}
          </a>
          <Search />
          <Choices />
        </div>
        <div className="bar">
          <nav aria-label={words.menu}>
            {PAGES.map((page) => (
              <a
                key={page}
                href={page === "overview" ? "#/" : `#/${page}`}
                aria-current={page === current ? "page" : undefined}
              >
                {words[page]}
              </a>
            ))}
          </nav>
          {status.value !== null && <p className={`label ${status.value.engine}`}>{say(status.value.trust)}</p>}
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        {children}
      </main>
      <footer className="foot">
        <div>
          <p>{words.footer}</p>
          {status.value !== null && <p>Salus {status.value.version}</p>}
        </div>
      </footer>
    </>
  );
}

function Choices() {
  const { words, language, theme, setLanguage, setTheme } = useSettings();
  return (
    <div className="choices">
      <select
        aria-label={words.theme}
        value={theme}
        onChange={(event) => setTheme(event.currentTarget.value as Theme)}
      >
        {(["auto", "light", "dark"] as const).map((one) => (
          <option key={one} value={one}>
            {words.themes[one]}
          </option>
        ))}
      </select>
      <select
        aria-label={words.language}
        value={language}
        onChange={(event) => setLanguage(event.currentTarget.value as Language)}
      >
        {(["en", "zh"] as const).map((one) => (
          <option key={one} value={one} lang={WORDS[one].tag}>
            {WORDS[one].name}
          </option>
        ))}
      </select>
    </div>
  );
}
