import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RpcCode } from '../../../lib/errors.js';
import { RpcError } from '../../../lib/errors.js';
import type { InvokeMessage } from '../../../lib/rpc-message.js';
import { FleetPoller } from '../../../observe/fleet/index.js';
import type { FleetSample, ServerSample } from '../../../observe/fleet/sample.js';
import type { StatsReport } from '../../../server/stats.js';
import { call, deferred, serve, unusedPort } from '../../behaviour/support.js';
import { expectNoLeaks } from '../../support/leaks.js';
import { until, untilEvent } from '../../support/until.js';

const LOAD: StatsReport['load'] = {
  ...{ connections: 1, running: 0, queued: 0, abandoned: 0, streams: 0, eventLoopLag: 0 },
  ...{ eventLoopActive: 10, eventLoopIdle: 90, rss: 1, heapUsed: 1 },
};

interface Fake {
  pid?: number;
  machine?: string;
  uptime?: number;
  /** Calls since the server was made. */
  ok?: number;
}

function report(id: string, { pid = 1, machine = 'm', uptime = 1_000_000, ok = 0 }: Fake): StatsReport {
  const method = {
    ...{ name: 'user.a.f', open: 0, queued: 0, streams: 0, codes: {} },
    outcomes: { ok, failed: 0, refused: 0, late: 0, left: 0, unanswered: 0 },
    latency: { count: ok, sum: ok, max: 1, buckets: [1, ok] },
  };
  const identity = { id, serverType: 'test', state: 'leader', urls: [], term: null };
  const server = { ...identity, pid, machine, version: '0', node: '', uptime };
  const methods = ok > 0 ? [method] : [];
  return {
    format: 1,
    time: 1,
    server: server as StatsReport['server'],
    load: LOAD,
    counting: true,
    recent: 0,
    methods,
    others: null,
  };
}

/** A client of fake servers, whose answers the test gives. */
function fakeClient(answers: Record<string, () => Fake | Promise<Fake> | RpcError>) {
  const asked: string[] = [];
  let atOnce = 0;
  let mostAtOnce = 0;
  return {
    asked,
    get mostAtOnce() {
      return mostAtOnce;
    },
    get servers() {
      return Object.fromEntries(Object.keys(answers).map((id) => [id, { id, serverType: 'test', port: 1 }]));
    },
    mailboxes: {} as Record<string, string>,
    on() {},
    off() {},
    async rpcInvoke(id: string, { service }: InvokeMessage): Promise<unknown> {
      if (service === 'health') return { format: 1, status: 'serving', namespaces: [] };
      asked.push(id);
      mostAtOnce = Math.max(mostAtOnce, ++atOnce);
      const answer = await answers[id]?.();
      atOnce -= 1;
      if (answer instanceof RpcError) throw answer;
      return report(id, answer ?? {});
    },
  };
}

// biome-ignore lint/suspicious/noExplicitAny: an answer that is made wrong
type Any = any;

const only = ({ servers }: FleetSample): ServerSample => servers[0] ?? assert.fail('no server in the sample');

