import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, createClient, createServer as createRpcServer, type Logger } from 'mailstation';
import type { held } from './remote/held.js';

/** Keeps the connections, so that none is freed with a variable. */
const kept: unknown[] = [];

const HOST = '127.0.0.1';
const EXCHANGED = 'x'.repeat(30_000);
const NAMESPACE = 'user';
const SERVER_TYPE = 'test';
const REMOTE = new URL('./remote/held.js', import.meta.url);
const LOGGER: Logger = { info: () => {}, warn: console.error, error: console.error };
const POLL_MS = 20;

interface Remotes {
  user: { test: { held: typeof held } };
}

let served = 0;

export async function serveRpc(): Promise<number> {
  const server = createRpcServer({
    id: `test-${served++}`,
    serverType: SERVER_TYPE,
    host: HOST,
    port: 0,
    paths: [{ namespace: NAMESPACE, path: REMOTE }],
    logger: LOGGER,
  });
  await server.start();
  kept.push(server);
  return server.port;
}

async function startClient(): Promise<Client<Remotes>> {
  const client = createClient<Remotes>({ logger: LOGGER });
  client.addProxies([{ namespace: NAMESPACE, serverType: SERVER_TYPE, path: REMOTE }]);
  await client.start();
  kept.push(client);
  return client;
}

let oneClient: Client<Remotes> | undefined;
let added = 0;

export async function connectRpc(ports: readonly number[], isOneClient: boolean): Promise<void> {
  for (const port of ports) {
    const client = (isOneClient ? oneClient : undefined) ?? (await startClient());
    if (isOneClient) oneClient = client;
    const id = isOneClient ? `test-${added++}` : 'test-0';
    client.addServers([{ id, serverType: SERVER_TYPE, host: HOST, port }]);
    const reply = await client.proxies.user.test.held.echo.toServer(id, EXCHANGED);
    if (reply !== EXCHANGED) throw new Error('a wrong reply');
  }
}

/** Calls of the one client to its first server. */
export async function hold(calls: number): Promise<void> {
  if (oneClient === undefined) throw new Error('this process has no client');
  const { held } = oneClient.proxies.user.test;
  const before = await held.count.toServer('test-0');
  for (let call = 0; call < calls; call++) held.hold.toServer('test-0').catch(() => {});
  while ((await held.count.toServer('test-0')) < before + calls) await sleep(POLL_MS);
}

export async function serveNet(): Promise<number> {
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    socket.on('data', (chunk) => socket.write(chunk));
    kept.push(socket);
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  kept.push(server);
  return (server.address() as AddressInfo).port;
}

export async function connectNet(ports: readonly number[]): Promise<void> {
  for (const port of ports) await exchange(connect(port, HOST));
}

async function exchange(socket: Socket): Promise<void> {
  socket.setNoDelay(true);
  let left = EXCHANGED.length;
  const isBack = new Promise<void>((resolve) => {
    socket.on('data', (chunk) => {
      left -= chunk.length;
      if (left === 0) resolve();
    });
  });
  socket.write(EXCHANGED);
  kept.push(socket);
  await isBack;
}
