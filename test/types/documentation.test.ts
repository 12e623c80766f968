import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { ROOT, readText } from '../architecture/house.js';
import { compile } from './compiler.js';

const PAGES = ['types', 'browser', 'checked', 'deployment', 'kubernetes', 'streams'].map((name) => `docs/${name}.md`);

/** What `./app.js` gives in the page's examples. */
const APP = 'export interface App {\n  readonly serverId: string;\n}\n';

/** The files of which the page shows pieces, one after the other: a piece's first line names its file. */
function filesOf(page: string): Map<string, string[]> {
  const files = new Map<string, string[]>();
  for (const [, file = '', code = ''] of page.matchAll(/^```ts\n(?:\/\/ (\S+\.ts)\n)?(.*?)^```/gms)) {
    const name = file === '' ? ([...files.keys()].at(-1) ?? '') : file;
    files.set(name, [...(files.get(name) ?? []), ...code.trimEnd().split('\n')]);
  }
  return files;
}

/** The lines that the compiler complains about as the page has them: each with its `// error TS...` lines below it. */
function quoted(lines: readonly string[]): string {
  const isMessage = (line: string | undefined) => /^\/\/ (?:error TS\d+: |\s)/.test(line ?? '');
  return lines.filter((line, at) => isMessage(line) || isMessage(lines[at + 1])).join('\n');
}

/** The same as the compiler has them, by file. */
async function said(t: TestContext, files: ReadonlyMap<string, readonly string[]>): Promise<Map<string, string>> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'mailstation-types-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, text: string) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  for (const [name, lines] of files) write(name, lines.join('\n'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(join(ROOT, 'node_modules/zod'), join(folder, 'node_modules/zod'));
  write('app.ts', APP);
  write('package.json', JSON.stringify({ type: 'module' }));
  const compilerOptions = {
    paths: { mailstation: [join(ROOT, 'index.ts')] },
    typeRoots: [join(ROOT, 'node_modules/@types')],
    noUnusedLocals: false,
    noUnusedParameters: false,
  };
  const include = ['**/*.ts', join(ROOT, 'lib/**/*.d.ts')];
  write('tsconfig.json', JSON.stringify({ extends: join(ROOT, 'tsconfig.json'), compilerOptions, include }));

  const complaints = new Map<string, string>();
  let place = '';
  for (const { file, line, message } of await compile(folder)) {
    const comment = message.replaceAll(folder, '/app').replaceAll(/^/gm, '// ');
    const code = place === `${file}:${line}` ? [] : [files.get(file)?.[line - 1] ?? `line ${line}`];
    complaints.set(file, [complaints.get(file) ?? [], ...code, comment].flat().join('\n'));
    place = `${file}:${line}`;
  }
  return complaints;
}

describe('README.md', () => {
  it('shows types that compile, and refuse what the comment says', async (t) => {
    const [module = '', block = ''] = [...readText('README.md').matchAll(/^```ts\n(.*?)^```/gms)].map(
      ([, code = '']) => code,
    );
    const call = (second: string) => `await client.proxies.user.test.module1.func1({ uid: 'ada' }, 1, ${second});`;
    const client = ["import { createClient } from 'mailstation';", ...block.split('\n')];
    const files = new Map([
      ['remote/test/module1.ts', module.split('\n')],
      ['client.ts', [...client, `const sum: number = ${call('2')}`]],
      ['wrong.ts', [...client, call("'x'")]],
    ]);
    const complaints = await said(t, files);
    assert.deepEqual([...complaints.keys()], ['wrong.ts']);
    assert.match(complaints.get('wrong.ts') ?? '', /TS2345: Argument of type 'string'/);
  });
});

for (const page of PAGES) {
  describe(page, () => {
    it('shows code that compiles and, where it says that some does not, what the compiler says', async (t) => {
      const files = filesOf(readText(page));
      const complaints = await said(t, files);
      for (const [file, lines] of files) assert.equal(complaints.get(file) ?? '', quoted(lines), file);
    });
  });
}
