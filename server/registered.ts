import type { Logger } from '../lib/diagnostics.js';
import type { Endpoint } from '../lib/endpoint.js';
import type { RpcError } from '../lib/errors.js';
import { invalid, timeoutMs, unfit } from '../lib/options.js';
import { type Advertised, advertisedUrl, resolveAdvertise } from '../lib/registry/advertise.js';
import type { Registration, RegistrationHandler, Registry } from '../lib/registry/registry.js';
import type { NonEmpty } from '../lib/server-info.js';
import type { Term } from '../lib/term.js';
import { SERVER_DEFAULTS, type ServerOptions } from './options.js';

/** Options of a server that registers. */
export interface ResolvedRegistration {
  readonly registry: Registry;
  readonly advertised: Advertised;
  readonly id: string;
  readonly serverType: string;
  /** Longest wait of a start for the registry. Unit: ms */
  readonly timeout: number;
}

/**
 * Checks the options of the registration; undefined without the option `registry`. `endpoints`: the places that are asked for, so that
 * an address that no caller can dial is an error before the server starts. Throws {@link RpcCode.InvalidArgument}.
 */
export function resolveRegistration(
  { registry, advertise, registryTimeout, id, serverType }: ServerOptions,
  endpoints: NonEmpty<Endpoint>,
): ResolvedRegistration | undefined {
  const advertised = resolveAdvertise(advertise);
  const timeout = timeoutMs('registryTimeout', registryTimeout, SERVER_DEFAULTS.registryTimeout);
  if (registry === undefined) {
    if (advertise !== undefined) throw invalid('advertise needs the option registry: without it no caller hears of it');
    return undefined;
  }
  if (typeof (registry as Partial<Registry> | null)?.registration !== 'function')
    throw unfit('registry', 'one that servers register in, as etcd() and memory() make it', registry);
  if (id === undefined || serverType === undefined)
    throw invalid('a server with a registry needs an id and a serverType, by which callers find it');
  advertisedUrl(endpoints, advertised);
  return Object.freeze({ registry, advertised, id, serverType, timeout });
}

/** The registration of a server: made when the server leads, announced to end before it drains, and removed after that. */
export class Registered {
  readonly #options: ResolvedRegistration;
  readonly #handler: RegistrationHandler;
  #registration: Registration | undefined;
  /** Ends the waits of a stop: for callers, and for the next Leader. */
  #hurry = (): void => {};
  readonly #hurried = new Promise<void>((resolve) => {
    this.#hurry = resolve;
  });

  constructor(options: ResolvedRegistration, handler: RegistrationHandler) {
    this.#options = options;
    this.#handler = handler;
  }

  /** Undefined for a server without a registry. `onError` is called for a failure after the start. */
  static of(
    options: ResolvedRegistration | undefined,
    logger: Logger,
    onError: (error: RpcError) => void,
  ): Registered | undefined {
    return options && new Registered(options, { logger, onError });
  }

  /** Registers a server that starts. `endpoints`: the places that the server listens at. `term`: with an election. */
  register(endpoints: NonEmpty<Endpoint>, term: Term | undefined): Promise<void> {
    return this.#begin(endpoints, term).register(this.#options.timeout);
  }

  /** Registers a standby that has taken over: for as long as it takes, with failures reported to the handler. */
  persist(endpoints: NonEmpty<Endpoint>, term: Term | undefined): void {
    this.#begin(endpoints, term)
      .register()
      .catch(() => {}); // the server stops
  }

  /** Announces the end of the server. Resolves when callers have heard of it, within a second. */
  async drain(): Promise<void> {
    await Promise.race([this.#registration?.drain(), this.#hurried]);
  }

  /** Ends the waits of a stop at once. */
  hurry(): void {
    this.#hurry();
  }

  /** Leaves the record to the next Leader of an election. Resolves within half a second. */
  async handOver(): Promise<void> {
    await Promise.race([this.#registration?.handOver(), this.#hurried]);
  }

  async leave(): Promise<void> {
    await this.#registration?.leave();
  }

  #begin(endpoints: NonEmpty<Endpoint>, term: Term | undefined): Registration {
    const { registry, advertised, id, serverType } = this.#options;
    const { weight, fields } = advertised;
    const url = advertisedUrl(endpoints, advertised);
    this.#registration = registry.registration({ id, serverType, url, weight, fields, term }, this.#handler);
    return this.#registration;
  }
}
