import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ConnectedPeer, callContext } from '../../../index.js';
import { deferred, failure, unusedPort } from '../../behaviour/support.js';
import { expectNoLeaks } from '../../support/leaks.js';
import { until } from '../../support/until.js';
import { callAt, placeOf, serveAt } from './serve-at.js';
import { bareSocket, everyTransport } from './transports.js';

describe('a call arrives, and its answer', () => {
  everyTransport((transport) => {
    it('in whatever size, and in order', async (t) => {
      expectNoLeaks(t);
      const seen: number[] = [];
      const service = {
        echo: async (value: unknown) => value,
        note: (value: number) => void seen.push(value),
      };
      const { url } = await serveAt(t, transport, service);
      const { calls } = await callAt(t, transport, url);
      const large = 'ä'.repeat(1_500_000);
      assert.equal((await calls.echo(null, large)).length, large.length);
      const values = Array.from({ length: 500 }, (_, at) => at);
      assert.deepEqual(await Promise.all(values.map((value) => calls.echo(null, value))), values);
      await Promise.all(values.map((value) => calls.note(null, value)));
      assert.deepEqual(seen, values);
    });

    it('with the error of the method, as a callback, and one-way', async (t) => {
      let noted: unknown;
      const service = {
        fail: () => Promise.reject(Object.assign(new TypeError('no'), { code: 'E_NO' })),
        note: (value: unknown) => {
          noted = value;
        },
        back: (value: number, callback: (error: null, a: number, b: number) => void) =>
          callback(null, value, value + 1),
      };
      const { url } = await serveAt(t, transport, service);
      const { calls } = await callAt(t, transport, url);
      const error = await failure(calls.fail(null));
      assert.deepEqual([error.code, (error.cause as { code: string }).code], ['ERR_RPC_REMOTE', 'E_NO']);
      const results = await new Promise((resolve) => calls.back(null, 1, (...all: unknown[]) => resolve(all)));
      assert.deepEqual(results, [null, 1, 2]);
      calls.note.oneway(null, 'here');
      await until(() => noted === 'here', { what: 'the one-way call' });
    });

    it('unless the caller cancels, of which the method learns', async (t) => {
      const { promise: ended, resolve: end } = deferred<string>();
      const { promise: begun, resolve: begin } = deferred();
      const service = {
        wait: () => {
          begin();
          callContext()?.signal.addEventListener('abort', () => end('aborted'));
          return new Promise(() => {});
        },
      };
      const { url } = await serveAt(t, transport, service);
      const { calls } = await callAt(t, transport, url);
      const abort = new AbortController();
      const cancelled = failure(calls.wait.with({ signal: abort.signal })(null));
      await begun;
      abort.abort();
      assert.equal((await cancelled).code, 'ERR_RPC_CANCELLED');
      assert.equal(await ended, 'aborted');
    });

    it('with the caller in its context, by a name and an address', async (t) => {
      let caller: ConnectedPeer | undefined;
      const service = {
        who: () => {
          caller = callContext()?.caller;
        },
      };
      const { url } = await serveAt(t, transport, service);
      const { calls } = await callAt(t, transport, url, { clientId: 'gateway-7' });
      await calls.who(null);
      assert.deepEqual([caller?.id, caller?.ip], ['gateway-7', '127.0.0.1']);
      assert.match(caller?.peer ?? '', transport.peer);
    });

    it('from a server that was started again at the same place', async (t) => {
      expectNoLeaks(t);
      const first = await serveAt(t, transport, { f: () => 'first' });
      const { calls, moves } = await callAt(t, transport, first.url);
      assert.equal(await calls.f(null), 'first');
      await first.server.stop(true);
      await until(() => moves.some((move) => move.startsWith('test-1 ready -> ')), {
        what: 'the end of the connection',
      });
      const waiting = calls.f(null);
      await serveAt(t, transport, { f: () => 'second' }, {}, placeOf(first).endpoint);
      assert.equal(await waiting, 'second');
    });

    it('from a server that stops in order, which answers what it has received', async (t) => {
      expectNoLeaks(t);
      const { promise: begun, resolve: begin } = deferred();
      const { promise: gate, resolve: open } = deferred<string>();
      const service = {
        slow: () => {
          begin();
          return gate;
        },
      };
      const { server, url } = await serveAt(t, transport, service);
      const { calls } = await callAt(t, transport, url);
      const answer = calls.slow(null);
      await begun;
      const stopped = server.stop();
      open('whole');
      assert.equal(await answer, 'whole');
      await stopped;
      assert.equal(server.state, 'closed');
    });

    it('not where no server listens, and the error names the place', async (t) => {
      const { server, url } = await serveAt(t, transport, { f() {} });
      await server.stop(true);
      const { calls } = await callAt(t, transport, url, { timeout: 200 });
      const error = await failure(calls.f(null));
      assert.deepEqual([error.code, error.delivery], ['ERR_RPC_CONNECT', 'not-sent']);
      assert.ok(error.message.includes(url.replace('tcp://', '')), error.message);
    });

    it('also while others send what is no packet, or nothing', async (t) => {
      const served = await serveAt(t, transport, { f: () => 'served' }, { handshakeTimeout: 300 });
      const junk = [
        ...['GET / HTTP/1.1\r\n\r\n', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 'SSH-2.0-x\r\n'],
        ...['\x00'.repeat(100), '\xff'.repeat(100_000), '\x01\x00\x00\x00\xff\xff\xff\xff', ''],
      ];
      const sockets = junk.map((bytes) => {
        const socket = bareSocket(t, placeOf(served));
        socket.resume();
        socket.write(Buffer.from(bytes, 'latin1'));
        return socket;
      });
      const { calls } = await callAt(t, transport, served.url);
      assert.equal(await calls.f(null), 'served');
      await until(() => sockets.every(({ destroyed }) => destroyed), {
        what: 'all strangers to be disconnected',
        timeoutMs: 5_000,
      });
      assert.equal(await calls.f(null), 'served');
    });

    it('through a process that shares its mailboxes', async (t) => {
      expectNoLeaks(t);
      const { url } = await serveAt(t, transport, { f: () => 'shared' });
      const share = (await transport.meeting?.(t)) ?? { port: await unusedPort(t) };
      const leader = await callAt(t, transport, url, { share });
      await until(() => leader.client.sharing === 'leading', { what: 'a Leader' });
      const follower = await callAt(t, transport, url, { share });
      assert.equal(await follower.calls.f(null), 'shared');
      assert.equal(follower.client.sharing, 'following');
    });
  });
});
