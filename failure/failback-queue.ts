import type { QueueObject } from 'async';
import queue from 'async/queue.js';
import type { CallOptions } from '../lib/call/call-contract.js';
import type { FailOptions } from '../lib/call/fail-mode.js';
import { FailbackReceipt } from '../lib/call/failback-receipt.js';
import { OutgoingCall } from '../lib/call/outgoing-call.js';
import type { RemoteMethod } from '../lib/call/remote-method.js';
import { type FailedAttempt, RpcCode, RpcError } from '../lib/errors.js';
import type { Filled } from '../lib/options.js';
import { clearTimeout, setTimeout } from '../lib/timers.js';
import type { Tried } from './policy.js';
import { isFinal, mayRunTwice } from './repeatable.js';

/** Calls that are tried at once: a server that comes back does not meet all of them. */
const CONCURRENCY = 8;

export interface FailbackHandler {
  /** Makes one attempt at a call, which settles with what comes of that. */
  deliver(call: OutgoingCall): void;
  onDelivered(receipt: FailbackReceipt, results: readonly unknown[]): void;
  onGivenUp(receipt: FailbackReceipt, error: RpcError): void;
}

/** A call that was accepted, with all that is needed to make it again. */
interface Entry {
  readonly receipt: FailbackReceipt;
  readonly method: RemoteMethod;
  readonly args: readonly unknown[];
  readonly timeout: number;
  readonly oneway: boolean;
  readonly callOptions: CallOptions;
  readonly routeParam: unknown;
  /** Text of the trace context. */
  readonly trace: string | undefined;
  readonly serverId: string | undefined;
  readonly options: Filled<FailOptions>;
  readonly failed: FailedAttempt[];
  lastError: RpcError;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Calls that failed and are tried again in the background: `retryTimes` times, `retryConnectTime` apart, each time with
 * the whole timeout. Source of the behaviour and of the size: Dubbo's failback.
 *
 * The queue is in memory only. Calls that are left when the client stops are given up, and calls that are left when the
 * process dies are lost.
 */
export class FailbackQueue {
  readonly limit: number;
  readonly #handler: FailbackHandler;
  readonly #entries = new Set<Entry>();
  readonly #due: QueueObject<Entry>;
  #receipts = 0;
  #isStopped = false;

  /** `limit`: calls. */
  constructor(limit: number, handler: FailbackHandler) {
    this.limit = limit;
    this.#handler = handler;
    this.#due = queue((entry: Entry, done: () => void) => this.#deliver(entry, done), CONCURRENCY);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Undefined when it is full or stopped. The process is kept alive while there is something to deliver. */
  accept({ call, named, options, servers }: Tried, error: RpcError): FailbackReceipt | undefined {
    if (this.#isStopped || this.#entries.size >= this.limit) return undefined;
    const { method, args, timeout, oneway, routeParam, trace } = call;
    this.#receipts += 1;
    const receipt = new FailbackReceipt(this.#receipts, method.name, error);
    const [serverId] = servers;
    const entry: Entry = {
      ...{ receipt, method, args: [...args], timeout, oneway, routeParam, trace, serverId: named, options },
      callOptions: call.options,
      failed: [{ serverId, code: error.code, delivery: error.delivery }],
      lastError: error,
      timer: undefined,
    };
    this.#entries.add(entry);
    this.#wait(entry);
    return receipt;
  }

  /** Gives up the calls that wait; a call that is just being tried may still succeed. */
  stop(): void {
    this.#isStopped = true;
    const waiting = [...this.#entries].filter(({ timer }) => timer !== undefined);
    this.#due.remove(({ data }) => {
      waiting.push(data);
      return true;
    });
    for (const entry of waiting) this.#giveUp(entry, 'the client was stopped');
  }

  #wait(entry: Entry): void {
    entry.timer = setTimeout(() => {
      entry.timer = undefined;
      void this.#due.push(entry);
    }, entry.options.retryConnectTime);
  }

  #deliver(entry: Entry, done: () => void): void {
    const { method, args, timeout, oneway, callOptions, routeParam, trace, serverId } = entry;
    const call = new OutgoingCall(method, [...args], timeout, oneway, callOptions, routeParam, (error, results) => {
      done();
      if (error === undefined) this.#delivered(entry, results);
      else this.#failed(entry, call, error);
    });
    call.serverId = serverId;
    if (trace !== undefined) call.trace = trace;
    this.#handler.deliver(call);
  }

  #delivered(entry: Entry, results: readonly unknown[]): void {
    this.#entries.delete(entry);
    this.#handler.onDelivered(entry.receipt, results);
  }

  #failed(entry: Entry, call: OutgoingCall, error: RpcError): void {
    entry.failed.push({ serverId: error.serverId, code: error.code, delivery: error.delivery });
    entry.lastError = error;
    if (isFinal(error)) this.#giveUp(entry, 'the answer is final');
    else if (!mayRunTwice(error, call)) this.#giveUp(entry, 'it may have run, and is not marked as idempotent');
    else if (this.#isStopped) this.#giveUp(entry, 'the client was stopped');
    else if (entry.failed.length > entry.options.retryTimes)
      this.#giveUp(entry, `retryTimes is ${entry.options.retryTimes}`);
    else this.#wait(entry);
  }

  #giveUp(entry: Entry, why: string): void {
    clearTimeout(entry.timer);
    this.#entries.delete(entry);
    const { lastError: last, failed, receipt } = entry;
    const code = this.#isStopped && !isFinal(last) ? RpcCode.Closed : last.code;
    const mayHaveRun = failed.some(({ delivery }) => delivery !== 'not-sent');
    const delivery = last.delivery === 'not-sent' && mayHaveRun ? 'unknown' : last.delivery;
    const { serverId, method } = last;
    const message = `${last.message}; given up after ${failed.length} attempts: ${why}`;
    const detail = { serverId, method, delivery, cause: last.cause ?? last, attempts: Object.freeze([...failed]) };
    this.#handler.onGivenUp(receipt, new RpcError(code, message, detail));
  }
}
