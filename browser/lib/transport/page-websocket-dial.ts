import { messageOf } from '../../../lib/errors.js';
import { printable } from '../../../lib/quoted.js';
import type { ByteStream } from '../../../lib/transport/byte-stream.js';
import { ignore, type PageCloseEvent, type PageWebSocket, page } from './page-websocket.js';
import { PageWebSocketStream } from './page-websocket-stream.js';

/**
 * Opens a WebSocket of the page. Rejects with the reason of the signal, or with an error that names what may be wrong: a browser
 * does not say why a WebSocket did not open.
 */
export function dialPageWebSocket(url: string, signal: AbortSignal): Promise<ByteStream> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    let isBlocked = false;
    const onViolation = ({ blockedURI }: { readonly blockedURI: string }): void => {
      isBlocked ||= blockedURI !== '' && url.startsWith(blockedURI);
    };
    let ws: PageWebSocket;
    const release = (): void => {
      page.removeEventListener?.('securitypolicyviolation', onViolation);
      signal.removeEventListener('abort', onAbort);
      ws.onopen = ws.onclose = null;
      ws.onerror = ignore;
    };
    const onAbort = (): void => {
      release();
      ws.close();
      reject(signal.reason);
    };
    // The first of the two events decides: Node 22 gives a page's WebSocket no `close` after a refused handshake.
    const fail = (event?: PageCloseEvent): void => {
      release();
      reject(notOpened(url, isBlocked, event));
    };
    page.addEventListener?.('securitypolicyviolation', onViolation);
    try {
      ws = open(url);
    } catch (error) {
      page.removeEventListener?.('securitypolicyviolation', onViolation);
      return reject(new Error(`${url} cannot be opened from this page: ${messageOf(error)}`, { cause: error }));
    }
    signal.addEventListener('abort', onAbort);
    ws.onopen = () => {
      const stream = new PageWebSocketStream(ws, url);
      page.removeEventListener?.('securitypolicyviolation', onViolation);
      signal.removeEventListener('abort', onAbort);
      ws.onopen = null;
      resolve(stream);
    };
    ws.onerror = () => fail();
    ws.onclose = fail;
  });
}

function open(url: string): PageWebSocket {
  if (page.WebSocket === undefined) throw new Error('this platform has no WebSocket');
  const isUnsafe = page.location?.protocol === 'https:' && url.startsWith('ws:');
  // A browser would throw an error without this advice; it makes an exception for the page's own machine.
  try {
    return new page.WebSocket(url);
  } catch (error) {
    if (!isUnsafe) throw error;
    throw new Error(`a page of https may connect by wss:// only (${messageOf(error)})`, { cause: error });
  }
}

function notOpened(url: string, isBlocked: boolean, event: PageCloseEvent | undefined): Error {
  if (isBlocked)
    return new Error(`the Content-Security-Policy of this page forbids ${url}: add the URL to connect-src`);
  const said = event?.reason ? `, ${printable(event.reason)}` : '';
  const code = event === undefined ? '' : ` (close code ${event.code}${said})`;
  const origin = page.location?.origin ?? 'the origin of this page';
  return new Error(
    `${url} did not open a WebSocket${code}, and browsers do not say why: the server may be down, or its allowedOrigins may lack ${origin}`,
  );
}
