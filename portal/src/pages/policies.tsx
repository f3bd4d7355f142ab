/** The policy sets that are in force. */
import type { Policy } from "../api";
import { useJson, useTitle } from "../hooks";
import { Shown, Tag } from "../parts/small";
import { useSettings } from "../settings";

export function Policies() {
  const { words, say } = useSettings();
  const loaded = useJson<{ policies: readonly Policy[] }>("/explorer/policies");
  useTitle(words.policies);
  return (
    <>
      <h1>{words.policies}</h1>
      <p className="lead">{words.policiesLead}</p>
      <Shown loaded={loaded}>
        {({ policies }) => (
          <ul className="cards">
            {policies.map((policy) => (
              <li key={policy.set} className="card link">
                <h2>
                  <a href={`#/policies/${policy.set}`}>{say(policy.title)}</a>
                </h2>
                <p>{say(policy.meaning)}</p>
                <p className="tags">
                  <Tag>{policy.realm === "" ? words.anyRealm : policy.realm}</Tag>
                  <Tag>{words.rules(policy.rules)}</Tag>
                  <Tag>{words.version(policy.version)}</Tag>
                </p>
              </li>
            ))}
          </ul>
        )}
      </Shown>
    </>
  );
}
