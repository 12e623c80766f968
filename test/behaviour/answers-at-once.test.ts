import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RpcError } from '../../lib/errors.js';
import { expectNoLeaks } from '../support/leaks.js';
import { call, makeGate, serve } from './support.js';

const TEXT = 'x'.repeat(200_000);
const CALLS = 40;

/** Takes time to be encoded, and counts how often that happens within one turn of the event loop. */
class SlowResult {
  static thisTurn = 0;
  static most = 0;

  toJSON(): string {
    for (const end = performance.now() + 2; performance.now() < end; );
    SlowResult.thisTurn += 1;
    SlowResult.most = Math.max(SlowResult.most, SlowResult.thisTurn);
    return TEXT;
  }
}

/** Sets the count back in each turn. Returns the end of the watch. */
function watchTurns(): () => number {
  SlowResult.most = 0;
  let immediate = setImmediate(function next() {
    SlowResult.thisTurn = 0;
    immediate = setImmediate(next);
  });
  return () => {
    clearImmediate(immediate);
    return SlowResult.most;
  };
}

describe('calls that are answered at once', () => {
  for (const [name, end] of [
    ['results', () => new SlowResult()],
    [
      'errors',
      () => {
        throw Object.assign(new Error('no'), { code: 'E_NO', details: new SlowResult() });
      },
    ],
  ] as const) {
    it(`are answered turn by turn, all of them and each with its own: ${name}`, async (t) => {
      expectNoLeaks(t);
      const gate = makeGate();
      const wait = async (n: number): Promise<unknown> => {
        await gate.pass();
        return [n, end()];
      };
      const served = await serve(t, { wait, f: () => 'served' });
      const callers = [await call(t, [served]), await call(t, [served])];
      const outcomes = callers.flatMap(({ calls }) =>
        Array.from({ length: CALLS / 2 }, (_, n) => calls.wait(null, n).catch((error: unknown) => error)),
      );
      await gate.arrivals(CALLS);
      const watched = watchTurns();
      gate.open();
      const answers = await Promise.all(outcomes);
      const most = watched();
      assert.ok(most < CALLS / 2, `${most} of ${CALLS} in one turn`);
      if (name === 'results') assert.deepEqual(answers[7], [7, TEXT]);
      else assert.equal((answers[7] as RpcError).cause instanceof Error, true);
      assert.equal(answers.length, CALLS);
      assert.equal(answers.filter((answer) => answer instanceof RpcError).length, name === 'results' ? 0 : CALLS);
      await served.server.stop();
    });
  }
});
