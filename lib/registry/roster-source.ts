import type { Logger } from '../diagnostics.js';
import type { RpcError } from '../errors.js';
import type { ServerEntry } from '../server-info.js';

/** The servers that a source knows at one moment. */
export interface RosterList {
  /** Entries of all servers, as `client.addServers()` takes them. The order has no meaning. */
  readonly servers: readonly ServerEntry[];
  /** Ids of the servers among them that have announced their end. Routers choose those last. @default none */
  readonly draining?: ReadonlySet<string>;
}

/** Receiver of the lists of a {@link RosterSource}: a client. */
export interface RosterFollower {
  /** Receiver of log lines, such as one about a file that cannot be read. */
  readonly logger: Logger;
  /**
   * Takes a list, which replaces the last one. Throws {@link RpcCode.InvalidArgument} for a list with an entry out of shape, and
   * the last list then stays.
   */
  onList(list: RosterList): void;
  /**
   * Notes that the source cannot be read any more, or not yet. The last list stays. A source reports each further failure. `isFinal` is
   * true where waiting mends nothing, such as a refused password: a client that starts then fails at once.
   */
  onFailure(reason: RpcError, isFinal?: boolean): void;
}

/** A source that is followed. */
export interface RosterFollowing {
  /** Why the source cannot be read at this moment, in words, for a start whose time is over before the first failure. @default none */
  readonly obstacle?: string | undefined;
  /** Ends the following: no list and no failure comes any more. */
  close(): void;
}

/**
 * Source of the servers that a client calls, for the option `registry` of `createClient`. `memory()`, `dns()`, `file()` and
 * `etcd()` make one, and an object of a program's own may be one too.
 * @example
 * ```ts
 * import { createClient, type RosterSource } from 'mailstation';
 *
 * const source: RosterSource = {
 *   description: 'the list of the program',
 *   onVanish: 'left',
 *   follow({ onList }) {
 *     onList({ servers: [{ id: 'chat-1', serverType: 'chat', host: '10.0.0.5', port: 3333 }] });
 *     return { close() {} };
 *   },
 * };
 * const client = createClient({ registry: source });
 * await client.start();
 * await client.stop();
 * ```
 */
export interface RosterSource {
  /** The source in the middle of a sentence: `the file /etc/chat/servers.json`. */
  readonly description: string;
  /**
   * Meaning of a server that is missing in a new list, and was not draining before. `left`: the server is removed. `lost`: the server may
   * still be alive, and is called where no other server of its type is left, as long as its connection stands.
   */
  readonly onVanish: 'left' | 'lost';
  /** Begins to read the source for a client that starts. The first list ends the wait of the client's `start()`. */
  follow(follower: RosterFollower): RosterFollowing;
}
