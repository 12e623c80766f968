import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Board } from '../../dashboard/state/board.js';
import { type Observation, Watch } from '../../dashboard/watch.js';
import { until } from '../support/until.js';

const IDENTITY = { id: 'a', serverType: 'test', state: 'leader', urls: [], term: null, pid: 1, machine: 'm' };
const LOAD = {
  ...{ connections: 1, running: 0, queued: 0, abandoned: 0, streams: 0, eventLoopLag: 0 },
  ...{ eventLoopActive: 10, eventLoopIdle: 90, rss: 1, heapUsed: 1 },
};

type Answers = { readonly connections?: unknown; readonly calls?: unknown };

/** A client of one server, which answers the questions about connections and calls as the test says. */
function clientOf(answers: () => Answers) {
  let uptime = 1_000;
  const asked = { connections: 0, calls: 0 };
  return {
    asked,
    servers: { a: { id: 'a', serverType: 'test', port: 1 } },
    mailboxes: {},
    on() {},
    off() {},
    async rpcInvoke(_id: string, { service }: { readonly service: string }): Promise<unknown> {
      uptime += 10;
      await turn();
      if (service === 'health') return { format: 1, status: 'serving', namespaces: [] };
      if (service === 'stats') {
        const server = { ...IDENTITY, version: '0', node: 'v22', uptime };
        return { format: 1, time: 1, server, load: LOAD, counting: true, recent: 1, methods: [], others: null };
      }
      asked[service as 'connections' | 'calls'] += 1;
      return answers()[service as 'connections' | 'calls'];
    },
  };
}

/** Further observations of a server that answers so, each made into a state. */
async function observed(t: { after(end: () => void): void }, answers: () => Answers) {
  const client = clientOf(answers);
  const watch = new Watch([{ client }], 10);
  const board = new Board({ interval: 10, history: 100, allowCalls: false, from: 'a test' });
  const observations: Observation[] = [];
  watch.on('observation', (observation) => {
    observations.push(observation);
    board.next(observation, [], []);
  });
  t.after(() => watch.stop());
  watch.start();
  await until(() => observations.length >= 4, { what: 'four observations' });
  watch.stop();
  return { client, last: observations.at(-1)?.servers[0] };
}

describe('the watch of a broken server', () => {
  const CONNECTION = {
    ...{ id: '1', peer: '127.0.0.1:1', ip: '127.0.0.1', clientId: null, process: null, standby: false },
    ...{ proven: [], since: 1, calls: 1, open: 0 },
  };
  const lists: Record<string, unknown> = {
    'a connection that is none': [null],
    'a connection without facts': [CONNECTION, {}],
    'a process without a machine': [{ ...CONNECTION, process: { pid: 1 } }],
    'proofs that are none': [{ ...CONNECTION, proven: [{}] }],
    'no list': 'many',
  };
  for (const [what, connections] of Object.entries(lists))
    it(`goes on without its callers, where it answers with ${what}`, async (t) => {
      const { last } = await observed(t, () => ({ connections: { format: 1, time: 1, known: true, connections } }));
      assert.deepEqual([last?.sample.state, last?.connections], ['answered', null]);
    });

  it('goes on without its calls, where these are none', async (t) => {
    const calls = { format: 1, time: 1, counting: true, seq: 1, slowCall: 1, failed: [{ id: 1 }], slow: [null] };
    const { client, last } = await observed(t, () => ({ calls }));
    assert.ok(client.asked.calls > 0);
    assert.deepEqual([last?.sample.state, last?.recent], ['answered', undefined]);
  });

  it('does not read pages of callers for ever', async (t) => {
    const report = { format: 1, time: 1, known: true, connections: [], next: 'again' };
    const { client, last } = await observed(t, () => ({ connections: report }));
    assert.deepEqual(last?.connections, []);
    const { connections } = client.asked;
    for (let turns = 0; turns < 20; turns++) await turn();
    assert.ok(client.asked.connections <= connections + 1, 'the watch was stopped, and still asks');
  });
});
