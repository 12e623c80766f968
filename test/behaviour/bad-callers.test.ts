import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { WebSocket } from 'ws';
import { type CallContext, callContext } from '../../lib/call-context.js';
import { listOf, packet, request, response } from '../lib/transport/support.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until, untilEvent } from '../support/until.js';
import { EXT, rawCaller, registeredCaller, stock, unstock } from './raw-peers.js';
import { Registry, sharedWorld } from './shared-client-support.js';
import { call, serve } from './support.js';

const invoke = (id: number, argLength = 0, body?: Buffer, method = 'user.service.f') =>
  request(id, { type: 'invoke', method, argLength, oneway: false }, body);

/** A header with any lengths. */
function header(headBytes: number, bodyBytes: number): Buffer {
  const bytes = packet(0, 1, 1_000, '');
  bytes.writeInt32BE(headBytes | 0, 16);
  bytes.writeInt32BE(bodyBytes | 0, 20);
  return bytes;
}

function edited(edit: (bytes: Buffer) => void): Buffer {
  const bytes = invoke(2);
  edit(bytes);
  return bytes;
}

/** What a peer sends, and what the server says of it. It is cut off for each. */
const FATAL: [what: string, bytes: Buffer, code: string][] = [
  ['garbage', Buffer.from('GET / HTTP/1.1\r\nhost: example.com\r\nconnection: close\r\n\r\n'), 'ERR_RPC_PROTOCOL'],
  ['zeroes', Buffer.alloc(100), 'ERR_RPC_PROTOCOL'],
  ['another version', edited((bytes) => bytes.writeUInt8(2, 0)), 'ERR_RPC_PROTOCOL'],
  ['another kind', edited((bytes) => bytes.writeUInt8(7, 1)), 'ERR_RPC_PROTOCOL'],
  ['an id of 2^32', edited((bytes) => bytes.writeUInt8(1, 7)), 'ERR_RPC_PROTOCOL'],
  ['a huge body', header(0, 0x7fffffff), 'ERR_RPC_FRAME_TOO_LARGE'],
  ['a huge head', header(0x7fffffff, 0), 'ERR_RPC_FRAME_TOO_LARGE'],
  ['a body of negative length', header(20, -1), 'ERR_RPC_FRAME_TOO_LARGE'],
  ['a head of negative length', header(-1, 0), 'ERR_RPC_FRAME_TOO_LARGE'],
  ['lengths that add up to little', header(-30, 40), 'ERR_RPC_FRAME_TOO_LARGE'],
  ['a head that is no JSON', request(2, '{"type":"invoke'), 'ERR_RPC_PROTOCOL'],
  ['a head that is no object', request(2, '["invoke"]'), 'ERR_RPC_PROTOCOL'],
  ['a head that is null', request(2, 'null'), 'ERR_RPC_PROTOCOL'],
];

/** A server with an ordinary caller, who must never notice what others do. */
async function setUp(t: TestContext, options = {}) {
  const served = await serve(t, { f: (...args: unknown[]) => args.length, echo: (value: unknown) => value }, options);
  const reasons: string[] = [];
  served.server.on('disconnection', (_caller, reason) => reasons.push(reason.code));
  const { calls, moves } = await call(t, [served]);
  assert.equal(await calls.f(null), 0);
  const unharmed = async () => {
    assert.equal(await calls.echo(null, 'fine'), 'fine');
    assert.deepEqual(moves, ['test-1 idle -> connecting', 'test-1 connecting -> ready']);
    assert.equal(served.server.state, 'leader');
  };
  return { ...served, reasons, unharmed };
}

describe('a caller that breaks the packet format is cut off, and harms nobody else', () => {
  for (const [what, bytes, code] of FATAL) {
    it(`by ${what}, before and after it has registered`, async (t) => {
      const { port, reasons, unharmed } = await setUp(t);
      const first = await rawCaller(t, port);
      first.write(bytes);
      await first.closed();
      await unharmed();
      const second = await registeredCaller(t, port);
      second.write(bytes);
      await second.closed();
      await unharmed();
      assert.deepEqual(reasons, [code, code]);
    });
  }

  it('by garbage over ws, as binary and as text', async (t) => {
    const { port, reasons, unharmed } = await setUp(t, { transport: 'ws' });
    for (const message of [
      Buffer.from('garbage that is long enough for a header'),
      'text that is long enough for a header, too',
    ]) {
      const socket = new WebSocket(`ws://127.0.0.1:${port}`);
      t.after(() => socket.terminate());
      socket.on('error', () => {});
      await untilEvent(socket, 'open', { what: 'the connection' });
      socket.send(message);
      await until(() => socket.readyState === WebSocket.CLOSED, { what: 'the end' });
    }
    assert.deepEqual(reasons, ['ERR_RPC_PROTOCOL', 'ERR_RPC_PROTOCOL']);
    const plain = await rawCaller(t, port);
    plain.write(Buffer.from('GET / HTTP/1.1\r\nhost: example.com\r\nconnection: close\r\n\r\n'));
    await plain.closed();
    await unharmed();
  });

  it('by going away in the middle of a frame', async (t) => {
    expectNoLeaks(t);
    const { port, reasons, unharmed } = await setUp(t);
    const peer = await registeredCaller(t, port);
    peer.write(invoke(2).subarray(0, 30));
    peer.socket.end();
    await until(() => reasons.length > 0, { what: 'the disconnection' });
    assert.deepEqual(reasons, ['ERR_RPC_CONNECTION_LOST']);
    const reset = await registeredCaller(t, port);
    reset.write(invoke(2));
    reset.socket.resetAndDestroy();
    await until(() => reasons.length > 1, { what: 'the reset' });
    await unharmed();
  });

  it('by sending frames byte by byte, which is no offence', async (t) => {
    const { port } = await setUp(t);
    const peer = await registeredCaller(t, port);
    for (const byte of invoke(2, 1, listOf(Buffer.from('"x"')), 'user.service.echo')) peer.write(Buffer.from([byte]));
    const answer = await peer.next('invoke_result');
    assert.equal(answer.body.toString().slice(4), '"x"');
  });
});

