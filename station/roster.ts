import groupBy from 'lodash/groupBy.js';
import isEqual from 'lodash/isEqual.js';
import { idOfNumber, portOfDigits } from '../lib/compat/numbers.js';
import { TRANSPORT_NAMES } from '../lib/endpoint.js';
import { hostOption } from '../lib/host.js';
import { getOrMake } from '../lib/maps.js';
import { invalid, nonEmptyString, oneOf, requiredInteger, unfit } from '../lib/options.js';
import { SERVER_INFO_DEFAULTS, type ServerInfo } from '../lib/server-info.js';

const NONE: readonly ServerInfo[] = Object.freeze([]);

/** Change of one server's entry. */
export interface RosterChange {
  readonly id: string;
  readonly kind: 'added' | 'replaced' | 'removed';
  /** The entry that is gone. */
  readonly old: ServerInfo | undefined;
  /** The entry that is new. */
  readonly now: ServerInfo | undefined;
}

/**
 * The servers that are known, by id and by type, in the order in which they were added.
 *
 * What it hands out are snapshots: frozen, and a new array whenever a type's membership has changed, so that routers
 * may keep what they derive from one.
 */
export class Roster {
  readonly #byId = new Map<string, ServerInfo>();
  readonly #byType = new Map<string, Map<string, ServerInfo>>();
  readonly #snapshots = new Map<string, readonly ServerInfo[]>();

  get(id: string): ServerInfo | undefined {
    return this.#byId.get(id);
  }

  ofType(serverType: string): readonly ServerInfo[] {
    const known = this.#snapshots.get(serverType);
    if (known !== undefined) return known;
    const servers = this.#byType.get(serverType);
    if (servers === undefined) return NONE;
    // Made when asked for, and not at each change: adding 10,000 servers one by one copies nothing.
    const snapshot = Object.freeze([...servers.values()]);
    this.#snapshots.set(serverType, snapshot);
    return snapshot;
  }

  all(): readonly ServerInfo[] {
    return [...this.#byId.values()];
  }

  /** Undefined when the same entry is there already. Throws on an entry that is none. */
  add(given: ServerInfo): RosterChange | undefined {
    return this.#put(checkServer(given));
  }

  /** Checks all before it adds any. */
  addAll(given: readonly ServerInfo[]): RosterChange[] {
    const servers = given.map(checkServer);
    return servers.map((server) => this.#put(server)).filter((change) => change !== undefined);
  }

  remove(id: string): RosterChange | undefined {
    const old = this.#byId.get(id);
    if (old === undefined) return undefined;
    this.#drop(old);
    return { id, kind: 'removed', old, now: undefined };
  }

  /**
   * Makes the roster hold exactly these, in their order, so that all who were given one list route alike. What stays
   * the same is not touched. Checks all before it changes any.
   */
  replace(given: readonly ServerInfo[]): RosterChange[] {
    const wanted = new Map(given.map(checkServer).map((server) => [server.id, server]));
    const removed = [...this.#byId.keys()].filter((id) => !wanted.has(id)).map((id) => this.remove(id));
    const added = [...wanted.values()].map((server) => this.#put(server));
    this.#sort([...wanted.keys()]);
    return [...removed, ...added].filter((change) => change !== undefined);
  }

  #sort(ids: readonly string[]): void {
    const servers = ids.map((id) => this.#byId.get(id)).filter((server) => server !== undefined);
    for (const [serverType, ofType] of Object.entries(groupBy(servers, 'serverType'))) {
      const isSorted = isEqual(
        [...(this.#byType.get(serverType)?.keys() ?? [])],
        ofType.map(({ id }) => id),
      );
      if (isSorted) continue;
      this.#byType.set(serverType, new Map(ofType.map((server) => [server.id, server])));
      this.#snapshots.delete(serverType);
    }
  }

  #put(now: ServerInfo): RosterChange | undefined {
    const old = this.#byId.get(now.id);
    if (old !== undefined) {
      if (isEqual(old, now)) return undefined;
      if (old.serverType !== now.serverType) this.#drop(old);
    }
    this.#byId.set(now.id, now);
    getOrMake(this.#byType, now.serverType, () => new Map()).set(now.id, now);
    this.#snapshots.delete(now.serverType);
    return { id: now.id, kind: old === undefined ? 'added' : 'replaced', old, now };
  }

  #drop({ id, serverType }: ServerInfo): void {
    this.#byId.delete(id);
    const ofType = this.#byType.get(serverType);
    ofType?.delete(id);
    if (ofType?.size === 0) this.#byType.delete(serverType);
    this.#snapshots.delete(serverType);
  }
}

/** A frozen copy: what the user does with their object later is their own affair. */
function checkServer(given: ServerInfo): ServerInfo {
  if (typeof given !== 'object' || given === null)
    throw unfit('a server', 'an object { id, serverType, host, port }', given);
  const id = nonEmptyString('the id of a server', idOfNumber(given.id));
  if (id === '*') throw invalid('"*" cannot be the id of a server: it stands for all of a type');
  const of = `of server ${id}`;
  nonEmptyString(`the serverType ${of}`, given.serverType);
  const port = requiredInteger(`the port ${of}`, portOfDigits(given.port), 1, 65_535);
  const host = given.host === undefined ? {} : { host: hostOption(`the host ${of}`, given.host) };
  oneOf(`the transport ${of}`, given.transport, SERVER_INFO_DEFAULTS.transport, TRANSPORT_NAMES);
  const { weight } = given;
  if (weight !== undefined && !(typeof weight === 'number' && Number.isFinite(weight) && weight > 0)) {
    throw unfit(`the weight ${of}`, 'a number above 0', weight);
  }
  return Object.freeze({ ...given, ...host, id, port });
}
