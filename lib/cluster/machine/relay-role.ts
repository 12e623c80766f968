import type { OutgoingCall } from '../../call/outgoing-call.js';
import { type RpcError, toError } from '../../errors.js';
import type { Subscriber } from '../../serving/channel.js';
import { nextTick } from '../../timers.js';
import type { FollowerRole } from '../role/follower-role.js';
import type { Role, RoleHandler } from '../role/role.js';
import type { RelayChannel } from './relay-channel.js';

/**
 * Role of the process that has the connection of a machine to the Leader. Calls go straight to that connection. Subscriptions go through those
 * of the machine: the Leader has one subscriber for all processes there.
 */
export class RelayRole implements Role {
  readonly isLeader = false;
  readonly #role: FollowerRole;
  readonly #channel: RelayChannel;
  readonly #handler: RoleHandler;
  readonly #subscriber: Subscriber;

  constructor(role: FollowerRole, channel: RelayChannel, handler: RoleHandler) {
    this.#role = role;
    this.#channel = channel;
    this.#handler = handler;
    // A value never arrives before `subscribe` has returned, as on a Follower.
    this.#subscriber = { isOpen: true, push: (key, value) => nextTick(() => handler.onValue(key, value)) };
  }

  get isFull(): boolean {
    return this.#role.isFull;
  }

  subscribe(key: string, reg: unknown): void {
    const onFailure = (error: unknown): void => this.#handler.onError(toError(error));
    try {
      this.#channel.topics.subscribe(key, reg, this.#subscriber)?.catch(onFailure);
    } catch (error) {
      onFailure(error);
    }
  }

  unsubscribe(key: string): void {
    this.#channel.topics.unsubscribe(key, this.#subscriber);
  }

  publish(key: string, reg: unknown): void {
    this.#role.publish(key, reg);
  }

  invoke(call: OutgoingCall): void {
    this.#role.invoke(call);
  }

  drain(reason: RpcError, timeoutMs: number): Promise<void> {
    return this.#role.drain(reason, timeoutMs);
  }
}
