import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import * as mailstation from '../../index.js';
import { keptLog, unusedPort } from '../behaviour/support.js';
import { authority, certificate, withoutOpenssl } from '../support/certificates.js';
import { runSnippet, type Snippet, snippetsOf } from './snippets.js';

const PAGES = [
  'README.md',
  ...[
    'concepts',
    'calling',
    'serving',
    'sharing',
    'errors',
    'failure',
    'migrating-from-cluster-client',
    'security',
  ].map((name) => `docs/${name}.md`),
];

type SharedClient = Parameters<typeof mailstation.cluster.close>[0];
type ShareOfEgg = (
  app: object,
  Class: new () => object,
  options: object,
) => { create(): { ready(): Promise<unknown>; first(): Promise<string> } };

/** The services that the pages call: `user.test.module1`, `user.chat.rooms` and `user.shop.orders`. */
const SERVICES = {
  user: {
    module1: { func1: (a: number, b: number) => a + b },
    rooms: { join: (room: string) => room, joinAll: (rooms: readonly string[]) => rooms.length },
    orders: {
      buy() {
        throw Object.assign(new Error('no money'), { code: 'E_NO_MONEY' });
      },
    },
  },
};

/** The servers and clients that a page has made before, and everything else that its code has a name for. */
async function namesFor(t: TestContext): Promise<Record<string, unknown>> {
  const { logger } = keptLog();
  const stops: (() => unknown)[] = [];
  t.after(async () => {
    for (const stop of stops.reverse()) await stop();
  });
  const createServer = (options: mailstation.ServerOptions) => {
    const server = mailstation.createServer({ logger, ...options });
    stops.push(() => server.stop(true));
    return server;
  };
  const createClient = (options: mailstation.ClientOptions = {}) => {
    const client = mailstation.createClient({ logger, ...options });
    stops.push(() => client.stop(true));
    return client;
  };
  const http = createHttpServer().listen(0, '127.0.0.1');
  stops.push(() => http.close());
  await once(http, 'listening');
  const client = createClient();
  for (const serverType of ['test', 'chat', 'shop']) {
    const id = `${serverType}-server-1`;
    const server = createServer({ id, serverType, port: 0, services: SERVICES });
    await server.start();
    client.addProxies([{ namespace: 'user', serverType }]);
    client.addServers([{ id, serverType, port: server.port }]);
  }
  return {
    ...{ mailstation, client, createServer, createClient, require: () => mailstation },
    server: createServer({ port: 0, services: SERVICES }),
    routeParam: { uid: 'ada' },
    signal: new AbortController().signal,
    rooms: ['lobby'],
    func1: client.proxies.user.test.module1.func1,
    paths: [],
    services: SERVICES,
    http,
    options: {},
    askForMoney: () => {},
    sessions: new Map(),
    readToken: () => 'a token',
    database: { run: async (query: string) => query },
    process: { once: () => {} },
  };
}

/** Makes a client by the function that the guide gives to programs of Egg, and closes it as Egg does. */
async function useInEgg(share: ShareOfEgg): Promise<void> {
  class Names {
    async first(): Promise<string> {
      return 'ada';
    }
  }
  const closings: (() => unknown)[] = [];
  const app = {
    config: { clusterClient: { maxWaitTime: 5_000 }, mailstation: { port: 7_001 } },
    type: 'agent',
    options: { mode: 'single' },
    coreLogger: keptLog().logger,
    beforeClose: (closing: () => unknown) => closings.push(closing),
  };
  const made = share(app, Names, {}).create();
  await made.ready();
  assert.equal(await made.first(), 'ada');
  assert.equal(closings.length, 1);
  await closings[0]?.();
}

/** Files for the names in a snippet. */
function certificateFiles(): Record<string, string> {
  const files: Record<string, string> = { 'ca.crt': authority().caFile };
  for (const name of ['server', 'client', 'gateway']) {
    const { certFile, keyFile } = certificate(name);
    files[`${name}.crt`] = certFile;
    files[`${name}.key`] = keyFile;
  }
  return files;
}

const SECRET_FILES = ['/run/secrets/rpc', 'rpc.secret.clients', 'rpc.secret'];

/** A file for the name in a snippet. */
function secretFile(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'mailstation-page-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'rpc');
  writeFileSync(path, 'a secret for the code of the pages', { mode: 0o600 });
  return path;
}

/** Starts the client of the page, except where the block says that it comes before the start. */
async function run(t: TestContext, snippet: Snippet): Promise<void> {
  const names = await namesFor(t);
  const client = names['client'] as mailstation.Client;
  const isBeforeStart = snippet.code.includes('onConnect(');
  if (!isBeforeStart) await client.start();
  const ports: Record<string, string> = {};
  if (/\.crt'/.test(snippet.code)) Object.assign(ports, certificateFiles());
  const secret = SECRET_FILES.some((name) => snippet.code.includes(name)) ? secretFile(t) : '';
  for (const name of SECRET_FILES) if (secret !== '') ports[`'${name}'`] = `'${secret}'`;
  for (const port of ['3333', '7777', '7778']) ports[port] = String(await unusedPort(t));
  const declared = await runSnippet(t, snippet, names, ports);
  const { registry, share } = declared as { registry?: SharedClient; share?: ShareOfEgg };
  if (registry !== undefined) await mailstation.cluster.close(registry);
  if (share !== undefined) await useInEgg(share);
  if (isBeforeStart) await client.start();
  // Filters, hooks and listeners of the block must let an ordinary call through.
  assert.equal(await client.proxies.user.test.module1.func1(null, 1, 2), 3);
  assert.equal(await client.proxies.user.chat.rooms.join(null, 'lobby'), 'lobby');
}

describe('the code on the pages', () => {
  for (const page of PAGES) {
    const snippets = snippetsOf(page);
    it(`is found on ${page}`, () => assert.ok(snippets.length > 0));
    for (const snippet of snippets) {
      const skip = snippet.code.includes('.crt') && withoutOpenssl;
      it(`runs: ${page}, line ${snippet.line}`, { skip }, (t) => run(t, snippet));
    }
  }
});
