import assert from 'node:assert/strict';
import { tracingChannel } from 'node:diagnostics_channel';
import { describe, it, type TestContext } from 'node:test';
import type { AttemptMessage, BroadcastMessage, CallMessage, ServeMessage } from '../../lib/channels.js';
import type { ClientOptions } from '../../node-client.js';
import { listOf, request } from '../lib/transport/support.js';
import { until } from '../support/until.js';
import { rawLeader, registeredCaller } from './raw-peers.js';
import { callSharing, overSharing } from './sharing.js';
import { type Calling, call, failure, serve, unusedPort } from './support.js';

type Message = CallMessage | AttemptMessage | BroadcastMessage | ServeMessage;
const TRACE = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };

function listen<M extends Message>(t: TestContext, name: string, start: (message: M) => void): void {
  const channel = tracingChannel<unknown, M>(name);
  channel.subscribe({ start } as never);
  t.after(() => channel.unsubscribe({ start } as never));
}

/** Gives each call the trace context, and returns what the servers get. */
function traced(t: TestContext, trace: unknown = TRACE): (Readonly<Record<string, string>> | undefined)[] {
  const arrived: (Readonly<Record<string, string>> | undefined)[] = [];
  listen<CallMessage>(t, 'mailstation:call', (message) => {
    message.trace = trace as Readonly<Record<string, string>>;
  });
  listen<ServeMessage>(t, 'mailstation:serve', ({ trace: came }) => void arrived.push(came && { ...came }));
  return arrived;
}

const service = {
  f: (...args: unknown[]) => args,
  async *count() {
    yield 1;
  },
};

describe('a trace context that a listener gives a call', () => {
  overSharing((sharing) => {
    const calling = async (t: TestContext, options: ClientOptions = {}, served = {}): Promise<Calling> =>
      callSharing(t, sharing, [await serve(t, service, served)], options);

    it('comes to the server with calls, one-way calls, streams and uploads', async (t) => {
      const { calls } = await calling(t);
      const arrived = traced(t);
      assert.deepEqual(await calls.f(null, 1, 'two'), [1, 'two']);
      assert.deepEqual(await calls.f.with({ meta: { of: 'the user' } })(null, 3), [3]);
      for await (const item of calls.count.stream(null)) assert.equal(item, 1);
      const upload = (async function* () {
        yield 1;
      })();
      assert.deepEqual(await calls.f.with({ stream: upload, meta: 'm' })(null, 4), [4]);
      await calls.f.oneway(null, 1);
      await until(() => arrived.length === 5, { what: 'the one-way call' });
      assert.deepEqual(
        arrived,
        arrived.map(() => TRACE),
      );
    });

    it('comes to the server in every codec, beside the arguments', async (t) => {
      const { calls } = await calling(t, { codecs: ['json'] });
      const arrived = traced(t);
      assert.deepEqual(await calls.f.with({ meta: 'm' })(null, { a: [1] }), [{ a: [1] }]);
      assert.deepEqual(arrived, [TRACE]);
    });

    it('comes to the server where it refuses the call', async (t) => {
      const { calls } = await calling(t, {}, { expose: ['user.service.f'] });
      const arrived = traced(t);
      assert.equal((await failure(calls.absent(null))).code, 'ERR_RPC_FORBIDDEN');
      assert.equal((await failure(calls.count(null))).code, 'ERR_RPC_FORBIDDEN');
      assert.deepEqual(arrived, [TRACE, TRACE]);
    });
  });

  it('comes to the server where authorize refuses the call later', async (t) => {
    const { calls } = await call(t, [await serve(t, service, { authorize: async () => false })]);
    const arrived = traced(t);
    assert.equal((await failure(calls.f(null))).code, 'ERR_RPC_FORBIDDEN');
    assert.deepEqual(arrived, [TRACE]);
  });

  it('is not sent where it is no trace context', async (t) => {
    const { calls } = await call(t, [await serve(t, service)]);
    const arrived = traced(t, { Traceparent: 'in capitals' });
    assert.deepEqual(await calls.f(null, 1), [1]);
    assert.deepEqual(arrived, [undefined]);
  });

  it('is not sent to a server that does not announce the feature, neither directly nor by a relay', async (t) => {
    const leader = await rawLeader(t);
    traced(t);
    for (const sharing of ['nobody else', 'another'] as const) {
      const { calls } = await callSharing(t, sharing, [leader.info]);
      const lost = failure(calls.f.with({ timeout: 500 })(null, 7));
      const peer = await leader.connection(leader.peers.length + 1);
      const { head, body } = await peer.next('invoke');
      assert.deepEqual(head, { type: 'invoke', method: 'user.service.f', argLength: 1, oneway: false });
      assert.deepEqual(body, listOf(Buffer.from('7')));
      await lost;
    }
  });

  it('goes to each server that a failover tries, and an attempt may have its own', async (t) => {
    const dead = { id: 'test-1', serverType: 'test', port: await unusedPort(t) };
    const good = await serve(t, service, { id: 'test-2' });
    const { calls } = await call(t, [dead, good], { failMode: 'failover', router: () => 'test-1' });
    const arrived = traced(t);
    await calls.f(null, 1);
    const attempts: AttemptMessage[] = [];
    listen<AttemptMessage>(t, 'mailstation:attempt', (message) => {
      attempts.push(message);
      message.trace = { traceparent: `of attempt ${message.number}` };
    });
    await calls.f(null, 2);
    assert.deepEqual(arrived, [TRACE, { traceparent: 'of attempt 2' }]);
    assert.deepEqual(
      attempts.map(({ number, serverId, delivery, error }) => [number, serverId, delivery, error?.code]),
      [
        [1, 'test-1', 'not-sent', 'ERR_RPC_CONNECT'],
        [2, 'test-2', 'answered', undefined],
      ],
    );
    assert.deepEqual(
      attempts.map(({ call: { attempts: count, trace } }) => [count, trace]),
      [
        [2, TRACE],
        [2, TRACE],
      ],
    );
  });
});

