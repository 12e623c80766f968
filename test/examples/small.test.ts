import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { freePort } from '../../bench/free-port.js';
import { ROOT } from '../architecture/house.js';
import { compile } from '../types/compiler.js';
import { type Program, startProgram, untilListening } from './program.js';
import { Project, replaceOnce } from './project.js';

const TSX = ['--import', 'tsx'];

describe('the small examples', () => {
  const project = new Project();
  before(() => project.install());
  after(() => project.remove());

  /** Starts a server, and runs a client of it to its end. */
  async function runPair(
    t: TestContext,
    [serverFile, clientFile]: readonly [string, string],
    nodeFlags: readonly string[] = [],
    byEnv = false,
  ): Promise<Program> {
    const port = String(await freePort());
    const where = byEnv ? { env: { ROOMS_PORT: port } } : { args: [port] };
    startProgram(t, serverFile, { ...where, nodeFlags, cwd: project.folder });
    await untilListening(Number(port), 30_000);
    const client = startProgram(t, clientFile, { ...where, nodeFlags, cwd: project.folder });
    assert.equal(await client.end(30_000), 0, client.stderr);
    return client;
  }

  it('hello-ts: a typed call, and a typed stream', async (t) => {
    const folder = project.copy('hello-ts');
    const client = await runPair(t, [join(folder, 'server.ts'), join(folder, 'client.ts')], TSX);
    assert.equal(client.stdout, 'Ada, Bob\nAda 3\nBob 3\n');
  });

  it('commonjs: required at both ends, with a callback and a promise', async (t) => {
    const folder = project.copy('commonjs');
    const client = await runPair(t, [join(folder, 'server.js'), join(folder, 'client.js')]);
    assert.equal(client.stdout, 'by a callback: Ada\nby a promise: Ada, Bob\n');
  });

  it('rolling-restart: three servers are replaced, and no call fails', async (t) => {
    const program = startProgram(t, join(project.copy('rolling-restart'), 'main.js'));
    assert.equal(await program.end(120_000), 0, program.stderr);
    const servers = ['shop-1', 'shop-2', 'shop-3'].map((id) => `${id} is the version new\n`).join('');
    assert.match(program.stdout, new RegExp(`^${servers}calls answered: [1-9]\\d*, failed: 0\n$`));
  });

  describe('monorepo', () => {
    let folder = '';

    before(() => {
      folder = project.copy('monorepo');
      mkdirSync(join(folder, 'node_modules/@chat'), { recursive: true });
      for (const name of ['rooms', 'gateway']) // what npm makes of "workspaces"
        symlinkSync(join(folder, 'packages', name), join(folder, 'node_modules/@chat', name), 'junction');
    });

    it('runs, and the gateway needs no code of the rooms', async (t) => {
      const [server, client] = ['packages/rooms/server.ts', 'packages/gateway/gateway.ts'] as const;
      const gateway = await runPair(t, [join(folder, server), join(folder, client)], TSX, true);
      assert.equal(gateway.stdout, 'Ada: hello\nBob: good day\n');
    });

    it('compiles but for the call that does not fit a changed parameter of the other package', async () => {
      writeCompilerOptions(folder);
      const lobby = join(folder, 'packages/rooms/remote/lobby.ts');
      replaceOnce(lobby, 'last(count: number)', 'last(count: bigint)');
      replaceOnce(lobby, 'slice(-count)', 'slice(-Number(count))');
      const [complaint, ...others] = await compile(folder);
      assert.deepEqual(others, [], 'all else compiles');
      assert.equal(complaint?.file, 'packages/gateway/gateway.ts');
      assert.match(complaint?.message ?? '', /'number' is not assignable to parameter of type 'bigint'/);
    });
  });
});

/** The declarations of the package are those of its sources here, so that nothing has to be built. */
function writeCompilerOptions(folder: string): void {
  const file = join(folder, 'tsconfig.json');
  const config = JSON.parse(readFileSync(file, 'utf8'));
  Object.assign(config.compilerOptions, {
    target: 'es2023',
    lib: ['es2023', 'es2024.string'],
    paths: { mailstation: [join(ROOT, 'index.ts')] },
    typeRoots: [join(ROOT, 'node_modules/@types')],
    skipLibCheck: true,
  });
  config.include.push(join(ROOT, 'lib/**/*.d.ts'));
  writeFileSync(file, JSON.stringify(config));
}
