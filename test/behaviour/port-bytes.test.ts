import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { packet } from '../lib/transport/support.js';
import { until, untilEvent } from '../support/until.js';
import { type RawPeer, rawCaller, registeredCaller } from './raw-peers.js';
import { invokes, readingCaller } from './reading-callers.js';
import { type Calling, call, makeGate, overTransports, serve } from './support.js';

const MB = 1_000_000;

/** A frame with a body of so many bytes. */
function frame(bodyBytes: number): Buffer {
  const head = { type: 'invoke', method: 'user.service.f', argLength: 1, oneway: false };
  return packet(0, 9, 60_000, head, Buffer.alloc(bodyBytes));
}

/** Calls all the while, one call after the other. */
function keepCalling({ calls }: Calling) {
  let goesOn = true;
  const failures: unknown[] = [];
  let answers = 0;
  const ended = (async () => {
    while (goesOn) {
      try {
        await calls.f(null, 'x'.repeat(100_000));
        answers += 1;
      } catch (error) {
        failures.push(error);
      }
    }
  })();
  return async () => {
    const before = answers;
    await until(() => answers > before + 3, { what: 'more answers' });
    goesOn = false;
    await ended;
    assert.deepEqual(failures, []);
  };
}

describe('a caller that has not registered', () => {
  it('may not begin a frame that is larger than a registration', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const good = keepCalling(await call(t, [served]));
    const reasons: string[] = [];
    served.server.on('disconnection', (_caller, reason) => reasons.push(`${reason.code} ${reason.message}`));
    const stranger = await rawCaller(t, served.port);
    stranger.write(frame(MB).subarray(0, 200));
    await stranger.closed();
    await until(() => reasons.length > 0, { what: 'the reason' });
    assert.match(
      reasons[0] ?? '',
      /^ERR_RPC_FRAME_TOO_LARGE .*a frame of 10000\d\d bytes; before its registration a peer may send 66584$/,
    );
    await good();
  });

  it('may not over ws either, where the parts of a message are collected before', async (t) => {
    const served = await serve(t, { f: () => 1 }, { transport: 'ws' });
    const good = keepCalling(await call(t, [served]));
    const stranger = await rawWebSocket(t, served.port);
    stranger.write(messageHeader(2 * MB));
    for (let part = 0; part < 8 && !stranger.destroyed; part++) {
      stranger.write(Buffer.alloc(60_000));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await until(() => stranger.destroyed, { what: 'the end of the stranger' });
    await good();
  });

  it('may send frames of any allowed size once it has', async (t) => {
    const served = await serve(t, { f: (text: string) => text.length });
    const { calls } = await call(t, [served]);
    assert.equal(await calls.f(null, 'x'.repeat(3 * MB)), 3 * MB);
  });
});

describe('over maxPartialBytes', () => {
  it('the callers that hold most of unfinished frames for longest are disconnected, and others are served', async (t) => {
    const served = await serve(t, { f: () => 1 }, { maxPartialBytes: 2.5 * MB });
    const good = keepCalling(await call(t, [served]));
    const callers: RawPeer[] = [];
    for (let n = 0; n < 6; n++) {
      const caller = await registeredCaller(t, served.port);
      caller.write(frame(MB).subarray(0, 900_000));
      callers.push(caller);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    await until(() => callers.filter(({ isClosed }) => isClosed).length >= 4, { what: 'evictions' });
    assert.equal(callers[0]?.isClosed, true, 'the oldest');
    await good();
    assert.match(
      served.log.join('\n'),
      /mailstation: disconnected 127\.0\.0\.1:\d+: \d+ bytes of unfinished requests wait on this port, and maxPartialBytes allows 2500000; this connection had \d+ of them for \d+ ms/,
    );
  });

  it('over ws, too', async (t) => {
    const served = await serve(t, { f: () => 1 }, { transport: 'ws', maxPartialBytes: 2.5 * MB });
    const good = keepCalling(await call(t, [served]));
    const callers: Socket[] = [];
    for (let n = 0; n < 6; n++) {
      const caller = await rawWebSocket(t, served.port);
      const register = packet(0, 1, 3_000, { type: 'register_channel', channelName: 'test-1' });
      caller.write(Buffer.concat([messageHeader(register.length), register]));
      await untilEvent(caller, 'data', { what: 'the registration' });
      caller.write(messageHeader(MB));
      caller.write(Buffer.alloc(900_000));
      callers.push(caller);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    await until(() => callers.filter(({ destroyed }) => destroyed).length >= 4, { what: 'evictions' });
    await good();
  });
});

describe('over maxUnreadBytes', () => {
  overTransports((transport) => {
    it('the callers that have not read most for longest are disconnected, and others are served', async (t) => {
      const gate = makeGate();
      const big = async () => {
        await gate.pass();
        return 'x'.repeat(MB);
      };
      const bounds = { maxQueuedBytes: 20 * MB, maxUnreadBytes: 8 * MB };
      const served = await serve(t, { big, f: () => 1 }, { transport, ...bounds });
      const good = keepCalling(await call(t, [served]));
      const callers = await Promise.all([1, 2, 3, 4, 5].map(() => readingCaller(t, transport, served.port)));
      for (const caller of callers) {
        caller.pause();
        caller.send(invokes('big', 10));
      }
      await gate.arrivals(50);
      gate.open();
      await until(() => served.log.some((line) => line.includes('bytes of unread answers')), { what: 'an eviction' });
      await good();
      assert.match(
        served.log.join('\n'),
        /disconnected .*: \d+ bytes of unread answers wait on this port, and maxUnreadBytes allows 8000000; this connection had \d+ of them/,
      );
    });
  });
});

/** A WebSocket without a library, so that a part of a message can be sent. */
async function rawWebSocket(t: TestContext, port: number) {
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.on('error', () => {}); // a reset is an end too
  const key = randomBytes(16).toString('base64');
  socket.write(
    `GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-key: ${key}\r\nsec-websocket-version: 13\r\n\r\n`,
  );
  await untilEvent(socket, 'data', { what: 'the upgrade' });
  return socket;
}

/** Header of a binary message with a mask of zeros. */
function messageHeader(bytes: number): Buffer {
  const header = Buffer.alloc(14);
  header.writeUInt16BE(0x82ff, 0);
  header.writeBigUInt64BE(BigInt(bytes), 2);
  return header;
}
