import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FollowedRoster } from '../../client/followed-roster.js';
import { RpcCode, RpcError } from '../../lib/errors.js';
import type { ServerEntry } from '../../lib/server-info.js';
import type { Presence } from '../../station/index.js';
import { keptLog } from '../behaviour/support.js';
import { GivenSource } from '../lib/registry/follower.js';

const entry = (id: string, port = 3333): ServerEntry => ({ id, serverType: 'chat', host: '10.0.0.5', port });

/** A roster on sources of the test, and a station that keeps what it is given. */
function following(t: TestContext, sources: readonly GivenSource[], timeout = 1_000) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { logger, lines } = keptLog();
  const station = {
    list: [] as ServerEntry[],
    presences: new Map() as ReadonlyMap<string, Presence>,
    connected: new Set<string>(),
    entries: () => station.list,
    replaceServers(servers: readonly ServerEntry[]) {
      const unfit = servers.find(({ id }) => id === 'unfit');
      if (unfit !== undefined) throw new RpcError(RpcCode.InvalidArgument, 'the port of server unfit is missing');
      station.list = [...servers];
    },
    setPresences(byId: ReadonlyMap<string, Presence>) {
      station.presences = byId;
    },
    isConnected: (id: string) => station.connected.has(id),
  };
  const moves: string[] = [];
  const onMove = (source: string, to: string, reason: RpcError | undefined): void =>
    void moves.push(`${source} -> ${to}${reason === undefined ? '' : ` ${reason.message}`}`);
  const roster = new FollowedRoster(station, { sources, logger, timeout, onMove });
  t.after(() => roster.close());
  const ids = (): string[] => station.list.map(({ id }) => id);
  return { roster, station, ids, moves, lines };
}

const away = (why = 'connect ECONNREFUSED'): RpcError => new RpcError(RpcCode.Registry, why);

