import { RpcCode, RpcError, toError } from '../errors.js';
import { invalid } from '../options.js';
import { nextTick } from '../timers.js';
import { createBuilder } from './builder.js';
import { ClusterClient } from './cluster-client.js';
import type { ClientClass, DelegateKind } from './delegates.js';
import type { ClusterOptions } from './options.js';
import { type ReadyCallback, ReadyEmitter } from './ready-emitter.js';
import { passOnEvents } from './real-client/pass-on-events.js';

/** Key under which an entry in place of another package replaces the maker of builders. */
export const MAKES_BUILDERS: unique symbol = Symbol('mailstation.makesBuilders');

/** Builder of a shared client, as far as an API client uses one. */
interface AnyBuilder {
  delegate(from: string, to?: DelegateKind): unknown;
  // biome-ignore lint/suspicious/noExplicitAny: the shared client has the methods of any real client
  create(...args: any[]): any;
}

/** Options of an API client. Further options are handed to the real client. */
export interface APIClientOptions {
  /** Makes the shared client in place of {@link cluster}; Egg hands in a function of its own. @default `cluster` */
  cluster?: ((clientClass: ClientClass, options?: ClusterOptions) => AnyBuilder) | undefined;
  /** Name of a method of the API client that is awaited before the client is ready. Source: sdk-base. */
  initMethod?: string | undefined;
  [option: string]: unknown;
}

/**
 * Base class for what users of a shared client see: business logic in front, the shared client behind it as `_client`.
 * Getters name the class of the real client and what is delegated. Source: cluster-client.
 * @example
 * ```ts
 * import { APIClientBase } from 'mailstation';
 *
 * class DataClient {
 *   async get(key: string): Promise<string> {
 *     return `value of ${key}`;
 *   }
 * }
 *
 * class ConfigClient extends APIClientBase {
 *   override get DataClient() {
 *     return DataClient;
 *   }
 *   async color(): Promise<string> {
 *     return this._client.get('color');
 *   }
 * }
 *
 * const client = new ConfigClient();
 * await client.ready();
 * console.log(await client.color()); // value of color
 * await client.close();
 * ```
 */
export abstract class APIClientBase extends ReadyEmitter {
  /** Options that the constructor was given. */
  readonly options: APIClientOptions;
  /** The shared client. */
  // biome-ignore lint/suspicious/noExplicitAny: only the subclass knows the class of `DataClient`
  protected readonly _client: any;

  constructor(options: APIClientOptions = {}) {
    super();
    this.options = options;
    const init = this.#initMethod();
    const builder: AnyBuilder = (options.cluster ?? this[MAKES_BUILDERS])(this.DataClient, this.clusterOptions);
    for (const [from, to] of Object.entries(this.delegates)) builder.delegate(from, to);
    this._client = builder.create(options);
    passOnEvents(this._client, (event, args) => {
      if (event !== 'ready' || this.isReady) this.emit(event, ...args); // emits the first `ready` itself
    });
    if (init === undefined) this._client.ready(((error) => this.#onClientReady(error)) as ReadyCallback);
    else this.#init(init);
  }

  /** @internal Makes builders where the options have no `cluster`. */
  protected get [MAKES_BUILDERS](): (clientClass: ClientClass, options: ClusterOptions) => AnyBuilder {
    return createBuilder;
  }

  /** Class of the real client. A subclass must override this getter. */
  get DataClient(): ClientClass {
    throw new RpcError(
      RpcCode.InvalidArgument,
      'an API client has no class of the real client; override the getter DataClient',
    );
  }

  /** Options of the shared client. @default none */
  get clusterOptions(): ClusterOptions {
    return {};
  }

  /** Methods that are delegated beyond the generated ones, each with what it is delegated to. @default none */
  get delegates(): Record<string, DelegateKind> {
    return {};
  }

  /** True in the process that leads, false in one that follows, undefined while no Leader is known. */
  get isClusterClientLeader(): boolean | undefined {
    return this._client.isClusterClientLeader;
  }

  /** Closes the shared client; see {@link Cluster.close}. */
  async close(): Promise<void> {
    if (typeof this._client.close === 'function') await this._client.close();
    if (this._client instanceof ClusterClient) await ClusterClient.close(this._client);
  }

  /** A client that was closed before it was ready has not failed: only waiting callers are rejected. */
  #onClientReady(error: Error | undefined): void {
    if ((error as { code?: unknown } | undefined)?.code === RpcCode.Closed) this.failReady(error as Error);
    else this.ready(error ?? true);
  }

  #initMethod(): (() => unknown) | undefined {
    const name = this.options.initMethod;
    if (name === undefined) return undefined;
    const method: unknown = Reflect.get(this, name);
    if (typeof method !== 'function')
      throw invalid(`initMethod must name a method of this client, got ${String(name)}`);
    return method as () => unknown;
  }

  #init(method: () => unknown): void {
    // After the constructor of the subclass, whose fields the method may use.
    nextTick(async () => {
      try {
        await method.call(this);
        this.ready(true);
      } catch (error) {
        this.ready(toError(error));
      }
    });
  }
}
