import { settledWithin } from '../../call/held-calls.js';
import type { OutgoingCall } from '../../call/outgoing-call.js';
import { RpcCode, type RpcError, toError } from '../../errors.js';
import type { Subscriber } from '../../serving/channel.js';
import { PendingCalls } from '../../transport/pending-calls.js';
import type { LeaderChannel } from '../real-client/leader-channel.js';
import type { Role, RoleHandler } from './role.js';

/** Leads: the real client is in this process. Calls go straight to it, under the same deadlines as a Follower's. */
export class LeaderRole implements Role {
  readonly isLeader = true;
  readonly isFull = false;
  readonly #hosted: LeaderChannel;
  readonly #handler: RoleHandler;
  readonly #end: (reason: RpcError, timeoutMs: number) => Promise<void>;
  // No socket keeps the process alive while the real client works.
  readonly #pending = new PendingCalls({ holdsProcess: true });
  readonly #subscriber: Subscriber;

  /** `end` closes, or leaves, the hosted client: after the last call is over. */
  constructor(
    hosted: LeaderChannel,
    handler: RoleHandler,
    end: (reason: RpcError, timeoutMs: number) => Promise<void>,
  ) {
    this.#hosted = hosted;
    this.#handler = handler;
    this.#end = end;
    // Never before `subscribe` has returned, as on a Follower.
    this.#subscriber = { isOpen: true, push: (key, value) => process.nextTick(() => handler.onValue(key, value)) };
  }

  subscribe(key: string, reg: unknown): void {
    this.#guard(() => this.#hosted.topics.subscribe(key, reg, this.#subscriber));
  }

  unsubscribe(key: string): void {
    this.#guard(() => this.#hosted.topics.unsubscribe(key, this.#subscriber));
  }

  publish(reg: unknown): void {
    this.#guard(() => this.#hosted.real.publish(reg));
  }

  invoke(call: OutgoingCall): void {
    const { name } = call.method;
    call.stage = 'waiting for the answer';
    if (call.oneway) return this.#invokeOneway(call);
    const id = this.#pending.add(call);
    const isWaited = (): boolean => this.#pending.take(id) !== undefined;
    this.#hosted.call(name, [...call.args], {
      succeed: (results) => {
        if (isWaited()) call.succeed(results);
      },
      fail: (error) => {
        if (isWaited()) call.fail(call.error(RpcCode.Remote, error.message, 'answered', error));
      },
      refuse: (error) => {
        if (isWaited()) call.fail(call.error(error.code, error.message, 'answered'));
      },
    });
  }

  async close(reason: RpcError, timeoutMs: number): Promise<void> {
    this.#hosted.topics.left(this.#subscriber);
    await settledWithin(new Promise<void>((resolve) => this.#pending.whenIdle(resolve)), timeoutMs);
    this.#pending.loseAll(reason, Number.POSITIVE_INFINITY);
    await this.#end(reason, timeoutMs);
  }

  #invokeOneway(call: OutgoingCall): void {
    const logFailure = (error: Error): void => this.#hosted.logFailure(call.method.name, error);
    this.#hosted.call(call.method.name, [...call.args], { succeed: () => {}, fail: logFailure, refuse: logFailure });
    call.succeed([]);
  }

  /** What a subscriber's own process can do wrong is told to it, as a Follower is told by its Leader. */
  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#handler.onError(toError(error));
    }
  }
}
