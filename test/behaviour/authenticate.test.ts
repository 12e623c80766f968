import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AuthRequest } from '../../lib/auth/authenticate-option.js';
import { callContext } from '../../lib/call-context.js';
import { findCause, RpcCode } from '../../lib/errors.js';
import { createClient } from '../../node-client.js';
import { createServer } from '../../server.js';
import { request, response } from '../lib/transport/support.js';
import { until } from '../support/until.js';
import { rawCaller, rawLeader, unstock } from './raw-peers.js';
import { call, deferred, failure, overTransports, serve } from './support.js';
import { WebPage } from './web-pages.js';

const SECRET = 'a secret beside the tokens';
const service = { who: async () => callContext()?.caller?.identity };

/** The part of the error that a refused caller sees. */
const REFUSED = 'the token of this client was not accepted; give the client a valid `auth`';

describe('authenticate of a server', () => {
  overTransports((transport) => {
    it('gets the token of a client, and its result is the identity of the caller', async (t) => {
      const seen: [unknown, AuthRequest][] = [];
      const authenticate = async (token: unknown, asked: AuthRequest) => {
        seen.push([token, asked]);
        return { user: (token as { user: string }).user, roles: ['admin'] };
      };
      const server = await serve(t, service, { transport, authenticate });
      const { calls } = await call(t, [server], { auth: { user: 'ann' }, clientId: 'page-1' });
      const token = { user: 'ann', roles: ['admin'] };
      assert.deepEqual(await calls.who(null), { proven: { token }, claimed: { clientId: 'page-1' } });
      assert.equal(seen.length, 1);
      const [given, { peer, ...asked }] = seen[0] as [unknown, AuthRequest];
      assert.deepEqual(given, { user: 'ann' });
      const identity = { proven: {}, claimed: { clientId: 'page-1' } };
      assert.deepEqual(asked, { channel: 'test-1', ip: '127.0.0.1', origin: undefined, identity });
      assert.match(peer, /127\.0\.0\.1:\d+$/);
    });

    it('is asked after the secret, of which it knows the name', async (t) => {
      const authenticate = (token: unknown, { identity }: AuthRequest) => `${token} of ${identity.proven.secret}`;
      const server = await serve(t, service, { transport, authenticate, secret: { name: 'web', value: SECRET } });
      const { calls } = await call(t, [server], { auth: 'a token', secret: SECRET });
      assert.deepEqual((await calls.who(null)).proven, { secret: 'web', token: 'a token of web' });
    });
  });

  it('refuses callers whose token it does not accept, with the reason in its own log alone', async (t) => {
    const REASONS: readonly [() => unknown, RegExp][] = [
      [() => false, /authenticate did not accept its token$/],
      [() => undefined, /authenticate did not accept its token$/],
      [() => Promise.resolve(0), /authenticate did not accept its token$/],
      [
        () => {
          throw new Error('no such user\u001b[2J');
        },
        /authenticate threw: no such user\\u001b\[2J$/,
      ],
      [() => Promise.reject(new Error('the database is gone')), /authenticate failed: the database is gone$/],
      [() => new Promise(() => {}), /authenticate had not answered after \d+ ms \(handshakeTimeout\)$/],
    ];
    for (const [authenticate, why] of REASONS) {
      const server = await serve(t, service, { authenticate, handshakeTimeout: 200 });
      const { calls, client } = await call(t, [server], { auth: 'a token', timeout: 1_500 });
      const error = await failure(calls.who(null));
      assert.equal(error.code, RpcCode.Connect);
      assert.equal(findCause(error, RpcCode.Unauthenticated)?.message, REFUSED);
      assert.equal(findCause(error, 'not_authenticated')?.message, REFUSED);
      const line = server.log.find((each) => each.startsWith('mailstation: refused a connection from '));
      assert.match(String(line), why);
      await client.stop(true);
    }
  });

  it('takes the token of a web page in place of the secret, and lets the page call what is exposed', async (t) => {
    const origin = 'https://shop.example';
    const door = { transport: 'ws', allowedOrigins: [origin], secret: SECRET, expose: ['user.service.who'] } as const;
    const methods = { ...service, hidden: async () => 'hidden' };
    const seen: unknown[] = [];
    const authenticate = (token: unknown, request: AuthRequest) => seen.push([token, request.origin]);
    const { port } = await serve(t, methods, { ...door, authenticate });
    const page = await WebPage.open(t, `ws://127.0.0.1:${port}`, origin);
    assert.equal(await page.call('user.service.who'), 'ok');
    assert.match(await page.call('user.service.hidden'), /^ERR_RPC_FORBIDDEN/);
    assert.deepEqual(seen, [[undefined, origin]]);
    const strict = await serve(t, methods, door);
    const refused = await WebPage.open(t, `ws://127.0.0.1:${strict.port}`, origin);
    await until(() => refused.isClosed, { what: 'the page to be disconnected' });
    const logged =
      /: the peer is a web page, which can keep no secret; give the server `authenticate`, which admits pages$/m;
    assert.match(strict.log.join('\n'), logged);
    assert.match(
      String((refused.registered['error'] as { message?: string }).message),
      /; give the server the option `authenticate`, and the page `auth`$/,
    );
  });

  it('refuses a stock Follower once, and answers no call before it has decided', async (t) => {
    const decision = deferred<boolean>();
    let asked = 0;
    const authenticate = () => {
      asked += 1;
      return decision.promise;
    };
    const server = await serve(t, service, { authenticate });
    const stockPeer = await rawCaller(t, server.port);
    stockPeer.write(request(1, { type: 'register_channel', channelName: 'test-1' }));
    stockPeer.write(request(2, { type: 'register_channel', channelName: 'test-1' })); // repeated, since no answer came
    stockPeer.write(request(3, { type: 'invoke', method: 'user.service.who', argLength: 0, oneway: false }));
    const early = await stockPeer.next('invoke_result');
    assert.equal(early.head['success'], false);
    assert.equal(asked, 1);
    decision.resolve(false);
    const { body } = await stockPeer.next('register_channel_res');
    assert.equal((unstock(body)['error'] as { message: string }).message, REFUSED);
    stockPeer.write(request(4, { type: 'heartbeat' }));
    await stockPeer.next('heartbeat_res');
  });

  it('decides for a connection that is gone without harm', async (t) => {
    const decision = deferred<boolean>();
    const events: string[] = [];
    const server = await serve(t, service, { authenticate: () => decision.promise });
    server.server.on('connection', () => events.push('connection'));
    server.server.on('disconnection', () => events.push('disconnection'));
    const peer = await rawCaller(t, server.port);
    peer.write(request(1, { type: 'register_channel', channelName: 'test-1' }));
    peer.socket.end();
    await peer.closed();
    decision.resolve(true);
    const { calls } = await call(t, [server]);
    await calls.who(null);
    assert.deepEqual(events, ['connection']); // that of the client, and none of the peer that never registered
  });

  it('must be a function', () => {
    assert.throws(() => createServer({ port: 0, authenticate: 'yes' as never }), {
      code: RpcCode.InvalidArgument,
      message: 'authenticate must be a function, got "yes"',
    });
  });
});

describe('auth of a client', () => {
  it('may be a function, which is asked at each registration', async (t) => {
    let version = 0;
    const seen: unknown[] = [];
    const authenticate = (token: unknown) => seen.push(token);
    const server = await serve(t, service, { authenticate });
    const { calls } = await call(t, [server], { auth: async () => ({ version: ++version }) });
    await calls.who(null);
    const { port } = server;
    await server.server.stop();
    await serve(t, service, { authenticate, port });
    await calls.who(null);
    assert.deepEqual(seen, [{ version: 1 }, { version: 2 }]);
  });

  it('that fails, or takes too long, is the reason of the call that waits', async (t) => {
    const server = await serve(t, service, { authenticate: () => true });
    const FAILURES: readonly [() => unknown, RegExp][] = [
      [() => Promise.reject(new Error('no session')), /no token could be made: no session/],
      [() => 'x'.repeat(8_200), /the result of auth must have at most 8192 characters as JSON, and has 8202/],
      [() => 1n, /the result of auth must be a value that JSON carries, got a bigint/],
      [() => new Promise(() => {}), /no answer to the function of the option auth in \d+ ms/],
    ];
    for (const [auth, why] of FAILURES) {
      const { calls, client } = await call(t, [server], { auth, timeout: 500, connectTimeout: 100 });
      assert.match((await failure(calls.who(null))).message, why);
      await client.stop(true);
    }
  });

  it('is not waited for by a Leader that answers what was not asked', async (t) => {
    const leader = await rawLeader(t, (peer) => peer.write(request(1, { type: 'heartbeat' })));
    const held = deferred<string>();
    const { calls } = await call(t, [leader.info], { auth: () => held.promise, timeout: 500 });
    const called = failure(calls.who(null));
    const peer = await leader.connection();
    peer.write(response(1, { type: 'register_channel_res', ext: { version: 1, codecs: ['json'], features: [] } }));
    await until(() => peer.isClosed, { what: 'the end of the connection' });
    held.resolve('a token');
    assert.match((await called).message, /answered a request that was not sent yet/);
    assert.ok(peer.packets.every(({ head }) => head.type !== 'register_channel'));
  });

  it('is refused where JSON does not carry it', () => {
    for (const [auth, message] of [
      [Symbol('x'), 'auth must be a value that JSON carries, got a symbol'],
      [1n, 'auth must be a value that JSON carries, got a bigint'],
      ['x'.repeat(8_191), 'auth must have at most 8192 characters as JSON, and has 8193'],
    ] as const)
      assert.throws(() => createClient({ auth }), { code: RpcCode.InvalidArgument, message });
  });
});
