import { type Callback, withCallback } from './lib/callback.js';
import type { Channel } from './lib/cluster/channel.js';
import type { IncomingCall } from './lib/cluster/incoming-call.js';
import {
  type ListeningOptions,
  type ResolvedListeningOptions,
  resolveListeningOptions,
} from './lib/cluster/options.js';
import { PortHost } from './lib/cluster/port-host.js';
import { debug, type Logger, quietLogger } from './lib/diagnostics.js';
import { Emitter } from './lib/emitter.js';
import { RpcCode, RpcError } from './lib/errors.js';
import { Lifecycle, type Transitions } from './lib/lifecycle.js';
import { boolean, integer, invalid, MAX_TIMEOUT_MS, nonEmptyString } from './lib/options.js';
import { dispatch } from './lib/service/dispatcher.js';
import { loadModules } from './lib/service/load.js';
import { ServiceRegistry } from './lib/service/service-registry.js';

/** A folder or file of remote modules, and the namespace under which they are called. */
export interface ServicePath {
  namespace: string;
  /** Absolute, a file URL, or relative to the working directory. */
  path: string | URL;
  /** Overrides {@link ServerOptions.callbacks} for these modules. */
  callbacks?: boolean;
}

export interface ServerOptions extends ListeningOptions {
  /** The name of the channel that callers register on. Without one, callers of whatever id are served, as pomelo's are. */
  id?: string;
  /** For messages and for those who read `server.serverType`; callers find servers by their own rosters. */
  serverType?: string;
  /** @default [] */
  paths?: readonly ServicePath[];
  /** Handed to every remote module's factory or constructor. */
  context?: unknown;
  /**
   * Methods that are not async functions answer through a callback, which is appended to their arguments.
   * @default false for `createServer`; true for `Server.create`, as in pomelo-rpc
   */
  callbacks?: boolean;
  /**
   * How long `stop()` lets calls finish before it cuts them off. The default is the longest that a caller waits by
   * default. Unit: ms. @default 30_000
   */
  drainTimeout?: number;
  /** @default all to stderr: warnings, errors, and one line that says where it listens */
  logger?: Logger;
}

export type ServerEvents = {
  /** It listens, and serves. */
  start: [];
  connection: [caller: { peer: string }];
  disconnection: [caller: { peer: string }, reason: RpcError];
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
  readonly #options: ServerOptions;
  readonly #listening: ResolvedListeningOptions;
  readonly #callbacks: boolean;
  readonly #drainTimeout: number;
  readonly #logger: Logger;
  readonly #services = new ServiceRegistry();
  readonly #host: PortHost;
  readonly #lifecycle = new Lifecycle<ServerState>('idle', TRANSITIONS, (to, from) => this.#onMove(to, from));
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  /** Throws {@link RpcCode.InvalidArgument}; loads nothing and listens nowhere yet. */
  constructor(options: ServerOptions) {
    super();
    if (typeof options !== 'object' || options === null) throw invalid('a server needs options, with a port at least');
    this.id = options.id === undefined ? undefined : nonEmptyString('id', options.id);
    this.serverType = options.serverType === undefined ? undefined : nonEmptyString('serverType', options.serverType);
    this.#options = { ...options, paths: checkPaths(options.paths) };
    this.#logger = options.logger ?? consoleLogger;
    this.#callbacks = boolean('callbacks', options.callbacks, false);
    this.#drainTimeout = integer('drainTimeout', options.drainTimeout, 30_000, 0, MAX_TIMEOUT_MS);
    this.#listening = resolveListeningOptions(options, this.#logger);
    this.#host = new PortHost({
      ...this.#listening,
      onSession: (peer) => this.emit('connection', { peer }),
      onSessionClosed: (peer, reason) => this.emit('disconnection', { peer }, reason),
      onError: (error) => this.emit('error', error),
    });
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
    this.#started = this.#start();
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

  async #start(): Promise<void> {
    if (!this.#lifecycle.move('starting')) throw new RpcError(RpcCode.Closed, `the server is ${this.state}`);
    try {
      for (const { namespace, path, callbacks } of this.#options.paths ?? []) {
        const modules = await loadModules(path, this.#options.context);
        this.#services.add(namespace, modules, { callbacks: callbacks ?? this.#callbacks });
      }
      const channel: Channel = { name: this.id, invoke: (call) => this.#invoke(call) };
      this.#host.lead(channel);
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
    if (to === 'leader') {
      const { transport, insecure } = this.#listening;
      const reach = insecure ? '' : ', reachable from this machine only';
      this.#logger.info(`mailstation: ${this.#name()} listens on ${transport}://${this.host}:${this.port}${reach}`);
      this.emit('start');
    }
    if (to === 'closed') this.emit('closed');
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

function checkPaths(given: unknown): readonly ServicePath[] {
  if (given === undefined) return [];
  if (!Array.isArray(given)) throw invalid('paths must be a list of { namespace, path }');
  for (const entry of given as readonly Partial<ServicePath>[]) {
    nonEmptyString('the namespace of a path', entry?.namespace);
    if (!(entry.path instanceof URL)) nonEmptyString(`the path of namespace ${entry.namespace}`, entry.path);
    boolean(`callbacks of namespace ${entry.namespace}`, entry.callbacks, false);
  }
  return given as ServicePath[];
}
