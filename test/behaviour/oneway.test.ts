import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { request } from '../lib/transport/support.js';
import { spawnProcess } from '../support/spawn-process.js';
import { until } from '../support/until.js';
import { registeredCaller } from './raw-peers.js';
import { call, failure, overTransports, serve, unusedPort } from './support.js';

describe('a one-way call', () => {
  overTransports((transport) => {
    it('is executed, and resolves when it was handed over', async (t) => {
      const seen: unknown[] = [];
      const served = await serve(t, { f: (...args: unknown[]) => void seen.push(args) }, { transport });
      const { calls } = await call(t, [served]);
      const forms = [
        calls.f.oneway(null, 1, 'a'),
        calls.f.to('test-1', true)(2),
        calls.f.route(null, true)(3),
        calls.f.with({ timeout: 1_000 }).oneway(null, 4),
      ];
      assert.deepEqual(await Promise.all(forms), [undefined, undefined, undefined, undefined]);
      await until(() => seen.length === 4, { what: 'the calls' });
      assert.deepEqual(seen, [[1, 'a'], [2], [3], [4]]);
    });
  });

  it('has left the process when it resolves: the process may end then', async (t) => {
    const seen: unknown[] = [];
    const { port } = await serve(t, { tell: (n: unknown) => void seen.push(n) });
    const { child } = await spawnProcess(t, new URL('./fixtures/teller.ts', import.meta.url), {
      args: [`--port=${port}`],
    });
    assert.equal((await child.exited).code, 0);
    await until(() => seen.length === 201, { what: 'all calls' });
    assert.equal(seen[0], 'first');
  });

  it('is answered by nobody', async (t) => {
    const served = await serve(t, { f: () => 1, fail: () => Promise.reject(new Error('boom')) });
    const peer = await registeredCaller(t, served.port);
    const invoke = (id: number, method: string, oneway: boolean) =>
      request(id, { type: 'invoke', method: `user.service.${method}`, argLength: 0, oneway });
    peer.write(invoke(2, 'f', true), invoke(3, 'fail', true), invoke(4, 'missing', true), invoke(5, 'f', false));
    assert.equal((await peer.next()).id, 5);
    assert.equal(peer.packets.length, 2, 'the registration’s answer, and the one');
  });

  it('that the remote method fails is no failure of its caller', async (t) => {
    const served = await serve(t, { fail: () => Promise.reject(new Error('boom')) });
    const { calls, log } = await call(t, [served]);
    await calls.fail.oneway(null);
    assert.deepEqual(log, []);
  });

  it('of a method that streams is an error in the log of the server, and ends the stream', async (t) => {
    let runs = 0;
    let destroyed = 0;
    const service = {
      async *rows() {
        runs += 1;
        yield 1;
      },
      readable: async () => Readable.from([1]).on('close', () => void destroyed++),
    };
    const served = await serve(t, service);
    const failed: unknown[] = [];
    served.server.on('callFailed', ({ method, oneway, code }) => void failed.push([method, oneway, code]));
    const { calls } = await call(t, [served]);
    await calls.rows.oneway(null);
    await calls.readable.oneway(null);
    await until(() => failed.length === 2 && destroyed === 1, { what: 'the reports' });
    assert.deepEqual(failed, [
      ['user.service.rows', true, 'ERR_RPC_NEEDS_STREAM'],
      ['user.service.readable', true, 'ERR_RPC_NEEDS_STREAM'],
    ]);
    assert.match(
      served.log.join('\n'),
      /user\.service\.rows, called by 127\.0\.0\.1:\d+ one-way, dropped: the method answers with a stream; call rows\.stream\(/,
    );
    assert.equal(runs, 0);
  });

  it('that cannot be sent rejects, and is reported where nobody catches that', async (t) => {
    const { calls, log } = await call(t, [{ id: 'test-1', serverType: 'test', port: await unusedPort(t) }], {
      timeout: 30,
    });
    void calls.f.oneway(null); // an unhandled rejection would fail the test
    await until(() => log.length > 0, { what: 'the report' });
    assert.match(
      log[0] ?? '',
      /a one-way call failed: RpcError: user\.service\.f on test-1: not connected to 127\.0\.0\.1:\d+ after 30 ms/,
    );
    assert.equal((await failure(calls.f.oneway(null, Symbol('s')))).delivery, 'not-sent');
  });

  it('keeps its arguments apart from those of later calls', async (t) => {
    const seen: unknown[] = [];
    const served = await serve(t, { f: (value: unknown) => void seen.push(value) });
    const { calls } = await call(t, [served]);
    await calls.f.oneway(null, 0);
    const shared = { n: 1 };
    const sent = calls.f.oneway(null, shared);
    await sent;
    shared.n = 2; // it was encoded when it resolved
    await calls.f(null, 3);
    assert.deepEqual(seen, [0, { n: 1 }, 3]);
  });
});
