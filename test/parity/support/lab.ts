import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client, Server, type ServerInfo } from '../../../index.js';
import type { Any } from '../../../proxy/index.js';
import { expectNoLeaks } from '../../support/leaks.js';

/** What both libraries have, used by the names that both have: nothing is known of its types. */
export interface Lab {
  readonly name: 'mailstation' | 'pomelo-rpc';
  readonly lib: { readonly client: Any; readonly server: Any };
  readonly quiet: Record<'debug' | 'info' | 'warn' | 'error', () => void>;
  /** The folder of remote modules that servers and clients of the lab load. */
  readonly REMOTE: string;
  readonly fixtures: string;
  /** Errors that nobody caught; only with pomelo-rpc, since ours fail the test. */
  readonly uncaught: string[];
  plain(value: unknown): Any;
  port(): Promise<number>;
  until<T>(probe: () => T | Promise<T>, what: string): Promise<NonNullable<T>>;
  serve(options?: Any): Promise<{ server: Any; info: ServerInfo }>;
  client(servers?: readonly Any[], options?: Any): Promise<Any>;
  answer(call: (callback: Any) => unknown, ms?: number): Promise<Any>;
  rawServer(
    onSocket?: (socket: Socket) => void,
  ): Promise<{ sockets: Set<Socket>; close(): void; info: ServerInfo & { host: string } }>;
  relay(to: ServerInfo): Promise<{ info: ServerInfo; connections(): number; cut(): void; silence(): void }>;
  targets(
    options: Any,
    calls: readonly (readonly unknown[])[],
    count?: number,
    weight?: (at: number) => number | undefined,
  ): Promise<string[]>;
  twoNamespaces(): { paths: { namespace: string; path: string }[]; write(namespace: string, version: number): void };
  close(): Promise<void>;
}

/** Works with either library, and gives back what it found. Uses nothing from outside itself: its source is sent. */
export type Scenario<T> = (lab: Lab) => Promise<T>;

const { createLab } = createRequire(import.meta.url)('../fixtures/lab.cjs') as {
  createLab(name: string, lib: object): Lab;
};
const POMELO = fileURLToPath(new URL('../fixtures/pomelo-rpc.cjs', import.meta.url));
const STOCK_LIMIT_MS = 20_000;

/** A lab of mailstation in this process; all that it opens is closed, and seen to be closed, when the test is over. */
export function ourLab(t: TestContext): Lab {
  expectNoLeaks(t);
  const lab = createLab('mailstation', { client: Client, server: Server });
  t.after(() => lab.close());
  return lab;
}

/** What the scenario gives with mailstation. */
export function ours<T>(t: TestContext, scenario: Scenario<T>): Promise<T> {
  return scenario(ourLab(t));
}

/** What the same scenario gives with pomelo-rpc, in a process of its own. */
export function theirs<T>(t: TestContext, scenario: Scenario<T>): Promise<T> {
  return inProcess(t, POMELO, 'pomelo-rpc', scenario.toString());
}

/** What a scenario's source gives in a process of its own, which runs `program`. */
export async function inProcess<T>(t: TestContext, program: string, library: string, source: string): Promise<T> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = fork(program, {
    env,
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    timeout: STOCK_LIMIT_MS,
  });
  t.after(() => child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  await once(child, 'message');
  const reported = once(child, 'message');
  child.send({ source });
  const first = await Promise.race([reported, exited.then(() => undefined)]);
  const report = first?.[0] as { result?: T; failure?: string } | undefined;
  await exited;
  if (report === undefined) throw new Error(`the process of ${library} ended without a report`);
  if (report.failure !== undefined) throw new Error(`with ${library}: ${report.failure}`);
  return report.result as T;
}

/** With both; ours first. */
export async function both<T>(t: TestContext, scenario: Scenario<T>): Promise<{ ours: T; theirs: T }> {
  const [mine, pomelos] = await Promise.all([ours(t, scenario), theirs(t, scenario)]);
  return { ours: mine, theirs: pomelos };
}
