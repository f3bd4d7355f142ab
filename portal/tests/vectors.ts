/** The published vectors of `tests/vectors`, in hexadecimal as they are. */
import { readFileSync } from "node:fs";

/** Return the vectors of one file. */
export function load<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../tests/vectors/${name}.json`, import.meta.url), "utf8")) as T;
}
