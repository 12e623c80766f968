import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { ListenOptions } from './transport.js';

/** The path of a request, without its query. */
export function pathname(target: string): string {
  return target.split('?', 1)[0] ?? '';
}

/** Origin that is not allowed. Browsers send the origin of the web page that connects; callers of this package send none. */
export function strangeOrigin({ headers }: IncomingMessage, { allowedOrigins }: ListenOptions): string | undefined {
  const origin = originOf(headers);
  return origin === undefined || allowedOrigins?.includes(origin) ? undefined : origin;
}

/** The origin of the web page that connects; undefined for a caller that is no browser. */
export function originOf(headers: IncomingHttpHeaders): string | undefined {
  const origin = headers.origin ?? headers['sec-websocket-origin'];
  return origin === undefined ? undefined : String(origin);
}
