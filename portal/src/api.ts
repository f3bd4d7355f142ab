/** The explorer's JSON, as `/openapi.json` describes it. Ids are hex, times milliseconds since 1970. */

export interface Phrase {
  readonly en: string;
  readonly zh: string;
}

export interface Status {
  readonly name: string;
  readonly network: string;
  readonly engine: string;
  readonly trust: Phrase;
  readonly height: number;
  readonly time: number;
  readonly now: number;
  readonly behind_ms: number;
  readonly log_entries: number;
  readonly members: number;
  readonly pruned_before: number | null;
  readonly begins_at: number | null;
  readonly cosigned: readonly { readonly name: string; readonly time: number }[];
  readonly version: string;
}

export interface BlockSummary {
  readonly height: number;
  readonly time: number;
  readonly hash: string;
  readonly batches: number;
  readonly envelopes: number;
  readonly titles: readonly Phrase[];
  readonly pruned: boolean;
}

export interface BlockPage {
  readonly blocks: readonly BlockSummary[];
  readonly height: number;
  readonly before: number | null;
}

export interface Field {
  readonly name: string;
  readonly label: Phrase;
  readonly kind: "text" | "organisation" | "person" | "id" | "time" | "list";
  readonly text: Phrase;
  readonly value: string | number | null;
  readonly items: readonly Field[];
}

export interface Message {
  readonly number: number;
  readonly name: string;
  readonly title: Phrase;
  readonly sentence: Phrase;
  readonly fields: readonly Field[];
  readonly actions: readonly Message[];
}

export interface LogEvent {
  readonly index: number;
  readonly name: string;
  readonly title: Phrase;
}

export interface Signer {
  readonly account: string;
  readonly key: string;
  readonly organisation: string | null;
  readonly person: boolean;
}

export type Outcome = "accepted" | "again" | "without-effect" | "unknown";

export interface Envelope {
  readonly id: string;
  readonly outcome: Outcome;
  readonly valid_until: number;
  readonly signers: readonly Signer[];
  readonly messages: readonly Message[];
  readonly more: number;
  readonly events: readonly LogEvent[];
}

export interface Batch {
  readonly id: string;
  readonly carrier: string;
  readonly carrier_name: string;
  readonly envelopes: readonly Envelope[];
}

export interface Validator {
  readonly address: string;
  readonly member: string | null;
  readonly name: string;
}

/** Who decided a block of a consortium; `signed` is null until the votes are there. */
export interface Votes {
  readonly proposer: Validator;
  readonly signed: readonly Validator[] | null;
  readonly power_signed: number;
  readonly power: number;
}

export interface Block {
  readonly height: number;
  readonly time: number;
  readonly hash: string;
  readonly previous: string;
  readonly app_hash: string;
  readonly batches_root: string;
  readonly node: string | null;
  readonly votes: Votes | null;
  readonly size: number;
  readonly pruned: boolean;
  readonly envelopes: number;
  readonly batches: readonly Batch[];
  readonly own: readonly LogEvent[];
  readonly start: number;
  readonly next: number | null;
  readonly last: number;
}

export interface PlacedEnvelope {
  readonly height: number;
  readonly time: number;
  readonly batch: string;
  readonly carrier: string;
  readonly carrier_name: string;
  readonly envelope: Envelope;
}

export interface Member {
  readonly account: string;
  readonly name: string;
  readonly realm: string;
  readonly roles: readonly Phrase[];
  readonly state: string;
  readonly state_words: Phrase;
  readonly suspended_recipient: boolean;
  readonly suspended_custodian: boolean;
  readonly validator: number;
  readonly founder: boolean;
  readonly since: number;
}

export interface Key {
  readonly id: string;
  readonly role: Phrase;
  readonly public: string;
  readonly start: number;
  readonly end: number | null;
  readonly live: boolean;
  readonly words: Phrase;
}

export interface Decision {
  readonly index: number;
  readonly height: number;
  readonly time: number;
  readonly title: Phrase;
  readonly detail: Phrase;
}

export interface MemberPage {
  readonly member: Member;
  readonly threshold: number;
  readonly seal_key: string;
  readonly successor: string | null;
  readonly successor_name: string | null;
  readonly emergency_until: number | null;
  readonly keys: readonly Key[];
  readonly history: readonly Decision[];
}

export interface Policy {
  readonly set: string;
  readonly version: number;
  readonly name: string;
  readonly title: Phrase;
  readonly meaning: Phrase;
  readonly realm: string;
  readonly rules: number;
}

export interface Source {
  readonly place: Phrase;
  readonly url: string;
}

export interface Rule {
  readonly number: number | null;
  readonly purpose: Phrase;
  readonly recipient: Phrase;
  readonly mode: string;
  readonly mode_words: Phrase;
  readonly ceiling: Phrase;
  readonly objection: boolean;
  readonly notice: boolean;
  readonly meaning: Phrase | null;
  readonly sources: readonly Source[];
}

export interface PolicyVersion {
  readonly version: number;
  readonly time: number;
  readonly height: number;
  readonly index: number | null;
  readonly shown: boolean;
}

export interface PolicyPage {
  readonly policy: Policy;
  readonly rules: readonly Rule[];
  readonly emergency_group: Phrase;
  readonly emergency_ceiling: Phrase | null;
  readonly emergency_minutes: number;
  readonly emergency_sources: readonly Source[];
  readonly pending: Phrase;
  readonly attested: readonly Phrase[];
  readonly gaps: readonly { readonly source: Source; readonly clause: Phrase; readonly why: Phrase }[];
  readonly versions: readonly PolicyVersion[];
}

export interface Hit {
  readonly kind: "block" | "envelope" | "member" | "policy";
  readonly target: string;
  readonly label: Phrase;
}

/** What the server refused, by its stable code; 0 where it did not answer at all. */
export class Refused extends Error {
  readonly code: number;

  constructor(code: number, text: string) {
    super(text);
    this.code = code;
  }
}

const STILL_READING = 0x8062;
const MOST_TRIES = 10;

/** Get JSON; where the server still reads its ledger for it, wait and ask again. */
export async function get<T>(path: string, signal: AbortSignal): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    let answer: Response;
    try {
      answer = await fetch(path, { signal, headers: { accept: "application/json" } });
    } catch (error) {
      if (signal.aborted) throw error;
      throw new Refused(0, "");
    }
    if (answer.ok) return (await answer.json()) as T;
    const refusal = (await answer.json().catch(() => ({}))) as { code?: number; title?: string };
    if (refusal.code !== STILL_READING || tries === MOST_TRIES) {
      throw new Refused(refusal.code ?? answer.status, refusal.title ?? "");
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}
