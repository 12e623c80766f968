import { settledWithin } from '../../call/held-calls.js';
import type { OutgoingCall } from '../../call/outgoing-call.js';
import { RpcCode, type RpcError, toError } from '../../errors.js';
import type { Subscriber } from '../../serving/channel.js';
import { nextTick } from '../../timers.js';
import { PendingCalls } from '../../transport/pending-calls.js';
import type { LeaderChannel } from '../real-client/leader-channel.js';
import type { Role, RoleHandler } from './role.js';

/** The role of the process that has the real client. Calls go straight to its channel, under a Follower's deadlines. */
export class LeaderRole implements Role {
  readonly isLeader = true;
  readonly isFull = false;
  readonly #channel: LeaderChannel;
  readonly #handler: RoleHandler;
  readonly #end: (reason: RpcError, timeoutMs: number) => Promise<void>;
  // No socket keeps the process alive while the real client works.
  readonly #pending = new PendingCalls({ holdsProcess: true });
  readonly #subscriber: Subscriber;

  /** `end` closes the channel, or leaves the channel to its other users. Called after the last call. */
  constructor(
    channel: LeaderChannel,
    handler: RoleHandler,
    end: (reason: RpcError, timeoutMs: number) => Promise<void>,
  ) {
    this.#channel = channel;
    this.#handler = handler;
    this.#end = end;
    // A value never arrives before `subscribe` has returned, as on a Follower.
    this.#subscriber = { isOpen: true, push: (key, value) => nextTick(() => handler.onValue(key, value)) };
  }

  subscribe(key: string, reg: unknown): void {
    this.#reportFailure(() => this.#channel.topics.subscribe(key, reg, this.#subscriber));
  }

  unsubscribe(key: string): void {
    this.#reportFailure(() => this.#channel.topics.unsubscribe(key, this.#subscriber));
  }

  publish(reg: unknown): void {
    this.#reportFailure(() => this.#channel.real.publish(reg));
  }

  invoke(call: OutgoingCall): void {
    const { name } = call.method;
    call.move('sent');
    if (call.oneway) return this.#invokeOneway(call);
    const id = this.#pending.add(call);
    const isPending = (): boolean => this.#pending.take(id) !== undefined;
    this.#channel.call(name, [...call.args], {
      succeed: (results) => {
        if (isPending()) call.succeed(results);
      },
      fail: (error) => {
        if (isPending()) call.fail(call.error(RpcCode.Remote, error.message, 'answered', error));
      },
      refuse: (error) => {
        if (isPending()) call.fail(call.error(error.code, error.message, 'answered'));
      },
    });
  }

  async drain(reason: RpcError, timeoutMs: number): Promise<void> {
    this.#channel.topics.left(this.#subscriber);
    await settledWithin(new Promise<void>((resolve) => this.#pending.whenIdle(resolve)), timeoutMs);
    this.#pending.loseAll(reason, Number.POSITIVE_INFINITY);
    await this.#end(reason, timeoutMs);
  }

  #invokeOneway(call: OutgoingCall): void {
    const logFailure = (error: Error): void => this.#channel.logFailure(call.method.name, error);
    this.#channel.call(call.method.name, [...call.args], { succeed: () => {}, fail: logFailure, refuse: logFailure });
    call.succeed([]);
  }

  /** Reports as a Follower does, which learns of a failed subscription or publication from its Leader, later. */
  #reportFailure(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#handler.onError(toError(error));
    }
  }
}
