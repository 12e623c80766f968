import { Client, type ClientOptions } from './browser/page-client.js';
import type { Any } from './proxy/index.js';

export function createClient<Remotes = Any>(options: ClientOptions = {}): Client<Remotes> {
  return new Client<Remotes>(options);
}

export { Client, type ClientOptions };
export { RpcCode, RpcError } from './lib/errors.js';
