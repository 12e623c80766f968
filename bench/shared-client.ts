/**
 * How long a group of five is without its Leader: that is killed, again and again, and a new process joins each time.
 *
 *     node --import tsx bench/shared-client.ts [kills] [mailstation|cluster-client]
 *
 * From the SIGKILL on, measured in this process: until each of the others has had a call answered by the new Leader; until
 * each has been pushed a value that the new Leader's own connection brought; and until all five publish again. The
 * upstream pushes 50 values, one every 2 ms, from the moment on at which the new Leader subscribes: whoever has got one of
 * them has to get all that follow.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.js';
import type { Tick } from './shared-client-process.js';
import { spreadOf } from './statistics.js';

const PROGRAM = fileURLToPath(new URL('./shared-client-process.ts', import.meta.url));
const MEMBERS = 5;
const TICKS = 50;
const TICK_MS = 2;
const KILL_LIMIT_MS = 30_000;

const kills = Number(process.argv[2] ?? 20);
const library = process.argv[3] ?? 'mailstation';

/** A process of the group, and the values of the newest connection that it has been pushed. */
interface Member {
  readonly child: ChildProcess;
  readonly got: number[];
}

/** What became of one kill, in ms since then, and how many values were missed. */
interface Outcome {
  readonly served: number;
  readonly live: number;
  readonly published: number;
  readonly lost: number;
}

let connections = 0;
let publishers = new Set<string>();
let onChange = (): void => {};

const upstream = createServer((socket) => {
  connections += 1;
  publishers = new Set();
  const connection = connections;
  socket.on('error', () => {}); // its process was killed
  const lines = createInterface({ input: socket });
  lines.on('error', () => {});
  lines.on('line', (line) => {
    if (line === 'subscribe') push(socket, connection);
    else publishers.add(line);
    onChange();
  });
});

function push(socket: Socket, connection: number): void {
  let value = 0;
  const next = (): void => {
    value += 1;
    const tick: Tick = { connection, value };
    socket.write(`${JSON.stringify(tick)}\n`);
    if (value === TICKS || socket.destroyed) clearInterval(timer);
  };
  const timer = setInterval(next, TICK_MS);
  next();
}

const group: Member[] = [];

async function join(): Promise<void> {
  const { port: upstreamPort } = upstream.address() as AddressInfo;
  const child = fork(PROGRAM, [library, String(port), String(upstreamPort)], {
    execArgv: ['--import', import.meta.resolve('tsx')],
  });
  const member: Member = { child, got: [] };
  let newest = 0;
  child.on('message', ({ tick }: { tick?: Tick }) => {
    if (tick !== undefined) {
      if (tick.connection > newest) member.got.length = 0;
      newest = Math.max(newest, tick.connection);
      if (tick.connection === connections) member.got.push(tick.value);
    }
    onChange();
  });
  group.push(member);
  await until(() => message(child, 'ready'), 'a process to be ready');
}

/** Resolves with what the process says under this name next. */
function message(child: ChildProcess, name: string): Promise<unknown> {
  return new Promise((resolve) => {
    const listener = (said: Record<string, unknown>): void => {
      if (!(name in said)) return;
      child.off('message', listener);
      resolve(said[name]);
    };
    child.on('message', listener);
  });
}

async function servedBy(member: Member, gone: number): Promise<number> {
  const answer = message(member.child, 'served');
  member.child.send({ gone });
  return (await answer) as number;
}

function until<T>(work: () => Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${KILL_LIMIT_MS} ms in vain for ${what}`)), KILL_LIMIT_MS);
  });
  return Promise.race([work(), tooLate]).finally(() => clearTimeout(timer));
}

/** Resolves when it holds, looked at whenever something has happened. */
function when(holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    onChange = () => {
      if (holds()) resolve();
    };
    onChange();
  });
}

async function killLeader(): Promise<Outcome> {
  const pid = await servedBy(group[0] as Member, 0);
  const leader = group.find(({ child }) => child.pid === pid);
  if (leader === undefined) throw new Error(`process ${pid} leads, which is none of the group`);
  group.splice(group.indexOf(leader), 1);
  const before = connections;
  for (const { got } of group) got.length = 0;

  const exited = once(leader.child, 'exit');
  const killedAt = performance.now();
  const since = (): number => performance.now() - killedAt;
  leader.child.kill('SIGKILL');
  const all = group.map((member) => servedBy(member, pid));
  const servedAll = Promise.all(all).then((pids) => {
    if (new Set(pids).size !== 1) throw new Error(`served by ${pids.join(', ')}`);
    return since();
  });
  let live = 0;
  let published = 0;
  await until(
    () =>
      when(() => {
        const isNew = connections > before;
        if (live === 0 && isNew && group.every(({ got }) => got.length > 0)) live = since();
        if (published === 0 && isNew && publishers.size === group.length) published = since();
        return live > 0 && published > 0 && group.every(({ got }) => got.at(-1) === TICKS);
      }),
    'the values of the new Leader',
  );
  const served = await until(() => servedAll, 'everybody to be served');
  await exited;
  if (connections !== before + 1) throw new Error(`${connections - before} real clients were made`);
  const lost = group.reduce((sum, { got }) => sum + (TICKS - (got[0] ?? 0) + 1 - new Set(got).size), 0);
  return { served, live, published, lost };
}

upstream.listen(0, '127.0.0.1');
await once(upstream, 'listening');
const port = await freePort();
process.on('exit', () => {
  for (const { child } of group) child.kill('SIGKILL');
});

await join();
await Promise.all(Array.from({ length: MEMBERS - 1 }, join));
const outcomes: Outcome[] = [];
for (let kill = 1; kill <= kills; kill++) {
  outcomes.push(await killLeader());
  await join();
}

console.log(`${library}: ${kills} times the Leader of ${MEMBERS} killed, node ${process.version}`);
for (const [what, name] of [
  ['all served again', 'served'],
  ['all subscriptions live', 'live'],
  ['all published again', 'published'],
] as const) {
  const { median, min, max } = spreadOf(outcomes.map((outcome) => outcome[name]));
  console.log(`  ${what.padEnd(24)} median ${ms(median)}, min ${ms(min)}, max ${ms(max)}`);
}
console.log(`  values lost              ${outcomes.reduce((sum, { lost }) => sum + lost, 0)}`);
process.exit();

function ms(value: number): string {
  return `${value.toFixed(1).padStart(7)} ms`;
}
