import type { CallWatcher } from '../../lib/call/call-contract.js';
import type { OutgoingCall } from '../../lib/call/outgoing-call.js';
import type { RpcError } from '../../lib/errors.js';

/** Called with a call that has ended at its server, or on the way there. */
export type OnCallEnded = (call: OutgoingCall, isAnswered: boolean) => void;

/**
 * Calls of one mailbox that were sent and are not settled, in the order of sending.
 *
 * The calls are a list through the objects that watch for their ends. A Set of calls costs more than it seems: it moves to a new table every few
 * dozen calls, and V8 links the old table to the new one, so that settled calls stay in memory until the whole heap is collected.
 */
export class SentCalls {
  readonly #onEnded: OnCallEnded;
  #size = 0;
  #first: SentCall | undefined;
  #last: SentCall | undefined;
  /** Calls that came back unsent, which are watched already. Made for the first of them. */
  #returned: WeakMap<OutgoingCall, SentCall> | undefined;

  constructor(onEnded: OnCallEnded) {
    this.#onEnded = onEnded;
  }

  get size(): number {
    return this.#size;
  }

  /** Takes a call, and watches for its end once, however often the call comes back. */
  add(call: OutgoingCall): void {
    const sent = this.#returned?.get(call) ?? new SentCall(call, this);
    sent.before = this.#last;
    if (this.#last === undefined) this.#first = sent;
    else this.#last.after = sent;
    this.#last = sent;
    sent.isListed = true;
    this.#size += 1;
  }

  /** The call has come back, unsent. Its end is still watched for. */
  returned(call: OutgoingCall): void {
    const sent = call.watcher;
    if (!(sent instanceof SentCall)) return; // settled meanwhile
    this.#returned ??= new WeakMap();
    this.#returned.set(call, sent);
    this.#delete(sent);
  }

  /** Ends all calls as lost. */
  loseAll(reason: RpcError): void {
    const calls: OutgoingCall[] = [];
    for (let sent = this.#first; sent !== undefined; sent = sent.after) calls.push(sent.call);
    for (const call of calls) call.lost(reason, 'unknown');
  }

  /** A watched call has ended. */
  ended(sent: SentCall, isAnswered: boolean): void {
    this.#delete(sent);
    this.#onEnded(sent.call, isAnswered);
  }

  /** A call that is not in the list, since it came back, is no error. */
  #delete(sent: SentCall): void {
    if (!sent.isListed) return;
    const { before, after } = sent;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    // An ended call must keep no later one in memory.
    sent.before = undefined;
    sent.after = undefined;
    sent.isListed = false;
    this.#size -= 1;
  }
}

/** A call in the list, as the watcher of the call: after filters may still have the answer when the call has ended. */
class SentCall implements CallWatcher {
  readonly call: OutgoingCall;
  before: SentCall | undefined;
  after: SentCall | undefined;
  isListed = false;
  readonly #list: SentCalls;
  readonly #watcher: CallWatcher | undefined;

  constructor(call: OutgoingCall, list: SentCalls) {
    this.call = call;
    this.#list = list;
    this.#watcher = call.watcher;
    call.watcher = this;
  }

  answered(): void {
    this.#list.ended(this, true);
    this.#watcher?.answered();
  }

  failed(error: RpcError): void {
    this.#list.ended(this, error.delivery === 'answered');
    this.#watcher?.failed(error);
  }
}
