/** One of the two processes of a peer: `process.js <leader|followers> <peer's URL or name> <port> <followers>`. See ../fan-out.ts. */
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { bareEnds } from './bare.js';
import type { Ends } from './ends.js';
import { sharedEnds } from './shared.js';
import { type HostList, hostList } from './value.js';

/** How values are given: so many a second, or as fast as possible with so many in a turn of the event loop. */
export type Pace = { readonly rate: number } | { readonly burst: number };

/** Requests of the parent process. */
export type Request =
  | { readonly type: 'begin' }
  | { readonly type: 'give'; readonly seconds: number; readonly pace: Pace }
  | { readonly type: 'taken'; readonly values: number }
  | { readonly type: 'expect'; readonly values: number }
  | { readonly type: 'end' };

/** Answers. `cpuUs`: CPU time of the process since `begin`. */
export type Answer =
  | { readonly type: 'ready' | 'begun' | 'complete' }
  | { readonly type: 'given' | 'taken'; readonly values: number }
  | { readonly type: 'ended'; readonly cpuUs: number };

/** Values that may be on their way to the Followers: more would only be queued. */
const WINDOW = 512;
/** Values after which the Followers report. */
const REPORT = 64;

const [role, peer = '', port, followers] = process.argv.slice(2);
const count = Number(followers);
const tell = (answer: Answer): void => void process.send?.(answer);

async function endsOf(name: string): Promise<Ends> {
  if (name === 'bare') return bareEnds;
  if (name === 'cluster-client') return sharedEnds(createRequire(import.meta.url)('cluster-client'));
  const { cluster } = (await import(name)) as typeof import('mailstation');
  return sharedEnds(cluster);
}

let taken = 0;
let given = 0;
let expected = Number.POSITIVE_INFINITY;
let cpu = process.cpuUsage();
let wake = (): void => {};

async function give(seconds: number, pace: Pace, push: (value: HostList) => void): Promise<void> {
  const startedAt = performance.now();
  const begunWith = given;
  const late = (): boolean => performance.now() - startedAt >= seconds * 1_000;
  while (!late()) {
    if ('burst' in pace) {
      const room = Math.min(pace.burst, WINDOW - (given - taken));
      for (let n = 0; n < room; n++) push(hostList(++given));
      if (room > 0) await new Promise((resolve) => setImmediate(resolve));
      else await new Promise<void>((resolve) => (wake = resolve));
    } else {
      const due = begunWith + ((performance.now() - startedAt) * pace.rate) / 1_000;
      if (given < due) push(hostList(++given));
      else await sleep(((given - due) * 1_000) / pace.rate);
    }
  }
}

const ends = await endsOf(peer);
let push = (_value: HostList): void => {};
if (role === 'leader') {
  push = await ends.lead(Number(port));
} else {
  const versions = new Uint32Array(count);
  let deliveries = 0;
  await ends.follow(Number(port), count, (follower, { version, hosts }) => {
    const next = (versions[follower] as number) + 1;
    if (version !== next || hosts.length !== 10) throw new Error(`value ${version} in the place of ${next}`);
    versions[follower] = version;
    deliveries += 1;
    if (deliveries % (REPORT * count) === 0) tell({ type: 'taken', values: deliveries / count });
    if (deliveries === expected * count) tell({ type: 'complete' });
  });
  wake = () => deliveries === expected * count && tell({ type: 'complete' });
}

process.on('message', async (request: Request) => {
  switch (request.type) {
    case 'begin':
      cpu = process.cpuUsage();
      tell({ type: 'begun' });
      break;
    case 'give':
      await give(request.seconds, request.pace, push);
      tell({ type: 'given', values: given });
      break;
    case 'taken':
      taken = request.values;
      wake();
      break;
    case 'expect':
      expected = request.values;
      wake();
      break;
    case 'end': {
      const { user, system } = process.cpuUsage(cpu);
      tell({ type: 'ended', cpuUs: user + system });
    }
  }
});
process.on('disconnect', () => process.exit());
tell({ type: 'ready' });
