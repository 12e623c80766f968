import { endpointOfUrl } from '../endpoint-url.js';
import { isLoopback } from '../host.js';
import { isEarlier } from '../term.js';
import type { Commit, Condition, Engine, Entry, Lease, Operation } from './engine.js';
import { nodeKey } from './keys.js';
import { type NodeRecord, readRecord, recordText } from './record.js';

/** The record of the server is in the store. */
export interface Claimed {
  readonly isOurs: true;
  /** Revision of the record. */
  readonly revision: number;
  /** Answer after which the record can be watched. */
  readonly answer: Commit;
  /** Why a record that was there before could not be read; undefined where there was none, or one that could. */
  readonly replaced: string | undefined;
}

/** Another server has the id. */
export interface Held {
  readonly isOurs: false;
  /** Undefined where the record is of a newer version. */
  readonly holder: NodeRecord | undefined;
  /** The record as the store has it. */
  readonly text: string;
}

/** Attempts in a row while other processes change the record too. */
const MAX_TURNS = 8;

/**
 * Puts the record of a server where there is none; where there is one, decides whose it is. A record of this very process, or of a server at
 * the same place, is taken over: this process listens there, so the other one is its own past.
 */
export async function claimRecord(engine: Engine, record: NodeRecord, lease: Lease): Promise<Claimed | Held> {
  const key = nodeKey(record.serverType, record.id);
  const put: Operation = { type: 'put', key, value: recordText(record), lease };
  let replaced: string | undefined;
  let condition: Condition = { key, created: 0 };
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    const answer = await engine.commit([condition], [put], [{ type: 'get', key }]);
    if (answer.done) return { isOurs: true, revision: answer.revision, answer, replaced };
    const [entry] = answer.entries;
    if (entry === undefined) {
      condition = { key, created: 0 };
      continue;
    }
    const known = readRecord(key, entry.value);
    if (!mayTakeOver(known, entry, record)) return held(known, entry);
    replaced = typeof known === 'string' ? known : undefined;
    condition = { key, modified: entry.modified };
  }
  return { isOurs: false, holder: undefined, text: 'a record that other processes change all the time' };
}

function held(known: NodeRecord | string, { value }: Entry): Held {
  return { isOurs: false, holder: typeof known === 'string' ? undefined : known, text: value };
}

/** A value that is no record at all is nobody's: a server that lives and registers writes a record again at once. */
function mayTakeOver(known: NodeRecord | string, { value }: Entry, own: NodeRecord): boolean {
  if (typeof known === 'string') return !isOfNewerVersion(value);
  if (known.instance === own.instance) return true;
  // A term of another store is one of a Leader before this store: the registry elects in the current store alone.
  if (known.term !== undefined && own.term !== undefined) return !isEarlier(own.term, known.term);
  if (known.url !== own.url) return false;
  const endpoint = endpointOfUrl('url', own.url);
  const isOfMachine = endpoint.transport === 'unix' || isLoopback(endpoint.host);
  return !isOfMachine || known.machine === own.machine;
}

function isOfNewerVersion(text: string): boolean {
  try {
    const { v } = JSON.parse(text) as { v?: unknown };
    return typeof v === 'number' && v > 1;
  } catch {
    return false;
  }
}
