import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { RpcError } from '../../lib/errors.js';
import { request, response } from '../lib/transport/support.js';
import { until } from '../support/until.js';
import { EXT, type RawLeader, rawLeader, stock } from './raw-peers.js';
import { call, failure } from './support.js';

/** Has the port of a share, and says that every mailbox is ready; what it answers to a call is the test's own. */
function rawRelay(t: TestContext, answer: (id: number) => Buffer): Promise<RawLeader> {
  return rawLeader(t, async (peer) => {
    for (;;) {
      const { id, head } = await peer.next();
      const ext = { ...EXT, features: [...EXT.features, 'relay'] };
      if (head.type === 'register_channel')
        peer.write(response(id, { type: 'register_channel_res', ext }, stock({ success: true })));
      if (head.type === 'open_mailbox') peer.write(request(0, { type: 'mailbox_state', to: head.to, state: 'ready' }));
      if (head.type === 'relay') peer.write(answer(id));
    }
  });
}

/** How deep in calls whoever asks is. */
function stackDepth(): number {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 10_000;
  const depth = new Error().stack?.split('\n').length ?? 0;
  Error.stackTraceLimit = stackTraceLimit;
  return depth;
}

describe('a relay that', () => {
  it('takes nobody in is told of once, however often it is tried again', async (t) => {
    const { port, peers } = await rawLeader(t, (peer) => {
      peer.socket.end('HTTP/1.1 400 Bad Request\\r\\n\\r\\n');
    });
    const { log } = await call(t, [], { share: { port } });
    await until(() => peers.length > 5, { what: 'the sixth attempt' });
    assert.deepEqual(
      log.map((line) => /no process leads the shared mailboxes on port/.test(line)),
      [true],
    );
  });

  it('is of an older version is not asked for a server at a URL, and the caller gets that reason', async (t) => {
    const relay = await rawRelay(t, () => Buffer.alloc(0));
    const { calls } = await call(t, [], { timeout: 300, share: { port: relay.port } }).then((calling) => {
      calling.client.addServer({ id: 'test-1', serverType: 'test', url: 'unix:/run/none.sock' });
      return calling;
    });
    const { code, message } = await failure(calls.f(null));
    assert.equal(code, 'ERR_RPC_CONNECT');
    assert.match(message, /has an older version of the package, which cannot connect to unix:\/run\/none\.sock/);
  });

  it('gives a call back as often as it comes has it until its deadline, and builds no tower of it', async (t) => {
    let returned = 0;
    const relay = await rawRelay(t, (id) => {
      returned += 1;
      const head = { type: 'relay_failure', code: 'ERR_RPC_STOPPING', delivery: 'not-sent' };
      return response(id, head, Buffer.from(JSON.stringify({ name: 'RpcError', message: 'not here' })));
    });
    const { calls } = await call(t, [{ id: 'test-1', serverType: 'test', port: 1 }], {
      timeout: 3_000,
      share: { port: relay.port },
    });
    const [code, depth] = await new Promise<[code: string, depth: number]>((resolve) => {
      calls.f(null, (error: RpcError) => resolve([error.code, stackDepth()]));
    });
    assert.equal(code, 'ERR_RPC_TIMEOUT');
    assert.ok(returned > 70, `it was given back ${returned} times`);
    assert.ok(depth < 60, `its caller is told ${depth} calls deep`);
  });
});
