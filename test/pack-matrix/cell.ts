import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { promisify } from 'node:util';
import { ROOT } from '../architecture/house.js';
import { type Application, LINES, PEERS } from './cells.js';

const run = promisify(execFile);

const APPLICATIONS = join(ROOT, 'test/pack-matrix/applications');
/** Milliseconds for one program, of an install on a busy machine above all. */
const TIMEOUT = 300_000;

/** The package that is tried, packed as npm would publish it. */
export interface Packed {
  readonly tarball: string;
  readonly version: string;
}

/** A check of an application: its short name, and the reason of the failure. */
export interface Check {
  readonly name: string;
  readonly failure?: string;
}

/** Installs the package into an empty project, runs two processes of the application there, and asks the command about the one that serves. */
export async function tryIn(path: string, application: Application, packed: Packed): Promise<readonly Check[]> {
  const folder = mkdtempSync(join(tmpdir(), 'mailstation-matrix-'));
  try {
    return await new Project(folder, path).checks(application, packed);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** An application on the disk, and the programs that run there. */
class Project {
  readonly #checks: Check[] = [];
  readonly #options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly timeout: number };

  constructor(cwd: string, path: string) {
    // A dependency that does not admit the Node fails the install.
    const env = { ...process.env, PATH: path, npm_config_engine_strict: 'true' };
    this.#options = { cwd, env, timeout: TIMEOUT };
  }

  async checks({ folder, compiler }: Application, { tarball, version }: Packed): Promise<readonly Check[]> {
    cpSync(join(APPLICATIONS, folder), this.#options.cwd, { recursive: true });
    const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball, ...PEERS, ...compiler];
    const isInstalled = await this.#check('npm install', async () => void (await this.#run('npm', install)));
    if (!isInstalled) return this.#checks;
    if (compiler.length > 0) {
      const compile = async () => void (await this.#run('node', ['node_modules/typescript/bin/tsc']));
      if (!(await this.#check('tsc', compile))) return this.#checks;
    }
    await this.#check('--version', () => this.#command(['--version'], version));
    await this.#check('two processes', () => this.#call());
    return this.#checks;
  }

  /** Starts the process that serves, and has the other one and the command call it. */
  async #call(): Promise<void> {
    const server = spawn('node', ['server.js'], { ...this.#options, stdio: ['pipe', 'pipe', 'pipe'] });
    const exited = once(server, 'exit');
    let log = '';
    server.stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
    try {
      const port = await portOf(createInterface(server.stdout));
      if (port === undefined) throw new Error(`server.js did not print its port: ${log}`);
      const { stdout, stderr } = await this.#run('node', ['client.js', port]).catch((error) => error);
      for (const line of LINES) {
        const isThere = stdout.split('\n').includes(line);
        await this.#check(line, () => isThere || Promise.reject(new Error(`client.js printed ${stdout}${stderr}`)));
      }
      await this.#check('ls', () => this.#command(['ls', port, '--json'], '"user.sums.add"'));
      server.stdin.end();
      const [code] = await exited;
      if (code !== 0) throw new Error(`server.js ended with ${code}: ${log}`);
    } finally {
      server.kill('SIGKILL');
    }
  }

  async #command(args: readonly string[], expected: string): Promise<void> {
    const { stdout } = await this.#run('npx', ['--no-install', 'mailstation', ...args]);
    if (!stdout.includes(expected)) throw new Error(`npx mailstation ${args.join(' ')} printed ${stdout}`);
  }

  #run(program: string, args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
    return run(program, args, this.#options);
  }

  async #check(name: string, check: () => unknown): Promise<boolean> {
    try {
      await check();
      this.#checks.push({ name });
      return true;
    } catch (error) {
      const { message, stdout = '' } = error as Error & { stdout?: string };
      this.#checks.push({ name, failure: `${message}${stdout}` });
      return false;
    }
  }
}

/** The port of the process that serves; undefined where the process ended before. */
async function portOf(lines: AsyncIterable<string>): Promise<string | undefined> {
  for await (const line of lines) {
    const [, port] = /^port (\d+)$/.exec(line) ?? [];
    if (port !== undefined) return port;
  }
  return undefined;
}
