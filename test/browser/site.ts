import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { untilEvent } from '../support/until.js';
import { pageBundle } from './page-files.js';

/** A page that has the client as `window.mailstation`. */
const HTML = `<!doctype html><meta charset="utf-8"><title>mailstation</title><link rel="icon" href="data:,">
<script type="module">
import * as mailstation from '/mailstation.js';
window.mailstation = mailstation;
</script>`;

export interface Site {
  readonly origin: string;
}

export interface SiteOptions {
  /** Page at `/`. @default a page with the client as `window.mailstation` */
  readonly html?: () => string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Serves a page, and the client under /mailstation.js, at an origin of its own. */
export async function openSite(
  t: { after(end: () => unknown): unknown },
  { html = () => HTML, headers = {} }: SiteOptions = {},
): Promise<Site> {
  const code = await pageBundle();
  const server: Server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const isCode = request.url === '/mailstation.js';
    response.writeHead(200, { ...headers, 'content-type': isCode ? 'text/javascript' : 'text/html' });
    response.end(isCode ? code : html());
  });
  server.listen(0, '127.0.0.1');
  await untilEvent(server, 'listening', { what: 'the site to listen' });
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { origin: `http://127.0.0.1:${(server.address() as { port: number }).port}` };
}
