/** One member: state, roles, keys, and what was decided about it. */
import type { ReactNode } from "react";
import type { Key, MemberPage as Page } from "../api";
import { useJson, useTitle } from "../hooks";
import { Facts, Id, Shown, Tag, Time } from "../parts/small";
import { useSettings } from "../settings";
import { StateTags } from "./members";

export function MemberPage({ account }: { account: string }) {
  const loaded = useJson<Page>(`/explorer/members/${encodeURIComponent(account)}`);
  return <Shown loaded={loaded}>{(page) => <Whole page={page} />}</Shown>;
}

function Whole({ page }: { page: Page }) {
  const { words, say } = useSettings();
  const member = page.member;
  useTitle(member.name);
  const rows: (readonly [string, ReactNode])[] = [
    [words.realm, member.realm],
    [words.since, member.founder ? <>{words.founder}{words.listed}<Time ms={member.since} /></> : <Time ms={member.since} />],
    [words.validator, member.validator > 0 ? words.validatorPower(member.validator) : words.none],
    [words.threshold, String(page.threshold)],
    [words.account, <Id id={member.account} whole key="account" />],
    [words.sealKey, <Id id={page.seal_key} whole key="seal" />],
  ];
  if (page.successor !== null) {
    rows.unshift([words.successor, <a key="to" href={`#/members/${page.successor}`}>{page.successor_name}</a>]);
  }
  if (page.emergency_until !== null) {
    rows.unshift([words.emergencyUntil, <Time ms={page.emergency_until} key="emergency" />]);
  }
  return (
    <>
      <h1>{member.name}</h1>
      <p className="tags">
        {member.roles.map((role) => (
          <Tag key={role.en}>{say(role)}</Tag>
        ))}
        <StateTags member={member} />
      </p>
      <Facts rows={rows} />
      <section aria-labelledby="keys">
        <h2 id="keys">{words.keys}</h2>
        <Keys keys={page.keys} />
      </section>
      <section aria-labelledby="history">
        <h2 id="history">{words.history}</h2>
        {page.history.length === 0 ? (
          <p>{words.noHistory}</p>
        ) : (
          <ol className="history">
            {page.history.map((one) => (
              <li key={one.index}>
                <span>
                  {say(one.title)}
                  {say(one.detail) !== "" && `: ${say(one.detail)}`}
                </span>
                <a href={`#/blocks/${one.height}`}>{words.block(one.height)}</a>
                <Time ms={one.time} />
              </li>
            ))}
          </ol>
        )}
      </section>
    </>
  );
}

function Keys({ keys }: { keys: readonly Key[] }) {
  const { words, say } = useSettings();
  return (
    <div className="wide" role="region" aria-labelledby="keys" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {[words.key, words.role, words.status, words.from, words.until].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => (
            <tr key={key.id}>
              <td>
                <Id id={key.id} />
              </td>
              <td data-name={words.role}>{say(key.role)}</td>
              <td data-name={words.status}>
                <Tag tone={key.live ? "good" : "quiet"}>{say(key.words)}</Tag>
              </td>
              <td data-name={words.from}>{key.start === 0 ? words.beginning : <Time ms={key.start} />}</td>
              <td data-name={words.until}>{key.end === null ? words.noEnd : <Time ms={key.end} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
