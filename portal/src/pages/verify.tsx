/** Check an evidence file here, in the browser, step by step. Nothing of it leaves the page. */
import { type ChangeEvent, type DragEvent, useEffect, useId, useRef, useState } from "react";
import { useTitle } from "../hooks";
import { Time } from "../parts/small";
import { useSettings } from "../settings";
import { inLanguage, type NoteKey, parseNoteKey, type Report, type State, verifyApart } from "../verify";

type Trusted = "server" | "own" | "none";

interface Picked {
  readonly name: string;
  readonly bytes: Uint8Array;
}

type Failure = "unreadable" | "noGenesisYet" | "badWitness";
type Result = { readonly report: Report; readonly trusted: Trusted } | { readonly failed: Failure };

async function serversGenesis(): Promise<Uint8Array | null> {
  try {
    const answer = await fetch("/ledger/genesis");
    return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : null;
  } catch {
    return null;
  }
}

async function check(
  evidence: Picked,
  trusted: Trusted,
  own: Picked | null,
  witnesses: string,
  left: AbortSignal,
): Promise<Result> {
  const genesis = trusted === "none" ? null : trusted === "own" ? (own?.bytes ?? null) : await serversGenesis();
  if (genesis === null && trusted === "server") return { failed: "noGenesisYet" };
  let keys: readonly NoteKey[];
  try {
    keys = witnesses.split(/\s+/).filter((key) => key !== "").map(parseNoteKey);
  } catch {
    return { failed: "badWitness" };
  }
  try {
    return { report: await verifyApart(evidence.bytes, genesis, { witnesses: keys }, left), trusted };
  } catch {
    return { failed: "unreadable" };
  }
}

export default function Verify() {
  const { words } = useSettings();
  const [evidence, setEvidence] = useState<Picked | null>(null);
  const [trusted, setTrusted] = useState<Trusted>("server");
  const [own, setOwn] = useState<Picked | null>(null);
  const [witnesses, setWitnesses] = useState("");
  const [result, setResult] = useState<Result | "checking" | null>(null);
  useTitle(words.verify);
  const last = useRef(new AbortController());
  useEffect(() => () => last.current.abort(), []);
  const run = async (given: Picked | null, by: Trusted, genesis: Picked | null, keys: string) => {
    last.current.abort(); // an answer to what is no longer asked is of no use
    const left = (last.current = new AbortController()).signal;
    if (given === null || (by === "own" && genesis === null)) return setResult(null);
    setResult("checking");
    const found = await check(given, by, genesis, keys, left);
    if (!left.aborted) setResult(found);
  };
  return (
    <>
      <h1>{words.verify}</h1>
      <p className="lead">{words.verifyLead}</p>
      <Drop
        label={words.chooseEvidence}
        picked={evidence}
        pick={(file) => (setEvidence(file), void run(file, trusted, own, witnesses))}
      />
      <fieldset>
        <legend>{words.genesisTitle}</legend>
        {(["server", "own", "none"] as const).map((one) => (
          <Choice
            key={one}
            value={one}
            chosen={trusted === one}
            choose={() => (setTrusted(one), void run(evidence, one, own, witnesses))}
          />
        ))}
        {trusted === "own" && (
          <Drop
            label={words.chooseGenesis}
            picked={own}
            pick={(file) => (setOwn(file), void run(evidence, trusted, file, witnesses))}
          />
        )}
        <label className="witnesses">
          {words.witnesses}
          <textarea
            rows={2}
            spellCheck={false}
            value={witnesses}
            onChange={(event) => setWitnesses(event.currentTarget.value)}
            onBlur={() => void run(evidence, trusted, own, witnesses)}
          />
        </label>
      </fieldset>
      <div aria-live="polite">{result !== null && <Outcome result={result} />}</div>
      <section aria-labelledby="shell">
        <h2 id="shell">{words.shell}</h2>
        <pre tabIndex={0}>
          <code>salus verify FILE --genesis genesis.cbor --witness KEY</code>
        </pre>
      </section>
    </>
  );
}

function Choice({ value, chosen, choose }: { value: Trusted; chosen: boolean; choose: () => void }) {
  const { words } = useSettings();
  const said = {
    server: [words.genesisServer, words.genesisServerWhy],
    own: [words.genesisOwn, words.genesisOwnWhy],
    none: [words.genesisNone, words.genesisNoneWhy],
  }[value];
  return (
    <label className="choice">
      <input type="radio" name="genesis" value={value} checked={chosen} onChange={choose} />
      <span>
        {said[0]}
        <small>{said[1]}</small>
      </span>
    </label>
  );
}

function Drop({ label, picked, pick }: { label: string; picked: Picked | null; pick: (file: Picked) => void }) {
  const { words } = useSettings();
  const [over, setOver] = useState(false);
  const id = useId();
  const take = async (file: File | undefined) => {
    if (file !== undefined) pick({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) });
  };
  const dropped = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    void take(event.dataTransfer.files[0]);
  };
  return (
    <div
      className={over ? "drop over" : "drop"}
      onDragOver={(event) => (event.preventDefault(), setOver(true))}
      onDragLeave={() => setOver(false)}
      onDrop={dropped}
    >
      <input id={id} type="file" onChange={(event: ChangeEvent<HTMLInputElement>) => void take(event.target.files?.[0])} />
      <label htmlFor={id}>{label}</label>
      <span>{picked === null ? words.dropHere : words.chosen(picked.name, picked.bytes.length)}</span>
    </div>
  );
}

const MARKS: Record<State, string> = { ok: "✓", failed: "✕", skipped: "–" };

function Outcome({ result }: { result: Result | "checking" }) {
  const { words, language } = useSettings();
  if (result === "checking") return <p className="loading">{words.checking}</p>;
  if ("failed" in result) {
    return (
      <p className="card problem" role="alert">
        {words[result.failed]}
      </p>
    );
  }
  const { verdict, steps, proved, notProved, height, time } = inLanguage(result.report.findings, language);
  return (
    <section className={`verdict ${verdict}`} aria-labelledby="verdict">
      <h2 id="verdict">
        <small>{words.result}</small> {words.verdict[verdict]}
      </h2>
      <p>{words.verdictWhy[verdict]}</p>
      {result.trusted === "server" && verdict !== "refuted" && <p className="why">{words.byServersGenesis}</p>}
      {height !== null && time !== null && (
        <p className="why">
          {words.asOf(words.block(height))}
          <Time ms={time} />
        </p>
      )}
      <Listed title={words.provedTitle} lines={proved} />
      <Listed title={words.notProvedTitle} lines={notProved} />
      <h3>{words.steps}</h3>
      <ol className="steps">
        {steps.map((step) => (
          <li key={step.number} className={step.state} value={step.number}>
            <span className="mark" aria-hidden="true">
              {MARKS[step.state]}
            </span>
            <span>
              <strong>
                {step.number}. {step.title}
              </strong> <em>{words.stepState[step.state]}</em>
              <br />
              {step.text}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Listed({ title, lines }: { title: string; lines: readonly string[] }) {
  if (lines.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <ul>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </>
  );
}
