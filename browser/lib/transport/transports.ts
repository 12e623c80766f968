import type { Endpoint } from '../../../lib/endpoint-forms.js';
import type { ByteStream } from '../../../lib/transport/byte-stream.js';
import type { DialOptions } from '../../../lib/transport/transport.js';
import { describeEndpoint } from '../endpoint.js';
import { dialPageWebSocket } from './page-websocket-dial.js';

/** Dials by a WebSocket of the page. Rosters have no servers that a page cannot connect to. */
export function dial(endpoint: Endpoint, { signal }: DialOptions): Promise<ByteStream> {
  return dialPageWebSocket(describeEndpoint(endpoint), signal);
}
