import { outsideContexts } from './lib/async-context.js';
import { type Callback, withCallback } from './lib/callback.js';
import { pomeloServerOptions } from './lib/compat/option-names.js';
import { debug } from './lib/diagnostics.js';
import { hostOf, portOf, urlOf, withHost } from './lib/endpoint.js';
import { hasCode, RpcCode, RpcError } from './lib/errors.js';
import { reloadDoors } from './lib/leader/reload-doors.js';
import type { ServerAcceptor } from './lib/leader/server-acceptor.js';
import { Lifecycle } from './lib/lifecycle.js';
import { HotReload, type ReloadResult } from './lib/service/hot-reload.js';
import { stopWith } from './lib/stop-with.js';
import type { TlsOptions } from './lib/transport/tls-options.js';
import { makeAcceptor } from './server/acceptor.js';
import { acceptorEvents } from './server/acceptor-events.js';
import { ElectedPlace } from './server/elected-place.js';
import { missingMethods } from './server/missing-methods.js';
import { OperatedServer } from './server/operated-server.js';
import type { ServerOptions } from './server/options.js';
import type { Place, PlaceOwner } from './server/place.js';
import { PortPlace } from './server/port-place.js';
import { Registered } from './server/registered.js';
import { type ResolvedServerOptions, resolveServerOptions } from './server/resolve.js';
import { ServedCalls } from './server/served-calls.js';
import { cannotStart, startedTwice, stoppedWhileStarting } from './server/start-errors.js';
import { SERVER_TRANSITIONS, type ServerState } from './server/state.js';

export type { ServerEvents } from './server/events.js';
export type { ServerOptions } from './server/options.js';
export type { ServerState } from './server/state.js';

/**
 * Serves the methods of remote modules: loads them, listens on a port, and answers calls. {@link createServer} makes
 * one.
 * @example
 * ```ts
 * import { Server } from 'mailstation';
 *
 * const server = new Server({ id: 'chat-1', port: 0, services: { user: { rooms: { list: async () => ['lobby'] } } } });
 * server.on('connection', ({ peer }) => console.log(`${peer} may call now`));
 * await server.start();
 * console.log(`calls arrive at port ${server.port}`);
 * await server.stop();
 * ```
 */
export class Server extends OperatedServer {
  /** Makes a server whose methods answer through callbacks, as those of pomelo-rpc do. Source: pomelo-rpc. */
  static create(options: ServerOptions): Server {
    return new Server(pomeloServerOptions(options));
  }

