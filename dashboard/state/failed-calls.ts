import { RpcCode } from '../../lib/errors.js';
import type { FailedCall } from '../snapshot.js';
import { OWN_PROCESS } from './callers.js';
import { ascendingKey } from './keys.js';

const MAX_ERRORS = 200;
/** Name of a method as servers cut it. Characters */
const MAX_METHOD = 200;
/** Part of a message by which two are compared. Characters */
const COMPARED = 200;
/** Time in which equal failures at a client become one entry, as at a server. Unit: ms */
const SAME_WITHIN_MS = 1_000;
/** Time by which the clocks of both ends may differ, beside the rounds of the dashboard. Unit: ms */
const CLOCKS_MS = 2_000;

/** A failed call as one end reports it. */
export type Report = Omit<FailedCall, 'key'>;

/** Reports of the two ends of a failed call. */
interface Ends {
  readonly server?: Report;
  readonly client?: Report;
}

/** Outcomes that a server gives a call whose caller waits no longer. */
const LEFT_ALONE: readonly unknown[] = ['late', 'left', 'unanswered'] satisfies FailedCall['outcome'][];

/**
 * Last failed calls, within a bound. A call that both ends report is one entry: the reports have no number in common, and are
 * joined by server, method, code and the time at which the call began.
 */
export class FailedCalls {
  readonly entries = new Map<string, FailedCall>();
  readonly #ends = new Map<string, Ends>();
  /** Key of the entry by server and number there, for entries that change. */
  readonly #known = new Map<string, string>();
  readonly #tolerance: number;
  #last = 0;

  /** `interval`: time between two states, by which the clock of a server may be off. Unit: ms */
  constructor(interval: number) {
    this.#tolerance = CLOCKS_MS + 2 * interval;
  }

  /** Takes the report of a server. `known`: name of the entry there; a later report of the same name takes its place. */
  fromServer(known: string, report: Report): void {
    const own = this.#known.get(known);
    const key = own !== undefined && this.#ends.has(own) ? own : this.#near('client', report);
    this.#known.set(known, this.#put(key, { ...this.#endsOf(key), server: report }));
    for (const [each, at] of this.#known) if (!this.#ends.has(at)) this.#known.delete(each);
  }

  /** Takes the report of a client of this process. */
  fromClient(report: Report): void {
    for (const [key, ends] of this.#ends) {
      const { client } = ends;
      if (client === undefined || !isSame(client, report)) continue;
      return void this.#put(key, { ...ends, client: { ...report, more: client.more + 1 } });
    }
    const key = this.#near('server', report);
    this.#put(key, { ...this.#endsOf(key), client: report });
  }

  #endsOf(key: string | undefined): Ends {
    return (key === undefined ? undefined : this.#ends.get(key)) ?? {};
  }

  /** Key of the entry that has the report of this end alone, and was the same call: the nearest in time. */
  #near(by: keyof Ends, report: Report): string | undefined {
    let [nearest, least]: [string | undefined, number] = [undefined, Number.POSITIVE_INFINITY];
    for (const [key, { server, client }] of this.#ends) {
      const other = by === 'server' ? server : client;
      if (other === undefined || (server !== undefined && client !== undefined)) continue;
      const [served, called] = by === 'server' ? [other, report] : [report, other];
      if (!isOneCall(served, called, this.#tolerance)) continue;
      const distance = Math.abs(begin(served) - begin(called));
      if (distance < least) [nearest, least] = [key, distance];
    }
    return nearest;
  }

  #put(known: string | undefined, ends: Ends): string {
    if (known === undefined) this.#last += 1;
    const key = known ?? ascendingKey(this.#last);
    this.#ends.set(key, ends);
    this.entries.set(key, { ...joined(ends), key });
    const [oldest] = this.entries.keys();
    if (this.entries.size > MAX_ERRORS && oldest !== undefined) {
      this.entries.delete(oldest);
      this.#ends.delete(oldest);
    }
    return key;
  }
}

function begin({ time, duration }: Report): number {
  return time - (duration ?? 0);
}

/** Equal failures at a client. Words of a late call differ each time. */
function isSame(one: Report, other: Report): boolean {
  if (Math.abs(other.time - one.time) > SAME_WITHIN_MS || one.method !== other.method || one.server !== other.server)
    return false;
  if (one.code !== other.code || one.delivery !== other.delivery || one.client !== other.client) return false;
  return one.code !== RpcCode.Remote || one.message === other.message;
}

function isOneCall(served: Report, called: Report, tolerance: number): boolean {
  if (served.server !== called.server || served.method !== called.method.slice(0, MAX_METHOD)) return false;
  if (served.client !== null && served.client !== OWN_PROCESS && !served.client.startsWith(`${OWN_PROCESS} `))
    return false;
  if (served.code !== called.code && !LEFT_ALONE.includes(served.outcome)) return false;
  if (called.delivery === 'not-sent' && served.outcome !== 'refused') return false;
  const isOfMethod = served.code === RpcCode.Remote && called.code === RpcCode.Remote && served.outcome === 'failed';
  if (isOfMethod && !called.message.includes(served.message.slice(0, COMPARED))) return false;
  const began = begin(served);
  return began >= begin(called) - tolerance && began <= called.time + tolerance;
}

/** The caller's words come first: those are what the program got. */
function joined({ server, client }: Ends): Report {
  if (server === undefined || client === undefined) return (server ?? client) as Report;
  const isMore = server.code !== client.code || !client.message.includes(server.message.slice(0, COMPARED));
  const words = isMore ? [`the server ended the call with ${server.code}: ${server.message}`] : [];
  return {
    ...{ ...server, by: 'both', time: client.time, client: server.client ?? client.client },
    ...{ code: client.code, message: client.message, explained: client.explained, delivery: client.delivery },
    ...{ duration: client.duration ?? server.duration, stages: [...client.stages, ...server.stages] },
    ...{ timing: [...client.timing, ...words], more: Math.max(server.more, client.more) },
  };
}
