/** A line of a program's output that may differ, and why. */
export interface Difference {
  /** The part of the line before the colon. */
  readonly line: string;
  readonly original: RegExp;
  readonly ours: RegExp;
  /** A sentence for the reader of the guides. */
  readonly why: string;
}

/** A line that cluster-client's logger writes to stdout. */
const LOG_LINE = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ /;

/**
 * Compares two outputs line by line.
 *
 * @returns Complaints: each line that differs without a reason in the table, and each row of the table without a line.
 */
export function compareOutputs(original: string, ours: string, differences: readonly Difference[]): string[] {
  const [there, here] = [original, ours].map((output) => linesOf(output)) as [string[], string[]];
  const complaints: string[] = [];
  const used = new Set<Difference>();
  for (let i = 0; i < Math.max(there.length, here.length); i++) {
    const [a = '(no line)', b = '(no line)'] = [there[i], here[i]];
    if (a === b) continue;
    const why = differences.find((row) => a.startsWith(`${row.line}: `) && b.startsWith(`${row.line}: `));
    if (why?.original.test(a) && why.ours.test(b)) used.add(why);
    else complaints.push(`line ${i + 1}\n  original: ${a}\n  ours:     ${b}`);
  }
  const idle = differences.filter((row) => !used.has(row));
  return [...complaints, ...idle.map(({ line }) => `"${line}" is in the table and does not differ`)];
}

/** Lines of an output, without those of a logger. */
export function linesOf(output: string): string[] {
  return output
    .trimEnd()
    .split('\n')
    .filter((line) => !LOG_LINE.test(line));
}
