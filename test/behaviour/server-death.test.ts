import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { TransportName } from '../../lib/server-info.js';
import { expectNoLeaks } from '../support/leaks.js';
import { type SpawnedProcess, spawnProcess } from '../support/spawn-process.js';
import { until } from '../support/until.js';
import { call, failure, overTransports } from './support.js';

const SERVER = new URL('./fixtures/server-process.ts', import.meta.url);

interface Started {
  readonly child: SpawnedProcess;
  readonly port: number;
}

async function startServer(t: Pick<TestContext, 'after'>, transport: TransportName, port = 0): Promise<Started> {
  const { child, ready } = await spawnProcess(t, SERVER, { args: [`--port=${port}`, `--transport=${transport}`] });
  return { child, port: ready['port'] as number };
}

const isCalled = (message: unknown) => (message as { type?: string }).type === 'called';

describe('a server process that is killed', () => {
  overTransports((transport) => {
    it('fails the calls in flight at once; what is called meanwhile is served after the restart', async (t) => {
      expectNoLeaks(t);
      const { child, port } = await startServer(t, transport);
      const { calls, moves } = await call(t, [{ id: 'test-1', serverType: 'test', port, transport }], {
        timeout: 60_000,
      });
      const firstPid = await calls.pid(null);
      assert.equal(firstPid, child.pid);

      const inFlight = [calls.hang(null), calls.hang(null)];
      const failures = Promise.all(inFlight.map(failure));
      for (const _ of inFlight) await child.next({ match: isCalled });
      const killedAt = performance.now();
      await child.kill('SIGKILL');
      for (const error of await failures) {
        assert.deepEqual([error.code, error.delivery], ['ERR_RPC_CONNECTION_LOST', 'unknown']);
      }
      assert.ok(performance.now() - killedAt < 30_000, 'and not at their deadline');

      await until(() => moves.at(-1) === 'test-1 connecting -> backoff', { what: 'a refused redial' });
      const held = [calls.echo(null, 'a'), calls.echo(null, 'b'), calls.pid(null)];
      const again = await startServer(t, transport, port);
      assert.deepEqual(await Promise.all(held), ['a', 'b', again.child.pid]);
    });
  });

  it('executes no call a second time', async (t) => {
    const { child, port } = await startServer(t, 'tcp');
    const { calls } = await call(t, [{ id: 'test-1', serverType: 'test', port }], { timeout: 60_000 });
    const lost = failure(calls.hang(null));
    await child.next({ match: isCalled });
    await child.kill('SIGKILL');
    await lost;
    const again = await startServer(t, 'tcp', port);
    assert.equal(await calls.echo(null, 'x'), 'x');
    const { method } = (await again.child.next({ match: isCalled })) as { method: string };
    assert.equal(method, 'echo', 'and not the call that was lost');
  });
});
