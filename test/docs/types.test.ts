import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { freePort } from '../../bench/free-port.js';
import { ROOT, readText } from '../architecture/house.js';
import { startProgram, untilListening } from '../examples/program.js';
import { compile } from '../types/compiler.js';
import { runIn, writePagePrograms } from './page-program.js';

const PAGE = 'docs/types.md';
const LIMIT_MS = 60_000;
const ADDER = 'remote/sums/adder';
const ADDED = 'add(null, 1, 2)';

type Files = Readonly<Record<string, string>>;

/** The three programs of the page's whole project, by name. */
function programs(): Record<string, string> {
  const names = [`${ADDER}.ts`, 'serve.ts', 'ask.ts'];
  const text = readText(PAGE);
  return Object.fromEntries(
    names.map((name) => {
      const [, code = ''] = new RegExp(`^\`\`\`ts\\n// ${name}\\n(.*?)^\`\`\`$`, 'ms').exec(text) ?? [];
      assert.notEqual(code, '', name);
      return [name, code];
    }),
  );
}

/** Messages of the compiler about files beside the page's tsconfig.json, with this repository in the place of the package. */
async function complaints(t: TestContext, files: Files, added: object = {}): Promise<string[]> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'mailstation-project-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, code] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), code);
  }
  const [, ofPage = ''] = /^```json\n(.*?)^```$/ms.exec(readText(PAGE)) ?? [];
  const { compilerOptions } = JSON.parse(ofPage) as { readonly compilerOptions: object };
  const here = { paths: { mailstation: [join(ROOT, 'index.ts')] }, rootDir: '/', ...added };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: { ...compilerOptions, ...here } }));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const found = await compile(folder);
  return found.filter(({ file }) => file in files).map(({ file, message }) => `${file}: ${message}`);
}

describe(`${PAGE}, the whole project`, () => {
  it('compiles with its tsconfig.json, and refuses a wrong argument', async (t) => {
    const files = programs();
    const right = files['ask.ts'] ?? '';
    assert.ok(right.includes(ADDED));
    const wrong = right.replace(ADDED, "add(null, 1, '2')");
    const found = await complaints(t, { ...files, 'wrong.ts': wrong });
    assert.equal(found.length, 1, found.join('\n'));
    assert.match(found[0] ?? '', /^wrong\.ts: error TS2345: Argument of type 'string'/);
  });

  it('runs, and prints what the page says', async (t) => {
    const folder = writePagePrograms(t, PAGE);
    const port = await freePort();
    for (const name of ['serve.ts', 'ask.ts']) {
      const code = readFileSync(join(folder, name), 'utf8');
      writeFileSync(join(folder, name), code.replace('3333', String(port)));
    }
    const server = startProgram(t, 'serve.ts', { cwd: folder, nodeFlags: ['--import', import.meta.resolve('tsx')] });
    await untilListening(port, LIMIT_MS);
    assert.equal(await runIn(folder, 'ask.ts'), '3\n');
    server.kill('SIGINT');
    assert.equal(await server.end(LIMIT_MS), 0, server.stderr);
  });

  const asked = (second: string) => (programs()['ask.ts'] ?? '').replace(ADDED, `add(null, 1, ${second})`);
  const DOC = '/**\n * @param {number} a\n * @param {number} b\n */\n';
  const CODE = 'export const add = (a, b) => a + b;\n';
  for (const [what, code, added, expected] of [
    ['JavaScript without allowJs is TS7016', CODE, {}, /^ask\.ts: error TS7016: /],
    ['JavaScript with allowJs takes anything', CODE, { allowJs: true }, undefined],
    ['JavaScript with allowJs and JSDoc is checked', DOC + CODE, { allowJs: true }, /^ask\.ts: error TS2345: /],
  ] as const)
    it(`is typed as the page says: ${what}`, async (t) => {
      const found = await complaints(t, { [`${ADDER}.js`]: code, 'ask.ts': asked("'2'") }, added);
      if (expected === undefined) assert.deepEqual(found, []);
      else {
        assert.equal(found.length, 1, found.join('\n'));
        assert.match(found[0] ?? '', expected);
      }
    });
});