describe('a listener of a server', () => {
  it('may put something around the method, and around the steps of a stream', async (t) => {
    const { AsyncLocalStorage } = await import('node:async_hooks');
    const store = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const methods = {
      f: async () => void seen.push(store.getStore()),
      async *count() {
        seen.push(store.getStore());
        yield 1;
        seen.push(store.getStore());
      },
    };
    const { calls } = await call(t, [await serve(t, methods)]);
    listen<ServeMessage>(t, 'mailstation:serve', (message) => {
      message.around = (work) => store.run(message.method, work);
    });
    await calls.f(null);
    for await (const _ of calls.count.stream(null));
    assert.deepEqual(seen, ['user.service.f', 'user.service.count', 'user.service.count']);
  });

  it('cannot keep the method from running, nor run it twice', async (t) => {
    let runs = 0;
    const { calls } = await call(t, [await serve(t, { f: () => ++runs })]);
    const arounds: NonNullable<ServeMessage['around']>[] = [
      () => {},
      (work) => {
        work();
        work();
      },
    ];
    listen<ServeMessage>(t, 'mailstation:serve', (message) => {
      message.around = arounds[runs] as NonNullable<ServeMessage['around']>;
    });
    assert.equal(await calls.f(null), 1);
    assert.equal(await calls.f(null), 2);
  });

  it('hears which names are methods, and how long a call has waited', async (t) => {
    const { calls } = await call(t, [await serve(t, service)]);
    const messages: ServeMessage[] = [];
    listen<ServeMessage>(t, 'mailstation:serve', (message) => void messages.push(message));
    await calls.f(null);
    await failure(calls.absent(null));
    assert.deepEqual(
      messages.map(({ method, isMethod }) => [method, isMethod]),
      [
        ['user.service.f', true],
        ['user.service.absent', false],
      ],
    );
    for (const { waited } of messages) assert.ok(waited >= 0 && waited < 60_000, `${waited} ms`);
  });
});

describe('a call of all servers', () => {
  it('is on a channel of its own, around the call of each server', async (t) => {
    const servers = [await serve(t, service), await serve(t, { g: () => 1 }, { id: 'test-2' })];
    const { calls } = await call(t, servers);
    const events: string[] = [];
    const channel = tracingChannel<unknown, BroadcastMessage>('mailstation:broadcast');
    const log = (event: string) => (message: object) => {
      const { kind, failed, error } = message as BroadcastMessage;
      events.push(`${event} ${kind} ${failed} ${(error as { code?: string } | undefined)?.code}`);
    };
    const handlers = { start: log('start'), end: log('end'), error: log('error'), asyncEnd: log('asyncEnd') };
    channel.subscribe(handlers as never);
    t.after(() => channel.unsubscribe(handlers as never));
    await calls.f.toServer('*', 1);
    calls.f.to('*', true)(1);
    await until(() => events.length === 7, { what: 'the end of the one-way call' });
    assert.deepEqual(events, [
      ...['start call undefined undefined', 'end call undefined undefined'],
      ...['error call 1 ERR_RPC_NO_METHOD', 'asyncEnd call 1 ERR_RPC_NO_METHOD'],
      ...['start oneway undefined undefined', 'end oneway undefined undefined', 'asyncEnd oneway undefined undefined'],
    ]);
  });
});

describe('a hostile trace context', () => {
  const invoke = (id: number, argLength: number, body: Buffer) =>
    request(id, { type: 'invoke', method: 'user.service.f', argLength, oneway: false, trace: 1 }, body);

  it('is passed over, and the call is served', async (t) => {
    const { port } = await serve(t, service);
    const arrived = traced(t);
    const peer = await registeredCaller(t, port);
    const odd = ['', '{', '[]', '{"a":1}', `{"a":"${'x'.repeat(20_000)}"}`, '{"__proto__":{"x":"y"}}', '\u0000'];
    for (const [at, item] of odd.entries()) {
      peer.write(invoke(at + 2, 2, listOf(Buffer.from(item), Buffer.from('7'))));
      const { head, body } = await peer.next('invoke_result');
      assert.deepEqual([head.success, body.toString('utf8', 4)], [true, '[7]'], item.slice(0, 40));
    }
    assert.deepEqual(
      arrived,
      odd.map(() => undefined),
    );
    assert.equal(({} as { x?: string }).x, undefined);
  });

  it('is refused where the list is not what the head announces', async (t) => {
    const { port } = await serve(t, service);
    const peer = await registeredCaller(t, port);
    const long = listOf(Buffer.from('{"a":"b"}'));
    long.writeUInt32BE(4_000_000_000, 0);
    const wrong: [count: number, body: Buffer][] = [
      ...([
        [0, Buffer.alloc(0)],
        [0, listOf(Buffer.from('{"a":"b"}'))],
        [1, Buffer.alloc(0)],
      ] as [number, Buffer][]),
      ...([
        [1, long],
        [2, listOf(Buffer.from('{"a":"b"}'))],
        [1, Buffer.from([0, 0, 0])],
      ] as [number, Buffer][]),
    ];
    for (const [at, [count, body]] of wrong.entries()) {
      peer.write(invoke(at + 2, count, body));
      const { head } = await peer.next('invoke_result');
      assert.deepEqual([head.success, head.code], [false, 'ERR_RPC_BAD_REQUEST'], `case ${at}`);
    }
  });
});
