import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../architecture/house.js';

export const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');

export interface Diagnostic {
  /** Relative to the project, with forward slashes. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** `error TS2345: ...`, with the lines that explain it. */
  readonly message: string;
}

/** What the compiler has to say about a project: a folder with a tsconfig.json in it. */
export function compile(folder: string, options: readonly string[] = []): Promise<Diagnostic[]> {
  const args = [TSC, '-p', '.', '--noEmit', '--pretty', 'false', ...options];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: folder, timeout: 50_000 }, (_failed, stdout, stderr) => {
      try {
        resolve(parse(stdout));
      } catch (cause) {
        reject(new Error(`tsc failed: ${stdout}${stderr}`, { cause }));
      }
    });
  });
}

function parse(output: string): Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const text of output.split(/\r?\n(?! )/)) {
    if (text === '') continue;
    const [, file, line, message] = /^(.+?)\((\d+),\d+\): (error TS\d+: .*)$/s.exec(text) ?? [];
    if (file === undefined || message === undefined) throw new Error(`not a diagnostic of a file: ${text}`);
    found.push({ file, line: Number(line), message });
  }
  return found;
}
