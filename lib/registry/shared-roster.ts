import type { RpcError } from '../errors.js';
import { EngineRoster } from './roster.js';
import type { RosterFollower, RosterFollowing, RosterList } from './roster-source.js';
import type { EngineUse, SharedEngine } from './shared-engine.js';

/** The roster while it has followers. */
interface Running {
  readonly roster: EngineRoster;
  readonly use: EngineUse;
}

/** One roster for all clients of the process that follow a registry: the store is read and watched once. */
export class SharedRoster {
  readonly #engine: SharedEngine;
  readonly #maxServers: number;
  readonly #description: string;
  readonly #followers = new Set<RosterFollower>();
  #running: Running | undefined;
  #list: RosterList | undefined;
  /** Why the list is stale; undefined while it is that of the store. */
  #failure: RpcError | undefined;

  constructor(engine: SharedEngine, maxServers: number, description: string) {
    this.#engine = engine;
    this.#maxServers = maxServers;
    this.#description = description;
  }

  follow(follower: RosterFollower): RosterFollowing {
    this.#followers.add(follower);
    if (this.#running === undefined) this.#start();
    else {
      if (this.#list !== undefined) give(follower, this.#list);
      if (this.#failure !== undefined) follower.onFailure(this.#failure);
    }
    const obstacle = (): string | undefined => this.#running?.use.engine.state.obstacle;
    return {
      close: () => this.#leave(follower),
      get obstacle() {
        return obstacle();
      },
    };
  }

  #start(): void {
    const use = this.#engine.use();
    const roster = new EngineRoster(use.engine, this.#maxServers, {
      onList: (list) => this.#onList(list),
      onFailure: (reason, isFinal) => this.#onFailure(reason, isFinal),
      onLine: (line) => this.#onLine(line),
    });
    this.#running = { roster, use };
  }

  #leave(follower: RosterFollower): void {
    if (!this.#followers.delete(follower) || this.#followers.size > 0 || this.#running === undefined) return;
    const { roster, use } = this.#running;
    this.#running = undefined;
    this.#list = undefined;
    this.#failure = undefined;
    roster.close();
    void use.release();
  }

  #onList(list: RosterList): void {
    this.#list = list;
    this.#failure = undefined;
    for (const follower of this.#followers) give(follower, list);
  }

  #onFailure(reason: RpcError, isFinal: boolean): void {
    this.#failure = reason;
    for (const follower of this.#followers) follower.onFailure(reason, isFinal);
  }

  /** The clients of a process mostly have one log, so one of them writes the line. */
  #onLine(line: string): void {
    const [first] = this.#followers;
    first?.logger.warn(`mailstation: ${this.#description}: ${line}`);
  }
}

/** A follower that refuses a list keeps its last one, and the others are not concerned. */
function give(follower: RosterFollower, list: RosterList): void {
  try {
    follower.onList(list);
  } catch (error) {
    follower.onFailure(error as RpcError);
  }
}
