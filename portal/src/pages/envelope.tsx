/** One envelope, and where it stands. */
import type { PlacedEnvelope } from "../api";
import { useJson, useTitle } from "../hooks";
import { EnvelopeCard } from "../parts/envelope";
import { Facts, Id, Shown, Time } from "../parts/small";
import { useSettings } from "../settings";

export function EnvelopePage({ id }: { id: string }) {
  const { words } = useSettings();
  const loaded = useJson<PlacedEnvelope>(`/explorer/envelopes/${encodeURIComponent(id)}`);
  useTitle(`${words.envelope} ${id.slice(0, 12)}`);
  return (
    <Shown loaded={loaded}>
      {(found) => (
        <>
          <h1>{words.envelope}</h1>
          <EnvelopeCard envelope={found.envelope} heading="h2" />
          <Facts
            rows={[
              [words.id, <Id id={found.envelope.id} whole key="id" />],
              [
                words.height,
                <a key="block" href={`#/blocks/${found.height}`}>
                  {words.block(found.height)}
                </a>,
              ],
              [words.time, <Time ms={found.time} key="time" />],
              [
                words.carriedBy,
                <a key="carrier" href={`#/members/${found.carrier}`}>
                  {found.carrier_name}
                </a>,
              ],
              [words.batch, <Id id={found.batch} whole key="batch" />],
              [words.validUntil, <Time ms={found.envelope.valid_until} key="until" />],
            ]}
          />
          {found.envelope.events.map((event) => (
            <p key={event.index} className="command">
              {words.proveIt}
              <code>{`salus ledger proof --entry ${event.index} --out entry-${event.index}.evidence`}</code>
            </p>
          ))}
        </>
      )}
    </Shown>
  );
}
