import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { REPOSITORY } from '../support/loader-flags.js';
import { packInto } from '../support/packed.js';

const run = promisify(execFile);

/** An application with the package, as it would be published, and with tools in the versions given. */
export class ToolProject {
  readonly folder = mkdtempSync(join(tmpdir(), 'mailstation-tools-'));

  async install(tools: readonly string[]): Promise<void> {
    cpSync(join(REPOSITORY, 'test/tools/fixtures/application'), this.folder, { recursive: true });
    writeFileSync(join(this.folder, 'package.json'), JSON.stringify({ private: true }));
    this.#writeConfigurations();
    const tarball = await packInto(this.folder);
    const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--no-save'];
    await run('npm', ['install', ...quiet, `./${tarball}`, ...tools], { cwd: this.folder });
  }

  /** Runs a tool of the project, and returns all that the tool printed. Rejects where the tool fails. */
  async tool(name: string, args: readonly string[]): Promise<string> {
    return this.node([join('node_modules/.bin', name), ...args]);
  }

  async node(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
    const { NODE_TEST_CONTEXT: _, NODE_V8_COVERAGE: __, ...inherited } = process.env;
    const options = { cwd: this.folder, env: { ...inherited, ...env }, timeout: 600_000 };
    try {
      const { stdout, stderr } = await run(process.execPath, args, options);
      return stdout + stderr;
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      throw new Error(`${basename(args[0] ?? '')} failed: ${stdout}${stderr}`, { cause: error });
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The files of docs/tools.md: code whose first line is a comment with the name of the file. */
  #writeConfigurations(): void {
    const page = readFileSync(join(REPOSITORY, 'docs/tools.md'), 'utf8');
    for (const [, name = '', code = ''] of page.matchAll(/^```(?:js|ts)\n\/\/ ([\w.]+)\n([\s\S]*?)^```$/gm))
      writeFileSync(join(this.folder, name), code);
  }
}