describe('FollowedRoster', () => {
  it('starts with the first list of each source', async (t) => {
    const [first, second] = [new GivenSource(), new GivenSource()];
    const { roster, ids } = following(t, [first, second]);
    let isStarted = false;
    const started = roster.start().then(() => {
      isStarted = true;
    });
    first.give([entry('chat-2')]);
    await Promise.resolve();
    assert.equal(isStarted, false);
    second.give([entry('chat-1')]);
    await started;
    assert.deepEqual(ids(), ['chat-1', 'chat-2']);
  });

  it('does not start without a list: the error names the sources that gave none, each with its reason', async (t) => {
    const [first, second] = [new GivenSource(), new GivenSource()];
    const { roster } = following(t, [first, second], 500);
    const started = roster.start();
    first.give([]);
    second.fail(away());
    t.mock.timers.tick(500);
    await assert.rejects(started, {
      code: 'ERR_RPC_REGISTRY',
      message:
        'the client cannot start, since no list of servers came within 500 ms: the list of the test: connect ECONNREFUSED',
    });
  });

  it('does not wait for a source whose failure no waiting mends', async (t) => {
    const source = new GivenSource();
    const { roster } = following(t, [source]);
    const started = roster.start();
    source.fail(away('wrong password'), true);
    await assert.rejects(started, {
      code: 'ERR_RPC_REGISTRY',
      message: 'the client cannot start: the list of the test: wrong password',
    });
  });

  it('has servers that were added by hand before those of the sources, which are in the order of their ids', async (t) => {
    const source = new GivenSource();
    const { roster, station, ids } = following(t, [source]);
    station.list = [entry('by-hand'), entry('chat-2', 1)];
    const started = roster.start();
    source.give([entry('chat-3'), entry('chat-1'), entry('chat-2')]);
    await started;
    assert.deepEqual(ids(), ['by-hand', 'chat-1', 'chat-2', 'chat-3']);
    assert.equal(station.list[2]?.port, 3333);
    source.give([entry('chat-3')]);
    assert.deepEqual(ids(), ['by-hand', 'chat-3']);
  });

  it('takes a server that two sources have from the first one', async (t) => {
    const [first, second] = [new GivenSource(), new GivenSource()];
    const { roster, station } = following(t, [first, second]);
    const started = roster.start();
    second.give([entry('chat-1', 2)]);
    first.give([entry('chat-1', 1)]);
    await started;
    assert.deepEqual(station.list, [entry('chat-1', 1)]);
    first.give([]);
    assert.deepEqual(station.list, [entry('chat-1', 2)]);
  });

  it('keeps the last list while the source is away, and shows the age', async (t) => {
    const source = new GivenSource();
    const { roster, ids, moves, lines } = following(t, [source]);
    const started = roster.start();
    source.give([entry('chat-1')]);
    await started;
    assert.deepEqual(roster.reports[0], {
      source: 'the list of the test',
      state: 'current',
      age: 0,
      servers: ['chat-1'],
      draining: [],
      lost: [],
      reason: undefined,
    });
    source.fail(away());
    await new Promise(setImmediate);
    const report = roster.reports.at(0);
    assert.equal(report?.state, 'stale');
    assert.ok((report?.age ?? -1) >= 0);
    assert.equal(report?.reason?.message, 'connect ECONNREFUSED');
    assert.deepEqual(ids(), ['chat-1']);
    source.give([]);
    assert.equal(roster.reports[0]?.state, 'current');
    assert.deepEqual(moves, [
      'the list of the test -> current',
      'the list of the test -> stale connect ECONNREFUSED',
      'the list of the test -> current',
    ]);
    assert.deepEqual(lines, []); // shorter than a second
  });

  it('refuses a list with an entry out of shape as a whole, and keeps the last one', async (t) => {
    const source = new GivenSource();
    const { roster, station, ids } = following(t, [source]);
    const started = roster.start();
    source.give([entry('chat-1')]);
    await started;
    station.connected.add('chat-1');
    assert.throws(() => source.give([entry('unfit')]), { message: 'the port of server unfit is missing' });
    assert.deepEqual(ids(), ['chat-1']);
    assert.deepEqual([roster.reports[0]?.servers, roster.reports[0]?.lost], [['chat-1'], []]);
  });

  it('chooses servers that drain last, and removes them when they vanish', async (t) => {
    const source = new GivenSource();
    const { roster, station, ids } = following(t, [source]);
    const started = roster.start();
    source.give([entry('chat-1'), entry('chat-2')], ['chat-1']);
    await started;
    station.connected.add('chat-1');
    assert.deepEqual([...station.presences], [['chat-1', 'draining']]);
    source.give([entry('chat-2')]);
    assert.deepEqual(ids(), ['chat-2']);
    assert.deepEqual([...station.presences], []);
  });

  it('keeps a lost server while its connection stands, for a minute, and removes one without a connection at once', async (t) => {
    const source = new GivenSource();
    const { roster, station, ids } = following(t, [source]);
    const started = roster.start();
    source.give([entry('chat-1'), entry('chat-2'), entry('chat-3')]);
    await started;
    station.connected.add('chat-1').add('chat-2');
    source.give([]);
    assert.deepEqual(ids(), ['chat-1', 'chat-2']);
    assert.deepEqual(
      [...station.presences],
      [
        ['chat-1', 'lost'],
        ['chat-2', 'lost'],
      ],
    );
    assert.deepEqual(roster.reports[0]?.lost, ['chat-1', 'chat-2']);
    roster.onDisconnected('chat-2');
    assert.deepEqual(ids(), ['chat-1']);
    t.mock.timers.tick(59_999);
    assert.deepEqual(ids(), ['chat-1']);
    t.mock.timers.tick(1);
    assert.deepEqual(ids(), []);
  });

  it('takes a lost server back that is in the list again, for as long as it is there', async (t) => {
    const source = new GivenSource();
    const { roster, station, ids } = following(t, [source]);
    const started = roster.start();
    source.give([entry('chat-1')]);
    await started;
    station.connected.add('chat-1');
    source.give([]);
    source.give([entry('chat-1')]);
    assert.deepEqual([...station.presences], []);
    t.mock.timers.tick(60_000);
    roster.onDisconnected('chat-1');
    assert.deepEqual(ids(), ['chat-1']);
  });

  it('removes a server at once that has left a source whose lists are complete', async (t) => {
    const source = new GivenSource('left');
    const { roster, station, ids } = following(t, [source]);
    const started = roster.start();
    source.give([entry('chat-1')]);
    await started;
    station.connected.add('chat-1');
    source.give([]);
    assert.deepEqual(ids(), []);
  });

  it('takes no list after the end, and ends the wait of a start', async (t) => {
    const source = new GivenSource();
    const { roster, ids } = following(t, [source]);
    const started = roster.start();
    roster.close();
    await assert.rejects(started, { code: 'ERR_RPC_CLOSED' });
    assert.equal(source.isClosed, true);
    source.give([entry('chat-1')]);
    assert.deepEqual(ids(), []);
  });
});