describe('a poller of real servers', () => {
  it('gives rates, latencies and health of servers and methods, and the reason of one that is away', async (t) => {
    expectNoLeaks(t);
    const f = (fails: boolean) => {
      if (fails) throw new Error('no');
    };
    const one = await serve(t, { f }, { id: 'one', logger: { info() {}, warn() {}, error() {} } });
    const two = await serve(t, { f }, { id: 'two' });
    const away = { id: 'away', serverType: 'test', host: '127.0.0.1', port: await unusedPort(t) };
    const { client, calls } = await call(t, [one, two, away], { timeout: 5_000 });
    const poller = new FleetPoller(client, { timeout: 60_000 });
    const first = await poller.poll();
    assert.deepEqual(
      first.servers.map(({ id, state, rates, failure }) => [id, state, rates?.calls, failure?.code]),
      [
        ['away', 'unreachable', undefined, 'ERR_RPC_CONNECT'],
        ['one', 'answered', undefined, undefined],
        ['two', 'answered', undefined, undefined],
      ],
    );
    await calls.f.toServer('two', false);
    await calls.f.toServer('one', false);
    await assert.rejects(calls.f.toServer('one', true));
    const { servers, methods, rates, round } = await poller.poll();
    assert.equal(round, 2);
    const sample = servers[1];
    const method = sample?.methods.find(({ name }) => name === 'user.service.f');
    assert.deepEqual([method?.rates?.ended, method?.rates?.success, method?.total.outcomes.failed], [2, 0.5, 1]);
    assert.ok((method?.rates?.codes['ERR_RPC_REMOTE'] ?? 0) > 0);
    assert.ok((method?.rates?.p99 ?? 0) > 0);
    assert.equal(sample?.health?.status, 'serving');
    assert.equal(sample?.report?.server.pid, process.pid);
    assert.ok((sample?.eventLoopUse ?? -1) >= 0);
    const merged = methods.find(({ name }) => name === 'user.service.f');
    assert.deepEqual([merged?.servers, merged?.rates?.ended], [2, 3]);
    assert.ok((rates?.ended ?? 0) >= 3);
  });

  it('says of a server that answers no questions that it is reachable', async (t) => {
    const { client } = await call(t, [await serve(t, { f() {} }, { inspect: false })]);
    const { state, failure, report } = only(await new FleetPoller(client).poll());
    assert.deepEqual([state, failure?.code, report], ['refused', 'ERR_RPC_NO_METHOD', null]);
  });

  it('says of a server that lets the client not in that it refuses, and for want of what', async (t) => {
    const secret = 'a secret of the test servers';
    const served = [
      await serve(t, { f() {} }, { id: 'secret-1', secret }),
      await serve(t, { f() {} }, { id: 'token-1', authenticate: () => Promise.reject(new Error('no such token')) }),
    ];
    const other = await serve(t, { f() {} }, { id: 'other-1' });
    const elsewhere = { id: 'elsewhere-1', serverType: 'test', host: '127.0.0.1', port: other.port };
    const whys = async (timeouts: { client: number; poller: number }) => {
      const { client } = await call(t, [...served, elsewhere], { timeout: timeouts.client });
      const { servers } = await new FleetPoller(client, { timeout: timeouts.poller }).poll();
      for (const { failure } of servers) assert.match(failure?.message ?? '', /did not accept the registration/);
      return servers.map(({ id, state, failure }) => [id, state, failure?.code]);
    };
    const refused = [
      ['elsewhere-1', 'not-admitted', 'ERR_RPC_REGISTER'],
      ['secret-1', 'not-admitted', 'ERR_RPC_UNAUTHENTICATED'],
      ['token-1', 'not-admitted', 'ERR_RPC_UNAUTHENTICATED'],
    ];
    // The reason is in the error of the question, or, before that one comes, in the news of the connection.
    const [asked, seen] = [whys({ client: 5_000, poller: 60_000 }), whys({ client: 60_000, poller: 5_000 })];
    assert.deepEqual(await asked, refused);
    assert.deepEqual(await seen, refused);
  });

  it('reads all pages of a server with 2,500 methods', async (t) => {
    const service: Record<string, () => number> = {};
    for (let i = 0; i < 2_500; i++) service[`m${i}`] = () => i;
    const { client, calls } = await call(t, [await serve(t, service)]);
    await Promise.all(Object.keys(service).map((name) => calls[name](null)));
    const { methods } = only(await new FleetPoller(client, { timeout: 60_000 }).poll());
    assert.equal(methods.filter(({ name }) => name.startsWith('user.')).length, 2_500);
  });

  it('makes rounds until it is stopped, with servers that join and leave', async (t) => {
    expectNoLeaks(t);
    const [one, two] = [await serve(t, { f() {} }, { id: 'one' }), await serve(t, { f() {} }, { id: 'two' })];
    const { client } = await call(t, [one]);
    const poller = new FleetPoller(client, { interval: 1 });
    t.after(() => poller.stop());
    const ids = (): string => (poller.last?.servers ?? []).map(({ id, state }) => `${id} ${state}`).join();
    poller.start();
    poller.start();
    await until(() => ids() === 'one answered', { what: 'the first sample' });
    client.addServer({ id: 'two', serverType: 'test', port: two.port });
    await until(() => ids() === 'one answered,two answered', { what: 'the server that joins' });
    client.removeServer('one');
    await until(() => ids() === 'two answered', { what: 'the server that leaves' });
    poller.stop();
    assert.equal(poller.isRunning, false);
  });
});

