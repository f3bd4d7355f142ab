/** Blocks as a list. */
import type { BlockSummary } from "../api";
import { useSettings } from "../settings";
import { Tag, Time } from "./small";

export function BlockList({ blocks, fresh = 0 }: { blocks: readonly BlockSummary[]; fresh?: number }) {
  return (
    <ol className="blocks">
      {blocks.map((block) => (
        <BlockRow key={block.height} block={block} fresh={block.height > fresh && fresh > 0} />
      ))}
    </ol>
  );
}

function BlockRow({ block, fresh }: { block: BlockSummary; fresh: boolean }) {
  const { words, say } = useSettings();
  const said = block.pruned ? words.prunedBlock : block.envelopes === 0 ? words.emptyBlock : "";
  return (
    <li className={fresh ? "fresh" : undefined}>
      <a className="height" href={`#/blocks/${block.height}`}>
        {words.block(block.height)}
      </a>
      <span className="what">
        {said === "" ? block.titles.map((title) => <Tag key={title.en}>{say(title)}</Tag>) : <em>{said}</em>}
      </span>
      <span className="count">{block.envelopes > 0 && words.envelopes(block.envelopes)}</span>
      <Time ms={block.time} />
    </li>
  );
}
