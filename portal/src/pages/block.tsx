/** One block: its envelopes in words, and its header. */
import type { ReactNode } from "react";
import type { Block, Validator, Votes } from "../api";
import { useJson, useRoute, useTitle } from "../hooks";
import { EnvelopeCard } from "../parts/envelope";
import { Facts, Id, Shown, Time } from "../parts/small";
import { useSettings } from "../settings";
import type { Words } from "../words/en";

export function BlockPage({ height }: { height: string }) {
  const { words } = useSettings();
  const { query } = useRoute();
  const start = /^\d{1,15}$/.test(query.get("start") ?? "") ? `?start=${query.get("start")}` : "";
  const loaded = useJson<Block>(`/explorer/blocks/${encodeURIComponent(height)}${start}`);
  useTitle(/^\d+$/.test(height) ? words.block(Number(height)) : words.blocks);
  return <Shown loaded={loaded}>{(block) => <Whole block={block} />}</Shown>;
}

function Whole({ block }: { block: Block }) {
  const { words } = useSettings();
  return (
    <>
      <header className="row">
        <h1>{words.block(block.height)}</h1>
        <nav className="pager" aria-label={words.blocks}>
          {block.height > 1 && (
            <a href={`#/blocks/${block.height - 1}`}>
              <span aria-hidden="true">← </span>
              <span className="unseen">{words.previousBlock} </span>
              {(block.height - 1).toLocaleString()}
            </a>
          )}
          {block.height < block.last && (
            <a href={`#/blocks/${block.height + 1}`}>
              <span className="unseen">{words.nextBlock} </span>
              {(block.height + 1).toLocaleString()}
              <span aria-hidden="true"> →</span>
            </a>
          )}
        </nav>
      </header>
      <p className="lead">
        <Time ms={block.time} />
        {block.envelopes > 0 && (
          <>
            {" · "}
            {words.envelopes(block.envelopes)}
          </>
        )}
      </p>
      <Content block={block} />
      <section aria-labelledby="technical">
        <h2 id="technical">{words.technical}</h2>
        <Facts
          rows={[
            [words.hash, <Id id={block.hash} whole key="hash" />],
            [words.previousHash, <Id id={block.previous} whole key="previous" />],
            [words.appHash, <Id id={block.app_hash} whole key="app" />],
            [words.batchesRoot, <Id id={block.batches_root} whole key="root" />],
            ...(block.node === null ? [] : [[words.node, <Id id={block.node} whole key="node" />] as const]),
            ...(block.votes === null ? [] : decided(words, block.votes)),
            [words.size, words.bytes(block.size)],
          ]}
        />
      </section>
    </>
  );
}

function decided(words: Words, votes: Votes): readonly (readonly [string, ReactNode])[] {
  const signed = votes.signed;
  return [
    [words.proposedBy, <By validator={votes.proposer} key="proposer" />],
    [
      words.decidedBy,
      signed === null ? (
        words.votesToCome
      ) : (
        <span key="signed">
          {words.power(votes.power_signed, votes.power)}
          {signed.map((one, place) => (
            <span key={one.address}>
              {place > 0 && words.listed}
              <By validator={one} />
            </span>
          ))}
        </span>
      ),
    ],
  ];
}

function By({ validator }: { validator: Validator }) {
  if (validator.member === null) return <Id id={validator.address} />;
  return <a href={`#/members/${validator.member}`}>{validator.name}</a>;
}

function Content({ block }: { block: Block }) {
  const { words, say } = useSettings();
  if (block.pruned) return <p className="card">{words.prunedBlock}</p>;
  if (block.envelopes === 0) return <p className="card">{words.noEnvelopes}</p>;
  const shown = block.batches.reduce((sum, batch) => sum + batch.envelopes.length, 0);
  return (
    <>
      {block.own.length > 0 && (
        <section className="card" aria-labelledby="own">
          <h2 id="own">{words.ownEvents}</h2>
          <ul>
            {block.own.map((event) => (
              <li key={event.index}>
                {say(event.title)}
                <small>{words.bracketed(words.entry(event.index))}</small>
              </li>
            ))}
          </ul>
        </section>
      )}
      {(block.next !== null || block.start > 0) && (
        <nav className="pager" aria-label={words.envelope}>
          <span>{words.shownRange(block.start + 1, block.start + shown, block.envelopes)}</span>
          {block.start > 0 && <a href={`#/blocks/${block.height}`}>← {words.firstEnvelopes}</a>}
          {block.next !== null && <a href={`#/blocks/${block.height}?start=${block.next}`}>{words.moreEnvelopes} →</a>}
        </nav>
      )}
      {block.batches.map((batch) => (
        <section key={batch.id} className="batch" aria-labelledby={batch.id}>
          <h2 id={batch.id}>
            <small>{words.carriedBy}</small> <a href={`#/members/${batch.carrier}`}>{batch.carrier_name}</a>
          </h2>
          {batch.envelopes.map((envelope, place) => (
            <EnvelopeCard key={`${envelope.id}${place}`} envelope={envelope} />
          ))}
        </section>
      ))}
    </>
  );
}
