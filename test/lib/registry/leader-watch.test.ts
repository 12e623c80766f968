import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { RpcError } from '../../../lib/errors.js';
import type { CandidateHandler, ElectedLeader, Election } from '../../../lib/registry/election.js';
import { MemoryStore } from '../../../lib/registry/memory/memory-store.js';
import { expectNoLeaks } from '../../support/leaks.js';
import { until } from '../../support/until.js';
import { type Machine, machineOn } from './on-memory.js';

const QUIET: CandidateHandler = { onElected: () => {}, onDeposed: () => {}, onObstacle: () => {} };

function electionOn({ registry }: Machine): Election {
  return registry.election('area-1', { ttl: 3_000 });
}

/** The Leaders that an observer saw, one after the other: a place, `no place` or `none`. */
function observe(t: Pick<TestContext, 'after'>, machine: Machine) {
  const seen: string[] = [];
  const leaders: (ElectedLeader | undefined)[] = [];
  const obstacles: RpcError[] = [];
  const observation = electionOn(machine).observe({
    onLeader: (leader) => {
      leaders.push(leader);
      const word = leader === undefined ? 'none' : (leader.url ?? 'no place');
      if (seen.at(-1) !== word) seen.push(word);
    },
    onObstacle: (reason) => void obstacles.push(reason),
  });
  t.after(() => observation.close());
  const sees = (word: string): Promise<unknown> => until(() => seen.at(-1) === word, { what: `the Leader ${word}` });
  return { seen, leaders, obstacles, observation, sees };
}

async function elected(t: Pick<TestContext, 'after'>, machine: Machine) {
  const candidate = electionOn(machine).candidate(QUIET);
  t.after(() => candidate.resign());
  candidate.campaign();
  await until(() => candidate.isLeader(), { what: 'the election' });
  return candidate;
}

describe('an observer of an election', () => {
  it('sees that there is no Leader, then a Leader, the place that it announces, and its end', async (t) => {
    expectNoLeaks(t);
    const store = new MemoryStore();
    const { sees, seen, leaders, observation } = observe(t, machineOn(store));
    await sees('none');
    const candidate = await elected(t, machineOn(store));
    await sees('no place');
    await candidate.announce('tcp://10.0.0.5:3333');
    await sees('tcp://10.0.0.5:3333');
    assert.deepEqual(leaders.at(-1)?.term, candidate.term);
    await candidate.resign();
    await sees('none');
    assert.deepEqual(seen, ['none', 'no place', 'tcp://10.0.0.5:3333', 'none']);
    await observation.close();
    assert.deepEqual(store.list('').entries, []);
  });

  it('sees the candidate that came first, and the next one after it', async (t) => {
    const store = new MemoryStore();
    const first = await elected(t, machineOn(store));
    await first.announce('tcp://10.0.0.5:1');
    let follows = false;
    const second = electionOn(machineOn(store)).candidate({
      ...QUIET,
      onElected: () => void second.announce('tcp://10.0.0.5:2'),
      onFollowing: () => {
        follows = true;
      },
    });
    t.after(() => second.resign());
    second.campaign();
    await until(() => follows, { what: 'the second candidate' });
    const { sees } = observe(t, machineOn(store));
    await sees('tcp://10.0.0.5:1');
    await first.resign();
    await sees('tcp://10.0.0.5:2');
  });

  it('keeps the last Leader while the registry is away, reports that, and sees the next one when it is back', async (t) => {
    const store = new MemoryStore();
    const first = await elected(t, machineOn(store));
    await first.announce('tcp://10.0.0.5:1');
    const machine = machineOn(store);
    const { seen, obstacles, sees } = observe(t, machine);
    await sees('tcp://10.0.0.5:1');
    machine.engine().link = 'cut';
    await first.resign();
    await until(() => obstacles.length > 0, { what: 'the obstacle' });
    assert.deepEqual(seen, ['tcp://10.0.0.5:1']);
    const second = await elected(t, machineOn(store));
    await second.announce('tcp://10.0.0.5:2');
    machine.engine().link = 'open';
    await sees('tcp://10.0.0.5:2');
  });

  it('takes a value that was put by hand for a Leader without a place', async (t) => {
    const store = new MemoryStore();
    const engine = machineOn(store);
    await elected(t, engine);
    await engine.engine().commit([], [{ type: 'put', key: 'elections/area-1/0', value: '{"v":1,"url":7}' }]);
    await engine.engine().commit([], [{ type: 'delete', key: store.list('elections/').entries[1]?.key ?? '' }]);
    const { sees } = observe(t, machineOn(store));
    await sees('no place');
  });
});

/** Keeps the process running meanwhile, which the candidate does not. */
function ended(announced: Promise<void>): Promise<unknown> {
  let isOver = false;
  void announced.then(() => {
    isOver = true;
  });
  return until(() => isOver, { what: 'the end of the announcement' });
}

describe('a candidate that announces its place', () => {
  it('repeats that until the registry has it, and no longer than it leads', async (t) => {
    const store = new MemoryStore();
    const machine = machineOn(store);
    const candidate = await elected(t, machine);
    machine.engine().link = 'cut';
    const announced = ended(candidate.announce('tcp://10.0.0.5:1'));
    machine.engine().link = 'open';
    await announced;
    assert.match(store.list('elections/').entries[0]?.value ?? '', /tcp:\/\/10\.0\.0\.5:1/);
    machine.engine().link = 'cut';
    await ended(candidate.announce('tcp://10.0.0.5:2'));
    assert.equal(candidate.isLeader(), false);
    await electionOn(machineOn(store)).candidate(QUIET).announce('tcp://10.0.0.5:3');
    assert.doesNotMatch(store.list('elections/').entries[0]?.value ?? '', /:3"/);
  });
});
