/** One verification under way: what the steps found so far. */
import { type Bytes, hex } from "./bytes";
import type { Read } from "./format";
import type { Validators } from "./genesis";
import type { SignedHeader } from "./header";
import type { NoteKey } from "./note";
import type { LeafHeader } from "./record";
import type { Result } from "./report";
import type { LogValue } from "./state";
import type { Part } from "./words";

/** What the reader saw before, of the ledger and of the relation in question; evidence that contradicts it is refuted. */
export interface Memory {
  readonly ledger: {
    readonly height: number;
    readonly header: Bytes; // hash of the header at `height`
    readonly logSize: number;
    readonly logRoot: Bytes;
  } | null;
  readonly relation: {
    readonly relation: Bytes;
    readonly seq: number;
    readonly logSize: number;
    readonly logRoot: Bytes;
  } | null;
}

/** A step: it runs only if none before it failed. */
export type Check = (found: Case) => Result | Promise<Result>;

/** Input, and what each step established for the later ones. */
export class Case {
  network: Bytes = new Uint8Array(); // step 1: the one that the object names
  validators: Validators = new Map(); // step 2: of the genesis; step 3: and of the header; empty without a genesis
  log: LogValue | null = null; // step 5
  readonly bodies: Bytes[] = []; // step 5: event bodies, proved
  witnessed = false; // step 6
  readonly headers: LeafHeader[] = []; // step 8: of the records
  readonly leaves: Bytes[] = []; // step 8: of the records, proved to be in the map
  committed: Bytes | null = null; // step 9: what the ledger holds of the leaves, or of the log of a session
  release: Bytes | null = null; // step 9: id of the release, push or session
  readonly proved: Part[] = [];
  private object: Read | null = null;
  private head: SignedHeader | null = null;
  private readonly values = new Map<string, Bytes | null>();

  constructor(
    readonly raw: Bytes,
    readonly genesis: Bytes | null,
    readonly witnesses: readonly NoteKey[],
    readonly remembered: Memory | null,
  ) {}

  /** The object, for the steps after the first; null where it could not be read. */
  get known(): Read | null {
    return this.object;
  }

  get read(): Read {
    if (this.object === null) throw new Error("The object is not read yet.");
    return this.object;
  }

  set read(read: Read) {
    this.object = read;
  }

  /** The header, for the steps after the third. */
  get header(): SignedHeader {
    if (this.head === null) throw new Error("The header is not read yet.");
    return this.head;
  }

  set header(header: SignedHeader) {
    this.head = header;
  }

  /** Note the value of a key of the state, null where it has none: step 4, proved. */
  hold(key: Bytes, value: Bytes | null): void {
    this.values.set(hex(key), value);
  }

  /** Return the proved value of a key, or null where it has none, or nothing is proved of it. */
  value(key: Bytes): Bytes | null {
    return this.values.get(hex(key)) ?? null;
  }
}
