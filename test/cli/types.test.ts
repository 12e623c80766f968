import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { z } from 'zod';
import { checked } from '../../lib/service/checked.js';
import { ROOT } from '../architecture/house.js';
import { serve } from '../behaviour/support.js';
import { command, sentence } from './support.js';

const SERVICE = {
  greet: (name: string, politely = true) => [name, politely],
  async *list(prefix: string) {
    yield prefix;
  },
  buy: checked({ args: [z.number(), z.object({ gift: z.boolean() })], returns: z.string() }, (id) => String(id)),
  ['odd \u001b[31m */ name']() {},
};

function newFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'mailstation-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Errors of a program beside the written types, and of those types, as `program.ts:6 TS2345`. The sources stand for the package. */
function compile(folder: string, program: string): string[] {
  writeFileSync(join(folder, 'program.ts'), program);
  const paths = { mailstation: [join(ROOT, 'index.ts')] };
  const options = { module: 'nodenext', target: 'es2023', strict: true, noEmit: true, skipLibCheck: true, paths };
  const types = { typeRoots: [join(ROOT, 'node_modules/@types')], types: ['node'] };
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { ...options, ...types }, files: ['program.ts'] }),
  );
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  try {
    execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', folder], { encoding: 'utf8' });
    return [];
  } catch (error) {
    const found = (error as { stdout: string }).stdout.matchAll(
      /(program|remotes|rooms)\.ts\((\d+),\d+\): error (TS\d+)/g,
    );
    return [...found].map(([, file, line, code]) => `${file}.ts:${line} ${code}`);
  }
}

describe('mailstation types', () => {
  it('writes the type of a running server, by which a client is checked', async (t) => {
    const { port } = await serve(t, SERVICE);
    const folder = newFolder(t);
    const file = join(folder, 'remotes.ts');
    const ended = await command(t, ['types', String(port), '--out', file]);
    assert.deepEqual([ended.code, ended.stdout], [0, '']);
    assert.equal(sentence(ended), `wrote ${file}`);
    assert.equal(
      readFileSync(file, 'utf8'),
      `// Written by \`mailstation types\`, from the running server test-1.

export interface Remotes {
  user: {
    test: {
      service: {
        buy(id: number, arg2: { gift: boolean }): Promise<string>;
        greet(name: unknown, politely?: unknown): Promise<unknown>;
        list(prefix: unknown): AsyncGenerator<unknown>;
        'odd \\u001b[31m */ name'(): Promise<unknown>;
      };
    };
  };
}
`,
    );
    const errors = compile(
      folder,
      `import { createClient } from 'mailstation';
import type { Remotes } from './remotes.js';
const { service } = createClient<Remotes>().proxies.user.test;
const bought: string = await service.buy(null, 7, { gift: true });
for await (const each of service.list.stream(null, 'a')) console.log(each, bought);
await service.buy(null, 'seven', { gift: true });
await service.gret(null);
`,
    );
    assert.deepEqual(errors, ['program.ts:6 TS2345', 'program.ts:7 TS2551']);
  });

  it('writes the type of a folder of remote modules, without loading them', async (t) => {
    const folder = newFolder(t);
    const remote = join(folder, 'app/servers/chat/remote');
    mkdirSync(remote, { recursive: true });
    writeFileSync(
      join(remote, 'rooms.ts'),
      'export const greet = (name: string): string => name;\nthrow new Error();\n',
    );
    writeFileSync(join(remote, 'rooms.test.ts'), '');
    const plain = await command(t, ['types', 'app/servers/chat/remote'], { cwd: folder });
    assert.deepEqual([plain.code, plain.stderr], [0, '']);
    assert.match(
      plain.stdout,
      /^ {2}user: \{\n {4}chat: \{\n {6}rooms: typeof import\('\.\/app\/servers\/chat\/remote\/rooms\.js'\);$/m,
    );
    const out = ['types', remote, '--as', 'area.shop', '--out', join(folder, 'remotes.ts')];
    assert.equal((await command(t, out)).code, 0);
    const program = `import { createClient } from 'mailstation';
import type { Remotes } from './remotes.js';
const text: string = await createClient<Remotes>().proxies.area.shop.rooms.greet(null, 'Ada');
export { text };
`;
    assert.deepEqual(compile(folder, program), []);
    const file = await command(t, ['types', join(remote, 'rooms.ts'), '--as', 'user.chat'], { cwd: folder });
    assert.match(
      file.stdout,
      /user: \{ chat: RemoteFile<typeof import\('\.\/app\/servers\/chat\/remote\/rooms\.js'\)> \};/,
    );
  });

  it('ends with the reason where there is nothing to write', async (t) => {
    const silent = await serve(t, SERVICE, { inspect: false });
    const folder = newFolder(t);
    const ends: [args: string[], code: number, message: RegExp][] = [
      [[`test-1@127.0.0.1:${silent.port}`], 1, /test-1 does not say its methods: .*ERR_RPC_NO_METHOD/],
      [[folder], 2, /has no remote modules/],
      [['remote/none'], 2, /there is no folder and no file "remote\/none"/],
      [[folder, '3333'], 2, /give one folder or file of remote modules, or addresses of servers/],
      [[folder, '--as', 'chat'], 2, /--as must be a namespace and a server type such as user\.chat/],
      [['3333', '--as', 'user.chat'], 2, /--as is for a folder/],
      [[], 2, /no server is named/],
    ];
    for (const [args, code, message] of ends) {
      const ended = await command(t, ['types', ...args]);
      assert.deepEqual([ended.code, ended.stdout], [code, ''], ended.stderr);
      assert.match(sentence(ended), message);
    }
  });
});
