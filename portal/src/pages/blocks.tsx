/** All blocks, page by page, the newest first. */
import type { BlockPage } from "../api";
import { useJson, useRoute, useTitle } from "../hooks";
import { BlockList } from "../parts/blocklist";
import { Shown } from "../parts/small";
import { useSettings } from "../settings";

const MOST = 25;

export function Blocks() {
  const { words } = useSettings();
  const { query } = useRoute();
  const before = query.get("before") ?? "";
  const asked = /^\d{1,15}$/.test(before) ? `&before=${before}` : "";
  const loaded = useJson<BlockPage>(`/explorer/blocks?most=${MOST}${asked}`);
  useTitle(words.blocks);
  return (
    <>
      <h1>{words.blocks}</h1>
      <Shown loaded={loaded}>
        {(page) => (
          <>
            <BlockList blocks={page.blocks} />
            <nav className="pager" aria-label={words.blocks}>
              {newerOf(page) !== null && <a href={newerOf(page) ?? ""}>← {words.newer}</a>}
              {page.before !== null && <a href={`#/blocks?before=${page.before}`}>{words.older} →</a>}
            </nav>
          </>
        )}
      </Shown>
    </>
  );
}

function newerOf(page: BlockPage): string | null {
  const top = page.blocks[0]?.height ?? page.height;
  if (top >= page.height) return null;
  return top + MOST >= page.height ? "#/blocks" : `#/blocks?before=${top + MOST + 1}`;
}
