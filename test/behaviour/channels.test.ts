import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { type ChannelListener, channel, subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel';
import { describe, it, type TestContext } from 'node:test';
import type { CallMessage, MailboxStateMessage, ServeMessage, ServerEjectedMessage } from '../../lib/channels.js';
import { until } from '../support/until.js';
import { call, deferred, failure, makeGate, serve, unusedPort } from './support.js';

const EVENTS = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const;

/** All events of a tracing channel: the name of each, the message, and the message as it was then. */
function listenToEvents<Message extends object>(t: TestContext, name: string) {
  const events: string[] = [];
  const messages: Message[] = [];
  const copies: Message[] = [];
  const traces = tracingChannel<unknown, Message>(name);
  const on = (event: (typeof EVENTS)[number]) => (message: object) => {
    events.push(event);
    messages.push(message as Message);
    copies.push({ ...(message as Message) });
  };
  const handlers = Object.fromEntries(EVENTS.map((event) => [event, on(event)])) as Record<string, never>;
  traces.subscribe(handlers as never);
  t.after(() => traces.unsubscribe(handlers as never));
  return { events, messages, copies, of: (event: string) => copies[events.indexOf(event)] };
}

const listenToCalls = (t: TestContext) => listenToEvents<CallMessage>(t, 'mailstation:call');
const listenToServing = (t: TestContext) => listenToEvents<ServeMessage>(t, 'mailstation:serve');

function listenTo<Message>(t: TestContext, name: string): Message[] {
  const messages: Message[] = [];
  const listener: ChannelListener = (message) => void messages.push(message as Message);
  subscribe(name, listener);
  t.after(() => unsubscribe(name, listener));
  return messages;
}

const ANSWERED = ['start', 'end', 'asyncStart', 'asyncEnd'];
const FAILED = ['start', 'end', 'error', 'asyncStart', 'asyncEnd'];

const service = {
  f: async (value: unknown) => value,
  fail: async () => {
    throw Object.assign(new Error('no money'), { code: 'E_POOR' });
  },
};

describe('the channel mailstation:call', () => {
  it('has each call from its start to its outcome, in one message without arguments and results', async (t) => {
    const server = await serve(t, service);
    const { calls } = await call(t, [server]);
    const { events, messages, copies, of } = listenToCalls(t);
    assert.equal(await calls.f.with({ timeout: 9_000, meta: 'of the user' })(null, 'of the user'), 'of the user');
    assert.deepEqual(events, ANSWERED);
    assert.ok(messages.every((message) => message === messages[0]));
    const asked = { method: 'user.service.f', serverType: 'test', kind: 'call', timeout: 9_000 };
    assert.deepEqual(of('start'), asked);
    const place = { serverId: 'test-1', serverAddress: '127.0.0.1', serverPort: server.port };
    const { duration = -1, ...ended } = of('asyncEnd') as CallMessage;
    assert.deepEqual(ended, { ...asked, ...place, delivery: 'answered' });
    assert.ok(duration > 0 && duration < 9_000, `${duration} ms`);
    assert.equal(of('end')?.duration, undefined);
    assert.doesNotMatch(JSON.stringify(copies), /of the user/);
  });

  it('has the error of a call that failed, which is the caller’s', async (t) => {
    const { calls } = await call(t, [await serve(t, service)]);
    const { events, of } = listenToCalls(t);
    const error = await failure(calls.fail(null));
    assert.deepEqual(events, FAILED);
    assert.equal(of('error')?.error, error);
    assert.equal(of('error')?.delivery, 'answered');
  });

  it('has a call that fails at once, after the end of its start', async (t) => {
    const { calls } = await call(t, []);
    const { events, of } = listenToCalls(t);
    const error = await failure(calls.f(null));
    assert.deepEqual([events, error.code], [FAILED, 'ERR_RPC_NO_SERVER']);
    assert.deepEqual([of('error')?.delivery, of('error')?.serverId], ['not-sent', undefined]);
  });

  it('has the logical call of a failover once, with the server that answered', async (t) => {
    const dead = { id: 'test-1', serverType: 'test', port: await unusedPort(t) };
    const good = await serve(t, service, { id: 'test-2' });
    const { calls } = await call(t, [dead, good], { failMode: 'failover', router: () => 'test-1' });
    const { events, of } = listenToCalls(t);
    assert.equal(await calls.f(null, 1), 1);
    assert.deepEqual(events, ANSWERED);
    assert.deepEqual([of('asyncEnd')?.serverId, of('asyncEnd')?.serverPort], ['test-2', good.port]);
  });

  it('has one-way calls, up to the send', async (t) => {
    const { calls } = await call(t, [await serve(t, service)]);
    const { events, of } = listenToCalls(t);
    await calls.f.oneway(null, 1);
    assert.deepEqual(events, ANSWERED);
    assert.deepEqual([of('start')?.kind, of('asyncEnd')?.delivery], ['oneway', 'unknown']);
  });

  it('has streams, up to their end', async (t) => {
    const gate = makeGate();
    async function* count() {
      yield 0;
      await gate.pass();
      yield 1;
    }
    const { calls } = await call(t, [await serve(t, { count })]);
    const { events, of } = listenToCalls(t);
    const stream = calls.count.stream(null);
    assert.equal((await stream.next()).value, 0);
    assert.deepEqual(events, ['start', 'end']);
    assert.equal(of('start')?.kind, 'stream');
    gate.open();
    for await (const _ of stream);
    assert.deepEqual(events, ANSWERED);
  });

  it('has the call of each server that a call of all servers goes to', async (t) => {
    const servers = [await serve(t, service), await serve(t, service, { id: 'test-2' })];
    const { calls } = await call(t, servers);
    const { copies, events } = listenToCalls(t);
    await calls.f.toServer('*', 1);
    const started = copies.filter((_, at) => events[at] === 'start').map(({ serverId }) => serverId);
    assert.deepEqual(started.sort(), ['test-1', 'test-2']);
  });

  it('starts the call in the stores that are bound to it, and calls back in the context of the caller', async (t) => {
    const { calls, client } = await call(t, [await serve(t, service)]);
    const spans = new AsyncLocalStorage<string>();
    const inFilter: unknown[] = [];
    client.before(async () => void inFilter.push(spans.getStore()));
    const { start } = tracingChannel<string, CallMessage>('mailstation:call');
    start.bindStore(spans, ({ method }) => `span of ${method}`);
    t.after(() => start.unbindStore(spans));
    const { promise, resolve } = deferred<string | undefined>();
    spans.run('of the caller', () => calls.f(null, 1, () => resolve(spans.getStore())));
    assert.equal(await promise, 'of the caller');
    assert.deepEqual(inFilter, ['span of user.service.f']);
  });

  it('changes nothing of the call: neither its promise nor the error', async (t) => {
    const { calls } = await call(t, [await serve(t, service)]);
    const without = calls.f(null, 1);
    listenToCalls(t);
    const traced = calls.f(null, 1);
    assert.equal(Object.getPrototypeOf(traced), Object.getPrototypeOf(without));
    assert.deepEqual(await Promise.all([without, traced]), [1, 1]);
  });
});

describe('the channel mailstation:serve', () => {
  it('has each call from the start of its method to its end, in one message without arguments and results', async (t) => {
    const { calls } = await call(t, [await serve(t, service)], { clientId: 'the caller' });
    const { events, messages, copies, of } = listenToServing(t);
    await calls.f.with({ timeout: 9_000, meta: 'of the user' })(null, 'of the user');
    assert.deepEqual(events, ANSWERED);
    assert.ok(messages.every((message) => message === messages[0]));
    const { timeout = 0, waited, caller, ...asked } = of('start') as ServeMessage;
    assert.deepEqual(asked, { method: 'user.service.f', serverId: 'test-1', kind: 'call', isMethod: true });
    assert.ok(waited >= 0);
    assert.ok(timeout > 0 && timeout <= 9_000, `${timeout} ms`);
    assert.equal(caller?.id, 'the caller');
    const { outcome, code, error, duration = -1 } = of('asyncEnd') as ServeMessage;
    assert.deepEqual([outcome, code, error], ['ok', undefined, undefined]);
    assert.ok(duration >= 0);
    assert.doesNotMatch(JSON.stringify(copies), /of the user/);
  });

  it('has the failure of a method, and what the outcome is', async (t) => {
    const { calls } = await call(t, [await serve(t, service)]);
    const { events, of } = listenToServing(t);
    await failure(calls.fail(null));
    assert.deepEqual(events, FAILED);
    const { outcome, code, error } = of('error') as ServeMessage;
    assert.deepEqual([outcome, code, error?.message], ['failed', 'ERR_RPC_REMOTE', 'no money']);
  });

  it('has calls that are refused: by a filter, for want of a method, on arrival, and in the queue', async (t) => {
    const gate = makeGate();
    const { server, ...served } = await serve(
      t,
      { ...service, wait: () => gate.pass() },
      { maxConcurrent: 1, expose: ['user.service.f', 'user.service.wait', 'user.service.none'] },
    );
    const { calls } = await call(t, [{ server, ...served }]);
    await calls.f(null);
    const { events, copies, of } = listenToServing(t);
    const outcomes = (): unknown[] =>
      copies.filter((_, at) => events[at] === 'asyncEnd').map(({ outcome, code }) => `${outcome} ${code}`);
    await failure(calls.none(null));
    await failure(calls.fail(null));
    assert.deepEqual(events, [...FAILED, ...FAILED]);
    const running = calls.wait(null);
    await gate.arrivals(1);
    await failure(calls.f.with({ timeout: 50 })(null)); // waits in the queue until it is late
    gate.open();
    await running;
    await until(() => outcomes().length === 4, { what: 'the ends of all calls' });
    const inQueue = outcomes().find((outcome) => /^(left|refused ERR_RPC_TIMEOUT)/.test(String(outcome))); // who notices first
    assert.deepEqual(
      outcomes().sort(),
      [inQueue, 'ok undefined', 'refused ERR_RPC_FORBIDDEN', 'refused ERR_RPC_NO_METHOD'].sort(),
    );
    assert.equal(of('start')?.serverId, 'test-1');
    server.before(() => Promise.reject(new Error('not today')));
    await failure(calls.f(null));
    assert.equal(outcomes().at(-1), 'refused ERR_RPC_FILTER');
  });

  it('has streams, up to their end, and one-way calls', async (t) => {
    const gate = makeGate();
    async function* count() {
      yield 0;
      await gate.pass();
    }
    const { calls } = await call(t, [await serve(t, { ...service, count })]);
    const { events, of } = listenToServing(t);
    const stream = calls.count.stream(null);
    await stream.next();
    assert.deepEqual([events, of('start')?.kind], [['start', 'end'], 'stream']);
    gate.open();
    for await (const _ of stream);
    await until(() => events.length === 4, { what: 'the end of the stream' });
    await calls.f.oneway(null, 1);
    await until(() => events.length === 8, { what: 'the end of the one-way call' });
    assert.deepEqual(events.slice(4), ANSWERED);
  });

  it('has no error of a stream whose reader breaks out of it', async (t) => {
    async function* endless() {
      for (let i = 0; ; i++) yield i;
    }
    const { calls } = await call(t, [await serve(t, { endless })]);
    const [atCaller, atServer] = [listenToCalls(t), listenToServing(t)];
    for await (const _ of calls.endless.stream(null)) break;
    await until(() => atServer.events.includes('asyncEnd'), { what: 'the end at the server' });
    assert.deepEqual([atCaller.events, atServer.events], [ANSWERED, ANSWERED]);
    assert.equal(atCaller.of('asyncEnd')?.delivery, 'answered');
    const { outcome, code } = atServer.of('asyncEnd') as ServeMessage;
    assert.deepEqual([outcome, code], ['left', 'ERR_RPC_CANCELLED']);
  });

  it('runs the method in the stores that are bound to the start', async (t) => {
    const spans = new AsyncLocalStorage<string>();
    const inMethod = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return spans.getStore();
    };
    const { calls } = await call(t, [await serve(t, { inMethod })]);
    const { start } = tracingChannel<string, ServeMessage>('mailstation:serve');
    start.bindStore(spans, ({ method, caller }) => `${method} for ${caller?.ip}`);
    t.after(() => start.unbindStore(spans));
    assert.equal(await calls.inMethod(null), 'user.service.inMethod for 127.0.0.1');
  });

  it('says nothing of the end of a call that began before there was a subscriber', async (t) => {
    const gate = makeGate();
    const { calls } = await call(t, [await serve(t, { ...service, wait: () => gate.pass() })]);
    const running = calls.wait(null);
    await gate.arrivals(1);
    const { events } = listenToServing(t);
    gate.open();
    await running;
    await calls.f(null);
    assert.deepEqual(events, ANSWERED);
  });
});

