/**
 * Measures the cost of hostile peers: `npm run hostile -- [name of a case]`. The folder of another build is given as MAILSTATION.
 *
 * For each case a process begins that hostile peers reach, and a good caller beside. Reported are the peak of the
 * process's memory above that of its idle state, its longest turn, its log lines, and the calls of the good caller: made,
 * failed, and the longest wait. The exit code is 1 if a good call has failed or a process has ended.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.js';
import { ATTACKS, type Attack, type Role } from './hostile/attacks.js';
import { frame } from './hostile/raw-peer.js';
import { JSON_ATTACKS, SLOW_READERS } from './hostile/reading-attacks.js';
import { ROSTER_ATTACKS, SERVER_ATTACKS } from './hostile/server-attacks.js';
import { WEBSOCKET_ATTACKS } from './hostile/websocket-attacks.js';

const ATTACK_MS = 4_000;
/** Time after the attack in which good calls go on. Unit: ms */
const AFTER_MS = 1_000;
const TARGET = fileURLToPath(new URL('./hostile/target.ts', import.meta.url));

/** Roles of a process that itself connects to the hostile peer. */
const HAS_HOSTILE_SERVER: ReadonlySet<Role> = new Set(['client', 'clients', 'follower']);

/** Report of a process on itself. */
interface Report {
  readonly port: number;
  readonly made: number;
  readonly failed: number;
  readonly longest: number;
  readonly firstFailure: string;
  readonly peak: number;
  readonly rss: number;
  readonly longestTurn: number;
  readonly lines: number;
}

/** A process with one of the roles of `hostile/target.ts`. */
class Target {
  port = 0;
  readonly #child: ChildProcess;
  #isUp = true;

  constructor(role: string, ports: number | string, descriptors?: number) {
    const limit = descriptors === undefined ? '' : `ulimit -n ${descriptors}; `;
    const command = `${limit}exec "$0" --import tsx "$1" "$2" "$3"`;
    this.#child = spawn('sh', ['-c', command, process.execPath, TARGET, role, String(ports)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child.on('exit', () => {
      this.#isUp = false;
    });
  }

  async ready(): Promise<this> {
    this.port = (await this.#reply())?.port ?? 0;
    return this;
  }

  /** Begins to call, or ends calling. Undefined when the process has ended. */
  ask(what: 'begin' | 'report', others = false): Promise<Report | undefined> {
    if (!this.#isUp) return Promise.resolve(undefined);
    this.#child.send({ ask: what, others });
    return this.#reply();
  }

  async stop(): Promise<void> {
    if (!this.#isUp) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }

  async #reply(): Promise<Report | undefined> {
    const [reply] = await Promise.race([once(this.#child, 'message'), once(this.#child, 'exit').then(() => [])]);
    return reply as Report | undefined;
  }
}

/** Port of a hostile server: accepts every registration, then attacks. */
async function hostilePort(attack: Attack, signal: AbortSignal): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      const head = {
        type: 'register_channel_res',
        ext: {
          version: 1,
          codecs: ['json'],
          features: ['results', 'goaway', 'progress', 'cancel'],
          maxFrameBytes: 4e6,
        },
      };
      socket.write(frame({ head, kind: 1, body: Buffer.from('success^^^^$0|-1]') }));
      attack.answer?.(socket, signal);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

interface Scene {
  readonly target: Target;
  readonly good: Target;
  readonly all: readonly Target[];
  readonly hostile?: Server;
  /** Port of the server that a share reaches. */
  readonly serverPort?: number;
}

async function stage(attack: Attack, signal: AbortSignal): Promise<Scene> {
  if (attack.role === 'server' || attack.role === 'ws') {
    const target = await new Target(attack.role, 0, attack.descriptors).ready();
    const good = await new Target(attack.role === 'ws' ? 'ws-client' : 'client', target.port).ready();
    return { target, good, all: [target, good] };
  }
  if (attack.role === 'cluster') {
    const target = await new Target('cluster', 0).ready();
    const good = await new Target('cluster', target.port).ready();
    return { target, good, all: [target, good] };
  }
  const server = await new Target(attack.role === 'follower' ? 'cluster' : 'server', 0).ready();
  if (attack.role === 'roster') {
    const target = await new Target('roster', `${server.port},${attack.name}`).ready();
    return { target, good: target, all: [target, server] };
  }
  if (HAS_HOSTILE_SERVER.has(attack.role)) {
    const hostile = await hostilePort(attack, signal);
    const { port } = hostile.address() as { port: number };
    const target = await new Target(attack.role, `${server.port},${port}`).ready();
    return { target, good: target, all: [target, server], hostile };
  }
  const share = await freePort();
  const target = await new Target('client', `${server.port},${server.port},${share}`).ready();
  const good = await new Target('client', `${server.port},${server.port},${share}`).ready();
  return { target, good, all: [target, good, server], serverPort: server.port };
}

async function run(attack: Attack): Promise<boolean> {
  const ended = new AbortController();
  const { target, good, all, hostile, serverPort = 0 } = await stage(attack, ended.signal);
  const idle = (await target.ask('report'))?.rss ?? 0;
  await good.ask('begin', HAS_HOSTILE_SERVER.has(attack.role));
  const attacking = attack.run?.(target.port, ended.signal, serverPort).catch(() => {});
  await delay(attack.lastsMs ?? ATTACK_MS);
  ended.abort();
  await delay(AFTER_MS);
  const calls = await good.ask('report');
  const end = good === target ? calls : await target.ask('report');
  await attacking;
  await Promise.all(all.map((each) => each.stop()));
  hostile?.close();
  const burden = end && [`${end.peak - idle} MB`, `${end.longestTurn} ms`, end.lines];
  const service = calls && [calls.made, calls.failed, `${Math.round(calls.longest)} ms`];
  const cells = [...(burden ?? ['ended', '', '']), ...(service ?? ['ended', '', ''])];
  console.log(
    `${attack.role.padEnd(8)} ${attack.name.padEnd(34)}${cells.map((cell) => String(cell).padStart(9)).join('')}`,
  );
  if (calls?.firstFailure) console.log(`         first failure: ${calls.firstFailure.slice(0, 240)}`);
  return end !== undefined && calls?.failed === 0;
}

const wanted = process.argv[2] ?? '';
const titles = ['memory', 'turn', 'lines', 'calls', 'failed', 'longest'].map((each) => each.padStart(9)).join('');
console.log(`${''.padEnd(43)}${titles}`);
let passed = true;
for (const attack of [
  ...ATTACKS,
  ...JSON_ATTACKS,
  ...SLOW_READERS,
  ...SERVER_ATTACKS,
  ...ROSTER_ATTACKS,
  ...WEBSOCKET_ATTACKS,
])
  if (`${attack.role} ${attack.name}`.includes(wanted)) passed = (await run(attack)) && passed;
process.exit(passed ? 0 : 1);
