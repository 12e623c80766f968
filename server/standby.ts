import { Candidate, type CandidateOptions } from '../lib/election/candidate.js';
import { isChosenBySystem } from '../lib/endpoint.js';
import type { ServerAcceptor } from '../lib/leader/server-acceptor.js';
import { invalid } from '../lib/options.js';
import type { ResolvedServerOptions } from './resolve.js';

/** Makes the candidate of a standby. Throws {@link RpcCode.InvalidArgument} for a server that cannot stand by. */
export function standbyCandidate(
  { id, listening }: ResolvedServerOptions,
  acceptor: ServerAcceptor,
  options: CandidateOptions,
): Candidate {
  const [first] = listening.doors;
  if (id === undefined || isChosenBySystem(first.endpoint))
    throw invalid('standby needs an id, and a port that is not 0');
  if (!acceptor.canStandBy) throw invalid('standby cannot be combined with acceptorFactory');
  if (first.httpServer !== undefined)
    throw invalid(
      'standby cannot be combined with an HTTP server as the first place: the program itself takes its port',
    );
  return new Candidate(options);
}