describe('a caller that asks for nonsense gets an error, and is served on', () => {
  const nonsense: [what: string, bytes: Buffer, message: RegExp][] = [
    ['a type that is not known', request(2, { type: 'launch' }), /type "launch" is not known/],
    ['no type', request(2, {}), /without a type/],
    ['a call without a method', request(2, { type: 'invoke', argLength: 0 }), /invoke without a method/],
    [
      'a method that is no text',
      request(2, { type: 'invoke', method: { a: 1 }, argLength: 0 }),
      /invoke without a method/,
    ],
    ['a call without argLength', request(2, { type: 'invoke', method: 'user.service.f' }), /argLength/],
    ['a negative argLength', request(2, { type: 'invoke', method: 'user.service.f', argLength: -1 }), /argLength/],
    ['a huge argLength', request(2, { type: 'invoke', method: 'user.service.f', argLength: 1e9 }), /argLength/],
    ['fewer arguments than announced', invoke(2, 2, listOf(Buffer.from('1'))), /item 2 of 2 is missing/],
    ['more bytes than announced', invoke(2, 0, listOf(Buffer.from('1'))), /5 bytes are left over/],
    ['a length beyond the body', invoke(2, 1, Buffer.from('7fffffff31', 'hex')), /claims 2147483647 bytes, 1 are left/],
    ['a negative length', invoke(2, 1, Buffer.from('ffffffff31', 'hex')), /claims 4294967295 bytes/],
    ['an argument that is no value', invoke(2, 1, listOf(Buffer.from('{"a"'))), /cannot be decoded/],
    ['a second registration without a channel', request(2, { type: 'register_channel' }), /without a channelName/],
  ];
  for (const [what, bytes, message] of nonsense) {
    it(what, async (t) => {
      const { port, unharmed } = await setUp(t);
      const peer = await registeredCaller(t, port);
      peer.write(bytes, invoke(3));
      const [error, answer] = [await peer.next(), await peer.next()];
      assert.deepEqual([error.id, error.head.success, error.head.code], [2, false, 'ERR_RPC_BAD_REQUEST']);
      assert.match(JSON.parse(error.body.toString()).message, message);
      assert.deepEqual([answer.id, answer.head.success], [3, true]);
      await unharmed();
    });
  }

  it('a call before it has registered', async (t) => {
    const { port, unharmed } = await setUp(t);
    const peer = await rawCaller(t, port);
    peer.write(invoke(2));
    const error = await peer.next();
    assert.deepEqual([error.id, error.head], [2, { type: 'invoke_result', success: false }]);
    assert.match(String(unstock(error.body)['message']), /was called before register_channel was answered/);
    peer.write(request(3, { type: 'register_channel', channelName: 'test-1', ext: EXT }), invoke(4));
    assert.equal((await peer.next()).id, 3);
    assert.equal((await peer.next()).head.success, true);
    await unharmed();
  });

  it('three calls by one id: each is told when the caller is gone', async (t) => {
    let waiting = 0;
    const served = await serve(t, {
      async wait() {
        waiting += 1;
        const { signal } = callContext() as CallContext;
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        waiting -= 1;
      },
    });
    const peer = await registeredCaller(t, served.port);
    for (let n = 0; n < 3; n++) peer.write(invoke(2, 0, undefined, 'user.service.wait'));
    await until(() => waiting === 3, { what: 'the calls' });
    peer.socket.destroy();
    await until(() => waiting === 0, { what: 'all of them to be told' });
  });

  it('an answer that nobody waits for', async (t) => {
    const { port, unharmed } = await setUp(t);
    const peer = await registeredCaller(t, port);
    for (const head of [
      { type: 'heartbeat_res' },
      { type: 'goaway_res' },
      { type: 'invoke_result', success: true },
      {},
    ]) {
      peer.write(response(1, head), response(4_000_000, head, Buffer.from('x')));
    }
    peer.write(invoke(2));
    assert.equal((await peer.next()).id, 2);
    assert.equal(peer.isClosed, false);
    await unharmed();
  });

  it('two registrations: both are answered', async (t) => {
    const { port } = await setUp(t);
    const peer = await rawCaller(t, port);
    const register = (id: number) => request(id, { type: 'register_channel', channelName: 'test-1', ext: EXT });
    peer.write(register(1), register(2), invoke(3));
    const answers = [await peer.next(), await peer.next(), await peer.next()];
    assert.deepEqual(
      answers.map(({ id }) => id),
      [1, 2, 3],
    );
    for (const { body } of answers.slice(0, 2)) assert.equal(unstock(body)['success'], true);
    assert.equal(answers[2]?.head.success, true);
  });

  it('a registration with fields that are not known: they are ignored', async (t) => {
    const { port } = await setUp(t);
    const peer = await rawCaller(t, port);
    const ext = {
      ...EXT,
      version: 99,
      codecs: ['later', 'json', 5],
      features: ['teleport'],
      auth: { token: 'x' },
      more: [1],
    };
    peer.write(request(1, { type: 'register_channel', channelName: 'test-1', ext, color: 'red' }));
    const answer = await peer.next();
    assert.deepEqual(answer.head.ext.codecs, ['json']);
    peer.write(invoke(2));
    assert.equal((await peer.next()).head.success, true);
  });

  const odd: [what: string, ext: unknown][] = [
    ['no object', 'json'],
    ['null', null],
    ['a list', [1]],
    ['one without a version', { codecs: ['json'] }],
  ];
  for (const [what, ext] of odd) {
    it(`a registration whose ext is ${what}: it is taken for a stock peer`, async (t) => {
      const { port } = await setUp(t);
      const peer = await rawCaller(t, port);
      peer.write(request(1, { type: 'register_channel', channelName: 'test-1', ext }));
      const answer = await peer.next();
      assert.deepEqual([answer.head, unstock(answer.body)], [{ type: 'register_channel_res' }, { success: true }]);
      peer.write(invoke(2, 1, listOf(stock({ a: 1 })), 'user.service.echo'));
      assert.deepEqual(unstock((await peer.next()).body), { a: 1 });
    });
  }

  it('a codec that nobody knows', async (t) => {
    const { port, unharmed } = await setUp(t);
    const peer = await rawCaller(t, port);
    peer.write(request(1, { type: 'register_channel', channelName: 'test-1', ext: { ...EXT, codecs: ['morse'] } }));
    const { success, error } = unstock((await peer.next()).body) as { success: boolean; error: { message: string } };
    assert.equal(success, false);
    assert.match(error.message, /no codec in common: the Follower offers morse/);
    await unharmed();
  });

  it('a channel that nobody leads: it is told so in time, and may try another', async (t) => {
    const { port } = await setUp(t);
    const peer = await rawCaller(t, port);
    peer.write(request(1, { type: 'register_channel', channelName: 'nobody', ext: EXT }, undefined, 100));
    const { error } = unstock((await peer.next()).body) as { error: { message: string } };
    assert.equal(error.message, 'no process leads the channel "nobody" on this port');
    const asking = { ...EXT, asksHolder: 1 };
    peer.write(request(3, { type: 'register_channel', channelName: 'nobody', ext: asking }, undefined, 100));
    const told = unstock((await peer.next()).body) as { error: { message: string } };
    assert.match(
      told.error.message,
      /no process leads the channel "nobody" on this port; process \d+ \(mailstation [\d.]+\) holds the port and leads "test-1"/,
    );
    peer.write(request(2, { type: 'register_channel', channelName: 'test-1', ext: EXT }));
    assert.equal(unstock((await peer.next()).body)['success'], true);
  });

  it('a channel that nobody leads, and all the time in the world: no timer overflows', async (t) => {
    const warnings: string[] = [];
    const onWarning = (warning: Error) => void warnings.push(warning.name);
    process.on('warning', onWarning);
    t.after(() => process.off('warning', onWarning));
    const world = await sharedWorld(t);
    await world.join(Registry).ready();
    const peer = await rawCaller(t, world.port);
    peer.write(request(1, { type: 'register_channel', channelName: 'nobody', ext: EXT }, undefined, 0xffffffff));
    peer.write(request(2, { type: 'heartbeat' }));
    assert.equal((await peer.next()).id, 2, 'and the refusal is not there yet');
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(warnings.includes('TimeoutOverflowWarning'), false);
    assert.equal(peer.packets.length, 1);
  });

  it('a stock peer on a channel that nobody leads is neither refused nor closed', async (t) => {
    const { port } = await setUp(t, { handshakeTimeout: 50 });
    const peer = await rawCaller(t, port);
    peer.write(request(1, { type: 'register_channel', channelName: 'nobody' }, undefined, 50));
    const since = performance.now();
    await until(() => performance.now() - since > 300, { what: 'six handshake timeouts' });
    assert.deepEqual([peer.packets, peer.isClosed], [[], false]);
  });
});
