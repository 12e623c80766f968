import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { freePort } from '../../bench/free-port.js';
import { serve } from '../behaviour/support.js';
import { type Json, type SpawnedProcess, spawnProcess } from '../support/spawn-process.js';
import { until } from '../support/until.js';

const WORKER = new URL('../behaviour/fixtures/sharing-process.ts', import.meta.url);
const TIMEOUT = { timeoutMs: 40_000 };

type Version = 'frozen' | 'current';

interface Tally {
  readonly made: number;
  readonly answered: number;
  readonly wrong: number;
  readonly failures: readonly string[];
}

type Started = (version: Version, state: 'leading' | 'following') => Promise<SpawnedProcess>;

const entry = (message: Json, name: string) => (message as Record<string, Json>)[name];

async function untilState(child: SpawnedProcess, state: string): Promise<void> {
  await child.next({ match: (message) => entry(message, 'state') === state, ...TIMEOUT });
}

async function answersOf(child: SpawnedProcess): Promise<number> {
  child.send('count');
  const count = await child.next({ match: (message) => entry(message, 'type') === 'count', ...TIMEOUT });
  return entry(count, 'answered') as number;
}

async function untilMoreAnswers(child: SpawnedProcess): Promise<void> {
  const before = await answersOf(child);
  await until(async () => (await answersOf(child)) > before + 50, { what: 'more answers', ...TIMEOUT });
}

async function tallyOf(child: SpawnedProcess): Promise<Tally> {
  child.send('tally');
  return (await child.next({ match: (message) => entry(message, 'type') === 'tally', ...TIMEOUT })) as unknown as Tally;
}

/** Starts workers that share the mailbox of one server. */
async function startGroup(t: TestContext): Promise<Started> {
  const { port } = await serve(t, { echo: (value: unknown) => value });
  const share = await freePort();
  return async (version, state) => {
    const args = [`--share=${share}`, `--servers=test-1:${port}`, `--package=${version}`];
    const { child } = await spawnProcess(t, WORKER, { args });
    await untilState(child, state);
    return child;
  };
}

describe('workers of both versions that share their mailboxes, under load', { concurrency: true }, () => {
  for (const [first, second] of [
    ['frozen', 'current'],
    ['current', 'frozen'],
  ] as const) {
    it(`go on by way of one of ${second}, when the one that leads, of ${first}, is killed`, async (t) => {
      const start = await startGroup(t);
      const leader = await start(first, 'leading');
      const next = await start(second, 'following');
      await untilMoreAnswers(next);
      await leader.kill('SIGKILL');
      await untilState(next, 'leading');
      await untilMoreAnswers(next);
      const newcomer = await start(first, 'following');
      await untilMoreAnswers(newcomer);
      for (const child of [newcomer, next]) {
        const { made, answered, wrong, failures } = await tallyOf(child);
        assert.equal(made, answered + failures.length, 'every call settles');
        assert.equal(wrong, 0);
        const others = failures.filter((each) => !/^ERR_RPC_CONNECTION_LOST (?:unknown|not-sent)$/.test(each));
        assert.deepEqual(others, []);
        assert.ok(failures.length <= (child === next ? 16 : 0), `${failures.length} calls were in flight, of 16`);
      }
    });
  }
});
