import type { Endpoint } from '../endpoint.js';

/** The place of a shared client as cluster-client's messages have it: `port:7777`; `path:/run/app.sock` for a unix socket. */
export function placeWord(endpoint: Endpoint): string {
  return endpoint.transport === 'unix' ? `path:${endpoint.path}` : `port:${endpoint.port}`;
}
