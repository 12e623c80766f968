import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { MadeCall } from '../../bench/failover/load.js';
import { clientStop, type Outcome, outage, plannedStops, takeovers } from '../../bench/failover/rounds.js';

/** What `bench/failover.ts` measures, in fewer rounds: what has to hold whatever else the machine does. */

const ROUNDS = 3;
/** Some fifteen ms on a quiet machine. */
const PATIENCE_MS = 5_000;

/** Some hundreds on a quiet machine; a busy one makes fewer in the same time. */
const LOAD_CALLS = 20;

function assertAllSettledOnce({ calls }: Pick<Outcome, 'calls'>): void {
  assert.ok(calls.length > LOAD_CALLS, `a load: ${calls.length} calls`);
  const wrong = calls.filter(({ settled }) => settled !== 1);
  assert.deepEqual(wrong, []);
}

const failed = (calls: readonly MadeCall[]) => calls.filter(({ error }) => error !== undefined);
/** `ERR_RPC_CLOSED not-sent`: each kind once. */
const kinds = (calls: readonly MadeCall[]) => [
  ...new Set(failed(calls).map(({ error }) => `${error?.code} ${error?.delivery}`)),
];

describe('under load, a leading server', () => {
  it('that is killed is replaced at once; what was in flight is unknown, and nothing else fails', async () => {
    const outcome = await takeovers(ROUNDS);
    assertAllSettledOnce(outcome);
    assert.equal(outcome.handOvers.length, ROUNDS);
    for (const { firstAnswerMs } of outcome.handOvers) assert.ok(firstAnswerMs < PATIENCE_MS, `${firstAnswerMs} ms`);
    assert.deepEqual(kinds(outcome.calls), ['ERR_RPC_CONNECTION_LOST unknown']);
    for (const { startedAt } of failed(outcome.calls)) {
      assert.ok(
        outcome.quiet.some(({ to }) => Math.abs(to - startedAt) < PATIENCE_MS),
        'in flight when it was killed',
      );
    }
  });

  it('that stops is replaced without one failed call, and answers what it has received', async () => {
    const outcome = await plannedStops(ROUNDS);
    assertAllSettledOnce(outcome);
    assert.deepEqual(failed(outcome.calls), []);
    for (const { firstAnswerMs } of outcome.handOvers) assert.ok(firstAnswerMs < PATIENCE_MS, `${firstAnswerMs} ms`);
    const byOld = outcome.handOvers.reduce((sum, { answeredByOld }) => sum + answeredByOld, 0);
    assert.ok(byOld > 0, 'answers of one that was told to stop');
  });

  it('that is away for a while is waited for', async () => {
    const outcome = await outage(300);
    assertAllSettledOnce(outcome);
    assert.deepEqual(failed(outcome.calls), []);
    assert.ok((outcome.handOvers[0]?.firstAnswerMs ?? Number.NaN) < PATIENCE_MS);
  });
});

describe('a client that stops under load', () => {
  it('lets what is under way be answered, and refuses the rest', async () => {
    const outcome = await clientStop(false);
    assertAllSettledOnce(outcome);
    assert.deepEqual(kinds(outcome.calls), ['ERR_RPC_CLOSED not-sent']);
  });

  it('by force settles everything at once', async () => {
    const outcome = await clientStop(true);
    assertAllSettledOnce(outcome);
    assert.deepEqual(kinds(outcome.calls), ['ERR_RPC_CLOSED unknown', 'ERR_RPC_CLOSED not-sent']);
  });
});
