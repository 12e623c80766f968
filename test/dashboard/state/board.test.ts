import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { applied } from '../../../dashboard/apply.js';
import { explained, problemOf } from '../../../dashboard/explanations.js';
import type { Delta, Recording } from '../../../dashboard/snapshot.js';
import { Board } from '../../../dashboard/state/board.js';
import { CourseOfFigures } from '../../../dashboard/state/history.js';
import { Recorder } from '../../../dashboard/state/recorder.js';
import { RpcCode } from '../../../lib/errors.js';
import { NO_COUNTS, ratesBetween } from '../../../observe/fleet/rates.js';
import { observed } from './observed.js';

const SETTINGS = { interval: 1_000, history: 300_000, allowCalls: false, from: 'a test' };

describe('the state of a dashboard', () => {
  it('is bounded where a server has ten thousand methods, and says what is left out', () => {
    const methods = Array.from({ length: 10_000 }, (_, at) => `user.big.m${at}`);
    const { snapshot } = new Board(SETTINGS).next({ time: 1, servers: [observed({ methods })] }, [], []);
    assert.deepEqual(
      [Object.keys(snapshot.state.methods).length, Object.keys(snapshot.state.serverMethods).length],
      [1_000, 2_000],
    );
    assert.deepEqual(snapshot.about.left, { methods: 9_000, serverMethods: 8_000 });
  });

  it('takes names of any kind, such as __proto__, and goes over the wire whole', () => {
    const board = new Board(SETTINGS);
    const names = ['__proto__', 'constructor', 'a\u0000b', '\u202eevil', '"</script>'];
    const first = board.next({ time: 1, servers: [] }, [], []);
    const servers = names.map((id) => observed({ id, methods: names.map((name) => `user.m.${name}`) }));
    const { delta, snapshot } = board.next({ time: 2, servers }, [], []);
    const sent = JSON.parse(JSON.stringify(delta)) as Delta;
    const built = applied(JSON.parse(JSON.stringify(first.snapshot)), sent);
    assert.deepEqual(Object.keys(built.state.servers).sort(), [...names].sort());
    assert.deepEqual(JSON.parse(JSON.stringify(built)), JSON.parse(JSON.stringify(snapshot)));
    assert.equal(({} as Record<string, unknown>)['key'], undefined);
    const { delta: gone } = board.next({ time: 3, servers: [] }, [], []);
    assert.deepEqual([...(gone?.gone.servers ?? [])].sort(), [...names].sort());
  });

  it('sends only entries that have changed', () => {
    const board = new Board(SETTINGS);
    const servers = (calls: number, time: number) => {
      const at = { time, uptime: 9_000 + time };
      return [observed({ ...at, connections: [{ calls }] }), observed({ ...at, id: 'b-1', pid: 8, connections: null })];
    };
    const next = (calls: number, time: number) => board.next({ time, servers: servers(calls, time) }, [], []).delta;
    next(1, 1_000);
    assert.deepEqual(next(1, 2_000)?.set, { links: { 'm/9 a-1': { ...LINK, calls: 1, rate: 0 } } });
    assert.deepEqual(next(1, 3_000)?.set, {});
    const { set, gone } = next(11, 5_000) ?? assert.fail();
    assert.deepEqual(set, { links: { 'm/9 a-1': { ...LINK, calls: 11, rate: 5 } } });
    assert.deepEqual(gone, {});
  });

  it('lists an equal failure that comes again in the place of the first', () => {
    const board = new Board(SETTINGS);
    board.next({ time: 1, servers: [observed({ connections: [{}], failed: [{}] })] }, [], []);
    const { snapshot } = board.next(
      { time: 2, servers: [observed({ connections: [{}], failed: [{ more: 6 }] })] },
      [],
      [],
    );
    const errors = Object.values(snapshot.state.errors);
    assert.deepEqual(
      errors.map(({ more, client, stages }) => [more, client, stages.map(({ ms }) => ms)]),
      [[6, 'm/9', [1, 2]]],
    );
    const other = board.next({ time: 3, servers: [observed({ pid: 8, failed: [{}] })] }, [], []);
    assert.equal(Object.keys(other.snapshot.state.errors).length, 2, 'another process counts anew');
  });

  it('has callers who left neither among the failures nor in the success, and counts them', () => {
    const outcomes = { ...NO_COUNTS.outcomes, ok: 3, failed: 1, left: 4 };
    const rates = ratesBetween({ ...NO_COUNTS, outcomes }, NO_COUNTS, 1);
    const { sample, ...rest } = observed({ methods: ['u.m.f'], failed: [{ outcome: 'left' }, { message: 'broken' }] });
    const methods = sample.methods.map(({ total, ...each }) => ({ ...each, total: { ...total, outcomes }, rates }));
    const server = { ...rest, sample: { ...sample, methods, rates } };
    const { totals, state } = new Board(SETTINGS).next({ time: 1, servers: [server] }, [], []).snapshot;
    const method = state.methods['a u.m.f'];
    const figures = state.figures['a-1'];
    assert.deepEqual([totals.rate, totals.failed, totals.left, totals.success], [8, 1, 4, 0.75]);
    assert.deepEqual([figures?.failed, figures?.left, figures?.success], [1, 4, 0.75]);
    assert.deepEqual([method?.failed, method?.left, method?.success, method?.calls], [1, 4, 0.75, 8]);
    assert.deepEqual(
      Object.values(state.errors).map(({ message }) => message),
      ['broken'],
    );
  });

  it('keeps 200 failures and 200 changes', () => {
    const board = new Board(SETTINGS);
    for (let round = 0; round < 5; round++) {
      const failed = Array.from({ length: 100 }, (_, at) => ({ id: round * 100 + at }));
      const connections = Array.from({ length: 100 }, (_, at) => ({ clientId: `c${round}-${at}` }));
      board.next({ time: round, servers: [observed({ failed, connections })] }, [], []);
    }
    const { errors, events } = board.snapshot?.state ?? assert.fail();
    assert.deepEqual([Object.keys(errors).length, Object.keys(events).length], [200, 160]);
    assert.deepEqual(Object.keys(errors), [...Object.keys(errors)].sort());
  });

  it('says that a standby leads in the place of another process', () => {
    const board = new Board(SETTINGS);
    const standby = { standby: true, process: { machine: 'm', pid: 8, version: '1' } };
    const first = board.next({ time: 1, servers: [observed({ pid: 7, connections: [standby] })] }, [], []);
    assert.deepEqual(
      Object.values(first.snapshot.state.servers).map(({ role, process }) => [role, process]),
      [
        ['leads', 'm/7'],
        ['standby', 'm/8'],
      ],
    );
    // While the standby takes over, nobody answers.
    const { sample, ...rest } = observed({});
    const failure = { code: RpcCode.Connect, message: 'refused' };
    const silent = {
      ...rest,
      connections: null,
      sample: { ...sample, state: 'unreachable', failure, report: null, health: null },
    } as const;
    board.next({ time: 2, servers: [silent] }, [], []);
    const { snapshot } = board.next({ time: 3, servers: [observed({ pid: 8 })] }, [], []);
    const texts = Object.values(snapshot.state.events).map(({ text }) => text);
    assert.ok(texts.includes('m/8, which stood by, leads a-1 in the place of m/7'), texts.join('\n'));
  });
});

