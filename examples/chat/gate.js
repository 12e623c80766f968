// The gate: an HTTP server with the page, and a method that says which connector the page goes to. `node gate.js PORT OPS_TOKEN`.
import { readFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createRequire } from 'node:module';
import { createServer } from 'mailstation';
import { askedToStop, letEnd } from './asked-to-stop.js';
import { whoMay } from './who-may.js';

const [port, opsToken] = process.argv.slice(2);
const PAGE = { '/': 'index.html', '/page.js': 'page.js', '/enter.js': 'enter.js', '/style.css': 'style.css' };
const TYPES = { html: 'text/html; charset=utf-8', js: 'text/javascript', css: 'text/css' };
const POLICY = "default-src 'self'; connect-src 'self' ws://127.0.0.1:*; img-src data:";

const files = new Map([['/mailstation.js', createRequire(import.meta.url).resolve('mailstation/browser')]]);
for (const [path, name] of Object.entries(PAGE)) files.set(path, new URL(`./page/${name}`, import.meta.url));
const texts = new Map();
for (const [path, file] of files) texts.set(path, await readFile(file));

const http = createHttpServer(({ url }, response) => {
  const { pathname } = new URL(url, 'http://gate');
  if (!texts.has(pathname)) return response.writeHead(404).end('there is no such page');
  const type = TYPES[pathname === '/' ? 'html' : pathname.split('.').at(-1)];
  response.writeHead(200, { 'content-type': type, 'content-security-policy': POLICY }).end(texts.get(pathname));
});
await new Promise((resolve) => http.listen(Number(port), '127.0.0.1', resolve));
const origin = `http://127.0.0.1:${http.address().port}`;

const connectors = [];
const server = createServer({
  ...{ id: 'gate-1', serverType: 'gate', listen: { server: http, path: '/rpc' }, callStats: true },
  context: { connectors },
  paths: [{ namespace: 'user', path: new URL('./remote/gate', import.meta.url) }],
  allowedOrigins: [origin],
  ...whoMay(opsToken, ['user.entry.connector'], () => 'a page'),
});
await server.start();
process.send({ id: 'gate-1', serverType: 'gate', url: server.urls[0], origin });
process.on('message', (list) => connectors.push(...list));

await askedToStop();
await server.stop();
http.close();
http.closeAllConnections();
letEnd();
