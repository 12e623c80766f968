import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createServer } from '../../server.js';
import { spawnProcess } from '../support/spawn-process.js';
import { until } from '../support/until.js';
import { keptLog } from './support.js';

const SERVER = new URL('./fixtures/server-process.ts', import.meta.url);

it('a Leader that hangs is named by its own standby, which goes on standing by when the Leader goes on', async (t) => {
  const { child, ready } = await spawnProcess(t, SERVER);
  const { pid } = child;
  const errors: string[] = [];
  const { logger } = keptLog();
  const standby = createServer({
    id: 'test-1',
    serverType: 'test',
    port: ready['port'] as number,
    standby: true,
    keepalive: 100,
    services: { user: { service: { f: () => 1 } } },
    logger,
  });
  t.after(() => standby.stop(true));
  standby.on('error', ({ message }) => errors.push(message));
  await standby.start();
  assert.equal(standby.state, 'standby');
  process.kill(pid as number, 'SIGSTOP');
  await until(() => errors.length > 0, { what: 'an obstacle' });
  const text = new RegExp(
    `^port \\d+ on 127\\.0\\.0\\.1 is in use: its Leader \\(process ${pid}, 127\\.0\\.0\\.1:\\d+\\) has not answered for \\d+ s: the event loop of that process is blocked, or the process is suspended; continue the process, or end it$`,
  );
  assert.match(errors[0] ?? '', text);
  const before = errors.length;
  process.kill(pid as number, 'SIGCONT');
  await until(() => standby.state === 'standby' && errors.length >= before, { what: 'standing by again' });
});
