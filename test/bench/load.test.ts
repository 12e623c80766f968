import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Load, runCount, runLoad } from '../../bench/load.js';
import type { PeerClient } from '../../bench/peer.js';

/** A client whose calls are answered by a function, a turn of the event loop later. */
function clientOf(answer: (value: unknown, call: number) => unknown): PeerClient {
  let calls = 0;
  return {
    async echo(value) {
      const call = ++calls;
      await nextTurn();
      return answer(value, call);
    },
    close: async () => {},
  };
}

/** Long enough for an answer within the time where many other programs want the processor. */
const LOAD: Load = { inFlight: 4, payload: 'small', seconds: 0.3 };

describe('runLoad', () => {
  it('keeps as many calls in flight as it is told, and counts those that were answered in time', async () => {
    let inFlight = 0;
    let most = 0;
    let answered = 0;
    const client: PeerClient = {
      async echo(value) {
        most = Math.max(most, ++inFlight);
        await nextTurn();
        inFlight--;
        answered++;
        return value;
      },
      close: async () => {},
    };
    const { calls, allCalls, seconds } = await runLoad(client, LOAD);
    assert.equal(most, 4);
    assert.equal(inFlight, 0, 'every caller has stopped');
    assert.equal(allCalls, answered);
    assert.ok(calls > 0 && calls <= allCalls, `${calls} of ${allCalls}`);
    assert.ok(seconds >= 0.25, `${seconds} s`);
  });

  it('measures latency with one call in flight only', async () => {
    const client = clientOf((value) => value);
    assert.equal((await runLoad(client, LOAD)).latencyUs, undefined);
    const { latencyUs } = await runLoad(client, { ...LOAD, inFlight: 1 });
    assert.ok(latencyUs !== undefined && latencyUs.p50 > 0 && latencyUs.p99 >= latencyUs.p50);
  });

  it('fails at the first wrong reply, and shows it', async () => {
    const client = clientOf((value, call) => (call === 50 ? { ...(value as object), level: -1 } : value));
    await assert.rejects(runLoad(client, { ...LOAD, seconds: 60 }), /wrong reply: sent \{ id: \d+, .* got .*level: -1/);
  });

  it('fails when a call does', async () => {
    const client = clientOf(() => Promise.reject(new Error('connection lost')));
    await assert.rejects(runLoad(client, LOAD), /connection lost/);
  });

  it('stops every caller when one has failed', async () => {
    let calls = 0;
    const client = clientOf((value, call) => {
      calls = call;
      return call === 10 ? 'wrong' : value;
    });
    await assert.rejects(runLoad(client, { ...LOAD, seconds: 60 }), /wrong reply/);
    await nextTurn();
    await nextTurn();
    const callsThen = calls;
    await nextTurn();
    assert.equal(calls, callsThen);
  });
});

describe('runCount', () => {
  it('makes the calls in bursts, each when the one before has been answered', async () => {
    let inFlight = 0;
    let calls = 0;
    const most: number[] = [];
    const client: PeerClient = {
      async echo(value) {
        calls++;
        most.push(++inFlight);
        await nextTurn();
        inFlight--;
        return value;
      },
      close: async () => {},
    };
    await runCount(client, { inFlight: 3, payload: 'small', calls: 6 });
    assert.equal(calls, 6);
    assert.deepEqual(most, [1, 2, 3, 1, 2, 3]);
  });

  it('fails at the first wrong reply, and when a call does', async () => {
    const count = { inFlight: 2, payload: 'small', calls: 10 } as const;
    const wrong = clientOf((value, call) => (call === 5 ? { ...(value as object), level: -1 } : value));
    await assert.rejects(runCount(wrong, count), /wrong reply: .* got .*level: -1/s);
    const lost = clientOf(() => Promise.reject(new Error('connection lost')));
    await assert.rejects(runCount(lost, count), /connection lost/);
  });
});
