import { fileURLToPath } from 'node:url';
import type { CorePair } from '../cores.js';
import { HostProcess, peerUrl } from '../host-process.js';
import type { GrowthQuestions } from './host-protocol.js';
import type { Step } from './series.js';

const PROGRAM = fileURLToPath(peerUrl('host', new URL('./', import.meta.url)));
const ANSWER_MS = 120_000;

/** One round of one step. */
export interface GrowthRound {
  readonly callsPerSecond: number;
  /** CPU time of all processes for a call, and the servers' part of that time. */
  readonly cpuUs: number;
  readonly serverUs: number;
  /** CPU time of all processes for a call that waited: from the start to the checked answer. Absent where few waited. */
  readonly heldUs?: number;
}

/** Fewer calls than this cost less than the questions about them. */
const MIN_HELD = 1_000;

/** Calls of a process after which its figures change little. */
const WARM_CALLS = 40_000;
const WARM_TURN_SECONDS = 0.5;

type End = HostProcess<GrowthQuestions>;

/** The processes of one step of one contestant. */
export class World {
  readonly #step: Step;
  readonly #servers: readonly End[];
  readonly #callers: readonly End[];

  private constructor(step: Step, servers: readonly End[], callers: readonly End[]) {
    this.#step = step;
    this.#servers = servers;
    this.#callers = callers;
  }

  /** Rejects, with nothing left running, where an end cannot be started. `url`: module of the ends. */
  static async start(name: string, url: string, step: Step, cores: CorePair | undefined): Promise<World> {
    const make = (role: string, count: number, core: number | undefined): End[] =>
      Array.from({ length: count }, (_, number) => {
        const end: End = new HostProcess(`${name} ${role} ${number}`, [], PROGRAM);
        if (core !== undefined) end.pinTo(core);
        return end;
      });
    const world = new World(
      step,
      make('server', step.servers, cores?.server),
      make('caller', step.processes, cores?.client),
    );
    try {
      await world.#connect(url);
    } catch (error) {
      await world.stop();
      throw error;
    }
    return world;
  }

  async #connect(url: string): Promise<void> {
    const { clients, waiting } = this.#step;
    const limits = waiting > 0 ? 'high' : 'default';
    const ports: number[] = [];
    for (const [number, server] of this.#servers.entries())
      ports.push((await server.ask('serve', { url, number, limits }, ANSWER_MS)).port);
    for (const caller of this.#callers) await caller.ask('connect', { url, ports, clients, limits }, ANSWER_MS);
  }

  async run(seconds: number): Promise<GrowthRound> {
    const { values, inFlight, waiting } = this.#step;
    const [first] = this.#callers;
    if (first === undefined) throw new Error('nobody calls');
    const beforeHold = await this.#cpuUs();
    if (waiting > 0) await first.ask('hold', { calls: waiting }, ANSWER_MS);
    const before = await this.#cpuUs();
    const loads = await Promise.all(
      this.#callers.map((caller) => caller.ask('load', { values, inFlight, seconds }, ANSWER_MS)),
    );
    const after = await this.#cpuUs();
    if (waiting > 0) await first.ask('release', {}, ANSWER_MS);
    const held = before.all - beforeHold.all + (await this.#cpuUs()).all - after.all;
    const calls = loads.reduce((sum, load) => sum + load.allCalls, 0);
    const callsPerSecond = loads.reduce((sum, load) => sum + load.calls / load.seconds, 0);
    if (callsPerSecond === 0) throw new Error(`no call was answered in a round of ${seconds} s`);
    return {
      callsPerSecond,
      cpuUs: (after.all - before.all) / calls,
      serverUs: (after.servers - before.servers) / calls,
      ...(waiting >= MIN_HELD && { heldUs: held / waiting }),
    };
  }

  /** Runs until V8 has compiled what each process needs: processes that share the calls need more of them. `seconds`: upper bound. */
  async warmUp(seconds: number): Promise<void> {
    const wanted = WARM_CALLS * Math.max(this.#servers.length, this.#callers.length);
    const turn = Math.min(seconds, WARM_TURN_SECONDS);
    for (let calls = 0, run = 0; calls < wanted && run < seconds; run += turn)
      calls += (await this.run(turn)).callsPerSecond * turn;
  }

  async #cpuUs(): Promise<{ all: number; servers: number }> {
    const servers = await cpuOf(this.#servers);
    return { servers, all: servers + (await cpuOf(this.#callers)) };
  }

  /** The callers first: a server that drains would wait for them. */
  async stop(): Promise<void> {
    await Promise.all(this.#callers.map((end) => end.stop()));
    await Promise.all(this.#servers.map((end) => end.stop()));
  }
}

async function cpuOf(ends: readonly End[]): Promise<number> {
  const answers = await Promise.all(ends.map((end) => end.ask('cpu', {}, ANSWER_MS)));
  return answers.reduce((sum, { us }) => sum + us, 0);
}
