import { outsideContexts } from '../async-context.js';
import { ResultStream } from '../call/result-stream.js';
import { type Callback, userCallback } from '../callback.js';
import { describeFailure } from '../diagnostics.js';
import { hasCode, RpcCode } from '../errors.js';
import { invalid } from '../options.js';
import { RateLimitedLog } from '../rate-limited-log.js';
import type { Fence } from '../serving/fence.js';
import { nextTick } from '../timers.js';
import type { ClientClass, DelegateKind, Delegates } from './delegates.js';
import { callerError } from './error-names.js';
import { INNER_CLIENT, SINGLE_MODE } from './inner-client.js';
import { MachineElection } from './machine/machine-election.js';
import type { ResolvedClusterOptions } from './options.js';
import { ReadyEmitter } from './ready-emitter.js';
import { isGeneratorMethod } from './real-client/generators.js';
import { LeaderChannel } from './real-client/leader-channel.js';
import type { RealClientHandler } from './real-client/real-client.js';
import { type ElectionPort, electionPort } from './role/election-port.js';
import { PortElection } from './role/port-election.js';
import { RegistryPort } from './role/registry-port.js';
import type { RoleSource } from './role/role-source.js';
import { SingleMode } from './role/single-mode.js';
import { SharedClient } from './shared-client.js';

/** Parts of a shared client. */
export interface ClusterClientParts {
  readonly clientClass: ClientClass;
  /** Arguments for the constructor of the real client, in the process that leads. */
  readonly args: readonly unknown[];
  readonly delegates: Delegates;
  readonly options: ResolvedClusterOptions;
}

/**
 * Shared client, which `create()` returns. One real client serves all processes that share it. Delegated and overridden
 * methods are own properties.
 *
 * {@link ClusterClientEvents} has the events; in the process that leads, the events of the real client are emitted too.
 * `ready()` resolves when a Leader takes calls, anew after the death of a Leader.
 */
export class ClusterClient extends ReadyEmitter {
  readonly options: ResolvedClusterOptions;
  readonly #shared: SharedClient;
  readonly #log: RateLimitedLog;

