import type { RpcError } from '../../../lib/errors.js';
import type { RosterFollower, RosterFollowing, RosterList, RosterSource } from '../../../lib/registry/roster-source.js';
import type { ServerEntry } from '../../../lib/server-info.js';
import { keptLog } from '../../behaviour/support.js';

export interface KeptFollower extends RosterFollower {
  /** Lists that came, each as `id@host:port` in the order of the ids. */
  readonly lists: string[][];
  readonly entries: ServerEntry[][];
  /** Ids of the servers that drain, of each list. */
  readonly draining: string[];
  readonly failures: RpcError[];
  readonly log: string[];
}

/** A follower that keeps what comes. `check` may throw, as a client does for an entry out of shape. */
export function keptFollower(check: (list: RosterList) => void = () => {}): KeptFollower {
  const { logger, lines } = keptLog();
  const kept = {
    logger,
    lists: [] as string[][],
    entries: [] as ServerEntry[][],
    draining: [] as string[],
    failures: [] as RpcError[],
    log: lines,
  };
  return {
    ...kept,
    onList: (list) => {
      check(list);
      kept.draining.push([...(list.draining ?? [])].join());
      kept.entries.push([...list.servers]);
      kept.lists.push(list.servers.map(({ id, host, port }) => `${id}@${host}:${port}`).sort());
    },
    onFailure: (reason) => void kept.failures.push(reason),
  };
}

/** A source whose lists the test gives. */
export class GivenSource implements RosterSource {
  readonly description = 'the list of the test';
  readonly onVanish: 'left' | 'lost';
  follower: RosterFollower | undefined;
  isClosed = false;

  constructor(onVanish: 'left' | 'lost' = 'lost') {
    this.onVanish = onVanish;
  }

  follow(follower: RosterFollower): RosterFollowing {
    this.follower = follower;
    return {
      close: () => {
        this.isClosed = true;
      },
    };
  }

  give(servers: readonly ServerEntry[], draining: readonly string[] = []): void {
    this.follower?.onList({ servers, draining: new Set(draining) });
  }

  fail(reason: RpcError, isFinal = false): void {
    this.follower?.onFailure(reason, isFinal);
  }
}
