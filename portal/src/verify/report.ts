/** What a verification found: numbered steps, a verdict, and what it does and does not mean. */
import type { Bytes } from "./bytes";
import type { Read } from "./format";
import { type Language, type Part, say, type Words } from "./words";

export type Verdict = "proved" | "refuted" | "no-genesis" | "unwitnessed";
export type State = "ok" | "failed" | "skipped";

/** What one step found. */
export interface Result {
  readonly state: State;
  readonly words: Part;
}

/** A numbered check, before it is said in a language. */
export interface Checked extends Result {
  readonly number: number;
  readonly title: Words;
}

/** The whole of what was found, in no language yet. */
export interface Findings {
  readonly verdict: Verdict;
  readonly steps: readonly Checked[];
  readonly proved: readonly Part[]; // empty when refuted or without a genesis
  readonly notProved: readonly Part[]; // what a reader might think is proved and is not
  readonly height: number | null; // of the header whose app hash the proofs stand under
  readonly time: number | null; // of that header, milliseconds since 1970: how old the proof is
  readonly read: Read | null; // null unless the object could be read; trust it by the verdict
  readonly release: Bytes | null; // id of the release, push or session that was proved
}

/** One numbered check, in plain words. */
export interface Step {
  readonly number: number;
  readonly name: string; // the same in every language
  readonly title: string;
  readonly state: State;
  readonly text: string;
}

/** The result of `verifyEvidence` in one language; `inLanguage` says it in another. */
export interface Report {
  readonly language: Language;
  readonly verdict: Verdict;
  readonly verdictText: string;
  readonly steps: readonly Step[];
  readonly proved: readonly string[];
  readonly notProved: readonly string[];
  readonly height: number | null;
  readonly time: number | null;
  readonly findings: Findings;
}

const VERDICTS: Readonly<Record<Verdict, Readonly<Record<Language, string>>>> = {
  proved: { en: "Proved", zh: "已证明" },
  refuted: { en: "Refuted", zh: "已否定" },
  "no-genesis": { en: "Not proved: the network's genesis is missing", zh: "未证明：缺少该网络的创世文件" },
  unwitnessed: {
    en: "Holds, unwitnessed: no witness you trust has signed this ledger's checkpoint",
    zh: "成立，但未经见证：您信任的见证方均未签署此账本的检查点",
  },
};

export function ok(words: Part): Result {
  return { state: "ok", words };
}

export function failed(words: Part): Result {
  return { state: "failed", words };
}

export function skipped(words: Part): Result {
  return { state: "skipped", words };
}

/** Return what was found, said in `language`. */
export function inLanguage(findings: Findings, language: Language): Report {
  const said = (parts: readonly Part[]): string[] => parts.map((part) => say(part, language));
  return {
    language,
    verdict: findings.verdict,
    verdictText: VERDICTS[findings.verdict][language],
    steps: findings.steps.map(({ number, title, state, words }) => ({
      number,
      name: title.sentence,
      title: say(title, language),
      state,
      text: say(words, language),
    })),
    proved: said(findings.proved),
    notProved: said(findings.notProved),
    height: findings.height,
    time: findings.time,
    findings,
  };
}
