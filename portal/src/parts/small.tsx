/** Small parts: ids, times, notes, what is still loading. */
import { type ReactNode, useState } from "react";
import type { Loaded } from "../hooks";
import { useSettings } from "../settings";

/** An id, shortened to be read; the whole of it can be copied, and a screen reader hears the short form. */
export function Id({ id, href, whole = false }: { id: string; href?: string; whole?: boolean }) {
  const { words } = useSettings();
  const [copied, setCopied] = useState(false);
  const shown = <code title={id}>{whole ? id : `${id.slice(0, 12)}…`}</code>;
  const copy = () => {
    void navigator.clipboard?.writeText(id).then(() => {
      setCopied(true);
      setTimeout(() => setCopied(false), 1500);
    });
  };
  return (
    <span className={whole ? "id whole" : "id"}>
      {href === undefined ? shown : <a href={href}>{shown}</a>}
      <button type="button" className="copy" onClick={copy} aria-label={`${words.copy} ${id.slice(0, 12)}`}>
        {copied ? <span aria-live="polite">{words.copied}</span> : <CopyMark />}
      </button>
    </span>
  );
}

function CopyMark() {
  return (
    <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" fill="none" stroke="currentColor">
      <rect x="5.5" y="5.5" width="8" height="8" rx="1.5" />
      <path d="M10.5 5.5v-2a1 1 0 0 0-1-1h-6a1 1 0 0 0-1 1v6a1 1 0 0 0 1 1h2" />
    </svg>
  );
}

/** A time in the reader's own zone, and in UTC where the pointer rests. */
export function Time({ ms }: { ms: number }) {
  const { language } = useSettings();
  const date = new Date(ms);
  const iso = Number.isNaN(date.getTime()) ? String(ms) : date.toISOString();
  const shown = new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", {
    dateStyle: "medium",
    timeStyle: "medium",
  }).format(date);
  return (
    <time dateTime={iso} title={iso.replace("T", " ").replace(/\.\d+Z$/, " UTC")}>
      {shown}
    </time>
  );
}

export function Tag({ children, tone = "plain" }: { children: ReactNode; tone?: "plain" | "good" | "bad" | "quiet" }) {
  return <span className={`tag ${tone}`}>{children}</span>;
}

/** Rows of names and values. */
export function Facts({ rows }: { rows: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="facts">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** What was loaded, or that it is loading, or why it cannot be shown. */
export function Shown<T>({ loaded, children }: { loaded: Loaded<T>; children: (value: T) => ReactNode }) {
  const { words } = useSettings();
  if (loaded.value !== null) return children(loaded.value);
  if (loaded.refused === null) {
    return (
      <p className="loading" role="status">
        {words.loading}
      </p>
    );
  }
  const code = loaded.refused.code;
  const own = words.refusals[code];
  return (
    <div className="card problem" role="alert">
      <p>
        <strong>{code === 0 ? words.unreachable : words.problem}</strong>
      </p>
      {own !== undefined && <p>{own}</p>}
      {own === undefined && loaded.refused.message !== "" && <p lang="en">{loaded.refused.message}</p>}
      <button type="button" onClick={loaded.again}>
        {words.again}
      </button>
    </div>
  );
}