describe('a poller', () => {
  it('counts from zero where a server was started anew between two samples', async () => {
    let now: Fake = { uptime: 1_000_000, ok: 1_000 };
    const poller = new FleetPoller(fakeClient({ a: () => now }));
    await poller.poll();
    now = { uptime: 1_001_000, ok: 1_010 };
    const second = only(await poller.poll());
    assert.deepEqual([second.isRestarted, second.rates?.ended, second.rates?.seconds], [false, 10, 1]);
    now = { pid: 2, uptime: 0, ok: 7 };
    const third = only(await poller.poll());
    assert.deepEqual([third.isRestarted, third.rates?.ended, third.eventLoopUse], [true, 7, null]);
    now = { pid: 2, uptime: 2_000, ok: 9 };
    const fourth = only(await poller.poll());
    assert.deepEqual([fourth.isRestarted, fourth.rates?.ended, fourth.rates?.seconds], [false, 2, 2]);
  });

  it('counts from zero where another server of the same process answers', async () => {
    let now: Fake = { uptime: 1_000_000, ok: 1_000 };
    const poller = new FleetPoller(fakeClient({ a: () => now }));
    await poller.poll();
    now = { uptime: 1_001_000, ok: 3 };
    const { isRestarted, rates } = only(await poller.poll());
    assert.deepEqual([isRestarted, rates?.ended], [true, 3]);
  });

  it('knows no rates where an older server takes over', async () => {
    let now: Fake = { machine: 'one', ok: 1_000 };
    const poller = new FleetPoller(fakeClient({ a: () => now }));
    await poller.poll();
    now = { machine: 'two', ok: 5_000 };
    const { isRestarted, rates } = only(await poller.poll());
    assert.deepEqual([isRestarted, rates], [true, null]);
  });

  it('never has two rounds at once, nor two questions to one server', async () => {
    const gate = deferred<Fake>();
    const client = fakeClient({ a: () => gate.promise });
    const poller = new FleetPoller(client);
    const [one, two] = [poller.poll(), poller.poll()];
    gate.resolve({});
    assert.equal(await one, await two);
    assert.deepEqual(client.asked, ['a']);
  });

  it('does not wait again for a server that did not answer, and has it back when it does', async () => {
    const gate = deferred<Fake>();
    const client = fakeClient({ hangs: () => gate.promise, well: () => ({}) });
    client.mailboxes['hangs'] = 'ready';
    const poller = new FleetPoller(client, { timeout: 20 });
    const states = ({ servers }: FleetSample) => servers.map(({ id, state }) => `${id} ${state}`).join();
    assert.equal(states(await poller.poll()), 'hangs late,well answered');
    for (let i = 0; i < 3; i++) assert.equal(states(await poller.poll()), 'hangs late,well answered');
    assert.equal(client.asked.filter((id) => id === 'hangs').length, 1, 'the first question is still open');
    gate.resolve({});
    await until(async () => states(await poller.poll()) === 'hangs answered,well answered', { what: 'its answer' });
  });

  it('tells a server without a connection from one that is late', async () => {
    const client = fakeClient({ a: () => new Promise<Fake>(() => {}) });
    const { state, failure } = only(await new FleetPoller(client, { timeout: 1 }).poll());
    assert.deepEqual([state, failure?.code], ['unreachable', 'ERR_RPC_CONNECT']);
  });

  it('sorts failures by what they mean', async () => {
    const sorted: [RpcCode, string][] = [
      ['ERR_RPC_CONNECT', 'unreachable'],
      ['ERR_RPC_CONNECTION_LOST', 'unreachable'],
      ['ERR_RPC_TIMEOUT', 'late'],
      ['ERR_RPC_FORBIDDEN', 'refused'],
      ['ERR_RPC_REMOTE', 'refused'],
    ];
    for (const [code, expected] of sorted) {
      const { state, failure } = only(await new FleetPoller(fakeClient({ a: () => new RpcError(code, 'why') })).poll());
      assert.deepEqual([state, failure], [expected, { code, message: 'why' }]);
    }
  });

  it('takes a server whose answer has another form for one that refuses, and asks on', async () => {
    const whole = (): Any => JSON.parse(JSON.stringify(report('a', { ok: 1 })));
    const broken: Record<string, (answer: Any) => void> = {
      'a method without counts': (answer) => answer.methods.push({ name: 'user.a.g' }),
      'no method': (answer) => answer.methods.push(null),
      'a name that is none': (answer) => (answer.methods[0].name = 7),
      'a name without an end': (answer) => (answer.methods[0].name = 'x'.repeat(1_000_000)),
      'counts in words': (answer) => (answer.methods[0].outcomes.ok = 'many'),
      'codes in words': (answer) => (answer.methods[0].codes = { ERR: {} }),
      'more codes than there are': (answer) =>
        (answer.methods[0].codes = Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`ERR_${at}`, 1]))),
      'a code without an end': (answer) => (answer.methods[0].codes = { [`ERR_${'x'.repeat(100)}`]: 1 }),
      'more buckets than there are': (answer) => (answer.methods[0].latency.buckets = Array(1_200).fill(1)),
      'a state that a terminal obeys': (answer) => (answer.server.state = '\u001b[2J'),
      'no buckets': (answer) => (answer.methods[0].latency.buckets = null),
      'others without latencies': (answer) => (answer.others = { open: 0 }),
      'no machine': (answer) => (answer.server.machine = null),
      'a term in words': (answer) => (answer.server.term = 'first'),
      'a load without numbers': (answer) => (answer.load = {}),
      'a next page that is none': (answer) => (answer.next = { page: 2 }),
    };
    for (const [what, breakIt] of Object.entries(broken)) {
      let answers = 0;
      const client = fakeClient({ a: () => ({}) });
      const poller = new FleetPoller({
        servers: client.servers,
        mailboxes: {},
        on() {},
        off() {},
        async rpcInvoke(_id, { service }) {
          if (service === 'health') return { format: 1, status: {}, namespaces: [null] };
          const answer = whole();
          if (++answers === 2) breakIt(answer);
          return answer;
        },
      });
      const states: string[] = [];
      for (let round = 0; round < 5; round++) states.push(only(await poller.poll()).state);
      assert.deepEqual([states[0], states[1], states.at(-1)], ['answered', 'refused', 'answered'], what);
      assert.equal(only(await poller.poll()).health, null);
    }
  });

  it('asks 200 servers, so many at once as it may', async () => {
    const answers = Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`s${at}`, async () => ({})]));
    const client = fakeClient(answers);
    const { servers } = await new FleetPoller(client, { concurrency: 8 }).poll();
    assert.deepEqual([servers.length, servers.every(({ state }) => state === 'answered')], [200, true]);
    assert.equal(client.mostAtOnce, 8);
  });

  it('is one run after a stop and a start within a round', async (t) => {
    const client = fakeClient({ a: () => ({}) });
    const poller = new FleetPoller(client, { interval: 60_000 });
    t.after(() => poller.stop());
    poller.start();
    poller.stop();
    poller.start();
    await untilEvent(poller, 'sample', { what: 'a sample' });
    poller.stop();
    assert.deepEqual([poller.isRunning, client.asked.length], [false, 1]);
  });

  it('refuses options that are out of range', () => {
    const client = fakeClient({});
    assert.throws(() => new FleetPoller(client, { interval: 0 }), /interval must be an integer from 1/);
    assert.throws(() => new FleetPoller(client, { concurrency: 0 }), /concurrency must be an integer from 1/);
  });
});
