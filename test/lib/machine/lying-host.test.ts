import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RpcCode } from '../../../lib/errors.js';
import type { RelayedEngine } from '../../../lib/machine/relayed-engine.js';
import { until } from '../../support/until.js';
import { failure } from '../registry/etcd/support.js';
import { followerOfLiar, type Lies, reply, report, SNAPSHOT } from './lying-host.js';

const ENTRY = Object.freeze({ key: 'nodes/a', value: '{}', created: 1, modified: 1 });
const END = Object.freeze({ end: 'disconnected', why: 'the connection ended' });

const ITEMS: Readonly<Record<string, unknown>> = {
  'no object': 'a change',
  nothing: null,
  'of no known kind': { news: 1 },
  'a change that is null': { change: null },
  'a change without events': { change: { revision: 2 } },
  'a change without a revision': { change: { events: [] } },
  'an event that is null': { change: { revision: 2, events: [null] } },
  'an event of no known type': { change: { revision: 2, events: [{ type: 'move', key: 'nodes/a' }] } },
  'a put without an entry': { change: { revision: 2, events: [{ type: 'put' }] } },
  'a put whose value is no text': {
    change: { revision: 2, events: [{ type: 'put', entry: { ...ENTRY, value: 7 } }] },
  },
  'a deletion without a key': { change: { revision: 2, events: [{ type: 'delete' }] } },
  'an end without a report': END,
  'an end for no known reason': { ...END, end: 'weather', state: report() },
};

const list = (engine: RelayedEngine): Promise<unknown> => engine.list('nodes/');
const commit = (engine: RelayedEngine): Promise<unknown> => engine.commit([], [{ type: 'get', key: 'nodes/a' }]);
const lease = (engine: RelayedEngine): Promise<unknown> => engine.lease(60_000);

const ANSWERS: Readonly<Record<string, readonly [lies: Lies, ask: (engine: RelayedEngine) => Promise<unknown>]>> = {
  'a list that is null': [{ list: () => null }, list],
  'a list without a report': [{ list: () => ({ value: SNAPSHOT }) }, list],
  'a list whose value is null': [{ list: () => reply(null) }, list],
  'a list without entries': [{ list: () => reply({ ...SNAPSHOT, entries: undefined }) }, list],
  'a list with an entry that is null': [{ list: () => reply({ ...SNAPSHOT, entries: [ENTRY, null] }) }, list],
  'a list with a key that is no text': [{ list: () => reply({ ...SNAPSHOT, entries: [{ ...ENTRY, key: 5 }] }) }, list],
  'a list without a revision': [{ list: () => reply({ ...SNAPSHOT, revision: 'last' }) }, list],
  'a failure that is null': [{ list: () => ({ state: report(), failure: null }) }, list],
  'a failure without a code': [{ list: () => ({ state: report(), failure: { message: 'no', delivery: null } }) }, list],
  'a commit that does not say whether it was done': [{ commit: () => reply(SNAPSHOT) }, commit],
  'a lease whose id is none': [{ grant: () => reply({ id: 'mine', ttl: 60_000, waited: 0 }) }, lease],
  'a lease without a time': [{ grant: () => reply({ id: '0123456789abcdef', ttl: null, waited: 0 }) }, lease],
  'a lease for no time': [{ grant: () => reply({ id: '0123456789abcdef', ttl: 0, waited: 0 }) }, lease],
  'a renewal that is neither granted nor refused': [
    { renew: () => reply('yes') },
    (engine) => engine.renew('0123456789abcdef', 3_000),
  ],
  'the end of a lease with a value': [{ revoke: () => reply({}) }, (engine) => engine.revoke('0123456789abcdef')],
};

describe('a process whose machine has a connection to the store through a process of another version', () => {
  for (const [name, item] of Object.entries(ITEMS))
    it(`ends its watch at an item that is wrong: ${name}`, async (t) => {
      const change = { revision: 2, events: [{ type: 'put', entry: ENTRY }] };
      const engine = await followerOfLiar(t, { watch: () => [{ opened: true }, { change }, item, { change }] });
      const seen: unknown[] = [];
      const watching = engine.watch('nodes/', await engine.list('nodes/'), (got) => {
        const { revision, events } = got;
        seen.push(revision, ...events.map((event) => (event.type === 'put' ? event.entry.key : event.key)));
      });
      const { reason, error } = await watching.ended;
      assert.equal(reason, 'disconnected');
      assert.match(`${error?.message}`, /sent no change, nor an end/);
      assert.deepEqual(seen, [2, 'nodes/a'], 'the change before the wrong item, and none after');
    });

  for (const [name, [lies, ask]] of Object.entries(ANSWERS))
    it(`has an error with a code for an answer that is wrong: ${name}`, async (t) => {
      const error = await failure(ask(await followerOfLiar(t, lies)));
      assert.deepEqual([error.code, error.delivery], [RpcCode.Registry, 'unknown'], error.message);
      assert.match(error.message, /answered in a form that is not known.*another version/);
    });

  for (const [name, wrong] of Object.entries({ 'no object': null, 'no age': { ...report(), age: 'old' } }))
    it(`says what is wrong with a report of the connection, until the next report: ${name}`, async (t) => {
      const engine = await followerOfLiar(t, { states: () => [wrong] });
      await until(() => engine.state.obstacle?.includes('in a form that is not known'), { what: 'the obstacle' });
      assert.equal(engine.state.connected, false);
      await engine.list('nodes/');
      assert.deepEqual([engine.state.connected, engine.state.obstacle], [true, undefined]);
    });

  for (const waited of [-1e9, 1e9])
    it(`cannot shift the time from which a lease counts: waited ${waited}`, async (t) => {
      const engine = await followerOfLiar(t, { grant: () => reply({ id: '0123456789abcdef', ttl: 60_000, waited }) });
      const before = performance.now();
      const { sentAt } = await engine.grant(60_000);
      assert.ok(sentAt >= before && sentAt <= performance.now(), `${sentAt - before} ms after the call`);
    });
});
