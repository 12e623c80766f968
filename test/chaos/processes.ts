import { join } from 'node:path';
import type { ServerInfo } from '../../lib/server-info.js';
import { type SpawnedProcess, spawnProcess } from '../support/spawn-process.js';
import type { ClientCommand } from './client-process.js';
import { HistoryFile } from './history.js';
import type { Bug } from './peer.js';
import type { ServerCommand, ServerPlace } from './server-process.js';

const SERVER = new URL('./server-process.ts', import.meta.url);
const CLIENT = new URL('./client-process.ts', import.meta.url);

/** Of a process that was told to end, and has calls to settle or to answer. */
const END_TIMEOUT_MS = 60_000;
const START_TIMEOUT_MS = 60_000;

type Command = ServerCommand | ClientCommand;

/** The processes of one run. Some are started ahead of time, so that the next life of one that was killed begins at once. */
export class Processes {
  readonly bugs: readonly Bug[];
  readonly #folder: string;
  readonly #spares = new Map<string, Promise<SpawnedProcess>[]>();
  readonly #hooks: (() => unknown)[] = [];
  #names = 0;
  #isOver = false;
  readonly #hasSpares: boolean;

  constructor(folder: string, bugs: readonly Bug[], hasSpares: boolean) {
    this.#folder = folder;
    this.bugs = bugs;
    this.#hasSpares = hasSpares;
  }

  /** One that waits to be told what it is, watched from now on. */
  async take(file: URL, name: string): Promise<Life> {
    const spares = this.#spares.get(file.href) ?? [];
    this.#spares.set(file.href, spares);
    const child = await (spares.shift() ?? this.#spawn(file));
    if (this.#hasSpares && spares.length === 0 && !this.#isOver) spares.push(this.#spawn(file));
    return new Life(child, `${name}#${++this.#names}`, (who, what) => this.note(who, what));
  }

  historyFile(name: string): string {
    return join(this.#folder, `${name.replace('#', '-')}.jsonl`);
  }

  /** Writes down what only whoever watches a process can tell. */
  note(who: string, what: string): void {
    const file = new HistoryFile(join(this.#folder, 'watcher.jsonl'));
    file.write({ type: 'left', who, what });
    file.close();
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all([...this.#spares.values()].flat());
    await Promise.all(this.#hooks.map((hook) => hook()));
  }

  #spawn(file: URL): Promise<SpawnedProcess> {
    const spawned = spawnProcess({ after: (hook) => void this.#hooks.push(hook as () => unknown) }, file);
    return spawned.then(({ child }) => child);
  }
}

/** One process, from being told what it is to its end. */
class Life {
  readonly name: string;
  readonly #child: SpawnedProcess;
  readonly #note: (who: string, what: string) => void;
  #isEndExpected = false;

  constructor(child: SpawnedProcess, name: string, note: (who: string, what: string) => void) {
    this.#child = child;
    this.name = name;
    this.#note = note;
    void child.exited.then(({ code, signal }) => {
      if (!this.#isEndExpected) note(name, `it ended with ${signal ?? code}: ${child.stderr.slice(-2_000)}`);
    });
  }

  /** Unless it is ending: nobody listens any more. */
  tell(command: Command): void {
    if (this.#child.isRunning && !this.#isEndExpected) this.#child.send(command as never);
  }

  async said(type: string, timeoutMs: number): Promise<void> {
    await this.#child.next({ match: (message) => (message as { type?: string }).type === type, timeoutMs });
  }

  async started(type: string): Promise<void> {
    try {
      await this.said(type, START_TIMEOUT_MS);
    } catch (error) {
      this.#note(this.name, `it did not start: ${(error as Error).message}\n${this.#child.stderr.slice(-2_000)}`);
    }
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    if (this.#child.isRunning) void this.#child.kill(signal);
  }

  async kill(): Promise<void> {
    this.#isEndExpected = true;
    await this.#child.kill('SIGKILL');
  }

  /** Tells it to end, and waits until it has. */
  async end(command: Command): Promise<void> {
    this.tell(command);
    this.#isEndExpected = true;
    try {
      await this.said('over', END_TIMEOUT_MS);
      const { code, signal } = await this.#child.exited;
      if (code !== 0) this.#note(this.name, `it ended with ${signal ?? code}: ${this.#child.stderr.slice(-2_000)}`);
    } catch (error) {
      this.#note(this.name, `it did not end: ${(error as Error).message}`);
      await this.#child.kill('SIGKILL');
    }
  }
}

/** What faults may be done to, one at a time. */
abstract class Member {
  protected readonly processes: Processes;
  protected life: Life | undefined;
  /** A fault is being done to it. */
  isBusy = false;

  constructor(processes: Processes) {
    this.processes = processes;
  }

  abstract start(): Promise<void>;

  get name(): string {
    return this.life?.name ?? 'nobody';
  }

  tell(command: Command): void {
    this.life?.tell(command);
  }

  freeze(): void {
    this.life?.signal('SIGSTOP');
  }

  thaw(): void {
    this.life?.signal('SIGCONT');
  }

  async kill(): Promise<void> {
    await this.life?.kill();
  }
}

export class ChaosServer extends Member {
  readonly #setting: ServerPlace;

  constructor(processes: Processes, setting: ServerPlace) {
    super(processes);
    this.#setting = setting;
  }

  async start(): Promise<void> {
    const life = await this.processes.take(SERVER, `server-${this.#setting.id}`);
    this.life = life;
    const historyFile = this.processes.historyFile(life.name);
    life.tell({ type: 'serve', name: life.name, ...this.#setting, historyFile, bugs: this.processes.bugs });
    await life.started('serving');
  }

  /** As its operator stops it. */
  async stop(): Promise<void> {
    await this.life?.end({ type: 'stop' });
  }
}

export class ChaosClient extends Member {
  readonly #seed: number;
  readonly #roster: readonly ServerInfo[];
  #lives = 0;

  constructor(processes: Processes, seed: number, roster: readonly ServerInfo[]) {
    super(processes);
    this.#seed = seed;
    this.#roster = roster;
  }

  async start(): Promise<void> {
    const life = await this.processes.take(CLIENT, 'client');
    this.life = life;
    const setting = {
      name: life.name,
      seed: this.#seed + this.#lives++,
      servers: this.#roster,
      historyFile: this.processes.historyFile(life.name),
      bugs: this.processes.bugs,
    };
    life.tell({ type: 'call', ...setting });
  }

  async finish(): Promise<void> {
    await this.life?.end({ type: 'finish' });
  }

  async stop(force: boolean): Promise<void> {
    await this.life?.end({ type: 'stop', force });
  }
}
