import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { RpcCode, type RpcError } from '../../../lib/errors.js';
import type { Acceptor, AcceptorOptions, MessageCallback } from '../../../lib/leader/acceptor.js';
import { CustomAcceptor, type CustomAcceptorOptions } from '../../../lib/leader/custom-acceptor.js';
import type { CallObserver } from '../../../lib/serving/call-ends.js';
import { mockClock, tick } from '../transport/support.js';
import { fakeChannel, STOPPING } from './support.js';

const MSG = { namespace: 'user', service: 'm', method: 'f', args: [1] };

/** A user's acceptor that the test speaks through. */
class FakeAcceptor extends EventEmitter implements Acceptor {
  readonly heard: string[] = [];
  readonly receive: MessageCallback;
  listening: Promise<void> | undefined;

  constructor(receive: MessageCallback) {
    super();
    this.receive = receive;
  }

  listen(port: number): unknown {
    this.heard.push(`listen ${port}`);
    return this.listening;
  }

  close(): unknown {
    this.heard.push('close');
    this.emit('closed');
    return undefined;
  }

  /** Codes of the errors, or the results, that the server has answered with. */
  ask(): unknown[] {
    const answers: unknown[] = [];
    this.receive(MSG, (error, ...results) => answers.push((error as RpcError | null)?.code ?? results));
    return answers;
  }
}

function setUp(
  t: TestContext,
  { listening, ...more }: Partial<CustomAcceptorOptions> & { listening?: Promise<void> } = {},
) {
  const clock = mockClock(t);
  const log: string[] = [];
  const write = (line: string) => void log.push(line);
  const events: string[] = [];
  const made: FakeAcceptor[] = [];
  const channel = fakeChannel('test-1');
  const acceptor = new CustomAcceptor({
    factory: (_opts: AcceptorOptions, receive) => {
      const own = new FakeAcceptor(receive);
      own.listening = listening;
      made.push(own);
      return own;
    },
    endpoint: { transport: 'tcp', host: '127.0.0.1', port: 4321 },
    serverOptions: {},
    services: () => ({}),
    callerShare: 1,
    maxAbandoned: 100,
    abandonedTimeout: 1_000,
    maxConcurrent: 100,
    maxQueued: 100,
    maxCallsPerConnection: 1,
    maxEventLoopLag: 0,
    logger: { info: write, warn: write, error: write },
    onSession: ({ id }) => void events.push(`open ${id}`),
    onError: ({ message }) => void events.push(`error ${message}`),
    onClosed: () => void events.push('closed'),
    ...more,
  });
  acceptor.lead(channel);
  const own = (): FakeAcceptor => made[0] ?? assert.fail('the factory was not called');
  return { clock, acceptor, channel, own, made, log, events };
}

