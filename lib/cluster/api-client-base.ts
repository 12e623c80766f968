import { RpcCode, RpcError, toError } from '../errors.js';
import { invalid } from '../options.js';
import { createBuilder } from './builder.js';
import { ClusterClient } from './cluster-client.js';
import type { ClientClass, DelegateKind } from './delegates.js';
import type { ClusterOptions } from './options.js';
import { type ReadyCallback, ReadyEmitter } from './ready-emitter.js';
import { passOnEvents } from './real-client/pass-on-events.js';

/** What an API client asks of whoever makes shared clients. */
interface AnyBuilder {
  delegate(from: string, to?: DelegateKind): unknown;
  // biome-ignore lint/suspicious/noExplicitAny: the shared client has whatever its real client has
  create(...args: any[]): any;
}

export interface APIClientOptions {
  /** Makes the shared client in place of `cluster`: Egg hands in its own. */
  cluster?: (clientClass: ClientClass, options?: ClusterOptions) => AnyBuilder;
  /** A method of the API client's own to become ready by. Source: sdk-base */
  initMethod?: string;
  [option: string]: unknown;
}

/**
 * A class to extend by what users of a shared client are to see: business logic in front, the shared client behind it as
 * `_client`. Say by getters which class is the real one, and what is delegated. Source: cluster-client
 */
export abstract class APIClientBase extends ReadyEmitter {
  readonly options: APIClientOptions;
  /** The shared client. */
  // biome-ignore lint/suspicious/noExplicitAny: it has what `DataClient` has, and only who extends this knows that
  protected readonly _client: any;

  constructor(options: APIClientOptions = {}) {
    super();
    this.options = options;
    const init = this.#initMethod();
    const builder: AnyBuilder = (options.cluster ?? createBuilder)(this.DataClient, this.clusterOptions);
    for (const [from, to] of Object.entries(this.delegates)) builder.delegate(from, to);
    this._client = builder.create(options);
    passOnEvents(this._client, (event, args) => void this.emit(event, ...args));
    if (init === undefined) this._client.ready(((error) => this.#onClientReady(error)) as ReadyCallback);
    else this.#init(init);
  }

  /** The class of the real client. */
  get DataClient(): ClientClass {
    throw new RpcError(RpcCode.InvalidArgument, 'an API client needs a getter DataClient');
  }

  /** For `cluster`. @default none */
  get clusterOptions(): ClusterOptions {
    return {};
  }

  /** What is delegated beyond what is generated: method -> what to. @default none */
  get delegates(): Record<string, DelegateKind> {
    return {};
  }

  get isClusterClientLeader(): boolean | undefined {
    return this._client.isClusterClientLeader;
  }

  /** See `cluster.close`. */
  async close(): Promise<void> {
    if (typeof this._client.close === 'function') await this._client.close();
    if (this._client instanceof ClusterClient) await ClusterClient.close(this._client);
  }

  /** It was closed before it was ready, which is no error but to who waits. */
  #onClientReady(error: Error | undefined): void {
    if ((error as { code?: unknown } | undefined)?.code === RpcCode.Closed) this.failReady(error as Error);
    else this.ready(error ?? true);
  }

  #initMethod(): (() => unknown) | undefined {
    const name = this.options.initMethod;
    if (name === undefined) return undefined;
    const method: unknown = Reflect.get(this, name);
    if (typeof method !== 'function') throw invalid(`initMethod: ${name} is not a method of this client`);
    return method as () => unknown;
  }

  #init(method: () => unknown): void {
    // Not before the constructor of whoever extends this is through.
    process.nextTick(async () => {
      try {
        await method.call(this);
        this.ready(true);
      } catch (error) {
        this.ready(toError(error));
      }
    });
  }
}
