import { type Callback, withCallback } from './lib/callback.js';
import type { Channel } from './lib/cluster/channel.js';
import { type AcceptorFactory, ForeignAcceptor } from './lib/cluster/foreign-acceptor.js';
import type { IncomingCall } from './lib/cluster/incoming-call.js';
import {
  type ListeningOptions,
  type ResolvedListeningOptions,
  resolveListeningOptions,
} from './lib/cluster/options.js';
import { type ConnectedPeer, PortHost } from './lib/cluster/port-host.js';
import { traceCalls } from './lib/cluster/trace-calls.js';
import { debug, type Logger, quietLogger } from './lib/diagnostics.js';
import { Emitter } from './lib/emitter.js';
import { RpcCode, RpcError } from './lib/errors.js';
import { Lifecycle, type Transitions } from './lib/lifecycle.js';
import { boolean, integer, invalid, loggerOption, MAX_TIMEOUT_MS, nonEmptyString } from './lib/options.js';
import { dispatch } from './lib/service/dispatcher.js';
import { resolveServiceOptions, type ServiceOptions } from './lib/service/options.js';
import { type ReloadResult, Remotes } from './lib/service/remotes.js';
import { ServiceRegistry } from './lib/service/service-registry.js';

export interface ServerOptions extends ListeningOptions, ServiceOptions {
  /** The name of the channel that callers register on. Without one, callers of whatever id are served, as pomelo's are. */
  id?: string;
  /** For messages and for those who read `server.serverType`; callers find servers by their own rosters. */
  serverType?: string;
  /**
   * How long `stop()` lets calls finish before it cuts them off. The default is the longest that a caller waits by
   * default. Unit: ms. @default 30_000
   */
  drainTimeout?: number;
  /** A transport of the user's own in place of ours; of the listening options it has what it makes use of. */
  acceptorFactory?: AcceptorFactory;
  /** @default all to stderr: warnings, errors, and one line that says where it listens */
  logger?: Logger;
  /** pomelo-rpc's name of {@link ServerOptions.logger}; `info` and `error` are enough. */
  rpcLogger?: Pick<Logger, 'error'> & Partial<Logger>;
  /** Log each call as it is answered; never its arguments. @default false — pomelo-rpc */
  rpcDebugLog?: boolean;
}

export type ServerEvents = {
  /** It listens, and serves. */
  start: [];
  connection: [caller: ConnectedPeer];
  disconnection: [caller: ConnectedPeer, reason: RpcError];
  /** Remote modules were reloaded, or could not be. */
  reload: [result: ReloadResult];
  /** Also a failed `start()`, which rejects as well: pomelo's code listens here and does not look at what it returns. */
  error: [error: Error];
  closed: [];
};

/**
 *   idle ── start() ──> starting ──> leader ── stop() ──> draining ──> closed
 *                           │ failed                                     ^
 *                           └────────────────────────────────────────────┘
 */
const TRANSITIONS = {
  idle: ['starting', 'closed'],
  starting: ['leader', 'closed'],
  leader: ['draining', 'closed'],
  draining: ['closed'],
  closed: [],
} as const satisfies Transitions<'idle' | 'starting' | 'leader' | 'draining' | 'closed'>;
export type ServerState = keyof typeof TRANSITIONS;

const consoleLogger: Logger = { ...quietLogger, info: (message) => console.error(message) };

/** The callee's end: loads services, holds the port as the Leader of its channel, and answers calls. */
export class Server extends Emitter<ServerEvents> {
  /** pomelo-rpc's `Server.create`: the same options, and methods that answer through callbacks. */
  static create(options: ServerOptions): Server {
    return new Server({ callbacks: true, ...options });
  }

  readonly id: string | undefined;
  readonly serverType: string | undefined;
  readonly #listening: ResolvedListeningOptions;
  readonly #drainTimeout: number;
  readonly #logger: Logger;
  readonly #trace: boolean;
  readonly #services = new ServiceRegistry();
  readonly #remotes: Remotes;
  readonly #host: PortHost | ForeignAcceptor;
  readonly #lifecycle = new Lifecycle<ServerState>('idle', TRANSITIONS, (to, from) => this.#onMove(to, from));
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  /** Throws {@link RpcCode.InvalidArgument}; loads nothing and listens nowhere yet. */
  constructor(options: ServerOptions) {
    super();
    if (typeof options !== 'object' || options === null) throw invalid('a server needs options, with a port at least');
    this.id = options.id === undefined ? undefined : nonEmptyString('id', options.id);
    this.serverType = options.serverType === undefined ? undefined : nonEmptyString('serverType', options.serverType);
    this.#logger = loggerOption('logger', options.logger, loggerOption('rpcLogger', options.rpcLogger, consoleLogger));
    this.#trace = boolean('rpcDebugLog', options.rpcDebugLog, false);
    const remotes = resolveServiceOptions(options);
    this.#remotes = new Remotes(this.#services, remotes, this.#logger, (result) => this.emit('reload', result));
    this.#drainTimeout = integer('drainTimeout', options.drainTimeout, 30_000, 0, MAX_TIMEOUT_MS);
    this.#listening = resolveListeningOptions(options, this.#logger);
    this.#host = this.#makeHost(options);
  }

