/** An envelope: what its messages say, who signed, what came of it. */
import type { Envelope, Field, Message, Signer } from "../api";
import { useSettings } from "../settings";
import { Facts, Id, Tag, Time } from "./small";

const TONES = { accepted: "good", again: "quiet", "without-effect": "bad", unknown: "quiet" } as const;

export function EnvelopeCard({ envelope, heading = "h3" }: { envelope: Envelope; heading?: "h2" | "h3" }) {
  const { words, say } = useSettings();
  const Heading = heading;
  const why = words.outcomeWhy[envelope.outcome];
  return (
    <article className="card envelope">
      {envelope.messages.map((message, place) => (
        <section key={place}>
          <header>
            <Heading>{say(message.title)}</Heading>
            {place === 0 && <Tag tone={TONES[envelope.outcome]}>{words.outcome[envelope.outcome]}</Tag>}
          </header>
          <p className="sentence">{say(message.sentence)}</p>
          {place === 0 && why !== "" && <p className="why">{why}</p>}
          <Details message={message} />
        </section>
      ))}
      {envelope.more > 0 && <p className="why">{words.moreMessages(envelope.more)}</p>}
      <footer>
        <span>
          {words.signedBy}
          <Signers signers={envelope.signers} />
        </span>
        {envelope.id !== "" && (
          <span>
            {words.envelope} <Id id={envelope.id} href={`#/envelopes/${envelope.id}`} />
          </span>
        )}
        {envelope.events.length > 0 && (
          <span>
            {words.cameOfIt}
            {envelope.events.map((event, place) => (
              <span key={event.index} title={event.name}>
                {place > 0 && words.listed}
                {say(event.title)}
                {words.bracketed(words.entry(event.index))}
              </span>
            ))}
          </span>
        )}
      </footer>
    </article>
  );
}

function Signers({ signers }: { signers: readonly Signer[] }) {
  const { words } = useSettings();
  const names = new Map<string, Signer & { keys: number }>();
  for (const signer of signers) {
    const before = names.get(signer.account);
    names.set(signer.account, { ...signer, keys: (before?.keys ?? 0) + 1 });
  }
  return [...names.values()].map((signer, place) => (
    <span key={signer.account}>
      {place > 0 && words.listed}
      {signer.organisation !== null ? (
        <a href={`#/members/${signer.account}`}>{signer.organisation}</a>
      ) : signer.person ? (
        words.aPerson
      ) : (
        <code>{signer.account.slice(0, 12)}…</code>
      )}
      {signer.keys > 1 && ` ×${signer.keys}`}
    </span>
  ));
}

function Details({ message }: { message: Message }) {
  const { words, say } = useSettings();
  if (message.fields.length === 0) return null;
  return (
    <>
      {message.actions.length > 0 && (
        <div className="actions">
          <p>{words.wouldDo}</p>
          <ul>
            {message.actions.map((action, place) => (
              <li key={place}>
                {say(action.sentence)}
                <Details message={action} />
              </li>
            ))}
          </ul>
        </div>
      )}
      <details>
        <summary>{words.details}</summary>
        <Facts rows={message.fields.map((field) => [say(field.label), <Value key={field.name} field={field} />] as const)} />
      </details>
    </>
  );
}

function Value({ field }: { field: Field }) {
  const { words, say } = useSettings();
  const value = field.value;
  switch (field.kind) {
    case "organisation":
      return <a href={`#/members/${value}`}>{say(field.text)}</a>;
    case "person":
      return (
        <>
          {say(field.text)} <Id id={String(value)} />
        </>
      );
    case "id":
      return <Id id={String(value)} />;
    case "time":
      return <Time ms={Number(value)} />;
    case "list":
      return (
        <>
          {say(field.text)}
          {field.items.some((item) => item.kind !== "organisation") && (
            <ul className="items">
              {field.items.map((item, place) => (
                <li key={place}>
                  <Value field={item} />
                </li>
              ))}
              {Number(value) > field.items.length && <li>{words.andMore(Number(value) - field.items.length)}</li>}
            </ul>
          )}
        </>
      );
    default:
      return say(field.text);
  }
}
