import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { spawnProcess } from '../support/spawn-process.js';
import { until } from '../support/until.js';
import { readingCaller } from './reading-callers.js';
import { call, failure, overTransports, serve } from './support.js';

const SERVER = new URL('./fixtures/server-process.ts', import.meta.url);

/** Blocks this process's event loop. */
function busy(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

async function remote(t: TestContext, transport: string) {
  const { ready } = await spawnProcess(t, SERVER, { args: [`--transport=${transport}`] });
  return { id: 'test-1', serverType: 'test', port: ready['port'] as number, transport: transport as 'tcp' | 'ws' };
}

overTransports((transport) => {
  describe('a caller whose own event loop was blocked past the deadline', () => {
    it('gets the answers that lie in its socket', async (t) => {
      const { calls } = await call(t, [await remote(t, transport)]);
      await calls.echo(null, 0);
      const answers = Array.from({ length: 50 }, (_, n) => calls.echo.with({ timeout: 1_000 })(null, n));
      await turn(); // the calls have left
      busy(1_500);
      assert.deepEqual(
        await Promise.all(answers),
        Array.from({ length: 50 }, (_, n) => n),
      );
    });

    it('gets large ones, too, which take more than one read', async (t) => {
      const { calls } = await call(t, [await remote(t, transport)]);
      const text = 'x'.repeat(700_000);
      await calls.echo(null, text);
      const answers = [1, 2, 3].map(() => calls.echo.with({ timeout: 1_000 })(null, text));
      await sleep(200);
      busy(1_200);
      for (const answer of await Promise.all(answers)) assert.equal(answer.length, text.length);
    });

    it('has the answer of a call that was to make the connection first', async (t) => {
      const { calls } = await call(t, [await remote(t, transport)]);
      const answer = calls.echo.with({ timeout: 300 })(null, 1);
      busy(700);
      assert.equal(await answer, 1);
    });

    it('has the answer of a call that had not left when the stall began', async (t) => {
      const { calls } = await call(t, [await remote(t, transport)]);
      await calls.echo(null, 0);
      const answer = calls.echo.with({ timeout: 300 })(null, 1);
      busy(700);
      assert.equal(await answer, 1);
    });

    it('has the answer of the first call for long, whose router blocked', async (t) => {
      const { calls, client } = await call(t, [await remote(t, transport)]);
      let blocksFor = 0;
      client.route('test', () => {
        busy(blocksFor);
        return 'test-1';
      });
      await calls.echo(null, 0);
      await sleep(1_500); // the event loop is sampled for a second after the last call
      blocksFor = 700;
      assert.equal(await calls.echo.with({ timeout: 300 })(null, 1), 1);
    });

    it('still has an error for a call that is not answered', async (t) => {
      const { calls } = await call(t, [await remote(t, transport)]);
      await calls.echo(null, 0);
      const hanging = failure(calls.hang.with({ timeout: 200 })(null));
      await turn();
      busy(400);
      assert.equal((await hanging).code, 'ERR_RPC_TIMEOUT');
    });

    it('has the connection that was made meanwhile', async (t) => {
      const { calls, moves } = await call(t, [await remote(t, transport)], { connectTimeout: 1_000 });
      const answer = calls.echo(null, 1);
      await turn();
      busy(1_500);
      assert.equal(await answer, 1);
      assert.deepEqual(moves, ['test-1 idle -> connecting', 'test-1 connecting -> ready']);
    });
  });

  it('a server whose event loop was blocked past handshakeTimeout admits those whose registration lies in the socket', async (t) => {
    const served = await serve(t, { f: () => 1 }, { transport, handshakeTimeout: 400 });
    let connections = 0;
    served.server.on('connection', () => {
      connections += 1;
    });
    const [caller, silent] = await Promise.all([1, 2].map(() => readingCaller(t, transport, served.port, false)));
    await until(() => connections === 2, { what: 'two connections' });
    caller?.register();
    busy(1_000);
    await until(() => silent?.isClosed, { what: 'the end of the silent one' });
    assert.ok((caller?.bytesRead ?? 0) > 0 && caller?.isClosed === false);
  });
});
