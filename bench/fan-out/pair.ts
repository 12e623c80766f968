/** The Leader's process and the Followers' process of one peer. */
import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { CorePair } from '../cores.js';
import { freePort } from '../free-port.js';
import type { Answer, Pace, Request } from './process.js';

const PROGRAM = fileURLToPath(new URL('./process.js', import.meta.url));

/** One round of one peer. */
export interface Round {
  readonly deliveries: number;
  readonly seconds: number;
  /** CPU time of each process for one delivery. Unit: us */
  readonly leaderUs: number;
  readonly followersUs: number;
}

export class Pair {
  readonly name: string;
  readonly #leader: ChildProcess;
  readonly #followers: ChildProcess;
  readonly #count: number;
  #given = 0;

  private constructor(name: string, leader: ChildProcess, followers: ChildProcess, count: number) {
    this.name = name;
    this.#leader = leader;
    this.#followers = followers;
    this.#count = count;
    followers.on('message', (answer: Answer) => {
      if (answer.type === 'taken') leader.send({ type: 'taken', values: answer.values } satisfies Request);
    });
  }

  /** `peer`: the URL of a build, `cluster-client`, or `bare`. */
  static async start(name: string, peer: string, count: number, cores: CorePair | undefined): Promise<Pair> {
    const port = await freePort();
    const leader = await startProcess(['leader', peer, String(port), String(count)], cores?.server);
    const followers = await startProcess(['followers', peer, String(port), String(count)], cores?.client);
    return new Pair(name, leader, followers, count);
  }

  async run(seconds: number, pace: Pace): Promise<Round> {
    await Promise.all([
      ask(this.#leader, { type: 'begin' }, 'begun'),
      ask(this.#followers, { type: 'begin' }, 'begun'),
    ]);
    const startedAt = performance.now();
    const { values } = await ask(this.#leader, { type: 'give', seconds, pace }, 'given');
    await ask(this.#followers, { type: 'expect', values }, 'complete');
    const took = (performance.now() - startedAt) / 1_000;
    const [leader, followers] = await Promise.all([
      ask(this.#leader, { type: 'end' }, 'ended'),
      ask(this.#followers, { type: 'end' }, 'ended'),
    ]);
    const deliveries = (values - this.#given) * this.#count;
    this.#given = values;
    return {
      deliveries,
      seconds: took,
      leaderUs: leader.cpuUs / deliveries,
      followersUs: followers.cpuUs / deliveries,
    };
  }

  stop(): void {
    this.#followers.kill();
    this.#leader.kill();
  }
}

async function startProcess(args: readonly string[], core: number | undefined): Promise<ChildProcess> {
  const child = fork(PROGRAM, args);
  if (core !== undefined) spawnSync('taskset', ['-cp', String(core), String(child.pid)]);
  await answerOf(child, 'ready');
  return child;
}

function ask<T extends Answer['type']>(
  child: ChildProcess,
  request: Request,
  type: T,
): Promise<Extract<Answer, { type: T }>> {
  const answer = answerOf(child, type);
  child.send(request);
  return answer;
}

/** Resolves with the next answer of this type. Rejects where the process ends first. */
async function answerOf<T extends Answer['type']>(child: ChildProcess, type: T): Promise<Extract<Answer, { type: T }>> {
  const abort = new AbortController();
  const ended = once(child, 'exit', { signal: abort.signal }).then(([code]) => {
    throw new Error(`a process of the bench ended with ${code}`);
  });
  ended.catch(() => {}); // aborted
  const answered = new Promise<Extract<Answer, { type: T }>>((resolve) => {
    const listener = (answer: Answer): void => {
      if (answer.type !== type) return;
      child.off('message', listener);
      resolve(answer as Extract<Answer, { type: T }>);
    };
    child.on('message', listener);
  });
  try {
    return await Promise.race([answered, ended]);
  } finally {
    abort.abort();
  }
}
