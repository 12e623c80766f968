import type { MailStationEvents, ServerInfo } from '../index.js';
import type { Client } from '../node-client.js';

/**
 * The part of pomelo-rpc's mail station that programs use: `client._station.servers`, `.serversMap`, `.onlines`, and the
 * events. Each table is a copy of the roster, made when it is read. Source: pomelo-rpc and pinus-rpc.
 */
export class StationView {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** All servers of the roster, by id. */
  get servers(): Readonly<Record<string, ServerInfo>> {
    return this.#client.servers;
  }

  /** Ids of the servers of each type. */
  get serversMap(): Readonly<Record<string, readonly string[]>> {
    const map: Record<string, string[]> = {};
    for (const { id, serverType } of Object.values(this.#client.servers)) {
      map[serverType] ??= [];
      map[serverType].push(id);
    }
    return map;
  }

  /** 1 for every server of the roster. */
  get onlines(): Readonly<Record<string, 1>> {
    return this.#client.onlines;
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
