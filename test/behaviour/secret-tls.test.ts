import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { callContext } from '../../lib/call-context.js';
import { findCause, RpcCode } from '../../lib/errors.js';
import { authority, certificate, makeAuthority, withoutOpenssl } from '../support/certificates.js';
import { untilEvent } from '../support/until.js';
import { call, failure, serve } from './support.js';

const SECRET = 'a secret over an encrypted connection';
const service = { who: async () => callContext()?.caller?.identity?.proven };

describe('a secret over TLS', { skip: withoutOpenssl }, () => {
  for (const scheme of ['tls', 'wss'] as const) {
    it(`is proven on a connection of ${scheme}, beside the certificate`, async (t) => {
      const { cert, key } = certificate('localhost');
      const tls = { cert, key, ca: authority().ca };
      const options = { listen: `${scheme}://127.0.0.1:0`, tls, secret: SECRET };
      const { server } = await serve(t, service, { ...options, port: undefined });
      const info = { id: 'test-1', serverType: 'test', url: String(server.urls[0]) };
      const { calls } = await call(t, [info as never], { secret: SECRET, tls });
      const { certificate: shown, ...proven } = await calls.who(null);
      assert.deepEqual([shown.name, proven], ['localhost', { secret: 'default' }]);
      const other = await call(t, [info as never], { secret: `not ${SECRET}`, tls, timeout: 1_500 });
      assert.ok(findCause(await failure(other.calls.who(null)), RpcCode.Unauthenticated));
    });
  }

  it('is of no use to a process in the middle whose certificate the client accepts', async (t) => {
    const { cert, key } = certificate('localhost');
    const tls = { cert, key };
    const { server } = await serve(t, service, { listen: 'tls://127.0.0.1:0', port: undefined, tls, secret: SECRET });
    const behind = Number(new URL(String(server.urls[0])).port);
    const middle = makeAuthority('the authority of the process in the middle');
    const passed: Buffer[] = [];
    const sockets: TLSSocket[] = [];
    const proxy = createTlsServer(middle.issue({ name: 'localhost' }), (socket) => {
      const onward = connectTls({ port: behind, host: '127.0.0.1', ca: authority().ca });
      sockets.push(socket, onward);
      for (const end of [socket, onward]) end.on('error', () => {});
      socket.on('data', (chunk) => passed.push(chunk));
      socket.pipe(onward).pipe(socket);
    });
    t.after(() => {
      proxy.close();
      for (const socket of sockets) socket.destroy();
    });
    proxy.listen(0, '127.0.0.1');
    await untilEvent(proxy, 'listening', { what: 'the process in the middle' });
    const url = `tls://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const info = { id: 'test-1', serverType: 'test', url };
    const options = { secret: SECRET, tls: { ca: middle.ca }, timeout: 1_500, clientId: 'name-of-the-user' };
    const { calls } = await call(t, [info as never], options);
    const error = await failure(calls.who(null, 'argument-of-the-user'));
    assert.match(error.message, /the Leader did not prove that it knows the `secret` of this end/);
    assert.doesNotMatch(Buffer.concat(passed).toString('latin1'), /register_proof|of-the-user/);
    assert.match(Buffer.concat(passed).toString('latin1'), /"b":1/);
  });
});
