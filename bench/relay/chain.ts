import path from 'node:path';
import type { CorePair } from '../cores.js';
import { freePort } from '../free-port.js';
import { HostProcess, peerUrl } from '../host-process.js';
import type { Load } from '../load.js';

const PEERS = new URL('../peers/', import.meta.url);
const START_MS = 30_000;
/** Past the length of a round: for answers in flight at its end. */
const ROUND_GRACE_MS = 10_000;
const CPU_MS = 10_000;
/** Finer than Node's 1000: a relayed call takes a few microseconds in a process. */
const SAMPLING_INTERVAL_US = 200;

export type Role = 'caller' | 'relay' | 'server';

/** A way for calls. */
export interface Way {
  readonly name: string;
  /** Entry module of the build. */
  readonly build: string;
  /** Way of a call from the caller to the server: a direct connection, the shared mailboxes of a process, or a process that passes bytes on. */
  readonly through: 'nothing' | 'mailboxes' | 'pipe';
}

export interface ChainRound {
  readonly callsPerSecond: number;
  /** CPU time of each process for a call; 0 for a process that the way does not have. Unit: us */
  readonly cpuUs: Readonly<Record<Role, number>>;
  /** Median of the latency, at one call in flight. Unit: us */
  readonly p50?: number;
}

export interface ChainOptions {
  readonly cores: CorePair | undefined;
  /** Folder for a CPU profile of each process; undefined: none. */
  readonly profiles?: string | undefined;
}

/** The processes of a way: the server, the caller, and for relayed calls the process that leads the shared mailboxes. */
export class Chain {
  readonly #processes: Partial<Record<Role, HostProcess>> = {};

  /** Rejects, with nothing left running, when a process cannot be started or connected. */
  static async start(way: Way, options: ChainOptions): Promise<Chain> {
    const chain = new Chain();
    try {
      await chain.#start(way, options);
    } catch (error) {
      await chain.stop();
      throw error;
    }
    return chain;
  }

  async run(load: Load): Promise<ChainRound> {
    const before = await this.#cpuUs();
    const { caller } = this.#processes;
    if (caller === undefined) throw new Error('this chain has no caller');
    const result = await caller.ask('load', load, load.seconds * 1_000 + ROUND_GRACE_MS);
    const after = await this.#cpuUs();
    const perCall = (role: Role): number => (after[role] - before[role]) / result.allCalls;
    return {
      callsPerSecond: result.calls / result.seconds,
      cpuUs: { caller: perCall('caller'), relay: perCall('relay'), server: perCall('server') },
      ...(result.latencyUs && { p50: result.latencyUs.p50 }),
    };
  }

  /** Ends the caller first: a process that drains would wait for those that call it. */
  async stop(): Promise<void> {
    const { caller, relay, server } = this.#processes;
    for (const each of [caller, relay, server]) await each?.stop();
  }

  async #start({ name, build, through }: Way, { cores, profiles }: ChainOptions): Promise<void> {
    const start = (role: Role, core: number | undefined): HostProcess => {
      const process = new HostProcess(`${name} ${role}`, profiles === undefined ? [] : profilerArgs(profiles, role));
      this.#processes[role] = process;
      if (core !== undefined) process.pinTo(core);
      return process;
    };
    const url = (query: Record<string, string> = {}): string =>
      `${peerUrl('mailstation', PEERS)}?${new URLSearchParams({ build, ...query })}`;
    const connect = async (role: Role, peer: string, port: number): Promise<void> => {
      await start(role, cores?.client).ask('connect', { peerUrl: peer, port }, START_MS);
    };
    const { port } = await start('server', cores?.server).ask('serve', { peerUrl: url() }, START_MS);
    if (through === 'nothing') return connect('caller', url(), port);
    // On the caller's core: both are on the caller's machine, and the server is elsewhere.
    if (through === 'pipe') {
      const pipe = `${peerUrl('pipe', new URL('./', import.meta.url))}?to=${port}`;
      const passed = await start('relay', cores?.client).ask('serve', { peerUrl: pipe }, START_MS);
      return connect('caller', url(), passed.port);
    }
    const share = String(await freePort());
    await connect('relay', url({ share }), port);
    await connect('caller', url({ share, follows: '' }), port);
  }

  async #cpuUs(): Promise<Record<Role, number>> {
    const of = async (process: HostProcess | undefined): Promise<number> =>
      process === undefined ? 0 : (await process.ask('cpu', {}, CPU_MS)).us;
    const { caller, relay, server } = this.#processes;
    return { caller: await of(caller), relay: await of(relay), server: await of(server) };
  }
}

/** Where the profile of a process is, once the process has ended. */
export function profileOf(folder: string, role: Role): string {
  return path.join(folder, `relay-${role}.cpuprofile`);
}

function profilerArgs(folder: string, role: Role): string[] {
  const file = path.basename(profileOf(folder, role));
  return [
    '--cpu-prof',
    `--cpu-prof-dir=${folder}`,
    `--cpu-prof-name=${file}`,
    `--cpu-prof-interval=${SAMPLING_INTERVAL_US}`,
  ];
}
