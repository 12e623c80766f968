import assert from 'node:assert/strict';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { unixEndpoint } from '../../../lib/endpoint.js';
import { claimPort } from '../../../lib/leader/port-claim.js';
import { checkSocket, findOpenFolder } from '../../../lib/transport/socket-owner.js';
import type { Listener, ListenOptions } from '../../../lib/transport/transport.js';
import { unix } from '../../../lib/transport/unix.js';
import { failure } from '../../behaviour/support.js';
import { expectNoLeaks } from '../../support/leaks.js';
import { untilEvent } from '../../support/until.js';

const OPTIONS: ListenOptions = { handshakeTimeout: 1_000, onStream: (stream) => stream.destroy(), onError() {} };
const DIAL = { signal: new AbortController().signal };

function newFolder(t: TestContext, mode = 0o700): string {
  const folder = mkdtempSync(join(tmpdir(), 'mailstation-'));
  chmodSync(folder, mode);
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function listen(t: TestContext, path: string, options: Partial<ListenOptions> = {}): Promise<Listener> {
  const listener = await unix.listen(unixEndpoint(path), { ...OPTIONS, ...options });
  t.after(() => listener.close());
  return listener;
}

/** A socket whose process was killed: its file is there, and refuses connections. */
async function leaveStale(t: TestContext, path: string): Promise<void> {
  const other = `${path}.other`;
  const listener = await listen(t, other);
  linkSync(other, path);
  await listener.close();
  assert.ok(lstatSync(path).isSocket());
  await new Promise((resolve) => setTimeout(resolve, 120)); // past the age of a socket that may be about to listen
}

async function plainListener(t: TestContext, path: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy()).listen(path);
  t.after(() => server.close());
  await untilEvent(server, 'listening', { what: 'the other program' });
  return server;
}

const modeOf = (path: string): number => statSync(path).mode & 0o777;
const codeOf = async (promise: Promise<unknown>): Promise<unknown> => (await failure(promise)).code;

