/** The two languages say the same of the same places. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CHINESE } from "../src/verify/chinese";
import { SENTENCES } from "../src/verify/sentences";
import { say, words } from "../src/verify/words";

const SOURCES = new URL("../src/verify/", import.meta.url);
const DIRECTION = "Custodian {0} {1} {2} {3}, for purpose number {4}, on {5}.";

test.each(SENTENCES)("%s", (sentence) => {
  const places = (text: string): string[] => [...text.matchAll(/\{\d\}/g)].map(([place]) => place).sort();
  expect(places(CHINESE[sentence])).toEqual(places(sentence));
});

test("every sentence is said by some step", () => {
  const steps = readdirSync(SOURCES)
    .filter((name) => name.endsWith("teps.ts") || name === "verify.ts")
    .map((name) => readFileSync(new URL(name, SOURCES), "utf8"))
    .join("\n");
  for (const sentence of SENTENCES) expect(steps).toContain(`"${sentence}"`);
});

test("phrases within a sentence are said in its language", () => {
  const said = words(DIRECTION, "aa", words("opened a session"), words("for"), "bb", 1, [
    words("the person's own access"),
    words(", by who acts for her under {0}", "cc"),
  ]);
  expect(say(said, "en")).toBe(
    "Custodian aa opened a session for bb, for purpose number 1, on the person's own access, by who acts for her under cc.",
  );
  expect(say(said, "zh")).toBe("保管者 aa 为 bb 开启了会话，用途编号 1，依据是本人的访问，由依据 cc 代其行事者行使。");
});
