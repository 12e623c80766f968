import { observeCalls } from '../../client/call-traces.js';
import { endedDelivery, kindOf } from '../../client/published-call.js';
import type { OutgoingCall } from '../../lib/call/outgoing-call.js';
import type { CallMessage } from '../../lib/channels.js';
import { type Delivery, RpcCode, type RpcError } from '../../lib/errors.js';
import { LatencyHistogram } from '../../lib/latency-histogram.js';
import { performance } from '../../lib/timers.js';

/** Methods of one server type that have counts of their own. Callers of `rpcInvoke` can make names up. */
const MAX_METHODS = 1_000;
/** Server types with counts of their own. */
const MAX_TYPES = 100;
/** Name of all methods that have no counts of their own. Source: the conventions of OpenTelemetry. */
export const OTHER = '_OTHER';

export type CallKind = CallMessage['kind'];

/** Counts of the calls of one method. */
export class CalledMethod {
  /** Durations of all calls but streams, by code. */
  readonly durations = new Map<RpcCode | undefined, LatencyHistogram>();
  /** Number of calls by kind and delivery. */
  readonly calls: Readonly<Record<CallKind, Record<Delivery, number>>> = {
    call: { 'not-sent': 0, unknown: 0, answered: 0 },
    oneway: { 'not-sent': 0, unknown: 0, answered: 0 },
    stream: { 'not-sent': 0, unknown: 0, answered: 0 },
  };

  count(call: OutgoingCall, error: RpcError | undefined, results: readonly unknown[]): void {
    const kind = kindOf(call);
    this.calls[kind][endedDelivery(call, error, results)] += 1;
    if (kind !== 'stream') this.#record(error?.code, performance.now() - call.startedAt);
  }

  #record(code: RpcCode | undefined, ms: number): void {
    let histogram = this.durations.get(code);
    if (histogram === undefined) {
      histogram = new LatencyHistogram();
      this.durations.set(code, histogram);
    }
    histogram.record(Math.round(ms * 1_000));
  }
}

/** Counts of the calls of one client, by server type and method. */
export class ClientCalls {
  readonly byType = new Map<string, Map<string, CalledMethod>>();

  readonly count = (call: OutgoingCall, error: RpcError | undefined, results: readonly unknown[]): void => {
    const { serverType, name } = call.method;
    this.#method(serverType, error?.code === RpcCode.NoMethod ? OTHER : name).count(call, error, results);
  };

  #method(serverType: string, name: string): CalledMethod {
    const methods = this.byType.get(serverType) ?? this.#addedType(serverType);
    return methods.get(name) ?? addedMethod(methods, name);
  }

  #addedType(serverType: string): Map<string, CalledMethod> {
    const isFull = this.byType.size >= MAX_TYPES;
    const added = (isFull ? this.byType.get(OTHER) : undefined) ?? new Map<string, CalledMethod>();
    this.byType.set(isFull ? OTHER : serverType, added);
    return added;
  }
}

function addedMethod(methods: Map<string, CalledMethod>, name: string): CalledMethod {
  const isFull = methods.size >= MAX_METHODS;
  const added = (isFull ? methods.get(OTHER) : undefined) ?? new CalledMethod();
  methods.set(isFull ? OTHER : name, added);
  return added;
}

interface CountedClient {
  readonly calls: ClientCalls;
  /** Number of metrics that read the counts. */
  readers: number;
}

/** Clients whose calls are counted. Counts are common to all metrics of the process, so that a call counts once. */
const counted = new Map<object, CountedClient>();

/** Counts the calls of a client from now on, or for one reader more. */
export function countCalls(client: object): void {
  const known = counted.get(client);
  if (known !== undefined) {
    known.readers += 1;
    return;
  }
  const calls = new ClientCalls();
  counted.set(client, { calls, readers: 1 });
  observeCalls(client, calls.count);
}

/** Ends what {@link countCalls} began. The last reader that leaves ends the counting. */
export function uncountCalls(client: object): void {
  const known = counted.get(client);
  if (known === undefined) return;
  known.readers -= 1;
  if (known.readers > 0) return;
  counted.delete(client);
  observeCalls(client, undefined);
}

/** Counts of a client; undefined where its calls are not counted. */
export function callsOf(client: object): ClientCalls | undefined {
  return counted.get(client)?.calls;
}
