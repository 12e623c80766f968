import { isReadableUrl } from '../endpoint-url.js';
import type { ServerEntry } from '../server-info.js';
import { isTerm, type Term } from '../term.js';
import { nodeKey } from './keys.js';

/** Version of the records that this package writes. A record with another number may have another form. */
const RECORD_VERSION = 1;

/** Record of a server in a registry: where callers reach the server, and which process it is. */
export interface NodeRecord {
  readonly id: string;
  readonly serverType: string;
  /** Place at which callers reach the server: `tcp://10.0.0.5:3333`. */
  readonly url: string;
  /** `draining`: the server has announced its end. */
  readonly state: 'ready' | 'draining';
  /** Differs for each process, and for each start of a server. */
  readonly instance: string;
  /** Name of the machine. Two machines may have servers at one address of loopback. */
  readonly machine: string;
  /** Version of the package. */
  readonly version: string;
  /** When the server was started, by the clock of its machine, for people. Unit: ms since 1970 */
  readonly started: number;
  /** Time of the lease of the record. Unit: ms */
  readonly ttl: number;
  /** Term of a server that an election has made the Leader of the id. */
  readonly term?: Term;
  readonly weight?: number;
  /** Further fields of the entry in the rosters of callers. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** Result of reading a record: the record, or why there is none, in words. */
export type ReadRecord = NodeRecord | string;

export function recordText(record: NodeRecord): string {
  return JSON.stringify({ v: RECORD_VERSION, ...record });
}

/** Reads the record under a key. Returns the reason for a text that is no record of this version. */
export function readRecord(key: string, text: string): ReadRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'is no JSON';
  }
  if (typeof value !== 'object' || value === null || !('v' in value)) return 'is no record of a server';
  const { v, ...record } = value as { v: unknown } & Partial<Record<keyof NodeRecord, unknown>>;
  if (v !== RECORD_VERSION)
    return `is a record of version ${String(v).slice(0, 20)}, and this package reads version ${RECORD_VERSION}`;
  const { id, serverType, url, state, instance, machine, version, started, ttl, weight, fields, term } = record;
  const isNamed = typeof id === 'string' && typeof serverType === 'string' && nodeKey(serverType, id) === key;
  if (!isNamed) return 'has another id or type than its key';
  if (!isReadableUrl(url)) return 'has no url of a known transport';
  const texts = [instance, machine, version];
  const isComplete = texts.every((each) => typeof each === 'string') && [started, ttl].every(Number.isFinite);
  if (!isComplete || (state !== 'ready' && state !== 'draining')) return 'lacks fields of a record';
  if (weight !== undefined && !(typeof weight === 'number' && weight > 0))
    return 'has a weight that is no number above 0';
  if (fields !== undefined && (typeof fields !== 'object' || fields === null || Array.isArray(fields)))
    return 'has fields that are no object';
  if (term !== undefined && !isTerm(term)) return 'has a term that is no store with a revision';
  return record as unknown as NodeRecord;
}

/** Entry of a record in the roster of a client. Fields of the record come before those of the server's own. */
export function entryOf({
  id,
  serverType,
  url,
  weight,
  fields,
  instance,
  version,
  started,
  term,
}: NodeRecord): ServerEntry {
  return {
    ...fields,
    ...{ id, serverType, url, instance, version, started },
    ...(term !== undefined && { term }),
    ...(weight !== undefined && { weight }),
  };
}
