import { nonEmptyString, unfit } from '../lib/options.js';
import type { ServerState } from './state.js';

/**
 * Health of a server, or of one of its namespaces:
 * - `serving`: calls are served.
 * - `draining`: the server is stopping, and serves the calls that it has.
 * - `not-serving`: the program says so with {@link Server.setHealth}, or the server does not lead.
 */
export type HealthStatus = 'serving' | 'draining' | 'not-serving';

/** Health of a server, as `$mailstation.health.check` answers. Later versions may add fields. */
export interface HealthReport {
  /** Form of the report. */
  readonly format: 1;
  /** Health of the server, whatever the namespaces say; or of the namespace that was asked for, `unknown` where it does not exist. */
  readonly status: HealthStatus | 'unknown';
  /** Reason that the program has given. */
  readonly reason?: string;
  /** Health of each namespace; of the one that was asked for, where one was. */
  readonly namespaces: readonly NamespaceHealth[];
}

/** Health of one namespace of a server. */
export interface NamespaceHealth {
  readonly namespace: string;
  readonly status: HealthStatus;
  readonly reason?: string;
}

/** Second argument of {@link Server.setHealth}. */
export interface HealthDetail {
  /** Namespace that the health is of. @default the whole server */
  readonly namespace?: string | undefined;
  /** Reason for people, such as `the database is down`. */
  readonly reason?: string | undefined;
}

/** Health that the program has set. */
type SettableHealth = Exclude<HealthStatus, 'draining'>;
const SETTABLE: readonly SettableHealth[] = ['serving', 'not-serving'];

interface SetHealth {
  readonly status: SettableHealth;
  readonly reason: string | undefined;
}

/** Health of one server: set by its program, and bounded by its state. */
export class ServerHealth {
  readonly #state: () => ServerState;
  readonly #namespaces: () => Iterable<string>;
  /** By namespace; undefined: the whole server. */
  readonly #set = new Map<string | undefined, SetHealth>();

  constructor(state: () => ServerState, namespaces: () => Iterable<string>) {
    this.#state = state;
    this.#namespaces = namespaces;
  }

  set(status: unknown, options: HealthDetail = {}): void {
    if (typeof options !== 'object' || options === null)
      throw unfit('the second argument of setHealth()', 'an object { namespace, reason }', options);
    const { namespace, reason } = options;
    const of = namespace === undefined ? undefined : nonEmptyString('namespace', namespace);
    if (reason !== undefined && typeof reason !== 'string') throw unfit('reason', 'a text', reason);
    if (!SETTABLE.includes(status as SettableHealth))
      throw unfit('the health', `one of ${SETTABLE.join(', ')}`, status);
    this.#set.set(of, { status: status as SettableHealth, reason });
  }

  /** Health of the server with all namespaces, or of one namespace. */
  report(namespace?: string): HealthReport {
    const all = [...new Set(this.#namespaces())].sort();
    const asked = namespace === undefined ? all : all.filter((each) => each === namespace);
    const namespaces = asked.map((each) => ({ namespace: each, ...this.#of(each) }));
    const own = namespace === undefined ? this.#of(undefined) : namespaces[0];
    const { status = 'unknown', reason } = own ?? {};
    return { format: 1, status, ...(reason !== undefined && { reason }), namespaces };
  }

  /** The worst of what the state, the program's word on the server and that on the namespace say. */
  #of(namespace: string | undefined): { readonly status: HealthStatus; readonly reason?: string } {
    const state = this.#state();
    if (state === 'leaving' || state === 'draining') return { status: 'draining' };
    if (state !== 'leader') return { status: 'not-serving', reason: `the server is ${state}` };
    const words = [this.#set.get(undefined), this.#set.get(namespace)];
    const { reason } = words.find((word) => word?.status === 'not-serving') ?? {};
    const isServing = words.every((word) => word?.status !== 'not-serving');
    return { status: isServing ? 'serving' : 'not-serving', ...(reason !== undefined && { reason }) };
  }
}
