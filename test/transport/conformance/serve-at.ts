import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type Endpoint, urlOf } from '../../../lib/endpoint.js';
import { endpointOfUrl } from '../../../lib/endpoint-url.js';
import type { ClientOptions } from '../../../node-client.js';
import type { ServerOptions } from '../../../server.js';
import { call, type Served, serve } from '../../behaviour/support.js';
import type { TransportUnderTest } from './transports.js';

/** A server at a place of the transport. */
export async function serveAt(
  t: TestContext,
  transport: TransportUnderTest,
  service: object,
  options: Partial<ServerOptions> = {},
  place: Endpoint = transport.place(t),
): Promise<Served & { readonly url: string }> {
  const served = await serve(t, service, { port: undefined, listen: urlOf(place), ...transport.server, ...options });
  return { ...served, url: served.server.urls[0] ?? assert.fail('no place') };
}

/** A client of the server at the URL. */
export async function callAt(t: TestContext, transport: TransportUnderTest, url: string, options: ClientOptions = {}) {
  const calling = await call(t, [], { ...transport.client, ...options });
  calling.client.addServer({ id: 'test-1', serverType: 'test', url });
  return calling;
}

export const placeOf = ({ url }: { readonly url: string }): { readonly endpoint: Endpoint } => ({
  endpoint: endpointOfUrl('url', url),
});
