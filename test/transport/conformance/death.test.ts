import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { urlOf } from '../../../lib/endpoint.js';
import { call, failure, serve } from '../../behaviour/support.js';
import { expectNoLeaks } from '../../support/leaks.js';
import { type SpawnedProcess, spawnProcess } from '../../support/spawn-process.js';
import { until } from '../../support/until.js';
import { everyTransport, type TransportUnderTest } from './transports.js';

const SERVER = new URL('../../behaviour/fixtures/server-process.ts', import.meta.url);

async function spawnServer(
  t: TestContext,
  transport: TransportUnderTest,
  listen = urlOf(transport.place(t)),
): Promise<{ readonly child: SpawnedProcess; readonly url: string }> {
  const options = JSON.stringify({ listen, ...transport.server });
  const { child, ready } = await spawnProcess(t, SERVER, { args: [`--options=${options}`] });
  const [url] = ready['urls'] as string[];
  return { child, url: url ?? assert.fail('no place') };
}

async function callAt(t: TestContext, transport: TransportUnderTest, url: string) {
  const calling = await call(t, [], { timeout: 60_000, ...transport.client });
  calling.client.addServer({ id: 'test-1', serverType: 'test', url });
  return calling;
}

describe('a server process that is killed', () => {
  everyTransport((transport) => {
    it('loses the calls in flight, and leaves its place to a standby at once', async (t) => {
      expectNoLeaks(t);
      const { child, url } = await spawnServer(t, transport);
      const service = { pid: () => process.pid, hang: () => {} };
      const options = { port: undefined, listen: url, standby: true, ...transport.server };
      const { server } = await serve(t, service, options);
      assert.equal(server.state, 'standby');
      const { calls } = await callAt(t, transport, url);
      assert.equal(await calls.pid(null), child.pid);
      const inFlight = failure(calls.hang(null));
      await child.next({ match: (message) => (message as { type?: string }).type === 'called' });
      await child.kill('SIGKILL');
      const { code, delivery } = await inFlight;
      assert.deepEqual([code, delivery], ['ERR_RPC_CONNECTION_LOST', 'unknown']);
      await until(() => server.state === 'leader', { what: 'the standby to lead' });
      assert.equal(await calls.pid(null), process.pid);
    });

    it('leaves its place to the next process, with the calls that wait', async (t) => {
      expectNoLeaks(t);
      const { child, url } = await spawnServer(t, transport);
      const { calls, moves } = await callAt(t, transport, url);
      assert.equal(await calls.pid(null), child.pid);
      await child.kill('SIGKILL');
      await until(() => moves.includes('test-1 connecting -> backoff'), { what: 'a refused redial' });
      const held = [calls.echo(null, 'a'), calls.pid(null)];
      const again = await spawnServer(t, transport, url);
      assert.equal(again.url, url);
      assert.deepEqual(await Promise.all(held), ['a', again.child.pid]);
    });
  });
});