  get state(): ServerState {
    return this.#lifecycle.state;
  }

  /** The port that it listens on; before that, the one that was asked for. */
  get port(): number {
    return this.#host.port;
  }

  get host(): string {
    return this.#host.host;
  }

  /**
   * Loads the services and takes the port. Resolves when leading. Rejects with {@link RpcCode.Load},
   * {@link RpcCode.AddressInUse}, {@link RpcCode.Listen} or {@link RpcCode.Insecure}; the server is closed then.
   */
  start(callback?: Callback<[]>): Promise<void> {
    if (this.#started !== undefined) {
      return withCallback(
        Promise.reject(new RpcError(RpcCode.Closed, `the server is ${this.state} already`)),
        callback,
      );
    }
    this.#started = this.#start().catch((error: Error) => {
      if (this.listenerCount('error') > 0) {
        void this.#started?.catch(() => {}); // whoever listens has been told
        this.emit('error', error);
      }
      throw error;
    });
    return withCallback(this.#started, callback);
  }

  /**
   * Lets go of the port, tells callers to send nothing more, answers what was received, and closes. `force` waits for
   * no answer. Resolves when closed: after `drainTimeout` at the latest. Again: the same promise.
   */
  stop(force = false, callback?: Callback<[]>): Promise<void> {
    this.#stopped ??= this.#stop();
    if (force) this.#host.destroy(this.#stopReason());
    return withCallback(this.#stopped, callback);
  }

  /**
   * Looks through the paths, and loads what has changed since: see {@link Remotes}. Resolves with what became of each
   * module; failures are in there. Rejects with {@link RpcCode.Closed} before the start and after the stop.
   */
  reloadRemotes(): Promise<ReloadResult> {
    return this.#remotes.reload();
  }

  /** pinus-rpc's name of {@link Server.reloadRemotes}. */
  manualReloadRemoters(): Promise<ReloadResult> {
    return this.reloadRemotes();
  }

  async #start(): Promise<void> {
    if (!this.#lifecycle.move('starting')) throw new RpcError(RpcCode.Closed, `the server is ${this.state}`);
    try {
      await this.#remotes.load();
      const channel: Channel = { name: this.id, invoke: (call) => this.#invoke(call) };
      this.#host.lead(this.#trace ? traceCalls(channel, this.#name(), this.#logger) : channel);
      await this.#host.listen();
    } catch (error) {
      this.#lifecycle.move('closed');
      throw error;
    }
    if (!this.#lifecycle.move('leader')) {
      this.#host.destroy(this.#stopReason());
      throw new RpcError(RpcCode.Closed, 'the server was stopped while it was starting');
    }
  }

  async #stop(): Promise<void> {
    if (this.#lifecycle.move('draining')) await this.#host.retire(this.#stopReason(), this.#drainTimeout);
    this.#lifecycle.move('closed');
  }

  #invoke(call: IncomingCall): void {
    const method = this.#services.lookup(call.method);
    if (method !== undefined) dispatch(method, call.args, call, this.#logger);
    else call.refuse(new RpcError(RpcCode.NoMethod, this.#services.explainMissing(call.method)));
  }

  #onMove(to: ServerState, from: ServerState): void {
    debug.leader('server %s: %s -> %s', this.#name(), from, to);
    if (to === 'draining' || to === 'closed') this.#remotes.close();
    if (to === 'leader') {
      this.#logger.info(`mailstation: ${this.#name()} listens on ${this.#where()}`);
      this.emit('start');
    }
    if (to === 'closed') this.emit('closed');
  }

  #makeHost(options: ServerOptions): PortHost | ForeignAcceptor {
    const onSession = (peer: ConnectedPeer) => this.emit('connection', peer);
    const onError = (error: Error) => this.emit('error', error);
    const { acceptorFactory: factory } = options;
    if (factory === undefined) {
      const onSessionClosed = (peer: ConnectedPeer, reason: RpcError) => this.emit('disconnection', peer, reason);
      return new PortHost({ ...this.#listening, onSession, onSessionClosed, onError });
    }
    if (typeof factory !== 'function' && typeof factory?.create !== 'function')
      throw invalid('acceptorFactory must be a function, or an object with create');
    const registry = this.#services;
    const given = { ...options };
    const { host, port } = this.#listening;
    const acceptorOptions = () => ({
      ...given,
      port,
      get services() {
        return registry.objects();
      },
    });
    const onClosed = () => this.#lifecycle.move('closed');
    return new ForeignAcceptor({
      factory,
      host,
      port,
      logger: this.#logger,
      acceptorOptions,
      onSession,
      onError,
      onClosed,
    });
  }

  #where(): string {
    if (this.#host instanceof ForeignAcceptor) return `a custom acceptor, port ${this.port}`;
    const { transport, insecure } = this.#listening;
    return `${transport}://${this.host}:${this.port}${insecure ? '' : ', reachable from this machine only'}`;
  }

  #name(): string {
    return this.id ?? this.serverType ?? 'a server';
  }

  #stopReason(): RpcError {
    return new RpcError(RpcCode.Stopping, `${this.#name()} is stopping`);
  }
}

/** A server whose methods answer by what they return. See {@link ServerOptions}. */
export function createServer(options: ServerOptions): Server {
  return new Server(options);
}
