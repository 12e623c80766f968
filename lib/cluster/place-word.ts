import { type Endpoint, placeName } from '../endpoint.js';
import type { ResolvedClusterOptions } from './options.js';

/** Place at which the processes of a shared client meet. */
type Meeting = Pick<ResolvedClusterOptions, 'endpoint' | 'election'>;

/** The place of a shared client as cluster-client's messages have it: `on port:7777`; `on path:/run/app.sock` for a unix socket. */
export function placeWord({ endpoint, election }: Meeting): string {
  return election === undefined ? `on ${endpointWord(endpoint)}` : `in ${election.election.description}`;
}

/** `port:7777`; `path:/run/app.sock` for a unix socket. */
export function endpointWord(endpoint: Endpoint): string {
  return endpoint.transport === 'unix' ? `path:${endpoint.path}` : `port:${endpoint.port}`;
}

/** The place in messages of our own: `on port 7777`. */
export function placeInWords({ endpoint, election }: Meeting): string {
  return election === undefined ? `on ${placeName(endpoint)}` : `in ${election.election.description}`;
}
