/** The first page: what the ledger is, how far it is, and its newest blocks as they come. */
import { useEffect, useRef, useState } from "react";
import type { BlockPage, BlockSummary, Status } from "../api";
import { type Loaded, useJson, useTail, useTitle } from "../hooks";
import { BlockList } from "../parts/blocklist";
import { Id, Shown, Time } from "../parts/small";
import { Trust } from "../parts/trust";
import { useSettings } from "../settings";

const MOST = 12;

export function Overview({ status }: { status: Loaded<Status> }) {
  useTitle("");
  return <Shown loaded={status}>{(found) => <Ledger status={found} again={status.again} />}</Shown>;
}

function Ledger({ status, again }: { status: Status; again: () => void }) {
  const { words } = useSettings();
  const [paused, setPaused] = useState(false);
  const first = useJson<BlockPage>(`/explorer/blocks?most=${MOST}`);
  const tail = useTail(MOST, paused);
  const blocks = merged(tail.blocks, first.value?.blocks ?? []);
  const begun = useRef(0);
  if (begun.current === 0 && first.value !== null) begun.current = first.value.height;
  const newest = blocks[0]?.height ?? 0;
  const asking = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(() => {
    if (newest <= status.height || asking.current !== null) return;
    asking.current = setTimeout(() => {
      asking.current = null;
      again(); // the numbers above the list belong to the newest block; once a second is enough
    }, 1000);
  }, [newest, status.height, again]);
  useEffect(() => () => clearTimeout(asking.current ?? undefined), []);
  return (
    <>
      <section className="hero">
        <h1>{status.name}</h1>
        <p className="lead">{words.lead}</p>
        <dl className="figures">
          <Figure name={words.height} value={Math.max(status.height, newest).toLocaleString()} />
          <Figure name={words.logEntries} value={status.log_entries.toLocaleString()} />
          <Figure name={words.activeMembers} value={status.members.toLocaleString()} href="#/members" />
          <div>
            <dt>{words.lastBlock}</dt>
            <dd className="small">
              <Time ms={blocks[0]?.time ?? status.time} />
            </dd>
          </div>
        </dl>
        <p className="networkid">
          {words.network} <Id id={status.network} />
        </p>
      </section>
      <Trust status={status} />
      <section aria-labelledby="live">
        <header className="row">
          <h2 id="live">{words.liveTitle}</h2>
          <span className={`connection ${tail.connection}`} role="status">
            {words[tail.connection]}
          </span>
          <button type="button" onClick={() => setPaused(!paused)} aria-pressed={paused}>
            {paused ? words.resume : words.pause}
          </button>
        </header>
        <Shown loaded={first}>{() => <BlockList blocks={blocks} fresh={begun.current} />}</Shown>
        <p>
          <a href="#/blocks">{words.allBlocks}</a>
        </p>
      </section>
    </>
  );
}

function Figure({ name, value, href }: { name: string; value: string; href?: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{href === undefined ? value : <a href={href}>{value}</a>}</dd>
    </div>
  );
}

function merged(fresh: readonly BlockSummary[], before: readonly BlockSummary[]): readonly BlockSummary[] {
  const all = new Map([...before, ...fresh].map((block) => [block.height, block]));
  return [...all.values()].sort((one, other) => other.height - one.height).slice(0, MOST);
}
