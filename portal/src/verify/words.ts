/** What the steps say, as values: a sentence of the table and what stands at its places, said in a language at the end. */
import { CHINESE } from "./chinese";
import type { Sentence } from "./sentences";

export type Language = "en" | "zh";

/** A sentence with its parts; parts may be phrases of their own, and several in a row stand as one. */
export interface Words {
  readonly sentence: Sentence;
  readonly parts: readonly Part[];
}
export type Part = string | number | bigint | Words | readonly Part[];

/** Return `sentence` with `parts` at its places {0}, {1}, ... */
export function words(sentence: Sentence, ...parts: readonly Part[]): Words {
  return { sentence, parts };
}

/** Return the words in `language`. */
export function say(said: Part, language: Language): string {
  if (Array.isArray(said)) return said.map((part: Part) => say(part, language)).join("");
  if (typeof said !== "object") return String(said);
  const { sentence, parts } = said as Words;
  const template = language === "zh" ? CHINESE[sentence] : sentence;
  return template.replace(/\{(\d)\}/g, (_, place: string) => say(parts[Number(place)] ?? "", language));
}