describe('the file of a unix socket', () => {
  it('is for its user alone, and so is a folder that is made for it', async (t) => {
    const folder = newFolder(t, 0o755);
    const path = join(folder, 'run/app/a.sock');
    await listen(t, path);
    assert.deepEqual(
      [modeOf(path), modeOf(join(folder, 'run/app')), modeOf(join(folder, 'run'))],
      [0o600, 0o700, 0o700],
    );
    assert.equal(modeOf(folder), 0o755, 'a folder that was there stays as it is');
  });

  it('has another mode where that is wanted, whatever the umask', async (t) => {
    const umask = process.umask(0o077);
    t.after(() => process.umask(umask));
    const path = join(newFolder(t), 'a.sock');
    await listen(t, path, { socketMode: 0o666 });
    assert.equal(modeOf(path), 0o666);
  });

  it('is alone in its folder, and gone after the end', async (t) => {
    const folder = newFolder(t);
    const listener = await listen(t, join(folder, 'a.sock'));
    assert.deepEqual(readdirSync(folder), ['a.sock']);
    await listener.close();
    assert.deepEqual(readdirSync(folder), []);
  });

  it('is left alone at the end where another listener has replaced it', async (t) => {
    const path = join(newFolder(t), 'a.sock');
    const first = await listen(t, path);
    rmSync(path);
    await listen(t, path);
    await first.close();
    assert.ok(lstatSync(path).isSocket());
    (await unix.dial(unixEndpoint(path), DIAL)).destroy();
  });

  it('is taken over where its process was killed', async (t) => {
    expectNoLeaks(t);
    const path = join(newFolder(t), 'a.sock');
    await leaveStale(t, path);
    assert.equal(await codeOf(unix.dial(unixEndpoint(path), DIAL)), 'ECONNREFUSED');
    await listen(t, path);
    (await unix.dial(unixEndpoint(path), DIAL)).destroy();
  });

  it('is taken over by one of many that come at once', async (t) => {
    expectNoLeaks(t);
    const folder = newFolder(t);
    for (let round = 0; round < 5; round++) {
      const path = join(folder, `${round}.sock`);
      await leaveStale(t, path);
      const results = await Promise.allSettled(Array.from({ length: 8 }, () => listen(t, path)));
      const lost = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason.code);
      assert.deepEqual(lost, Array(7).fill('EADDRINUSE'));
      (await unix.dial(unixEndpoint(path), DIAL)).destroy();
    }
    assert.deepEqual(readdirSync(folder).sort(), ['0.sock', '1.sock', '2.sock', '3.sock', '4.sock']);
  });

  it('is never taken from a living program of any kind', async (t) => {
    const path = join(newFolder(t), 'a.sock');
    await plainListener(t, path);
    const { ino } = lstatSync(path);
    assert.equal(await codeOf(listen(t, path)), 'EADDRINUSE');
    assert.equal(lstatSync(path).ino, ino);
  });

  it('is not taken from a program that has just made it, and listens a moment later', async (t) => {
    const folder = newFolder(t);
    const path = join(folder, 'a.sock');
    await leaveStale(t, join(folder, 'b.sock'));
    const young = await listen(t, join(folder, 'c.sock'));
    linkSync(join(folder, 'c.sock'), path);
    await young.close(); // refuses from now on, and is young
    const before = performance.now();
    await listen(t, path);
    assert.ok(performance.now() - before > 20, 'waited for the program to listen');
  });

  for (const [kind, make, text] of [
    ['a folder', (path: string) => mkdirSync(path), 'a folder'],
    ['a file', (path: string) => writeFileSync(path, 'precious'), 'a file'],
    ['a link', (path: string) => symlinkSync('/dev/null', path), 'a symbolic link'],
  ] as const) {
    it(`is not ${kind}, which stays as it is`, async (t) => {
      const folder = newFolder(t);
      const path = join(folder, 'a.sock');
      make(path);
      const claim = claimPort({ ...OPTIONS, endpoint: unixEndpoint(path), insecure: false });
      const { code, message } = await failure(claim);
      assert.deepEqual(
        [code, message],
        ['ERR_RPC_LISTEN', `cannot listen on unix:${path}: ${path} is ${text}, not a socket`],
      );
      assert.deepEqual(readdirSync(folder), ['a.sock']);
      assert.equal(await codeOf(unix.dial(unixEndpoint(path), DIAL)), 'ENOTSOCK');
    });
  }

  it('that is held is an address in use', async (t) => {
    const path = join(newFolder(t), 'a.sock');
    await listen(t, path);
    const claim = claimPort({ ...OPTIONS, endpoint: unixEndpoint(path), insecure: false });
    const { code, message } = await failure(claim);
    assert.deepEqual([code, message], ['ERR_RPC_ADDRESS_IN_USE', `the socket ${path} is in use`]);
  });

  it('is not in a folder where every user may replace it, unless that is allowed', async (t) => {
    const open = newFolder(t, 0o777);
    mkdirSync(join(open, 'app'), { mode: 0o700 });
    for (const path of [join(open, 'a.sock'), join(open, 'app/a.sock')]) {
      const { code, message } = await failure(claimPort({ ...OPTIONS, endpoint: unixEndpoint(path), insecure: false }));
      assert.equal(code, 'ERR_RPC_INSECURE');
      assert.equal(
        message,
        `listening at ${path} is refused: every user of this machine may replace files in the folder ${open}; choose a folder that this process's user alone may write, or set \`insecure: true\` on a server`,
      );
      await (await claimPort({ ...OPTIONS, endpoint: unixEndpoint(path), insecure: true })).close();
    }
    chmodSync(open, 0o1777);
    assert.equal(
      findOpenFolder(join(open, 'a.sock')),
      undefined,
      'in such a folder each user replaces only his own files',
    );
  });

  it('leaves nothing behind of processes that were killed while they took it over', async (t) => {
    const folder = newFolder(t);
    mkdirSync(join(folder, '.msAAAAAA'));
    mkdirSync(join(folder, '.mine'));
    await listen(t, join(folder, 'a.sock'));
    assert.deepEqual(readdirSync(folder).sort(), ['.mine', '.msAAAAAA', 'a.sock'], 'what is young may be in use');
  });

  it('is not made in a folder that this process cannot write', { skip: process.getuid?.() === 0 }, async (t) => {
    const folder = newFolder(t, 0o500);
    const claim = claimPort({ ...OPTIONS, endpoint: unixEndpoint(join(folder, 'a.sock')), insecure: false });
    assert.match((await failure(claim)).message, /this process cannot write the folder \/.* \(EACCES\)$/);
  });

  it('is not below a link that leads to a folder where every user may replace it', (t) => {
    const folder = newFolder(t);
    const open = newFolder(t, 0o777);
    mkdirSync(join(open, 'app'), { mode: 0o700 });
    symlinkSync(join(open, 'app'), join(folder, 'run'));
    assert.equal(findOpenFolder(join(folder, 'run/a.sock')), realpathSync(open));
    assert.equal(findOpenFolder(join(folder, 'missing/run/a.sock')), undefined);
  });
});

describe('a dial of a unix socket', () => {
  it('waits for a listener whose queue of connections is full', async (t) => {
    const path = join(newFolder(t), 'a.sock');
    const server = createServer((socket) => socket.destroy()).listen({ path, backlog: 1 });
    t.after(() => server.close());
    await untilEvent(server, 'listening', { what: 'the listener' });
    const dials = Array.from({ length: 20 }, () => unix.dial(unixEndpoint(path), DIAL));
    for (const stream of await Promise.all(dials)) stream.destroy();
  });

  it('is given up while it waits', async (t) => {
    const path = join(newFolder(t), 'a.sock');
    const reason = new Error('given up');
    assert.equal(await failure(unix.dial(unixEndpoint(path), { signal: AbortSignal.abort(reason) })), reason);
  });

  it('is refused where a program of another user may have made the socket', {
    skip: process.getuid?.() !== 0,
  }, async (t) => {
    const open = newFolder(t, 0o1777);
    const path = join(open, 'a.sock');
    await listen(t, path);
    checkSocket(path);
    const { chownSync } = await import('node:fs');
    chownSync(path, 12_345, 12_345);
    const error = await failure(unix.dial(unixEndpoint(path), DIAL));
    assert.deepEqual(
      [error.code, error.message],
      [
        'EACCES',
        `the socket ${path} belongs to user 12345, and every user may write its folder: a program of another user could pose as the server; have the server listen in a folder of its own`,
      ],
    );
    chmodSync(open, 0o755);
    checkSocket(path);
  });
});
