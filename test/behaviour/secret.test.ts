import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { callContext } from '../../lib/call-context.js';
import { findCause, RpcCode } from '../../lib/errors.js';
import type { ConnectedPeer } from '../../lib/server-info.js';
import { until } from '../support/until.js';
import { call, failure, overTransports, serve } from './support.js';

const OLD = 'a secret that is long enough';
const NEW = 'a newer secret, as long as that';

const who = { who: async () => callContext()?.caller?.identity };

overTransports((transport) => {
  describe('a server with a secret', () => {
    it('serves a client that knows the secret, whose name the method gets', async (t) => {
      const seen: [string, ConnectedPeer][] = [];
      const server = await serve(t, who, { transport, secret: [{ name: 'gateways', value: OLD }] });
      server.server.on('connection', (peer) => seen.push(['connection', peer]));
      server.server.on('disconnection', (peer) => seen.push(['disconnection', peer]));
      const { client, calls } = await call(t, [server], { secret: OLD, clientId: 'gateway-1' });
      const identity = { proven: { secret: 'gateways' }, claimed: { clientId: 'gateway-1' } };
      assert.deepEqual(await calls.who(null), identity);
      await client.stop();
      await until(() => seen.length === 2, { what: 'the end of the connection' });
      assert.deepEqual(
        seen.map(([event, peer]) => [event, peer.identity]),
        [
          ['connection', identity],
          ['disconnection', identity],
        ],
      );
    });

    it('takes any of several secrets, in the order of the client', async (t) => {
      const secret = [
        { name: 'old', value: OLD },
        { name: 'new', value: NEW },
      ];
      const server = await serve(t, who, { transport, secret });
      for (const [given, name] of [
        [OLD, 'old'],
        [NEW, 'new'],
        [[NEW, OLD], 'new'],
        [Buffer.from(OLD), 'old'],
        [{ value: `\n${NEW}\r\n` }, 'new'],
      ] as const) {
        const { calls } = await call(t, [server], { secret: given });
        assert.equal((await calls.who(null)).proven.secret, name);
      }
    });

    it('refuses a client that knows another secret, or none, with one line', async (t) => {
      const server = await serve(t, who, { transport, secret: OLD });
      for (const [secret, message] of [
        [NEW, /the Leader knows none of the secrets of this end; give both ends the same `secret`/],
        [undefined, /this Leader admits only peers that know its shared secret; give this end the option `secret`/],
      ] as const) {
        const { calls, client } = await call(t, [server], { secret, timeout: 1_000 });
        const error = await failure(calls.who(null));
        assert.deepEqual([error.code, error.delivery], [RpcCode.Connect, 'not-sent']);
        assert.match(error.message, message);
        assert.equal(findCause(error, RpcCode.Unauthenticated)?.message.match(message) !== null, true);
        await client.stop(true);
      }
      const lines = server.log.filter((line) => line.startsWith('mailstation: refused a connection from '));
      assert.match(String(lines[0]), /: the peer knows no secret that is valid here$/);
    });
  });

  describe('a client with a secret', () => {
    it('does not call a server that has none, or another', async (t) => {
      let called = 0;
      const service = { who: async () => void called++ };
      const plain = await serve(t, service, { transport });
      const { calls } = await call(t, [plain], { secret: OLD, timeout: 1_000 });
      const error = await failure(calls.who(null));
      assert.match(error.message, /the Leader did not prove that it knows the `secret` of this end/);
      assert.equal(findCause(error, RpcCode.Unauthenticated)?.name, 'RpcError');
      assert.equal(called, 0);
    });
  });
});
