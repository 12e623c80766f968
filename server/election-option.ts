import { invalid, unfit } from '../lib/options.js';
import type { Election } from '../lib/registry/election.js';
import type { ServerOptions } from './options.js';

/** Checks the option `election` of a server, if there is one. Throws {@link RpcCode.InvalidArgument}. */
export function resolveElection({ election, standby, registry, acceptorFactory }: ServerOptions): Election | undefined {
  if (election === undefined) return undefined;
  if (typeof (election as Partial<Election> | null)?.candidate !== 'function')
    throw unfit('election', 'an election of the registry, as registry.election(name) makes it', election);
  if (standby !== true)
    throw invalid('election needs standby: true, since one server leads and the others of the id stand by');
  if (registry === undefined)
    throw invalid('election needs the option registry: callers find the Leader of the id there');
  if (election.registry !== registry)
    throw invalid('election is one of another registry: make it with election(name) of the option registry');
  if (acceptorFactory !== undefined)
    throw invalid('election cannot be combined with acceptorFactory: a custom acceptor listens once');
  return election;
}