describe('CustomAcceptor', () => {
  it('calls the factory when it listens, and not before; a standby is not possible', async (t) => {
    const { acceptor, made, own } = setUp(t);
    assert.deepEqual([made.length, acceptor.canStandBy], [0, false]);
    assert.equal(acceptor.description, 'a custom acceptor, port 4321');
    await acceptor.listen();
    assert.deepEqual(own().heard, ['listen 4321']);
  });

  it('serves requests while the acceptor is still about to listen', async (t) => {
    let resolve = (): void => {};
    const listening = new Promise<void>((done) => {
      resolve = done;
    });
    const { acceptor, channel, own } = setUp(t, { listening });
    const pending = acceptor.listen();
    const answers = own().ask();
    channel.calls[0]?.succeed(['ok']);
    assert.deepEqual(answers, [['ok']]);
    resolve();
    await pending;
  });

  it('is over where the acceptor cannot listen: it is closed, and answers no more', async (t) => {
    const { acceptor, own } = setUp(t, { listening: Promise.reject(new Error('EADDRINUSE')) });
    await assert.rejects(acceptor.listen(), {
      code: RpcCode.Listen,
      message: /cannot listen on port 4321: EADDRINUSE/,
    });
    assert.deepEqual(own().heard, ['listen 4321', 'close']);
    await acceptor.drain(STOPPING, 1_000);
    assert.deepEqual(own().heard.length, 2);
  });

  it('has no limit for one connection, since the acceptor keeps its connections to itself', async (t) => {
    const { acceptor, channel, own } = setUp(t);
    await acceptor.listen();
    for (let i = 0; i < 5; i++) own().ask();
    assert.equal(channel.calls.length, 5);
  });

  it('reports a failure that comes after the call was given up as the end of no other call', async (t) => {
    const { acceptor, channel, own, clock } = setUp(t);
    const ends: unknown[] = [];
    const observer: CallObserver = {
      isOn: true,
      begun() {},
      ended: ({ id }, outcome, code, error) => void ends.push([id, outcome, code, error?.message]),
      refused() {},
    };
    acceptor.lead(Object.assign(channel, { observer }));
    await acceptor.listen();
    own().ask();
    clock.advance(61_000); // an acceptor names no deadline
    clock.advance(2_000);
    assert.deepEqual(ends, [[1, 'unanswered', RpcCode.Timeout, undefined]]);
    channel.calls[0]?.fail(new Error('too late'));
    own().ask();
    channel.calls[1]?.succeed(['ok']);
    assert.deepEqual(ends.slice(1), [[2, 'ok', undefined, undefined]]);
  });

  it('refuses new requests while it drains, and is closed after the last answer', async (t) => {
    const { acceptor, channel, own } = setUp(t);
    await acceptor.listen();
    const running = own().ask();
    const drained = acceptor.drain(STOPPING, 60_000);
    assert.deepEqual(own().ask(), [RpcCode.Stopping]);
    await tick();
    assert.deepEqual([running, own().heard], [[], ['listen 4321']]);
    channel.calls[0]?.succeed(['late']);
    await drained;
    assert.deepEqual([running, own().heard], [[['late']], ['listen 4321', 'close']]);
    assert.deepEqual([own().ask(), channel.calls.length], [[RpcCode.Stopping], 1]);
  });

  it('answers with the reason what still runs when the time is up', async (t) => {
    const { acceptor, channel, own, clock } = setUp(t);
    await acceptor.listen();
    const running = own().ask();
    const drained = acceptor.drain(STOPPING, 500);
    clock.advance(501);
    await drained;
    assert.deepEqual([running, own().heard.at(-1)], [[RpcCode.Stopping], 'close']);
    channel.calls[0]?.succeed(['too late']);
    assert.deepEqual(running, [RpcCode.Stopping]);
  });

  it('is closed at once when it is destroyed, also in the middle of a drain', async (t) => {
    const { acceptor, own, clock, events } = setUp(t);
    await acceptor.listen();
    const running = own().ask();
    const drained = acceptor.drain(STOPPING, 60_000);
    acceptor.destroy(STOPPING);
    await drained;
    assert.deepEqual([running, own().heard, clock.timers], [[RpcCode.Stopping], ['listen 4321', 'close'], 0]);
    assert.deepEqual(events, [], 'the acceptor was asked to close');
  });

  it('reports an acceptor that closes by itself, once, and answers what was running', async (t) => {
    const { acceptor, own, events } = setUp(t);
    await acceptor.listen();
    const running = own().ask();
    own().emit('closed');
    own().emit('closed');
    assert.deepEqual([events, running, own().ask()], [['closed'], [RpcCode.Stopping], [RpcCode.Stopping]]);
    await acceptor.drain(STOPPING, 1_000);
    assert.deepEqual(own().heard, ['listen 4321'], 'it is not closed again');
  });

  it('reports the errors and connections of the acceptor', async (t) => {
    const { acceptor, own, events } = setUp(t);
    await acceptor.listen();
    own().emit('error', new Error('out of descriptors'));
    own().receive(new Error('listened twice'));
    own().emit('connection', { id: 7, ip: '::ffff:10.0.0.7' });
    assert.deepEqual(events, ['error out of descriptors', 'error listened twice', 'open 7']);
  });

  it('logs an answer function that throws, and a close that fails', async (t) => {
    const { acceptor, channel, own, log } = setUp(t);
    await acceptor.listen();
    own().receive(MSG, () => {
      throw new Error('gone');
    });
    channel.calls[0]?.succeed([]);
    own().close = () => Promise.reject(new Error('stuck'));
    acceptor.destroy(STOPPING);
    await tick();
    assert.match(String(log[0]), /the answer function of the custom acceptor threw: Error: gone/);
    assert.match(String(log[1]), /the custom acceptor failed to close: Error: stuck/);
  });
});
