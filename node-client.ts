import { BareClient, type ClientOptions, type ClientParts } from './client.js';
import { loadModuleNames } from './lib/service/module-names.js';
import { shareMailBoxes } from './mailbox/shared/share.js';
import type { Any } from './proxy/index.js';

export type { ClientOptions } from './client.js';

/** The parts that a browser does not have. */
const PARTS: ClientParts = { loadModules: loadModuleNames, shareMailBoxes };

/** The caller's end in Node: proxies, routers and the mail station, put together. */
export class Client<Remotes = Any> extends BareClient<Remotes> {
  /** pomelo-rpc's `Client.create`. */
  static create<Remotes = Any>(options: ClientOptions = {}): Client<Remotes> {
    return new Client(options);
  }

  /** Throws {@link RpcCode.InvalidArgument}; connects nothing. */
  constructor(options: ClientOptions = {}) {
    super(options, PARTS);
  }
}

/** A client that is not started yet. See {@link ClientOptions}. */
export function createClient<Remotes = Any>(options: ClientOptions = {}): Client<Remotes> {
  return new Client(options);
}
