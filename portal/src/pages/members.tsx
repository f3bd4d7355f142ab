/** The members, as cards. */
import type { Member } from "../api";
import { useJson, useTitle } from "../hooks";
import { Shown, Tag, Time } from "../parts/small";
import { useSettings } from "../settings";

export function Members() {
  const { words } = useSettings();
  const loaded = useJson<{ members: readonly Member[] }>("/explorer/members");
  useTitle(words.members);
  return (
    <>
      <h1>{words.members}</h1>
      <p className="lead">{words.membersLead}</p>
      <Shown loaded={loaded}>
        {({ members }) => (
          <ul className="cards">
            {members.map((member) => (
              <li key={member.account} className="card link">
                <MemberCard member={member} />
              </li>
            ))}
          </ul>
        )}
      </Shown>
    </>
  );
}

function MemberCard({ member }: { member: Member }) {
  const { words, say } = useSettings();
  return (
    <>
      <h2>
        <a href={`#/members/${member.account}`}>{member.name}</a>
      </h2>
      <p className="tags">
        {member.roles.map((role) => (
          <Tag key={role.en}>{say(role)}</Tag>
        ))}
        <StateTags member={member} />
      </p>
      <p className="why">
        {member.founder ? words.foundingMember : <>{words.since} <Time ms={member.since} /></>}
        {member.validator > 0 && ` · ${words.validator}`}
      </p>
    </>
  );
}

export function StateTags({ member }: { member: Member }) {
  const { words, say } = useSettings();
  return (
    <>
      <Tag tone={member.state === "active" ? "good" : "quiet"}>{say(member.state_words)}</Tag>
      {member.suspended_recipient && <Tag tone="bad">{words.suspendedRecipient}</Tag>}
      {member.suspended_custodian && <Tag tone="bad">{words.suspendedCustodian}</Tag>}
    </>
  );
}
