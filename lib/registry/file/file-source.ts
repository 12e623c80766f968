import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nonEmptyString } from '../../options.js';
import type { RosterFollower, RosterFollowing, RosterSource } from '../roster-source.js';
import { FileFollowing } from './file-following.js';

/**
 * Reads the servers from a JSON file, for the option `registry` of `createClient`. The file holds a list of entries as
 * `client.addServers()` takes them, or an object `{ "servers": [...] }`. A change is noticed within milliseconds where the system
 * reports changes, and within two seconds elsewhere. While the file is missing or broken, the last list stays, and the log says why;
 * at the start such a file is an error.
 * @throws {@link RpcCode.InvalidArgument} for a path that is none
 * @example
 * ```ts
 * import { createClient, file } from 'mailstation';
 *
 * // /etc/chat/servers.json: [{ "id": "chat-1", "serverType": "chat", "host": "10.0.0.5", "port": 3333 }]
 * const client = createClient({ registry: file('/etc/chat/servers.json') });
 * client.addProxy({ namespace: 'user', serverType: 'chat' });
 * ```
 */
export function file(path: string | URL): RosterSource {
  return new FileSource(
    path instanceof URL ? fileURLToPath(path) : resolve(nonEmptyString('the path of file()', path)),
  );
}

class FileSource implements RosterSource {
  readonly description: string;
  /** An operator has removed the entry. */
  readonly onVanish = 'left';
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
    this.description = `the file ${path}`;
  }

  follow(follower: RosterFollower): RosterFollowing {
    return new FileFollowing(this.#path, follower);
  }
}
