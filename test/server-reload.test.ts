import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { RpcCode, type RpcError } from '../lib/errors.js';
import type { ReloadResult } from '../lib/service/hot-reload.js';
import { createClient } from '../node-client.js';
import { createServer, type ServerOptions } from '../server.js';
import { folderOf } from './lib/service/files.js';
import { expectNoLeaks } from './support/leaks.js';
import { until, untilEvent } from './support/until.js';

// biome-ignore lint/suspicious/noExplicitAny: the modules are written by the tests
type Any = any;

/** A server of the files, `namespace/file`, and a client that calls them as `proxies[namespace].test`. */
async function serving(t: TestContext, files: Readonly<Record<string, string>>, options: Partial<ServerOptions> = {}) {
  const folder = folderOf(t, files);
  const namespaces = [...new Set(Object.keys(files).map((file) => file.split('/')[0] ?? ''))];
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const context = { gates: [] as (() => void)[] };
  const server = createServer({
    port: 0,
    paths: namespaces.map((namespace) => ({ namespace, path: join(folder, namespace) })),
    context,
    logger: { info: write, warn: write, error: write },
    ...options,
  });
  t.after(() => server.stop(true));
  const reloads: ReloadResult[] = [];
  server.on('reload', (result) => reloads.push(result));
  await server.start();
  const client = createClient();
  t.after(() => client.stop(true));
  for (const namespace of namespaces) client.addProxy({ namespace, serverType: 'test' });
  client.addServer({ id: 'test-1', serverType: 'test', port: server.port });
  await client.start();
  const save = (file: string, text: string) => writeFileSync(join(folder, file), text);
  return { server, proxies: client.proxies as Any, save, context, reloads, lines, folder };
}

const saying = (word: string) => `module.exports = { say: () => '${word}' }`;
const waiting = (word: string) =>
  `module.exports = (app) => ({ say: () => new Promise((resolve) => app.gates.push(() => resolve('${word}'))) })`;

describe('server.reloadRemotes()', () => {
  it('ends running calls in the old code, and starts later ones in the new', async (t) => {
    const { server, proxies, save, context } = await serving(t, { 'user/m.js': waiting('old') });
    const { say } = proxies.user.test.m;
    const running = say(null);
    await until(() => context.gates.length === 1, { what: 'the call to run' });
    save('user/m.js', waiting('new'));
    assert.deepEqual((await server.reloadRemotes()).replaced, ['user.m']);
    const later = say(null);
    await until(() => context.gates.length === 2, { what: 'the later call to run' });
    for (const open of context.gates) open();
    assert.deepEqual(await Promise.all([running, later]), ['old', 'new']);
  });

  it('loses no other namespace: calls to all of them succeed while one is reloaded', async (t) => {
    const files = { 'user/m.js': saying('user'), 'area/m.js': saying('area'), 'chat/m.js': saying('chat') };
    const { server, proxies, save } = await serving(t, files);
    let isDone = false;
    const answers = new Map<string, number>();
    const caller = async (namespace: string) => {
      while (!isDone) {
        const answer: string = await proxies[namespace].test.m.say(null);
        answers.set(answer, (answers.get(answer) ?? 0) + 1);
      }
    };
    const callers = ['user', 'area', 'chat'].map(caller);
    await until(() => answers.size === 3, { what: 'all to answer' });
    for (const word of ['user 2', 'user 3', 'user 4']) {
      save('user/m.js', saying(word));
      await server.reloadRemotes();
      await until(() => answers.has(word), { what: `${word} to answer` });
    }
    isDone = true;
    await Promise.all(callers);
    assert.deepEqual([...answers.keys()].sort(), ['area', 'chat', 'user', 'user 2', 'user 3', 'user 4']);
  });

  it('is told by an event, in the log, and by what it resolves with; also by the name that pinus-rpc has for it', async (t) => {
    const { server, save, reloads, lines } = await serving(t, { 'user/m.js': saying('old'), 'user/n.js': saying('n') });
    save('user/m.js', saying('new'));
    const result = await server.manualReloadRemoters();
    assert.deepEqual(result, { replaced: ['user.m'], added: [], removed: [], kept: ['user.n'], failed: [] });
    assert.deepEqual(reloads, [result]);
    assert.match(lines.join('\n'), /reloaded remote modules: replaced user\.m/);
  });

  it('is refused before the start and after the stop', async (t) => {
    const closed = (error: RpcError) => error.code === RpcCode.Closed;
    const idle = createServer({ port: 0 });
    await assert.rejects(idle.reloadRemotes(), closed);
    const { server } = await serving(t, { 'user/m.js': saying('old') });
    await server.stop();
    await assert.rejects(server.reloadRemotes(), closed);
  });
});

describe('the option reloadRemotes', () => {
  it('reloads what is saved', async (t) => {
    const { proxies, save } = await serving(t, { 'user/m.js': saying('old') }, { reloadRemotes: true });
    save('user/m.js', saying('new'));
    const { say } = proxies.user.test.m;
    await until(async () => (await say(null)) === 'new', { what: 'the new code to answer' });
  });

  it('is off unless asked for', async (t) => {
    const { save, reloads, server } = await serving(t, { 'user/m.js': saying('old') });
    save('user/m.js', saying('new'));
    await new Promise((resolve) => setTimeout(resolve, 250)); // more than twice what a watcher would have needed
    assert.deepEqual(reloads, []);
    assert.deepEqual((await server.reloadRemotes()).replaced, ['user.m']);
  });

  it('stops watching when the server stops, or does not start', async (t) => {
    expectNoLeaks(t);
    const { server, save, folder } = await serving(
      t,
      { 'user/m.js': `exports.f = () => globalThis` },
      {
        reloadRemotes: true,
      },
    );
    const counting = (word: number) => `globalThis.mailstationTestLoads = ${word}; exports.f = () => 1`;
    const paths = [{ namespace: 'user', path: join(folder, 'user') }];
    const second = createServer({ port: server.port, reloadRemotes: true, paths });
    await assert.rejects(second.start(), (error: RpcError) => error.code === RpcCode.AddressInUse);
    await server.stop();
    save('user/m.js', counting(1));
    await new Promise((resolve) => setTimeout(resolve, 250));
    assert.equal((globalThis as Any).mailstationTestLoads, undefined);
  });

  it('checks what it is given', () => {
    assert.throws(
      () => createServer({ port: 0, reloadRemotes: 'yes' as never }),
      /reloadRemotes must be true or false/,
    );
  });
});

it('a server that was stopped while it loaded does not watch', async (t) => {
  const folder = folderOf(t, { 'm.mjs': 'await new Promise((r) => setTimeout(r, 50)); export const f = () => 1' });
  const server = createServer({ port: 0, reloadRemotes: true, paths: [{ namespace: 'user', path: folder }] });
  const started = server.start();
  await server.stop();
  await assert.rejects(started, (error: RpcError) => error.code === RpcCode.Closed);
  await assert.rejects(server.reloadRemotes(), (error: RpcError) => error.code === RpcCode.Closed);
  const reloaded = untilEvent(server, 'reload', { what: 'a reload', timeoutMs: 250 });
  writeFileSync(join(folder, 'm.mjs'), 'export const f = () => 2');
  await assert.rejects(reloaded, /in vain for a reload/);
});
