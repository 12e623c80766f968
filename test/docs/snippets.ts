import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { readText } from '../architecture/house.js';

/** A block of code of a page. */
export interface Snippet {
  readonly page: string;
  /** Line of the code's first line, counted from 1. */
  readonly line: number;
  readonly code: string;
}

type Run = (names: Readonly<Record<string, unknown>>) => Promise<unknown>;

/** The blocks of JavaScript of a page that are no whole files: a file's first line is a comment with its name. */
export function snippetsOf(page: string): Snippet[] {
  const text = readText(page);
  return [...text.matchAll(/^```js\n(.*?)^```$/gms)]
    .map((found) => ({
      page,
      line: text.slice(0, found.index).split('\n').length + 1,
      code: found[1] ?? '',
    }))
    .filter(({ code }) => !/^\/\/ [\w./]+\.\w+\n/.test(code));
}

/**
 * Runs the code as the body of an async function that has the names given, and resolves to the names that the code declares at
 * its top level. `changed`: texts that stand for others, such as ports that are free.
 */
export async function runSnippet(
  t: TestContext,
  { code }: Snippet,
  names: Readonly<Record<string, unknown>>,
  changed: Readonly<Record<string, string>>,
): Promise<Record<string, unknown>> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'mailstation-snippet-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  let body = code
    .replace(/^import (\{.*?\}) from 'mailstation';?$/gm, 'const $1 = mailstation;')
    .replace(/^export /gm, '');
  for (const [from, to] of Object.entries(changed)) body = body.replaceAll(from, to);
  const declared = [...body.matchAll(/^(?:const|class|(?:async )?function) (\w+)/gm)].map(([, name = '']) => name);
  // The inner block may declare names that are given too, as a page does from one block to the next.
  const text = `export const run = async ({ ${Object.keys(names).join(', ')} }) => {
{
${body}
return { ${declared.join(', ')} };
}
};
`;
  const file = join(folder, 'snippet.mjs');
  writeFileSync(file, text);
  const { run } = (await import(pathToFileURL(file).href)) as { run: Run };
  return (await run(names)) as Record<string, unknown>;
}
