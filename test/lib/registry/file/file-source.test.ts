import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { file } from '../../../../lib/registry/file/file-source.js';
import { until } from '../../../support/until.js';
import { type KeptFollower, keptFollower } from '../follower.js';

const chat = (number: number) => ({ id: `chat-${number}`, serverType: 'chat', host: '10.0.0.5', port: 3330 + number });
const CHAT_1 = 'chat-1@10.0.0.5:3331';
const CHAT_2 = 'chat-2@10.0.0.5:3332';

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'mailstation-roster-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function follow(t: TestContext, path: string | URL, follower = keptFollower()): KeptFollower {
  const following = file(path).follow(follower);
  t.after(() => following.close());
  return follower;
}

const listed = (follower: KeptFollower, count: number): Promise<unknown> =>
  until(() => follower.lists.length >= count, { what: `list ${count}` });
const failed = (follower: KeptFollower, count: number): Promise<unknown> =>
  until(() => follower.failures.length >= count, { what: `failure ${count}` });

describe('file()', () => {
  it('gives the servers of a list, and of the field `servers` of an object', async (t) => {
    const path = join(folder(t), 'servers.json');
    writeFileSync(path, JSON.stringify([chat(1)]));
    const follower = follow(t, pathToFileURL(path));
    await listed(follower, 1);
    writeFileSync(path, `\uFEFF${JSON.stringify({ servers: [chat(1), chat(2)] })}`);
    await listed(follower, 2);
    assert.deepEqual(follower.lists, [[CHAT_1], [CHAT_1, CHAT_2]]);
    assert.deepEqual(follower.failures, []);
  });

  it('follows a file that is replaced by another one', async (t) => {
    const path = join(folder(t), 'servers.json');
    writeFileSync(path, JSON.stringify([chat(1)]));
    const follower = follow(t, path);
    await listed(follower, 1);
    for (const count of [2, 3]) {
      writeFileSync(`${path}.new`, JSON.stringify([chat(count)]));
      renameSync(`${path}.new`, path);
      await listed(follower, count);
    }
    assert.deepEqual(follower.lists[2], ['chat-3@10.0.0.5:3333']);
  });

  it('follows a file of a volume of Kubernetes, where a link leads to another folder after each change', async (t) => {
    const root = folder(t);
    for (const number of [1, 2]) {
      mkdirSync(join(root, `..${number}`));
      writeFileSync(join(root, `..${number}`, 'servers.json'), JSON.stringify([chat(number)]));
    }
    symlinkSync('..1', join(root, '..data'));
    symlinkSync('..data/servers.json', join(root, 'servers.json'));
    const follower = follow(t, join(root, 'servers.json'));
    await listed(follower, 1);
    symlinkSync('..2', join(root, '..new'));
    renameSync(join(root, '..new'), join(root, '..data'));
    await listed(follower, 2);
    assert.deepEqual(follower.lists, [[CHAT_1], [CHAT_2]]);
  });

  it('gives no list twice, however often the file is written', async (t) => {
    const path = join(folder(t), 'servers.json');
    writeFileSync(path, JSON.stringify([chat(1)]));
    const follower = follow(t, path);
    await listed(follower, 1);
    writeFileSync(path, JSON.stringify([chat(1)]));
    writeFileSync(join(path, '..', 'another.json'), '[]');
    writeFileSync(path, JSON.stringify([chat(2)]));
    await until(() => follower.lists.flat().includes(CHAT_2), { what: 'the last list' });
    assert.deepEqual(follower.lists, [[CHAT_1], [CHAT_2]]);
  });

  for (const [what, text, wanted] of [
    ['an empty file', '', /^the file is empty$/],
    ['half a list', '[{"id":', /^the file holds no JSON: /],
    [
      'another value',
      '{"chat":[]}',
      /^the content of the file must be a list of servers, or an object \{ "servers": \[\.\.\.\] \}/,
    ],
    ['null', 'null', /^the content of the file must be a list of servers/],
  ] as const) {
    it(`reports ${what}, gives no list for it, and gives the next one that can be read`, async (t) => {
      const path = join(folder(t), 'servers.json');
      writeFileSync(path, JSON.stringify([chat(1)]));
      const follower = follow(t, path);
      await listed(follower, 1);
      writeFileSync(path, text);
      await failed(follower, 1);
      assert.match(follower.failures.at(-1)?.message ?? '', wanted);
      assert.equal(follower.failures.at(-1)?.code, 'ERR_RPC_REGISTRY');
      writeFileSync(path, JSON.stringify([chat(1)]));
      await listed(follower, 2);
      assert.deepEqual(follower.lists, [[CHAT_1], [CHAT_1]]);
    });
  }

  it('reports a file that is gone, and a folder that is gone, and gives the list of the file that comes back', async (t) => {
    const root = join(folder(t), 'etc');
    const path = join(root, 'servers.json');
    mkdirSync(root);
    writeFileSync(path, JSON.stringify([chat(1)]));
    const follower = follow(t, path);
    await listed(follower, 1);
    rmSync(root, { recursive: true });
    await failed(follower, 1);
    assert.match(follower.failures.at(-1)?.message ?? '', /^ENOENT: no such file or directory/);
    mkdirSync(root);
    writeFileSync(path, JSON.stringify([chat(2)]));
    await listed(follower, 2);
    assert.deepEqual(follower.lists[1], [CHAT_2]);
  });

  it('reports a list that the client refuses, with the reason of the client', async (t) => {
    const path = join(folder(t), 'servers.json');
    writeFileSync(path, '[{}]');
    const check = (): void => {
      throw new Error('the id of a server is missing');
    };
    const follower = follow(t, path, keptFollower(check));
    await failed(follower, 1);
    assert.equal(follower.failures[0]?.message, 'the id of a server is missing');
  });

  it('refuses a path that is none', () => {
    assert.throws(() => file(''), { code: 'ERR_RPC_INVALID_ARGUMENT', message: /^the path of file\(\) must be/ });
    assert.match(file('servers.json').description, /^the file \/.*\/servers\.json$/);
  });
});
