import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createServer } from '../../index.js';
import { until } from '../support/until.js';
import { call, serve, unusedPort } from './support.js';

function logTo(lines: string[]) {
  const add = (line: string): void => void lines.push(line);
  return { info: () => {}, warn: add, error: add };
}

describe('nothing fails in silence', () => {
  it('a client tells that a server is out of reach, and that the server is back', async (t) => {
    const lines: string[] = [];
    const port = await unusedPort(t);
    const info = { id: 'test-1', serverType: 'test', port };
    const { calls } = await call(t, [info], { logger: logTo(lines), timeout: 60_000 });
    const answer = calls.f(null);
    await until(() => lines.length > 0, { what: 'a line' });
    assert.match(
      lines[0] ?? '',
      new RegExp(`^mailstation: server test-1 at 127.0.0.1:${port} has been out of reach for`),
    );
    assert.match(lines[0] ?? '', /ECONNREFUSED/);
    await serve(t, { f: () => 'back' }, { port });
    assert.equal(await answer, 'back');
    assert.match(lines[1] ?? '', /^mailstation: server test-1 at .* is connected again, after /);
    assert.equal(lines.length, 2);
  });

  it('a server tells that it has no methods', async (t) => {
    const lines: string[] = [];
    const server = createServer({ id: 'test-1', port: 0, logger: logTo(lines) });
    t.after(() => server.stop(true));
    await server.start();
    assert.deepEqual(lines, [
      'mailstation: test-1 has no methods, so every call to it fails: give the option paths or services',
    ]);
  });
});
