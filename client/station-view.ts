import type { ServerEntry } from '../lib/server-info.js';
import type { MailStationEvents } from '../station/index.js';

type Listen<This> = <K extends keyof MailStationEvents>(
  event: K,
  listener: (...args: MailStationEvents[K]) => void,
) => This;

/** Client that a {@link StationView} belongs to. */
interface Emitting {
  readonly on: Listen<unknown>;
  readonly once: Listen<unknown>;
  readonly off: Listen<unknown>;
}

/**
 * The part of pomelo-rpc's mail station that programs use: `client._station.servers`, `.serversMap`, `.onlines`, and the
 * events. Each table is a copy of the roster, made when it is read. Source: pomelo-rpc and pinus-rpc.
 */
export class StationView {
  readonly #client: Emitting;
  readonly #entries: () => readonly ServerEntry[];

  constructor(client: Emitting, entries: () => readonly ServerEntry[]) {
    this.#client = client;
    this.#entries = entries;
  }

  /** All servers of the roster, by id, also those that cannot be called. */
  get servers(): Readonly<Record<string, ServerEntry>> {
    return Object.fromEntries(this.#entries().map((entry) => [entry.id, entry]));
  }

  /** Ids of the servers of each type. */
  get serversMap(): Readonly<Record<string, readonly string[]>> {
    const map: Record<string, string[]> = {};
    for (const { id, serverType } of this.#entries()) {
      map[serverType ?? ''] ??= [];
      map[serverType ?? '']?.push(id);
    }
    return map;
  }

  /** 1 for every server of the roster. */
  get onlines(): Readonly<Record<string, 1>> {
    return Object.fromEntries(this.#entries().map(({ id }) => [id, 1]));
  }

  /** Calls the listener at each event of that name. */
  on<K extends keyof MailStationEvents>(event: K, listener: (...args: MailStationEvents[K]) => void): this {
    this.#client.on(event, listener);
    return this;
  }

  /** Calls the listener at the next event of that name. */
  once<K extends keyof MailStationEvents>(event: K, listener: (...args: MailStationEvents[K]) => void): this {
    this.#client.once(event, listener);
    return this;
  }

  /** Removes a listener. */
  removeListener<K extends keyof MailStationEvents>(event: K, listener: (...args: MailStationEvents[K]) => void): this {
    this.#client.off(event, listener);
    return this;
  }
}
