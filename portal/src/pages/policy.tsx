/** One policy set: its clauses with their places in the law, and its versions. */
import type { PolicyPage as Page, Rule, Source } from "../api";
import { useJson, useRoute, useTitle } from "../hooks";
import { Facts, Id, Shown, Tag, Time } from "../parts/small";
import { useSettings } from "../settings";

export function PolicyPage({ set }: { set: string }) {
  const { query } = useRoute();
  const version = /^\d{1,9}$/.test(query.get("version") ?? "") ? `?version=${query.get("version")}` : "";
  const loaded = useJson<Page>(`/explorer/policies/${encodeURIComponent(set)}${version}`);
  return <Shown loaded={loaded}>{(page) => <Whole page={page} />}</Shown>;
}

const TONES: Record<string, "good" | "quiet" | "plain" | "bad"> = { mandated: "bad", permitted: "plain", "opt-in": "good" };

function Whole({ page }: { page: Page }) {
  const { words, say, language } = useSettings();
  const policy = page.policy;
  useTitle(say(policy.title));
  const ceiling = page.emergency_ceiling;
  return (
    <>
      <h1>{say(policy.title)}</h1>
      <p className="lead">{say(policy.meaning)}</p>
      <p className="tags">
        <Tag>{policy.realm === "" ? words.anyRealm : policy.realm}</Tag>
        <Tag>{words.version(policy.version)}</Tag>
      </p>
      <section aria-labelledby="rules">
        <h2 id="rules">{words.rulesTitle}</h2>
        {page.rules.length === 0 ? (
          <p>{words.noRules}</p>
        ) : (
          <ol className="rules">
            {page.rules.map((rule, place) => (
              <li key={place} className="card">
                <Clause rule={rule} />
              </li>
            ))}
          </ol>
        )}
      </section>
      <section aria-labelledby="emergency">
        <h2 id="emergency">{words.emergency}</h2>
        <p>
          {ceiling === null
            ? words.emergencyNobody
            : words.emergencyRule(say(page.emergency_group), say(ceiling), page.emergency_minutes)}{" "}
          <Sources sources={page.emergency_sources} />
        </p>
        <Facts
          rows={[
            [words.pendingLabel, say(page.pending)],
            [words.attested, page.attested.map(say).join(language === "zh" ? "、" : ", ") || words.none],
          ]}
        />
      </section>
      {page.gaps.length > 0 && (
        <section aria-labelledby="gaps">
          <h2 id="gaps">{words.gaps}</h2>
          <ul className="gaps">
            {page.gaps.map((gap, place) => (
              <li key={place}>
                <strong>{say(gap.clause)}</strong> <Sources sources={[gap.source]} />
                <br />
                {say(gap.why)}
              </li>
            ))}
          </ul>
        </section>
      )}
      <Versions page={page} />
      <p className="why">{words.review}</p>
      <p>
        {words.id} <Id id={policy.set} whole />
      </p>
    </>
  );
}

function Clause({ rule }: { rule: Rule }) {
  const { words, say } = useSettings();
  return (
    <>
      <header>
        <h3>
          {say(rule.purpose)} → {say(rule.recipient)}
        </h3>
        <Tag tone={TONES[rule.mode] ?? "plain"}>{say(rule.mode_words)}</Tag>
      </header>
      {rule.meaning !== null && <p>{say(rule.meaning)}</p>}
      <p className="tags">
        <Tag tone="quiet">
          {words.ceiling} {say(rule.ceiling)}
        </Tag>
        {rule.objection && <Tag tone="quiet">{words.objection}</Tag>}
        {rule.notice && <Tag tone="quiet">{words.notice}</Tag>}
        <Sources sources={rule.sources} />
      </p>
    </>
  );
}

function Sources({ sources }: { sources: readonly Source[] }) {
  const { say } = useSettings();
  return sources.map((source) => (
    <a key={source.place.en} className="source" href={source.url} rel="noreferrer external" target="_blank">
      {say(source.place)}
    </a>
  ));
}

function Versions({ page }: { page: Page }) {
  const { words } = useSettings();
  return (
    <section aria-labelledby="versions">
      <h2 id="versions">{words.versions}</h2>
      <ol className="history">
        {page.versions.map((one) => (
          <li key={one.version}>
            <span>{words.version(one.version)}</span>
            {one.height > 0 ? <a href={`#/blocks/${one.height}`}>{words.block(one.height)}</a> : <span>{words.founded}</span>}
            <Time ms={one.time} />
            {one.version === page.policy.version ? (
              <em>{words.versionShown}</em>
            ) : (
              one.shown && <a href={`#/policies/${page.policy.set}?version=${one.version}`}>{words.show}</a>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}
