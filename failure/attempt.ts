import type { Settle } from '../lib/call/call-contract.js';
import { OutgoingCall } from '../lib/call/outgoing-call.js';

/**
 * One attempt at a call: a call of its own, with its own arguments for filters to rewrite, under the same deadline.
 * Its answer goes to the call that it is an attempt at, and only that one's to the after filters.
 */
export class Attempt extends OutgoingCall {
  constructor(of: OutgoingCall, isFirst: boolean, waitForReady: boolean, settle: Settle) {
    const { method, args, timeout, oneway, options, routeParam, startedAt } = of;
    super(method, [...args], timeout, oneway, options, routeParam, settle, startedAt);
    if (!isFirst) this.#comesAfterOthers();
    this.waitForReady = waitForReady;
    this.skipsAfterFilters = true;
    const { onSent } = of;
    if (onSent === undefined) return;
    this.onSent = () => {
      of.serverId = this.serverId;
      onSent();
    };
  }

  /** The time up to now went into them. */
  #comesAfterOthers(): void {
    this.stage = 'waiting to be tried again';
    this.wait();
    this.stage = 'routing';
  }
}