describe('the channels of states', () => {
  it('have the connection to a server, with the failure behind a change', async (t) => {
    const moved = listenTo<MailboxStateMessage>(t, 'mailstation:mailbox:state');
    const served = await serve(t, service);
    const { calls } = await call(t, [served]);
    await calls.f(null);
    await served.server.stop(true);
    await until(() => moved.some(({ to }) => to === 'backoff'), { what: 'the end of the connection' });
    assert.deepEqual(
      moved.slice(0, 3).map(({ serverId, from, to }) => `${serverId} ${from} -> ${to}`),
      ['test-1 idle -> connecting', 'test-1 connecting -> ready', 'test-1 ready -> backoff'],
    );
    assert.match(String(moved[2]?.reason?.code), /ERR_RPC_/);
  });

  it('have servers that are ejected', async (t) => {
    const ejected = listenTo<ServerEjectedMessage>(t, 'mailstation:server:ejected');
    const dead = { id: 'test-1', serverType: 'test', port: await unusedPort(t) };
    const good = await serve(t, service, { id: 'test-2' });
    const ejection = { consecutiveFailures: 1, maxEjectionPercent: 100 };
    const { calls } = await call(t, [dead, good], { ejection, failMode: 'failover', router: () => 'test-1' });
    await calls.f(null);
    await until(() => ejected.length > 0, { what: 'the ejection' });
    assert.equal(ejected[0]?.serverId, 'test-1');
    assert.ok((ejected[0]?.ms ?? 0) > 0);
  });
});

it('no name without a subscriber has a message made', async (t) => {
  const { calls } = await call(t, [await serve(t, service)]);
  for (const name of ['mailstation:mailbox:state', 'mailstation:server:ejected'])
    t.mock.method(channel(name), 'publish', () => assert.fail(name));
  await calls.f(null);
});
