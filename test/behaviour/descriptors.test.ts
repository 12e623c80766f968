import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from '../support/until.js';
import { rawCaller, registeredCaller } from './raw-peers.js';
import { call } from './support.js';

const PROCESS = fileURLToPath(new URL('./fixtures/few-descriptors.ts', import.meta.url));

it('a server without file descriptors logs so, serves the callers that it has, and admits new ones later', {
  skip: process.platform === 'win32',
}, async (t) => {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn('sh', ['-c', 'ulimit -n 400; exec "$0" "$1"', process.execPath, PROCESS], {
    env,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  t.after(() => child.kill('SIGKILL'));
  const messages: { type: string; port?: number; line?: string; dialled?: string }[] = [];
  child.on('message', (message) => messages.push(message as { type: string }));
  const sent = (type: string) => until(() => messages.find((message) => message.type === type), { what: type });
  const logged = (text: RegExp) =>
    until(() => messages.some(({ line }) => line !== undefined && text.test(line)), { what: String(text) });
  const { port = 0 } = await sent('ready');
  const { calls } = await call(t, [{ id: 'test-1', serverType: 'test', port }]);
  assert.equal(await calls.f(null), 1);

  child.send('fill');
  await sent('full');
  await logged(
    /^mailstation: new connections to 127\.0\.0\.1:\d+ are closed before they are served, since no file descriptors are left: close connections and files that are not needed, or raise the limit \(ulimit -n, LimitNOFILE\)$/,
  );
  assert.equal(await calls.f(null), 1, 'the callers that it has are served');
  const stranger = await rawCaller(t, port);
  await stranger.closed();
  child.send('dial');
  const { dialled = '' } = await sent('dialled');
  assert.match(dialled, /EMFILE.*, since no file descriptors are left: close connections/);
  const lines = messages.filter(({ line }) => line?.includes('are closed before they are served'));
  assert.equal(lines.length, 1, 'one line');

  child.send('free');
  await logged(/accepts connections again, since file descriptors are free$/);
  await registeredCaller(t, port);
});
