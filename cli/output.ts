import { once } from 'node:events';
import { columnsOf, type Io } from './io.js';
import { jsonOf } from './json.js';

/** The output of a verb: text for people, or JSON for programs with `--json`. */
export class Output {
  /** True for `--json`: one document, or one a line. */
  readonly isJson: boolean;
  readonly #io: Io;

  constructor(io: Io, isJson: boolean) {
    this.#io = io;
    this.isJson = isJson;
  }

  /** Width that texts for people must fit into; undefined for a pipe. */
  get width(): number | undefined {
    return columnsOf(this.#io.stdout);
  }

  /** Writes lines to stdout. Resolves when there is room for more. */
  async print(...lines: readonly string[]): Promise<void> {
    await this.#write(this.#io.stdout, lines.map((line) => `${line}\n`).join(''));
  }

  /** Writes a value as one JSON document: indented where people look at the document, and else on one line. */
  async json(value: unknown): Promise<void> {
    await this.print(jsonOf(value, this.#io.stdout.isTTY ? 2 : undefined));
  }

  /** Writes a value as one line of NDJSON. */
  async jsonLine(value: unknown): Promise<void> {
    await this.print(jsonOf(value));
  }

  /** Writes a remark for people to stderr, which is not part of the result. */
  async note(text: string): Promise<void> {
    await this.#write(this.#io.stderr, `mailstation: ${text}\n`);
  }

  /** The reader may be gone, or slow: its room bounds the memory that a long output takes. */
  async #write(to: Io['stdout'], text: string): Promise<void> {
    if (this.#io.closed.aborted || to.destroyed || text === '') return;
    if (to.write(text)) return;
    await Promise.race([
      once(to, 'drain', { signal: this.#io.closed }).catch(() => {}), // its reader is gone
      once(to, 'close', { signal: this.#io.closed }).catch(() => {}),
    ]);
  }
}
