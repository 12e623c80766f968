import { hostname } from 'node:os';
import { endpointOfUrl } from '../endpoint-url.js';
import { isLoopback } from '../host.js';
import { PACKAGE } from '../package.js';
import { newGeneration } from '../protocol/new-generation.js';
import { quoted } from '../quoted.js';
import { timeOfDay } from '../timers.js';
import type { Election, ElectionOptions } from './election.js';
import type { Engine } from './engine.js';
import { EngineElection } from './engine-election.js';
import type { NodeRecord } from './record.js';
import { EngineRegistration } from './registration.js';
import type { RegisteredServer, Registration, RegistrationHandler, Registry } from './registry.js';
import type { ResolvedRegistryOptions } from './registry-options.js';
import type { RosterFollower, RosterFollowing } from './roster-source.js';
import { SharedEngine } from './shared-engine.js';
import { SharedRoster } from './shared-roster.js';

export interface EngineRegistryParts {
  /** The registry in the middle of a sentence: `etcd at https://etcd-1:2379`. */
  readonly description: string;
  /** Opens the engine, when the first client, server or election needs it. */
  readonly open: () => Engine;
  /** True where the registry is of one process, so that an address of loopback suffices. */
  readonly isLocal: boolean;
  readonly options: ResolvedRegistryOptions;
}

/** {@link Registry} on an {@link Engine}, which all clients and servers of the process that have this object use together. */
export class EngineRegistry implements Registry {
  readonly description: string;
  /** A record goes when a lease expires, which says nothing about the connections of callers. */
  readonly onVanish = 'lost';
  readonly #parts: EngineRegistryParts;
  readonly #engine: SharedEngine;
  readonly #roster: SharedRoster;

  constructor(parts: EngineRegistryParts) {
    this.description = parts.description;
    this.#parts = parts;
    this.#engine = new SharedEngine(parts.open);
    this.#roster = new SharedRoster(this.#engine, parts.options.maxServers, parts.description);
  }

  follow(follower: RosterFollower): RosterFollowing {
    return this.#roster.follow(follower);
  }

  registration(server: RegisteredServer, handler: RegistrationHandler): Registration {
    const { description, isLocal, options } = this.#parts;
    const endpoint = endpointOfUrl('url', server.url);
    const isNear = endpoint.transport === 'unix' || isLoopback(endpoint.host);
    if (isNear && !isLocal)
      handler.logger.warn(
        `mailstation: server ${quoted(server.id)} is registered in ${description} at ${server.url}, which only this machine can reach; for callers on other machines, give the options host and advertise`,
      );
    const { id, serverType, url, weight, fields, term } = server;
    const record: NodeRecord = {
      id,
      serverType,
      url,
      state: 'ready',
      instance: newGeneration(),
      machine: hostname(),
      version: PACKAGE.version,
      started: timeOfDay(),
      ttl: options.ttl,
      ...(term !== undefined && { term }),
      ...(weight !== undefined && { weight }),
      ...(fields !== undefined && { fields }),
    };
    return new EngineRegistration(record, handler, { engine: this.#engine, registry: description, ttl: options.ttl });
  }

  election(name: string, options: ElectionOptions = {}): Election {
    return new EngineElection(this.#engine, this, name, options);
  }
}
