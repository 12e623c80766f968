import { setTimeout as sleep } from 'node:timers/promises';
import { RpcCode } from 'mailstation';
import type { Demo } from '../demo.js';
import { ms } from '../report.js';
import { within } from '../within.js';
import { Load, type Sample } from './load.js';

const CALLERS = 64;
const QUIET_MS = 500;
const RECOVERY_LIMIT_MS = 30_000;

/** A server dies and comes back at the same port, while 64 calls are in flight all the time. */
export async function restart(demo: Demo): Promise<void> {
  const { servers, roster, report } = demo;
  const victim = roster.find(({ id }) => id === 'test-2');
  if (victim === undefined) throw new Error('test-2 was not started');
  report.section(`A server dies under load: ${CALLERS} calls in flight, half of them to each server`);

  const load = new Load(demo, CALLERS);
  const began = performance.now();
  const at = () => `${((performance.now() - began) / 1000).toFixed(2)} s`.padStart(7);
  await sleep(QUIET_MS);

  const killedAt = performance.now();
  await servers.kill(victim.id);
  report.line(at(), `test-2 is killed (SIGKILL to process ${victim.pid})`);
  await sleep(QUIET_MS);

  const restartedAt = performance.now();
  const { pid, port } = await servers.start(victim.id, victim.serverType, victim.port);
  report.line(at(), `test-2 listens again, on port ${port}, as process ${pid}`);
  const listeningAt = performance.now();

  await within(everyCallerIsBack(load, victim.id, listeningAt), RECOVERY_LIMIT_MS, 'the callers of test-2');
  report.line(at(), 'all of its callers are served again');
  await sleep(QUIET_MS);
  await load.stop();

  const toVictim = load.samples.filter(({ serverId }) => serverId === victim.id);
  const toOther = load.samples.filter(({ serverId }) => serverId !== victim.id);
  const whileDown = toOther.filter(({ startedAt }) => startedAt > killedAt && startedAt < restartedAt);
  // Nobody was there to send them to: whoever answers them is the new process.
  const held = toVictim.filter(({ startedAt, endedAt }) => startedAt < restartedAt && endedAt > restartedAt);
  const longest = Math.max(0, ...held.map(({ startedAt, endedAt }) => endedAt - startedAt));
  const lost = toVictim.flatMap(({ error }) => error ?? []);

  report.line('test-1', `${toOther.length} calls: ${outcomes(toOther)}`);
  report.line('', `${whileDown.length} of them while test-2 was down`);
  report.line('test-2', `${toVictim.length} calls: ${outcomes(toVictim)}`);
  report.line('', `${held.length} of them made while it was down, held, and served then: after ${ms(longest)} at most`);

  report.expect(load.wrong.length === 0, `${load.wrong.length} answers were wrong: ${load.wrong[0]} ...`);
  report.expect(!toOther.some(({ error }) => error), `test-1 lives, and its calls ended so: ${outcomes(toOther)}`);
  report.expect(whileDown.length > 0, 'test-1 served nothing while test-2 was down');
  report.expect(held.length > 0, 'no call was held while test-2 was down');
  report.expect(!held.some(({ error }) => error), `the held calls ended so: ${outcomes(held)}`);
  // Each caller of test-2 had one call in flight when it died. Those may be lost, and no others.
  report.expect(lost.length <= CALLERS / 2, `${lost.length} calls were lost, and ${CALLERS / 2} were in flight`);
  const strange = lost.find(({ code }) => code !== RpcCode.ConnectionLost);
  report.expect(strange === undefined, `a call to test-2 ended otherwise than by its death: ${strange?.message}`);
}

/** Resolves when each of them has had an answer to a call that it made after `since`. */
async function everyCallerIsBack({ samples }: Load, serverId: string, since: number): Promise<void> {
  const back = new Set<number>();
  for (let seen = 0; back.size < CALLERS / 2; await sleep(20)) {
    for (; seen < samples.length; seen++) {
      const sample = samples[seen];
      if (sample?.serverId === serverId && !sample.error && sample.startedAt > since) back.add(sample.uid);
    }
  }
}

/** `4711 answered, 32 ERR_RPC_CONNECTION_LOST (unknown)` */
function outcomes(samples: readonly Sample[]): string {
  const counts = new Map<string, number>();
  for (const { error } of samples) {
    const how = error === undefined ? 'answered' : `${error.code} (${error.delivery})`;
    counts.set(how, (counts.get(how) ?? 0) + 1);
  }
  return [...counts].map(([how, times]) => `${times} ${how}`).join(', ');
}