  /**
   * Begins to compete at once. Throws {@link RpcCode.InvalidArgument} for a delegated method that the class does not
   * have.
   */
  constructor(parts: ClusterClientParts) {
    super();
    const { options } = parts;
    this.options = options;
    this.#log = new RateLimitedLog(options.logger);
    this.#shared = new SharedClient(options, {
      onReady: () => this.ready(true),
      onLost: () => {
        this.ready(false);
        this.emit('close');
      },
      onFailed: (error, isFirst) => {
        if (isFirst) this.ready(error);
        else this.failReady(error);
      },
      onSearching: () => this.ready(false),
      onError: (error) => this.#emitOutside('error', error),
      onClosed: (reason) => {
        this.failReady(callerError(reason));
        this.#log.close();
        this.#emitOutside('close');
      },
    });
    Object.defineProperties(this, {
      [SINGLE_MODE]: { value: options.singleMode },
      [INNER_CLIENT]: { get: () => this.#shared.inner },
    });
    this.#define(parts);
    this.#start(parts);
  }

  /** Closes any shared client, also one whose `close` is delegated or overridden. */
  static close(client: unknown): Promise<void> {
    if (client instanceof ClusterClient) return client.#shared.close();
    // A shared client that another copy of the package has made.
    const { close } = (client ?? {}) as { close?: unknown };
    if (typeof close !== 'function' || !('isClusterClientLeader' in (client as object)))
      throw invalid('cluster.close(client): the argument must be a client that create() has returned');
    return Promise.resolve(close.call(client));
  }

  /** True in the process that leads, false in one that follows, undefined while no Leader is known. */
  get isClusterClientLeader(): boolean | undefined {
    return this.#shared.isLeader;
  }

  /**
   * Closes the shared client. Calls in flight have `responseTimeout` to be answered. The Leader then releases its
   * Followers, closes the real client, and releases the port last. Rejects with the error that closing the real client
   * gives. Each further call returns the same promise.
   */
  close(): Promise<void> {
    return this.#shared.close();
  }

  #start({ clientClass, args, delegates, options }: ClusterClientParts): void {
    const make = (): object => Reflect.construct(clientClass as new () => object, [...args]);
    const makeChannel = (handler: RealClientHandler, fence?: Fence) =>
      new LeaderChannel(make, delegates, options, handler, fence);
    const events: RealClientHandler = {
      onEvent: (event, values) => {
        // The first `ready` of the real client becomes the shared client's own, when callers can be served.
        if (event !== 'ready' || this.isReady) this.#emitOutside(event, ...values);
      },
      onError: (error) => this.#shared.onError(error),
    };
    const parts = {
      options,
      publishMethod: delegates.methodFor('publish'),
      makeChannel: (fence: Fence | undefined) => makeChannel(events, fence),
      makePort: () => portOf(options, (error) => this.#shared.onError(error)),
    };
    const source = (): RoleSource => {
      if (options.singleMode)
        return new SingleMode({ name: options.name, clientClass, options, makeChannel, events }, this.#shared);
      if (options.election?.share !== undefined) return new MachineElection(parts, this.#shared);
      return new PortElection({ ...parts, port: parts.makePort() }, this.#shared);
    };
    const made = source();
    // The maker's async context must not be kept by the connections and timers of an election.
    outsideContexts(() => this.#shared.start(made));
  }

  /** Emits where listeners do not see the store of the caller whose work has led to the event. */
  #emitOutside(event: string, ...args: unknown[]): void {
    outsideContexts(() => void this.emit(event, ...args));
  }

  #define({ clientClass, delegates, options }: ClusterClientParts): void {
    for (const [name, descriptor] of delegates.entries()) {
      const value =
        descriptor.type === 'override'
          ? descriptor.value
          : this.#delegated(name, descriptor.to, Reflect.get(clientClass.prototype, name), options.name);
      Object.defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true });
    }
  }

  #delegated(name: string, to: DelegateKind, real: unknown, client: string): unknown {
    const shared = this.#shared;
    if (to === 'subscribe')
      return (...[reg, listener]: Parameters<SharedClient['subscribe']>) => shared.subscribe(reg, listener);
    if (to === 'unSubscribe')
      return (...[reg, listener]: Parameters<SharedClient['unsubscribe']>) => shared.unsubscribe(reg, listener);
    if (to === 'publish') return (reg: unknown) => shared.publish(reg);
    if (to === 'close') return () => shared.close();
    if (typeof real !== 'function') throw invalid(`[ClusterClient] api: ${name} not implement in client ${client}`);
    if (to === 'stream') return (...args: unknown[]) => new ResultStream(shared.streams.make(name, args));
    if (to === 'invokeOneway') return (...args: unknown[]) => this.#invokeOneway(name, args);
    if (!isGeneratorMethod(real)) return (...args: unknown[]) => this.#invoke(name, args);
    const invoke = (args: unknown[]) => this.#promise(name, args);
    return function* (...args: unknown[]): Generator<unknown, unknown> {
      return yield invoke(args);
    };
  }

  /** Calls the real client. A function as the last argument is the callback, and nothing is returned then. */
  #invoke(name: string, args: unknown[]): Promise<unknown> | undefined {
    if (typeof args.at(-1) !== 'function') return this.#promise(name, args);
    const callback = userCallback(args.pop() as Callback<unknown[]>);
    this.#shared.invoke(name, args, false, (error, results) => {
      // The callback never runs before the call has returned.
      if (error === undefined) nextTick(callback, null, ...results);
      else nextTick(callback, error);
    });
    return undefined;
  }

  #promise(name: string, args: unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#shared.invoke(name, args, false, (error, results) =>
        error === undefined ? resolve(results[0]) : reject(error),
      );
    });
  }

  #invokeOneway(method: string, args: unknown[]): void {
    this.#shared.invoke(method, args, true, (error) => {
      if (error === undefined) return;
      const { name } = this.options;
      // A closed real client would emit the failure of a call that has no other way to report it.
      if (hasCode(error, [RpcCode.Closed])) nextTick(() => this.#emitOutside('error', error));
      else
        this.#log.warn(
          () => `mailstation: a one-way call of ${name}.${method} was not sent: ${describeFailure(error)}`,
          method,
        );
    });
  }
}

/** The port that decides which process leads: that of one machine, or the election of a registry. */
function portOf(options: ResolvedClusterOptions, onError: (error: Error) => void): ElectionPort {
  const { election } = options;
  return election === undefined ? electionPort(options, onError) : new RegistryPort(options, election, onError);
}
