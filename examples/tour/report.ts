const LABEL_WIDTH = 18;

/** Such as process.stdout. */
export interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Prints what happens, and remembers what did not hold. */
export class Report {
  readonly #out: Output;
  readonly #broken: string[] = [];

  constructor(out: Output) {
    this.#out = out;
  }

  title(text: string): void {
    this.#print(this.#bold(text));
  }

  section(text: string): void {
    this.#print('', this.#bold(text));
  }

  /** A line of a section; a label that is left empty continues the line above. */
  line(label: string, text: string | number): void {
    this.#print(`  ${label.padEnd(LABEL_WIDTH)}  ${text}`);
  }

  /** Whatever is expected: where it does not hold, it is said, and the demo fails. */
  expect(holds: boolean, what: string): void {
    if (!holds) this.broken(what);
  }

  broken(what: string): void {
    this.#broken.push(what);
    this.line('DID NOT HOLD', what);
  }

  /** The last words, and the exit code of the demo. */
  conclude(): 0 | 1 {
    if (this.#broken.length === 0) {
      this.#print('', 'Everything held.');
      return 0;
    }
    this.#print('', this.#bold(`${this.#broken.length} did not hold:`), ...this.#broken.map((what) => `  - ${what}`));
    return 1;
  }

  #print(...lines: string[]): void {
    this.#out.write(`${lines.join('\n')}\n`);
  }

  #bold(text: string): string {
    return this.#out.isTTY ? `\u001b[1m${text}\u001b[22m` : text;
  }
}

export function ms(duration: number): string {
  return `${duration < 10 ? duration.toFixed(1) : Math.round(duration)} ms`;
}
