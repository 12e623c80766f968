import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { readText } from '../architecture/house.js';

export interface PageProgram {
  /** What the program printed, without the lines of the log. */
  readonly printed: string;
  /** What the page says that the program prints: its first block of text. */
  readonly expected: string;
}

/** Writes the files that a page shows, each of which names itself in its first line, and runs one of them. */
export async function runPageProgram(t: TestContext, page: string, main: string): Promise<PageProgram> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'mailstation-page-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const index = new URL('../../index.js', import.meta.url).href;
  const text = readText(page);
  for (const [, name = '', code = ''] of text.matchAll(/^```js\n\/\/ (\S+\.js)\n(.*?)^```$/gms)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), code.replaceAll("'mailstation'", `'${index}'`));
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  const { stdout } = await promisify(execFile)(process.execPath, [main], { cwd: folder, timeout: 30_000 });
  const lines = stdout.split('\n').filter((line) => !line.startsWith('mailstation: '));
  const [, expected = ''] = /^```text\n(.*?)^```$/ms.exec(text) ?? [];
  return { printed: lines.join('\n'), expected };
}
