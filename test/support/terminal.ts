import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import type { TestContext } from 'node:test';
import xterm, { type Terminal } from '@xterm/headless';
import { until } from './until.js';

export interface TerminalOptions {
  /** @default 80 */
  readonly columns?: number;
  /** @default 24 */
  readonly rows?: number;
  /** Added to this process's own environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** @default the working directory of the test */
  readonly cwd?: string;
}

/** Reason to leave tests out, or false: `script` of util-linux makes the terminal, and is on every Linux. */
export const withoutTerminal: string | false =
  process.platform === 'linux' && spawnSync('script', ['--version']).status === 0
    ? false
    : 'THE PROGRAM script OF util-linux IS MISSING: terminals are not tested';

/** Variables by which a test would depend on the terminal in which the tests run. Under `CI` Node takes a terminal for one without colours. */
const OWN = {
  ...{ NODE_TEST_CONTEXT: undefined, TERM: 'xterm-256color' },
  ...{ NO_COLOR: undefined, FORCE_COLOR: undefined, NODE_DISABLE_COLORS: undefined },
  ...{ CI: undefined, TEAMCITY_VERSION: undefined, TF_BUILD: undefined },
};

/** A real pseudo-terminal with a shell in it, made by `script` of util-linux, and the picture that a terminal makes of what is written there. */
export class TestTerminal {
  readonly #child: ChildProcess;
  readonly #terminal: Terminal;
  #raw = '';
  #device = '';

  private constructor(child: ChildProcess, terminal: Terminal) {
    this.#child = child;
    this.#terminal = terminal;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#raw += text;
      terminal.write(text);
    });
  }

  /** Opens a terminal with an interactive shell. The terminal and the programs in it end with the test. */
  static async open(t: Pick<TestContext, 'after'>, options: TerminalOptions = {}): Promise<TestTerminal> {
    const { columns = 80, rows = 24, cwd, env } = options;
    const shell = `stty cols ${columns} rows ${rows}; tty; exec bash --norc --noprofile -i`;
    const child = spawn('script', ['-qfec', shell, '/dev/null'], {
      ...{ cwd, stdio: ['pipe', 'pipe', 'inherit'] },
      env: { ...process.env, ...OWN, ...env },
    });
    const opened = new TestTerminal(child, new xterm.Terminal({ cols: columns, rows, allowProposedApi: true }));
    t.after(() => opened.#end());
    await opened.untilRaw(/\/dev\/\S+\s[\s\S]*[#$] /, 'the prompt of the shell');
    opened.#device = /\/dev\/\S+/.exec(opened.raw)?.[0] ?? '';
    return opened;
  }

  /** All that was written to the terminal, escape sequences included. */
  get raw(): string {
    return this.#raw;
  }

  /** Lines on the screen, without spaces at their ends. */
  get lines(): string[] {
    const { active } = this.#terminal.buffer;
    return Array.from(
      { length: this.#terminal.rows },
      (_, row) =>
        active
          .getLine(active.viewportY + row)
          ?.translateToString(true)
          .trimEnd() ?? '',
    );
  }

  get text(): string {
    return this.lines.join('\n');
  }

  /** Lines on the screen, and those above that have left the screen. */
  get history(): string {
    const { active } = this.#terminal.buffer;
    return Array.from({ length: active.length }, (_, row) => active.getLine(row)?.translateToString(true) ?? '').join(
      '\n',
    );
  }

  /** True where the program shows its own screen, and not that of the shell. */
  get isAlternate(): boolean {
    return this.#terminal.buffer.active.type === 'alternate';
  }

  /** True where the last word about the cursor was to hide it. */
  get isCursorHidden(): boolean {
    return this.raw.lastIndexOf('\x1b[?25l') > this.raw.lastIndexOf('\x1b[?25h');
  }

  /** True where long lines break, as a shell expects. */
  get isWrapping(): boolean {
    return this.#terminal.modes.wraparoundMode;
  }

  get emulator(): Terminal {
    return this.#terminal;
  }

  /** Settings of the terminal, as `stty -a` prints them. */
  get settings(): string {
    return execFileSync('stty', ['-a', '-F', this.#device], { encoding: 'utf8' });
  }

  /** True where the shell's line editor is off, and keys come one by one without an echo. */
  get isRaw(): boolean {
    return /(?:^|\s)-isig -icanon\b/.test(this.settings) && /(?:^|\s)-echo\b/.test(this.settings);
  }

  type(keys: string): void {
    this.#child.stdin?.write(keys);
  }

  /** Types a command for the shell. */
  run(command: string): void {
    this.type(`${command}\n`);
  }

  /** Changes the size: the program in the terminal gets SIGWINCH. */
  resize(columns: number, rows: number): void {
    this.#terminal.resize(columns, rows);
    execFileSync('stty', ['-F', this.#device, 'cols', String(columns), 'rows', String(rows)]);
  }

  /** Waits until the screen matches, or in a shell what has left the screen. */
  async until(pattern: RegExp, what = `a screen with ${pattern}`): Promise<void> {
    await this.untilTrue(() => pattern.test(this.history), what);
  }

  async untilRaw(pattern: RegExp, what: string): Promise<void> {
    await this.untilTrue(() => pattern.test(this.raw), what);
  }

  /** Waits for something that the terminal shows in another way. */
  async untilTrue(probe: () => boolean, what: string): Promise<void> {
    try {
      await until(probe, { what, timeoutMs: 60_000 });
    } catch (error) {
      throw new Error(`${(error as Error).message}. The screen:\n${this.text}`);
    }
  }

  async #end(): Promise<void> {
    // The end of the terminal is SIGHUP for the shell and the programs in it.
    this.#child.kill('SIGKILL');
    await until(() => this.#child.exitCode !== null || this.#child.signalCode !== null, { what: 'the end of script' });
    this.#terminal.dispose();
  }
}
