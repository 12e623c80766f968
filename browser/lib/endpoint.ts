import type { Endpoint } from '../../lib/endpoint-forms.js';
import { endpointOfUrl } from './endpoint-url.js';

export type { Endpoint } from '../../lib/endpoint-forms.js';

/** The endpoint of a server, each of which has a URL in a page. */
export function endpointOf({ url }: { readonly url?: unknown }): Endpoint {
  return endpointOfUrl('url', url);
}

/** The endpoint as a URL, which is also its form in messages. */
export function urlOf(endpoint: Endpoint): string {
  const { transport, host, port, path } = endpoint as Endpoint<'ws' | 'wss'>;
  const isDefault = port === (transport === 'ws' ? 80 : 443);
  return `${transport}://${host.includes(':') ? `[${host}]` : host}${isDefault ? '' : `:${port}`}${path}`;
}

export { urlOf as describeEndpoint };

/** The host of an endpoint. */
export function hostOf(endpoint: Endpoint): string {
  return (endpoint as Endpoint<'ws'>).host;
}

/** The port of an endpoint. */
export function portOf(endpoint: Endpoint): number {
  return (endpoint as Endpoint<'ws'>).port;
}

/** True where connections to both endpoints lead to the same place. */
export function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return urlOf(a) === urlOf(b);
}

/** True for an endpoint over TLS. */
export function isEncrypted({ transport }: Endpoint): boolean {
  return transport === 'wss';
}