  /** Name of the channel that callers register on; undefined without the option. */
  readonly id: string | undefined;
  /** Type of the server, as the option says; undefined without the option. */
  readonly serverType: string | undefined;
  readonly #options: ResolvedServerOptions;
  readonly #calls: ServedCalls;
  readonly #remotes: HotReload;
  readonly #place: Place;
  /** Keeps the server in its registry; only with `registry`. */
  readonly #registered: Registered | undefined;
  readonly #lifecycle = new Lifecycle<ServerState>('idle', SERVER_TRANSITIONS, (to, from) => this.#onMove(to, from));
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  /**
   * Makes a server that is not started. Nothing is loaded, and no port is taken.
   * @throws {@link RpcCode.InvalidArgument} when an option is out of range
   */
  constructor(written: ServerOptions) {
    const options = resolveServerOptions(written);
    const calls = new ServedCalls(options, () => ({ server: this, acceptor: this.#acceptor, term: this.#place.term }));
    super(calls);
    const { logger, services } = options;
    this.id = options.id;
    this.serverType = options.serverType;
    this.#options = options;
    this.#calls = calls;
    this.#remotes = new HotReload(this.#calls.services, services, logger, (result) => this.emit('reload', result));
    this.#registered = Registered.of(options.registration, logger, (error) => this.emit('error', error));
    const owner = this.#placeOwner(written);
    this.#place = options.election === undefined ? new PortPlace(owner) : new ElectedPlace(owner, options.election);
  }

  /** State of the server; see {@link ServerState}. */
  get state(): ServerState {
    return this.#lifecycle.state;
  }

  /**
   * Port that the server listens on; before the start, the port of the options. With several places, that of the first that has
   * a port; 0 where the server listens at unix sockets alone.
   */
  get port(): number {
    return portOf(withHost(this.#acceptor.endpoints));
  }

  /** Address that the server listens on, of the same place as the port; '' where the server listens at unix sockets alone. */
  get host(): string {
    return hostOf(withHost(this.#acceptor.endpoints));
  }

  /** URLs of all places that the server listens at: `tcp://127.0.0.1:3333`, `ws://127.0.0.1:8080/rpc`. */
  get urls(): readonly string[] {
    return this.#acceptor.endpoints.map(urlOf);
  }

  /**
   * Loads the services and takes the port. Resolves when the server leads or, with `standby`, stands by. A server whose
   * start failed is closed.
   * @throws {@link RpcCode.Load} when a remote module cannot be loaded; {@link RpcCode.AddressInUse}, naming the holder
   * of the port; {@link RpcCode.Listen}; {@link RpcCode.Insecure}; {@link RpcCode.Closed} when the server was started
   * before
   */
  start(callback?: Callback<[]>): Promise<void> {
    if (this.#started !== undefined) {
      return withCallback(Promise.reject(startedTwice(this.state)), callback);
    }
    this.#started = this.#start().catch((error: Error) => {
      // A user that has stopped the server, or that listens for errors, needs no unhandled rejection on top. A server that
      // was stopped emits no error after `closed`, whatever its start met.
      const wasStopped = this.#stopped !== undefined;
      const isHeard = !wasStopped && this.listenerCount('error') > 0;
      if (wasStopped || isHeard) void this.#started?.catch(() => {});
      if (isHeard) this.emit('error', error);
      throw error;
    });
    return withCallback(this.#started, callback);
  }

  /**
   * Stops the server: releases the port, notifies callers, answers the calls that were received, and closes. With
   * `force`, calls are not answered. Resolves when closed, after `drainTimeout` at most; each further call likewise. Rejects with
   * {@link RpcCode.InvalidArgument} for a `force` that is neither true nor false.
   */
  stop(force = false, callback?: Callback<[]>): Promise<void> {
    return stopWith(force, callback, (isForced) => {
      this.#stopped ??= this.#stop();
      if (isForced) this.#registered?.hurry();
      if (isForced) this.#acceptor.destroy(this.#stopReason());
      return this.#stopped;
    });
  }

  /**
   * Reloads the remote modules whose files have changed. Resolves with what happened to each module, failures included.
   * @throws {@link RpcCode.Closed} before the start and after the stop
   */
  reloadRemotes(): Promise<ReloadResult> {
    return this.#remotes.reload();
  }

  /**
   * Reads the files of the option `tls` again, or puts the given certificates in place of the current ones. Open connections stay.
   * Give all options again: a part that is left out has its default. Rejects with {@link RpcCode.InvalidArgument} and
   * {@link RpcCode.Certificate}, and the current certificates then stay.
   */
  async reloadTls(tls?: TlsOptions): Promise<void> {
    reloadDoors(this.#options.listening.doors, tls);
  }

  /** Reloads remote modules under pinus-rpc's name of {@link Server.reloadRemotes}. Source: pinus-rpc. */
  manualReloadRemoters(): Promise<ReloadResult> {
    return this.reloadRemotes();
  }

  async #start(): Promise<void> {
    if (!this.#lifecycle.move('starting')) throw cannotStart(this.state);
    try {
      await this.#remotes.load();
      for (const line of missingMethods(this.#name(), this.#calls.services, this.#options.authorization))
        this.#options.logger.warn(line);
      await outsideContexts(() => this.#place.take());
      if (this.state === 'leader') await this.#register();
    } catch (error) {
      if (this.state === 'leader') this.#acceptor.destroy(this.#stopReason()); // in no registry, no caller would find it
      this.#lifecycle.move('closed');
      if (this.#stopped !== undefined && hasCode(error, [RpcCode.Closed])) throw stoppedWhileStarting();
      throw error;
    }
    if (this.state === 'leader' || this.state === 'standby' || this.state === 'deposed') return;
    this.#acceptor.destroy(this.#stopReason());
    throw stoppedWhileStarting();
  }

  async #register(): Promise<void> {
    try {
      await this.#registered?.register(this.#acceptor.endpoints, this.#place.term);
    } catch (error) {
      if (this.state !== 'deposed' && this.state !== 'standby') throw error;
    }
  }

  #placeOwner(written: ServerOptions): PlaceOwner {
    const isStopping = (): boolean => this.#stopped !== undefined;
    return {
      options: this.#options,
      name: this.#name(),
      registered: this.#registered,
      get isStopping() {
        return isStopping();
      },
      makeAcceptor: () => this.#makeAcceptor(written),
      makeChannel: (mayStart) => this.#calls.channel(this.#name(), mayStart),
      move: (to) => this.#lifecycle.move(to),
      onLeading: () => this.#onLeading(),
      onError: (error) => this.emit('error', error),
      onDeposed: (reason) => this.emit('deposed', reason),
      stopReason: () => this.#stopReason(),
    };
  }

  #onLeading(): void {
    const hasStarted = this.state === 'standby';
    if (!this.#lifecycle.move('leader')) this.#acceptor.destroy(this.#stopReason());
    else if (hasStarted) this.#registered?.persist(this.#acceptor.endpoints, this.#place.term);
  }

  get #acceptor(): ServerAcceptor {
    return this.#place.acceptor;
  }

  async #stop(): Promise<void> {
    const wasStarting = this.state === 'starting';
    const claimOver = this.#place.withdraw();
    const announces = this.#registered !== undefined && this.#options.election === undefined;
    if (announces && this.#lifecycle.move('leaving')) await this.#registered?.drain();
    if (this.#lifecycle.move('draining')) await this.#acceptor.drain(this.#stopReason(), this.#options.drainTimeout);
    await this.#place.handOver();
    await this.#registered?.leave();
    this.#lifecycle.move('closed');
    // The caller may bind the port next, so that a claim or a start that was in progress must have released it.
    await claimOver;
    if (wasStarting) await this.#started?.catch(() => {});
  }

  #onMove(to: ServerState, from: ServerState): void {
    debug.leader('server %s: %s -> %s', this.#name(), from, to);
    if (to === 'draining' || to === 'closed') this.#remotes.close();
    if (to === 'leader') {
      this.#options.logger.info(`mailstation: ${this.#name()} listens on ${this.#acceptor.description}`);
      this.emit('start');
    }
    if (to === 'standby') this.#options.logger.info(`mailstation: ${this.#name()} stands by ${this.#place.waitsFor}`);
    if (to !== 'closed') return;
    void this.#registered?.leave();
    this.#calls.close();
    this.#place.closed();
    this.emit('closed');
  }

  #makeAcceptor(options: ServerOptions): ServerAcceptor {
    const events = { ...acceptorEvents(this), onClosed: () => this.#lifecycle.move('closed') };
    const { listening, authorization } = this.#options;
    return makeAcceptor(options, { ...listening, authorization, ...events }, () => this.#calls.services.objects());
  }

  #name(): string {
    return this.id ?? this.serverType ?? 'a server';
  }

  #stopReason(): RpcError {
    return new RpcError(RpcCode.Stopping, `${this.#name()} is stopping`);
  }
}

/**
 * Makes a server that is not started. Methods answer by what they return. docs/options.md has the options.
 * @throws {@link RpcCode.InvalidArgument} when an option is out of range
 * @example
 * ```ts
 * import { createServer } from 'mailstation';
 *
 * const server = createServer({
 *   id: 'chat-1',
 *   serverType: 'chat',
 *   port: 0, // the system chooses
 *   services: { user: { rooms: { greet: async (name: string) => `hello, ${name}` } } },
 * });
 * await server.start();
 * await server.stop();
 * ```
 */
export function createServer(options: ServerOptions): Server {
  return new Server(options);
}
