import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { ROOT, readText } from '../architecture/house.js';

export interface PageProgram {
  /** What the program printed, without the lines of the log. */
  readonly printed: string;
  /** What the page says that the program prints: its first block of text. */
  readonly expected: string;
}

/** Writes the files that a page shows, each of which names itself in its first line, into a folder of their own. Returns the folder. */
export function writePagePrograms(t: TestContext, page: string): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'mailstation-page-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const entries = Object.entries({
    mailstation: 'index',
    'mailstation/metrics': 'metrics',
    'mailstation/otel': 'otel',
    'mailstation/dashboard': 'dashboard',
    'mailstation/cluster-client': 'compat/cluster-client',
  }).map(([name, file]) => [`'${name}'`, `'${new URL(`../../${file}.js`, import.meta.url).href}'`] as const);
  const text = readText(page);
  for (const [, name = '', code = ''] of text.matchAll(/^```[jt]s\n\/\/ (\S+\.[jt]s)\n(.*?)^```$/gms)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    const program = entries.reduce((changed, [specifier, url]) => changed.replaceAll(specifier, url), code);
    writeFileSync(join(folder, name), program);
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** Runs a file of the folder to its end, and resolves to what it has printed. */
export async function runIn(folder: string, main: string): Promise<string> {
  const flags = main.endsWith('.ts') ? ['--import', import.meta.resolve('tsx')] : [];
  // Shared clients without a port: nothing else on this machine takes part.
  const env = { ...process.env, NODE_CLUSTER_CLIENT_SINGLE_MODE: '1' };
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, main], {
    cwd: folder,
    env,
    timeout: 30_000,
  });
  return stdout;
}

/** Runs one of the files that a page shows to its end. */
export async function runPageProgram(t: TestContext, page: string, main: string): Promise<PageProgram> {
  const lines = (await runIn(writePagePrograms(t, page), main))
    .split('\n')
    .filter((line) => !line.startsWith('mailstation: '));
  const [, expected = ''] = /^```text\n(.*?)^```$/ms.exec(readText(page)) ?? [];
  return { printed: lines.join('\n'), expected };
}