const LINK = {
  ...{
    client: 'm/9',
    server: 'a-1',
    connections: 1,
    open: 0,
    mailbox: null,
    ejected: false,
    reason: null,
    latency: null,
  },
  ...{ since: 0, identity: null },
};

describe('a delta', () => {
  it('is applied to the state before alone', () => {
    const board = new Board(SETTINGS);
    const first = board.next({ time: 1, servers: [] }, [], []).snapshot;
    board.next({ time: 2, servers: [] }, [], []);
    const { delta } = board.next({ time: 3, servers: [] }, [], []);
    assert.throws(() => applied(first, delta ?? assert.fail()), /delta 3 does not follow state 1/);
  });
});

describe('the recording', () => {
  it('forgets the oldest states, and begins with the state behind them', () => {
    const [board, recorder] = [new Board(SETTINGS), new Recorder(2)];
    recorder.begin(board.next({ time: 0, servers: [] }, [], []).snapshot);
    for (let time = 1; time <= 5; time++) {
      const { delta } = board.next({ time, servers: [observed({ id: `s-${time}` })] }, [], []);
      recorder.add(JSON.stringify(delta));
    }
    const { snapshot, deltas } = JSON.parse(recorder.text(9)?.join('') ?? '') as Recording;
    assert.deepEqual([snapshot.seq, deltas.length, Object.keys(snapshot.state.servers)], [4, 2, ['s-3']]);
    assert.deepEqual(
      JSON.parse(JSON.stringify(deltas.reduce(applied, snapshot))),
      JSON.parse(JSON.stringify(board.snapshot)),
    );
  });
});

describe('the course of figures', () => {
  it('keeps the last states of each server, with gaps where a server was away, and forgets one that stays away', () => {
    const course = new CourseOfFigures(3);
    const totals = { rate: 1 } as never;
    const figures = (rate: number) => new Map([['a', { rate, lag: 2 } as never]]);
    course.add(10, totals, figures(1));
    course.add(20, totals, new Map());
    course.add(30, totals, figures(3));
    course.add(40, totals, figures(4));
    const { times, rows } = course.history('a');
    assert.deepEqual(
      [times, rows.rate, rows.lag, rows.p50],
      [
        [20, 30, 40],
        [null, 3, 4],
        [null, 2, 2],
        [null, null, null],
      ],
    );
    assert.deepEqual(course.history(undefined).rows.rate, [1, 1, 1]);
    for (let time = 50; time < 90; time += 10) course.add(time, totals, new Map());
    assert.deepEqual(course.history('a').rows.rate, [null, null, null]);
  });
});

describe('the words on failures', () => {
  it('explain every code in a sentence or two that say what to do', () => {
    for (const code of Object.values(RpcCode)) assert.match(explained(code), /^[A-Z].{40,}\.$/, code);
    assert.match(explained('ERR_RPC_NEW'), /none of this version/);
  });

  it('say why a server cannot be asked', () => {
    assert.match(problemOf({ code: RpcCode.Forbidden, message: 'x' }), /secret or the certificate/);
    assert.match(problemOf({ code: RpcCode.NoMethod, message: 'x' }), /inspect: false/);
    assert.equal(problemOf({ code: RpcCode.Connect, message: 'refused.' }), `refused. ${explained(RpcCode.Connect)}`);
  });
});
