import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createServer, Server, type ServerOptions } from '../server.js';

const NOT_NUMBERS = ['5', null, true, {}, Number.NaN, 1.5];
const MS = [...NOT_NUMBERS, 0, -1, 2 ** 31];

/** Option -> values that it does not take. */
const REFUSED: Record<string, readonly unknown[]> = {
  port: ['', '5x', '-1', '65536', null, true, {}, Number.NaN, 1.5, undefined, -1, 65_536],
  id: ['', 5, null, {}],
  serverType: ['', 5, null],
  host: ['', 5, null],
  transport: ['mqtt', 5, null],
  insecure: ['true', 1, null],
  exposeStack: ['true', 1, null],
  expectedErrors: ['E_X', [5], {}, null],
  callbacks: ['true', 1, null],
  bufferMsg: ['true', 1],
  buffMsg: ['true', 1],
  keepalive: MS,
  interval: MS,
  handshakeTimeout: MS,
  drainTimeout: [...NOT_NUMBERS, -1, 2 ** 31],
  maxFrameBytes: [...NOT_NUMBERS, 0, 24, 2 ** 31 + 1],
  pkgSize: [...NOT_NUMBERS, 0, 24, 2 ** 31 + 1],
  maxQueuedBytes: [...NOT_NUMBERS, -1],
  maxUnreadBytes: [...NOT_NUMBERS, -1],
  maxPartialBytes: [...NOT_NUMBERS, -1],
  maxConnections: [...NOT_NUMBERS, 0, -1],
  maxUnregistered: [...NOT_NUMBERS, 0, -1],
  maxConcurrent: [...NOT_NUMBERS, 0, -1],
  maxQueued: [...NOT_NUMBERS, -1],
  maxCallsPerConnection: [...NOT_NUMBERS, 0, -1],
  maxStreams: [...NOT_NUMBERS, 0, -1],
  callerShare: ['0.5', null, true, {}, Number.NaN, -0.5, 1.1],
  maxAbandoned: [...NOT_NUMBERS, -1],
  abandonedTimeout: MS,
  maxEventLoopLag: [...NOT_NUMBERS, -1, 2 ** 31],
  authorize: [5, true, null, {}],
  expose: ['user.*', null, {}, [5], ['*']],
  asyncContext: ['true', 1, null],
  reloadRemotes: ['true', 1, null],
  rpcDebugLog: ['true', 1, null],
  acceptorFactory: [5, null, {}, { create: 5 }],
  whitelist: [5, null, '127.0.0.1', {}, ['localhost'], ['10.0.0'], ['^10\\.'], [5], [null]],
  services: [5, null, { user: null }, { user: { m: 5 } }, { user: { m: {} } }, { user: { m: () => ({}) } }],
  logger: [5, {}, 'console', { warn: () => {} }, null],
};

describe('createServer', () => {
  for (const [name, values] of Object.entries(REFUSED)) {
    for (const value of values) {
      it(`refuses ${name}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`, () => {
        assert.throws(
          () => createServer({ port: 0, [name]: value } as ServerOptions),
          (error: Error & { code?: string }) => {
            assert.equal(error.code, 'ERR_RPC_INVALID_ARGUMENT', error.message);
            assert.ok(error.message.includes(name), `"${error.message}" does not name ${name}`);
            return true;
          },
        );
      });
    }
  }

  const paths: [unknown, RegExp][] = [
    [{}, /^paths must be a list of \{ namespace, path \}, got \{\}$/],
    ['./remote', /^paths must be a list/],
    [[null], /^an entry of paths must be an object \{ namespace, path \}, got null$/],
    [['./remote'], /^an entry of paths must be an object \{ namespace, path \}, got "\.\/remote"$/],
    [[{}], /^the namespace of a path is missing: give a non-empty string$/],
    [[{ namespace: '', path: 'x' }], /namespace of a path/],
    [[{ namespace: 'user' }], /path of namespace user/],
    [[{ namespace: 'user', path: 5 }], /path of namespace user/],
    [[{ namespace: 'user', path: 'x', callbacks: 'yes' }], /callbacks of namespace user/],
  ];
  for (const [given, message] of paths) {
    it(`refuses paths: ${JSON.stringify(given)}`, () => {
      assert.throws(() => createServer({ port: 0, paths: given } as ServerOptions), {
        code: 'ERR_RPC_INVALID_ARGUMENT',
        message,
      });
    });
  }

  it('says that services has two levels, where a function takes the place of a module', () => {
    assert.throws(() => createServer({ port: 0, services: { m: { f: () => 1 } } }), {
      code: 'ERR_RPC_INVALID_ARGUMENT',
      message:
        'services has two levels, namespace then module: services.m.f is a function; put the function into a module',
    });
  });

  it('refuses to stand by for a port that an acceptor of the user holds', () => {
    const acceptorFactory = () => ({ listen() {}, close() {} });
    assert.throws(() => createServer({ id: 'test-1', port: 4321, standby: true, acceptorFactory }), {
      code: 'ERR_RPC_INVALID_ARGUMENT',
      message: /standby cannot be combined with acceptorFactory/,
    });
  });

  it('refuses what are no options', () => {
    for (const given of [undefined, null, 5]) {
      assert.throws(() => createServer(given as unknown as ServerOptions), { code: 'ERR_RPC_INVALID_ARGUMENT' });
    }
  });

  it('takes every option at the ends of its range', () => {
    const low = {
      port: 0,
      keepalive: 1,
      interval: 1,
      handshakeTimeout: 1,
      drainTimeout: 0,
      maxQueuedBytes: 0,
      maxUnreadBytes: 0,
      maxPartialBytes: 0,
      maxConnections: 1,
      maxUnregistered: 1,
      maxConcurrent: 1,
      maxQueued: 0,
      maxCallsPerConnection: 1,
      maxStreams: 1,
      callerShare: 0,
      maxAbandoned: 0,
      abandonedTimeout: 1,
      maxEventLoopLag: 0,
    };
    const ms = 2 ** 31 - 1;
    const high = {
      port: 65_535,
      keepalive: ms,
      interval: ms,
      handshakeTimeout: ms,
      drainTimeout: ms,
      maxFrameBytes: 2 ** 31,
    };
    for (const options of [low, high]) {
      const server = createServer(options);
      assert.deepEqual([server.state, server.port, server.host], ['idle', options.port, '127.0.0.1']);
    }
  });

  it('listens nowhere, loads nothing and copies its options', () => {
    const options: ServerOptions = { port: 0, id: 'test-1', paths: [{ namespace: 'user', path: '/no/such/path' }] };
    const server = createServer(options);
    options.id = 'other';
    assert.deepEqual([server.id, server.state], ['test-1', 'idle']);
  });

  it('is also called Server.create, as in pomelo-rpc', () => {
    assert.ok(Server.create({ port: 0 }) instanceof Server);
  });
});
