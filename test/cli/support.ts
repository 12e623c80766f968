import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loaderFlags } from '../support/loader-flags.js';

const MAIN = new URL('../../cli/main.ts', import.meta.url);
/** Generous: eight processes may want two cores. */
const DEADLINE_MS = 120_000;

export interface CommandOptions {
  /** Text for stdin, which then ends. @default nothing: stdin is at its end from the start */
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

/** The end of a command, and everything that it has printed. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line of a process that runs the command as the tests run. */
export function commandLine(args: readonly string[]): string[] {
  return [process.execPath, ...loaderFlags(MAIN), fileURLToPath(MAIN), ...args];
}

/** Environment of a command: that of the test without what decides on colours, and without our runner's. */
export function environment(more: CommandOptions['env'] = {}): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _1, NO_COLOR: _2, FORCE_COLOR: _3, ...env } = process.env;
  return { ...env, ...more };
}

/** Starts `mailstation ...args` with pipes. The process is killed when the test is over. */
export function start(
  t: Pick<TestContext, 'after'>,
  args: readonly string[],
  { env, cwd }: Omit<CommandOptions, 'stdin'> = {},
): ChildProcess & { readonly stdin: NodeJS.WritableStream; readonly stdout: NodeJS.ReadableStream } {
  const [file = '', ...rest] = commandLine(args);
  const child = spawn(file, rest, { env: environment(env), cwd, stdio: ['pipe', 'pipe', 'pipe'] });
  const deadline = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS);
  child.once('exit', () => clearTimeout(deadline));
  t.after(() => child.kill('SIGKILL'));
  child.stdin.on('error', () => {}); // a command that needs no input does not read it
  return child;
}

/** Runs `mailstation ...args` to the end. */
export async function command(
  t: Pick<TestContext, 'after'>,
  args: readonly string[],
  { stdin = '', ...options }: CommandOptions = {},
): Promise<Ended> {
  const child = start(t, args, options);
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.end(stdin);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** One sentence on stderr, and nothing else. */
export function sentence({ stderr }: Ended): string {
  const lines = stderr.split('\n').filter((line) => line !== '');
  if (lines.length !== 1 || lines[0]?.startsWith('mailstation: ') !== true)
    throw new Error(`stderr has ${lines.length} lines in the place of one sentence:\n${stderr}`);
  return lines[0].slice('mailstation: '.length);
}
