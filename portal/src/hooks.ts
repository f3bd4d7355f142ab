/** What pages share: the route, JSON of the server, the live tail. */
import { useCallback, useEffect, useState } from "react";
import { type BlockSummary, get, Refused } from "./api";

export interface Route {
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
}

function routeNow(): Route {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  return { parts: path.split("/").filter((part) => part !== ""), query: new URLSearchParams(query) };
}

/** The page asked for, by what follows # in the address: `#/blocks/12`. */
export function useRoute(): Route {
  const [route, setRoute] = useState(routeNow);
  useEffect(() => {
    const changed = () => setRoute(routeNow());
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return route;
}

export interface Loaded<T> {
  readonly value: T | null;
  readonly refused: Refused | null;
  readonly again: () => void;
}

/** JSON from a path, or why there is none. */
export function useJson<T>(path: string): Loaded<T> {
  const [found, setFound] = useState<{ path: string; value: T | null; refused: Refused | null } | null>(null);
  const [tries, setTries] = useState(0);
  useEffect(() => {
    const leaving = new AbortController();
    get<T>(path, leaving.signal).then(
      (value) => setFound({ path, value, refused: null }),
      (error: unknown) => {
        if (!leaving.signal.aborted) {
          setFound({ path, value: null, refused: error instanceof Refused ? error : new Refused(0, "") });
        }
      },
    );
    return () => leaving.abort();
  }, [path, tries]);
  const again = useCallback(() => setTries((number) => number + 1), []);
  const current = found?.path === path ? found : null;
  return { value: current?.value ?? null, refused: current?.refused ?? null, again };
}

export type Connection = "connecting" | "live" | "paused";

/** Blocks as they come, the newest first, at most `most`. */
export function useTail(most: number, paused: boolean): { blocks: readonly BlockSummary[]; connection: Connection } {
  const [blocks, setBlocks] = useState<readonly BlockSummary[]>([]);
  const [open, setOpen] = useState(false);
  useEffect(() => {
    if (paused) return;
    const source = new EventSource("/explorer/tail");
    source.onopen = () => setOpen(true);
    source.onerror = () => setOpen(false); // the browser tries again by itself
    source.addEventListener("block", (event: MessageEvent<string>) => {
      const block = JSON.parse(event.data) as BlockSummary;
      setBlocks((before) => [block, ...before.filter((one) => one.height !== block.height)].slice(0, most));
    });
    return () => {
      source.close();
      setOpen(false);
    };
  }, [most, paused]);
  return { blocks, connection: paused ? "paused" : open ? "live" : "connecting" };
}

/** Name the page in the browser's tab. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === "" ? "Salus" : `${title} · Salus`;
  }, [title]);
}
