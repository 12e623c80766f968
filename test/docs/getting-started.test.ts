import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { freePort } from '../../bench/free-port.js';
import { readText } from '../architecture/house.js';
import { command } from '../cli/support.js';
import { type Program, startProgram, untilListening } from '../examples/program.js';

const PAGE = 'docs/getting-started.md';
const LIMIT_MS = 60_000;
const MAILSTATION = new URL('../../index.js', import.meta.url).href;

/** Numbers that differ from run to run: durations, attempts, the time for which a server is up; and the widths of columns. */
function withoutFigures(text: string): string {
  return text
    .replaceAll(/\b\d+(?= (?:ms|attempts)\b)/g, 'N')
    .replaceAll(/\b\d+s(?= )/g, 'Ns')
    .replaceAll(/ {2,}/g, '  ');
}

/** A reader who goes through the page from top to bottom: writes each file, runs each command, stops what the page says. */
class Reader {
  readonly #t: TestContext;
  readonly #folder: string;
  /** Ports of the page, and the free ones in their places. */
  readonly #ports: ReadonlyMap<string, string>;
  readonly #servers = new Map<string, Program>();
  #listener: Program | undefined;
  /** The output of the last command, until the page has shown it. */
  #printed: string | undefined;

  constructor(t: TestContext, ports: ReadonlyMap<string, string>) {
    this.#t = t;
    this.#ports = ports;
    this.#folder = mkdtempSync(join(realpathSync(tmpdir()), 'mailstation-started-'));
    t.after(() => rmSync(this.#folder, { recursive: true, force: true }));
    writeFileSync(join(this.#folder, 'package.json'), JSON.stringify({ type: 'module' }));
  }

  write(name: string, code: string): void {
    mkdirSync(dirname(join(this.#folder, name)), { recursive: true });
    writeFileSync(join(this.#folder, name), this.#here(code).replaceAll("'mailstation'", `'${MAILSTATION}'`));
  }

  async run(line: string): Promise<void> {
    const [program = '', ...words] = this.#here(line).split(' ');
    if (program === 'npx') {
      const { code, stdout, stderr } = await command(this.#t, words.slice(1));
      assert.equal(code, 0, stderr);
      this.#printed = stdout;
      return;
    }
    const [file = '', id = '', port = ''] = words;
    const started = startProgram(this.#t, file, { cwd: this.#folder, args: words.slice(1) });
    if (file === 'server.js') {
      await untilListening(Number(port), LIMIT_MS);
      this.#servers.set(id, started);
    } else if (file === 'listen.js') {
      // The reader of the page sees these two before going on.
      await started.untilPrinted('Bob: hello, Ada\n', LIMIT_MS);
      this.#listener = started;
    } else {
      assert.equal(await started.end(LIMIT_MS), 0, started.stderr);
      this.#printed = started.stdout;
    }
  }

  async stop(id: string): Promise<void> {
    const server = this.#servers.get(id);
    server?.kill('SIGINT');
    assert.equal(await server?.end(LIMIT_MS), 0, server?.stderr);
  }

  /** Compares a block of the page with the last command's output; without one, with that of the program that still listens. */
  async sees(expected: string): Promise<void> {
    if (this.#printed === undefined) {
      assert.equal(await this.#listener?.end(LIMIT_MS), 0, this.#listener?.stderr);
      this.#printed = this.#listener?.stdout ?? '';
    }
    assert.equal(withoutFigures(this.#printed), withoutFigures(this.#here(expected)));
    this.#printed = undefined;
  }

  #here(text: string): string {
    return [...this.#ports].reduce((changed, [from, to]) => changed.replaceAll(from, to), text);
  }
}

describe(PAGE, () => {
  it('leads from an empty folder to four failures, and each program prints what the page says', async (t) => {
    const ports = new Map<string, string>();
    for (const port of ['3333', '3334']) ports.set(port, String(await freePort()));
    const reader = new Reader(t, ports);
    let compared = 0;
    const steps = /^```(\w+)\n(.*?)^```$|^Stop `([\w-]+)` by Ctrl-C/gms;
    for (const [, language, code = '', stopped] of readText(PAGE).matchAll(steps)) {
      if (stopped !== undefined) await reader.stop(stopped);
      else if (language === 'js') {
        const [, name = '', body = ''] = /^\/\/ (\S+)\n(.*)$/s.exec(code) ?? [];
        assert.notEqual(name, '', `a file without its name: ${code}`);
        reader.write(name, body);
      } else if (language === 'text') {
        compared += 1;
        await reader.sees(code);
      } else if (!code.includes('npm install')) await reader.run(code.trim()); // test/package installs the package
    }
    assert.equal(compared, 7);
  });
});
