import type { Change, ChangeEvent, Entry } from '../engine.js';
import { ProtoReader } from './protobuf.js';

/** etcd's answers, from bytes. The numbers are those of the fields in etcd's rpc.proto, as in requests.ts. */

/** Facts about the store that each answer has. */
export interface Header {
  readonly cluster: string;
  readonly revision: number;
  /** Grows with each election within the cluster, and begins anew with a new or restored cluster. */
  readonly raftTerm: number;
}

export interface RangeAnswer {
  readonly header: Header;
  readonly entries: readonly Entry[];
}

export interface TxnAnswer extends RangeAnswer {
  readonly done: boolean;
}

/** A lease with its time; 0 or less where there is no such lease. Unit of `ttl`: s */
export interface LeaseAnswer {
  readonly id: string;
  readonly ttl: number;
}

export interface WatchAnswer {
  readonly header: Header;
  readonly created: boolean;
  readonly canceled: boolean;
  /** Revision of the compaction: not 0 where the watch was canceled since its revision was compacted. */
  readonly compactRevision: number;
  readonly reason: string;
  /** In the order of their revisions. */
  readonly changes: readonly Change[];
}

const NO_HEADER: Header = Object.freeze({ cluster: '', revision: 0, raftTerm: 0 });
const NO_LEASE = '0000000000000000';
/** Value of the enum `EventType`. */
const DELETE = 1;

/** `prefix`: the namespace, which the keys of entries are without. */
export function rangeAnswer(bytes: Buffer, prefix: string): RangeAnswer {
  return range(new ProtoReader(bytes), prefix);
}

export function txnAnswer(bytes: Buffer, prefix: string): TxnAnswer {
  const reader = new ProtoReader(bytes);
  let header = NO_HEADER;
  let done = false;
  const entries: Entry[] = [];
  for (let field = reader.next(); field !== undefined; field = reader.next()) {
    if (field === 1) header = headerOf(reader.message());
    else if (field === 2) done = reader.bool();
    else if (field === 3) entries.push(...readByOp(reader.message(), prefix));
    else reader.skip();
  }
  return { header, done, entries };
}

/** Answer to a grant and to a keep-alive, which have the same fields. */
export function leaseAnswer(bytes: Buffer): LeaseAnswer {
  const reader = new ProtoReader(bytes);
  let [id, ttl] = [NO_LEASE, 0];
  for (let field = reader.next(); field !== undefined; field = reader.next()) {
    if (field === 2) id = reader.hex();
    else if (field === 3) ttl = reader.int();
    else reader.skip();
  }
  return { id, ttl };
}

export function loginAnswer(bytes: Buffer): string {
  const reader = new ProtoReader(bytes);
  let token = '';
  for (let field = reader.next(); field !== undefined; field = reader.next()) {
    if (field === 2) token = reader.text();
    else reader.skip();
  }
  return token;
}

export function watchAnswer(bytes: Buffer, prefix: string): WatchAnswer {
  const reader = new ProtoReader(bytes);
  let header = NO_HEADER;
  let [created, canceled, compactRevision, reason] = [false, false, 0, ''];
  const changes: { revision: number; events: ChangeEvent[] }[] = [];
  for (let field = reader.next(); field !== undefined; field = reader.next()) {
    if (field === 1) header = headerOf(reader.message());
    else if (field === 3) created = reader.bool();
    else if (field === 4) canceled = reader.bool();
    else if (field === 5) compactRevision = reader.int();
    else if (field === 6) reason = reader.text();
    else if (field === 11) {
      const { revision, event } = eventOf(reader.message(), prefix);
      const last = changes.at(-1);
      if (last?.revision === revision) last.events.push(event);
      else changes.push({ revision, events: [event] });
    } else reader.skip();
  }
  return { header, created, canceled, compactRevision, reason, changes };
}

function headerOf(reader: ProtoReader): Header {
  let [cluster, revision, raftTerm] = ['', 0, 0];
  for (let field = reader.next(); field !== undefined; field = reader.next()) {
    if (field === 1) cluster = reader.hex();
    else if (field === 3) revision = reader.int();
    else if (field === 4) raftTerm = reader.int();
    else reader.skip();
  }
  return { cluster, revision, raftTerm };
}

function range(reader: ProtoReader, prefix: string): RangeAnswer {
  let header = NO_HEADER;
  const entries: Entry[] = [];
  for (let field = reader.next(); field !== undefined; field = reader.next()) {
    if (field === 1) header = headerOf(reader.message());
    else if (field === 2) entries.push(entryOf(reader.message(), prefix));
    else reader.skip();
  }
  return { header, entries };
}

/** Reads the entries that one operation of a commit has read: none where the operation was a put or a deletion. */
function readByOp(reader: ProtoReader, prefix: string): readonly Entry[] {
  const field = reader.next();
  return field === 1 ? range(reader.message(), prefix).entries : [];
}

function entryOf(reader: ProtoReader, prefix: string): Entry {
  let [key, value, created, modified, lease] = ['', '', 0, 0, NO_LEASE];
  for (let field = reader.next(); field !== undefined; field = reader.next()) {
    if (field === 1) key = reader.text();
    else if (field === 2) created = reader.int();
    else if (field === 3) modified = reader.int();
    else if (field === 5) value = reader.text();
    else if (field === 6) lease = reader.hex();
    else reader.skip();
  }
  return { key: key.slice(prefix.length), value, created, modified, lease: lease === NO_LEASE ? undefined : lease };
}

function eventOf(reader: ProtoReader, prefix: string): { revision: number; event: ChangeEvent } {
  let type = 0;
  let entry: Entry | undefined;
  for (let field = reader.next(); field !== undefined; field = reader.next()) {
    if (field === 1) type = reader.int();
    else if (field === 2) entry = entryOf(reader.message(), prefix);
    else reader.skip();
  }
  if (entry === undefined) throw new RangeError('an event of a watch has no key');
  const { key, modified: revision } = entry;
  return { revision, event: type === DELETE ? { type: 'delete', key } : { type: 'put', entry } };
}
