import { type RpcError, toError } from '../../errors.js';
import { invalid } from '../../options.js';
import type { ClientClass } from '../delegates.js';
import type { LeaderChannel } from '../real-client/leader-channel.js';
import { LeaderRole } from './leader-role.js';
import type { RoleHandler } from './role.js';
import type { RoleSource, RoleSourceHandler } from './role-source.js';

/** A real client that several shared clients of one process use. */
interface Shared {
  readonly clientClass: ClientClass;
  readonly hosted: LeaderChannel;
  readonly isReady: Promise<void>;
  /** Told of its events and errors, each of them. */
  readonly members: Set<SingleMode>;
  closing: Promise<void> | undefined;
}

/** By name. One that is being closed is not there any more: who comes then gets another. */
const shared = new Map<string, Shared>();

export interface SingleModeHandler {
  onEvent(event: string, args: unknown[]): void;
  onError(error: Error): void;
}

/**
 * All in one process, and no port: clients of one name share one real client, which is closed with the last of them.
 * Source: cluster-client, lib/wrapper/single.js
 */
export class SingleMode implements RoleSource {
  readonly #name: string;
  readonly #clientClass: ClientClass;
  readonly #host: (handler: SingleModeHandler) => LeaderChannel;
  readonly #roleHandler: RoleHandler;
  readonly #events: SingleModeHandler;
  #shared: Shared | undefined;
  #role: LeaderRole | undefined;

  constructor(
    name: string,
    clientClass: ClientClass,
    host: (handler: SingleModeHandler) => LeaderChannel,
    roleHandler: RoleHandler,
    events: SingleModeHandler,
  ) {
    this.#name = name;
    this.#clientClass = clientClass;
    this.#host = host;
    this.#roleHandler = roleHandler;
    this.#events = events;
    const known = shared.get(name);
    if (known !== undefined && known.clientClass !== clientClass)
      throw invalid(`single mode shares one client a name, and "${name}" is another class's: give one of them a name`);
  }

  start(handler: RoleSourceHandler): void {
    void this.#join(handler);
  }

  async close(reason: RpcError, timeoutMs: number): Promise<void> {
    if (this.#role !== undefined) await this.#role.close(reason, timeoutMs);
    else await this.#leave();
  }

  async #join(handler: RoleSourceHandler): Promise<void> {
    let joined: Shared;
    try {
      joined = shared.get(this.#name) ?? this.#open();
      this.#shared = joined;
      joined.members.add(this);
      await joined.isReady;
    } catch (error) {
      handler.onFailed(toError(error));
      return;
    }
    if (!joined.members.has(this)) return; // closed meanwhile
    this.#role = new LeaderRole(joined.hosted, this.#roleHandler, () => this.#leave());
    handler.onRole(this.#role);
  }

  #open(): Shared {
    const members = new Set<SingleMode>();
    const hosted = this.#host({
      onEvent: (event, args) => {
        for (const member of [...members]) member.#events.onEvent(event, args);
      },
      onError: (error) => {
        for (const member of [...members]) member.#events.onError(error);
      },
    });
    const opened: Shared = {
      clientClass: this.#clientClass,
      hosted,
      isReady: hosted.real.whenReady(),
      members,
      closing: undefined,
    };
    shared.set(this.#name, opened);
    return opened;
  }

  async #leave(): Promise<void> {
    const left = this.#shared;
    if (left === undefined || !left.members.has(this)) return;
    if (left.members.size > 1) {
      left.members.delete(this);
      return;
    }
    // The last one still hears what its real client says while that is closed.
    if (shared.get(this.#name) === left) shared.delete(this.#name);
    left.closing ??= left.hosted.real.close();
    try {
      await left.closing;
    } finally {
      left.members.delete(this);
    }
  }
}
