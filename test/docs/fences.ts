import { readdirSync } from 'node:fs';
import { ROOT, readText } from '../architecture/house.js';

/** A block of code of a page, between two lines of three backticks. */
export interface Fence {
  readonly page: string;
  /** Line of the opening backticks, counted from 1. */
  readonly line: number;
  readonly language: string;
  readonly code: string;
  /** Name of the file that the block is, from the comment in its first line; empty for a piece of code. */
  readonly file: string;
}

function markdownIn(folder: string): string[] {
  return readdirSync(ROOT + folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => folder + name);
}

const EXAMPLES = readdirSync(`${ROOT}examples`, { withFileTypes: true }).filter((entry) => entry.isDirectory());

/** Every page for users: at the root, in docs/, and beside the examples. */
export const PAGES: readonly string[] = [
  ...['', 'docs/', 'examples/', ...EXAMPLES.map(({ name }) => `examples/${name}/`)].flatMap(markdownIn),
];

export function fencesOf(page: string): Fence[] {
  const text = readText(page);
  return [...text.matchAll(/^```(\w*)[^\n]*\n(.*?)^```$/gms)].map((found) => {
    const [, language = '', code = ''] = found;
    const [, file = ''] = /^(?:\/\/|#) ([\w./-]+\.\w+)\n/.exec(code) ?? [];
    return { page, line: text.slice(0, found.index).split('\n').length, language, code, file };
  });
}
