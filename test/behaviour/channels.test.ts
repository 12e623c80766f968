import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { type ChannelListener, channel, subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel';
import { describe, it, type TestContext } from 'node:test';
import type { CallMessage, MailboxStateMessage, ServerEjectedMessage } from '../../lib/channels.js';
import { until } from '../support/until.js';
import { call, deferred, failure, makeGate, serve, unusedPort } from './support.js';

const EVENTS = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const;

/** All events of `mailstation:call`: the name of each, and the message as it was then. */
function listenToCalls(t: TestContext) {
  const events: string[] = [];
  const messages: CallMessage[] = [];
  const copies: CallMessage[] = [];
  const calls = tracingChannel<unknown, CallMessage>('mailstation:call');
  const on = (event: (typeof EVENTS)[number]) => (message: object) => {
    events.push(event);
    messages.push(message as CallMessage);
    copies.push({ ...(message as CallMessage) });
  };
  const handlers = Object.fromEntries(EVENTS.map((event) => [event, on(event)])) as Record<string, never>;
  calls.subscribe(handlers as never);
  t.after(() => calls.unsubscribe(handlers as never));
  return { events, messages, copies, of: (event: string) => copies[events.indexOf(event)] };
}

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
    assert.deepEqual(of('asyncEnd'), { ...asked, ...place, delivery: 'answered' });
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
