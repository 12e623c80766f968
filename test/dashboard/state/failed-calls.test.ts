import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OWN_PROCESS } from '../../../dashboard/state/callers.js';
import { FailedCalls, type Report } from '../../../dashboard/state/failed-calls.js';

const BOTH = { server: 'a-1', serverType: 'a', method: 'u.m.f', client: OWN_PROCESS, caller: null, explained: '' };
const PARTS = { duration: 40, stages: [], timing: [], more: 0 };

function served(given: Partial<Report> = {}): Report {
  const end = { by: 'server', outcome: 'failed', delivery: null, code: 'ERR_RPC_REMOTE', message: 'no' } as const;
  const stages = [{ name: 'filters and method', end: 'server', ms: 40 }] as const;
  return { time: 10_000, ...BOTH, ...PARTS, ...end, stages, ...given };
}

function called(given: Partial<Report> = {}): Report {
  const end = { by: 'client', outcome: null, delivery: 'answered', code: 'ERR_RPC_REMOTE' } as const;
  const stages = [{ name: 'sent and unanswered', end: 'client', ms: 45 }] as const;
  return { time: 10_005, ...BOTH, ...PARTS, ...end, message: 'u.m.f on a-1: no', stages, duration: 45, ...given };
}

function listed(take: (calls: FailedCalls) => void) {
  const calls = new FailedCalls(1_000);
  take(calls);
  return [...calls.entries.values()].map(({ by, more }) => [by, more]);
}

describe('a failed call that both ends report', () => {
  it('is one entry with what both know, whichever report comes first', () => {
    const [one, other] = [new FailedCalls(1_000), new FailedCalls(1_000)];
    one.fromServer('1', served());
    one.fromClient(called());
    other.fromClient(called());
    other.fromServer('1', served());
    assert.deepEqual([...one.entries.values()], [...other.entries.values()]);
    const [entry, ...more] = one.entries.values();
    assert.deepEqual(more, []);
    assert.deepEqual(
      [entry?.by, entry?.outcome, entry?.delivery, entry?.message, entry?.duration, entry?.timing],
      ['both', 'failed', 'answered', 'u.m.f on a-1: no', 45, []],
    );
    assert.deepEqual(
      entry?.stages.map(({ end }) => end),
      ['client', 'server'],
    );
  });

  it('has the words of the server where those say something else', () => {
    const calls = new FailedCalls(1_000);
    const late = { code: 'ERR_RPC_TIMEOUT', delivery: 'unknown', message: 'no answer after 45 ms' } as const;
    calls.fromClient(called(late));
    calls.fromServer('1', served({ outcome: 'late', message: 'no seat', time: 70_000, duration: 60_030 }));
    const [entry] = calls.entries.values();
    assert.deepEqual([entry?.by, entry?.code, entry?.outcome], ['both', 'ERR_RPC_TIMEOUT', 'late']);
    assert.deepEqual(entry?.timing, ['the server ended the call with ERR_RPC_REMOTE: no seat']);
  });

  it('stays one entry while equal failures come, counted once', () => {
    const many = listed((calls) => {
      for (let at = 0; at < 5; at++) calls.fromClient(called({ time: 10_005 + at }));
      calls.fromServer('1', served({ more: 2 }));
      calls.fromServer('1', served({ more: 4 }));
      calls.fromClient(called({ time: 10_020 }));
    });
    assert.deepEqual(many, [['both', 5]]);
  });

  it('is two entries where the reports are of two calls', () => {
    const two = [
      ['server', 0],
      ['client', 0],
    ];
    const others: Record<string, Partial<Report>> = {
      'another method': { method: 'u.m.g' },
      'another server': { server: 'b-1' },
      'another message': { message: 'u.m.f on a-1: full' },
      'another code': { code: 'ERR_RPC_OVERLOADED' },
      'never sent': { delivery: 'not-sent' },
      'much later': { time: 60_000 },
      'much earlier': { time: 1_000 },
    };
    for (const [what, other] of Object.entries(others))
      assert.deepEqual(
        listed((calls) => {
          calls.fromServer('1', served());
          calls.fromClient(called(other));
        }),
        two,
        what,
      );
    const elsewhere = listed((calls) => {
      calls.fromServer('1', served({ client: 'other/1 gate' }));
      calls.fromClient(called());
    });
    assert.deepEqual(elsewhere, two, 'a caller in another process');
  });

  it('is the nearest one in time, and each report is used once', () => {
    const calls = new FailedCalls(1_000);
    for (const time of [10_000, 12_000]) calls.fromServer(String(time), served({ time }));
    for (const time of [12_004, 10_004]) calls.fromClient(called({ time }));
    const entries = [...calls.entries.values()].map(({ by, time }) => [by, time]);
    assert.deepEqual(entries, [
      ['both', 10_004],
      ['both', 12_004],
    ]);
  });

  it('is bounded', () => {
    const all = listed((calls) => {
      for (let at = 0; at < 300; at++) calls.fromServer(String(at), served({ time: at * 60_000 }));
    });
    assert.equal(all.length, 200);
  });
});
